import Leaderboards
import RankTrees

/// A board's entries in order, as one or more trees: one for the board as a whole, or one for each value of a
/// dimension. Knows the tie rule, and so what a rank is.
///
/// Where equal scores share a rank without gaps, a second forest holds one representative of each distinct score, and
/// the rank is the representative's. Invariant: it holds exactly one slot of every run of equal scores.
final class Ranking {
    var forest: RankForest
    private let isDense: Bool
    private var representatives: RankForest

    init(rules: BoardRules) {
        forest = RankForest(limits: rules.limits)
        isDense = rules.tie == .sharedDense
        representatives = RankForest(limits: rules.limits)
    }

    var memoryBytes: Int { forest.memoryBytes + (isDense ? representatives.memoryBytes : 0) }

    /// Where an entry goes among its equals.
    enum Place {
        case byRule
        /// Before every equal entry for which this is false: for entries that must keep an order they already have.
        case after((_ existing: UInt32) -> Bool)
    }

    /// Answers how many entries stand before the new one.
    @discardableResult
    func insert(_ slot: UInt32, key: UInt64, tree: UInt32, _ place: Place = .byRule, in board: Board) -> Int {
        let index: Int
        switch place {
        case .after(let precedes): index = forest.insert(slot, key: key, in: tree, orderedBy: precedes)
        case .byRule:
            if let placement = board.rules.placement {
                index = forest.insert(slot, key: key, in: tree, placing: placement)
            } else {
                index = forest.insert(slot, key: key, in: tree, orderedBy: { board.precedes($0, slot) })
            }
        }
        if isDense { represent(slot, key: key, tree: tree, in: board) }
        return index
    }

    func remove(_ slot: UInt32, in board: Board) {
        if isDense { unrepresent(slot, in: board) }
        _ = forest.remove(slot)
    }

    /// Precondition: the slot has an entry.
    func rank(of slot: UInt32, in board: Board) -> Rank {
        switch board.rules.tie {
        case .first, .last, .member: return Rank(index: forest.rank(of: slot)!)
        case .sharedWithGap:
            let tree = forest.tree(of: slot)!
            let key = forest.key(of: slot)!
            if board.rules.hasOneColumn { return Rank(index: forest.count(below: key, in: tree)) }
            return Rank(
                index: forest.count(before: key, in: tree, orderedBy: { board.compareFurther($0, slot) < 0 }))
        case .sharedDense:
            let tree = forest.tree(of: slot)!
            return Rank(
                index: representatives.count(
                    before: forest.key(of: slot)!, in: tree, orderedBy: { board.compareFurther($0, slot) < 0 }))
        }
    }

    /// `slot` was just inserted: it represents its score if no neighbour has the same.
    private func represent(_ slot: UInt32, key: UInt64, tree: UInt32, in board: Board) {
        if equalNeighbour(of: slot, key: key, in: board) == nil {
            insertRepresentative(slot, key: key, tree, in: board)
        }
    }

    /// `slot` is about to be removed: a neighbour of the same score takes over.
    private func unrepresent(_ slot: UInt32, in board: Board) {
        guard representatives.contains(slot), let key = forest.key(of: slot), let tree = forest.tree(of: slot) else {
            return
        }
        _ = representatives.remove(slot)
        if let heir = equalNeighbour(of: slot, key: key, in: board) {
            insertRepresentative(heir, key: key, tree, in: board)
        }
    }

    private func equalNeighbour(of slot: UInt32, key: UInt64, in board: Board) -> UInt32? {
        if let before = forest.entry(before: slot), before.key == key, board.compareFurther(before.slot, slot) == 0 {
            return before.slot
        }
        if let after = forest.entry(after: slot), after.key == key, board.compareFurther(after.slot, slot) == 0 {
            return after.slot
        }
        return nil
    }

    private func insertRepresentative(_ slot: UInt32, key: UInt64, _ tree: UInt32, in board: Board) {
        representatives.insert(slot, key: key, in: tree, orderedBy: { board.compareFurther($0, slot) < 0 })
    }

    /// For entries that came in bulk.
    func representAll(in board: Board) {
        guard isDense else { return }
        for tree in 0..<UInt32(forest.treeCount) {
            var last: RankForest.Entry?
            forest.forEach(in: tree) { entry in
                if let last, last.key == entry.key, board.compareFurther(last.slot, entry.slot) == 0 { return true }
                last = entry
                insertRepresentative(entry.slot, key: entry.key, tree, in: board)
                return true
            }
        }
    }
}
