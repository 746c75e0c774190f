package import Leaderboards

/// What has to happen to get from one table to another: one move for each shard whose owner changes.
package struct PlacementPlan: Hashable, Sendable {
    /// One shard's change of owner.
    package struct Move: Hashable, Sendable {
        package var shard: ShardID
        /// Who hands it over. Nil if that node is gone, or nobody had the shard: then it is taken over instead.
        package var from: NodeID?
        package var to: NodeID

        package init(shard: ShardID, from: NodeID?, to: NodeID) {
            self.shard = shard
            self.from = from
            self.to = to
        }
    }

    /// How many moves may be under way together, so that moving never takes a node's strength from serving.
    package struct Limits: Hashable, Sendable {
        package var atOnce: Int
        /// Of those in which one node takes part, on either side.
        package var perNode: Int

        package init(atOnce: Int = 8, perNode: Int = 2) {
            self.atOnce = atOnce
            self.perNode = perNode
        }
    }

    /// Shards without an owner first, since nobody can write to them; then in the order of the shards.
    package let moves: [Move]

    package init(from old: PlacementTable, to new: PlacementTable) {
        self.init(from: { Int($0.number) < old.shards.count ? old.owner(of: $0) : nil }, to: new)
    }

    /// - Parameter owners: who owns what now
    package init(from owners: [ShardID: NodeID], to new: PlacementTable) { self.init(from: { owners[$0] }, to: new) }

    private init(from owner: (ShardID) -> NodeID?, to new: PlacementTable) {
        let present = Set(new.nodes.map(\.id))
        let moves = new.shards.ids.compactMap { shard -> Move? in
            guard let target = new.owner(of: shard) else { return nil }
            let source = owner(shard)
            guard source != target else { return nil }
            return Move(shard: shard, from: source.flatMap { present.contains($0) ? $0 : nil }, to: target)
        }
        self.moves = moves.filter { $0.from == nil } + moves.filter { $0.from != nil }
    }

    /// The moves to begin now.
    ///
    /// - Parameters:
    ///   - running: begun and not ended; of this plan or of an earlier one
    ///   - ended: shards whose move in this plan has ended
    /// - Returns: at most `limits.atOnce` less those running. Shards without an owner are not held back: their nodes
    ///   serve nothing for them yet
    package func next(
        running: [Move] = [], ended: Set<ShardID> = [], limits: Limits = Limits()
    ) -> [Move] {
        let busy = Set(running.map(\.shard))
        var handOvers = 0
        var movesOfNode: [NodeID: Int] = [:]
        func count(_ move: Move) {
            guard let source = move.from else { return }
            handOvers += 1
            movesOfNode[source, default: 0] += 1
            movesOfNode[move.to, default: 0] += 1
        }
        func hasRoom(_ move: Move) -> Bool {
            guard let source = move.from else { return true }
            return handOvers < limits.atOnce && movesOfNode[source, default: 0] < limits.perNode
                && movesOfNode[move.to, default: 0] < limits.perNode
        }
        running.forEach(count)
        var next: [Move] = []
        for move in moves where !busy.contains(move.shard) && !ended.contains(move.shard) && hasRoom(move) {
            count(move)
            next.append(move)
        }
        return next
    }
}
