internal import Sharding

/// Work on what is at home in another region, at this node's mirror of that one: for who said that it may be old.
///
/// Whatever the mirror says but an answer, is said better there.
final class MirroredWork: ShardWork {
    private let work: any ShardWork

    /// Precondition: it changes nothing, and need not be fresh.
    init(_ work: any ShardWork) { self.work = work }

    var project: String { work.project }
    var cost: Int { work.cost }
    var isChanging: Bool { false }
    var ageMax: Duration? { work.ageMax }

    func missing(in shard: Shard) -> [MissingPiece] { work.missing(in: shard) }
    func run(_ step: ShardStep, into record: inout RecordBuilder) { work.run(step, into: &record) }

    func finish(_ result: Result<Void, ServiceError>) {
        if case .success = result { return work.finish(result) }
        work.finish(.failure(.moved(to: nil)))
    }
}

extension RoutedService {
    /// False if the work is not for a mirror, or this node has none.
    func enqueueAtMirror(_ work: any ShardWork, at place: ShardPlace) -> Bool {
        guard work.ageMax != nil, !work.isChanging, let region = region(at: place), let mirror = mirrors[region]
        else { return false }
        mirror.enqueue(MirroredWork(work), at: RegionRouting.placeThere(place, shardCount: shardCount))
        return true
    }
}
