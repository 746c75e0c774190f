package import Leaderboards
package import Sharding

// What runs where the data is, runs on this node's shards only; what they say is elsewhere, a service forwards itself.
extension RoutedService: SortedSetService {
    package func place(of key: LeaderboardKey) -> ShardPlace {
        regions?.place(of: key, shardCount: shardCount) ?? node.place(of: key)
    }

    package func perform<Value: Sendable>(
        at place: ShardPlace, loading keys: [LeaderboardKey], changing: Bool,
        _ body: @escaping @Sendable (Shard, inout RecordBuilder, _ seed: UInt64) -> Value
    ) async throws(ServiceError) -> Value {
        // Whoever is told so looks where the place is.
        if let error = elsewhere(place) { throw error }
        return try await node.perform(at: place, loading: keys, changing: changing, body)
    }

    package func enqueue(_ work: any ShardWork, at place: ShardPlace) {
        if let error = elsewhere(place) {
            // Who is told so asks there.
            if error.isRouted, enqueueAtMirror(work, at: place) { return }
            return work.finish(.failure(error))
        }
        node.enqueue(work, at: place)
    }

    package func wait(_ work: any WaitingWork, at place: ShardPlace) {
        if let error = elsewhere(place) { return work.finish(.failure(error)) }
        node.wait(work, at: place)
    }

    package func endWait(of work: any WaitingWork, at place: ShardPlace) {
        if region(at: place) == nil { node.endWait(of: work, at: place) }
    }

    /// What is said of places that this node's region does not have, or may not have any more.
    private func elsewhere(_ place: ShardPlace) -> ServiceError? {
        guard let regions else { return nil }
        if let problem = regions.problem { return problem }
        return region(at: place) == nil ? nil : .moved(to: nil)
    }

    package func waitingCount() async -> Int { await node.waitingCount() }
    package var routing: RoutedService? { self }
}
