/// What a replica's state of a shard was after so many records.
package struct ReplicaMark: Hashable, Sendable {
    package var replica: String
    package var shard: Int
    package var number: UInt64
    package var hash: String

    package init(replica: String, shard: Int, number: UInt64, hash: String) {
        self.replica = replica
        self.shard = shard
        self.number = number
        self.hash = hash
    }
}

/// Replicas that applied the same records must be in the same state.
package enum ReplicaHashes {
    package static func problems(_ marks: [ReplicaMark]) -> [String] {
        struct Point: Hashable {
            var shard: Int
            var number: UInt64
        }
        let points = Dictionary(grouping: marks) { Point(shard: $0.shard, number: $0.number) }
        return points.filter { Set($0.value.map(\.hash)).count > 1 }.map { point, marks in
            let states = marks.map { "\($0.replica) \($0.hash)" }.sorted().joined(separator: ", ")
            return "shard \(point.shard) at record \(point.number): \(states)"
        }.sorted()
    }

    /// How many points more than one replica has told of: none means that nothing was compared.
    package static func comparedCount(_ marks: [ReplicaMark]) -> Int {
        Dictionary(grouping: marks) { "\($0.shard) \($0.number)" }.values.count { Set($0.map(\.replica)).count > 1 }
    }
}
