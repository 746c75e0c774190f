/// What a server has promised: for each member the greatest score it acknowledged, and those that it may or may not have.
///
/// Every write has a score of its own, greater than all before it, and the server keeps the greatest of a member (ZADD GT;
/// over HTTP the operator `best`). So one number for each member tells whether its last acknowledged write is there, and
/// an older write that comes late can't hide it.
/// Invariant: what is in doubt about a member is greater than what was acknowledged last.
package struct Ledger: Hashable, Sendable {
    /// More open questions about one member are not taken on; it is written no more.
    package static let inDoubtMax = 64

    package let board: String
    /// By the member's number; 0 is none.
    package internal(set) var acknowledged: [Int]
    package internal(set) var inDoubt: [Int: [Int]] = [:]
    /// Writes, not members.
    package internal(set) var acknowledgedCount = 0
    package internal(set) var inDoubtCount = 0

    package init(board: String, members: Int) {
        self.board = board
        acknowledged = [Int](repeating: 0, count: members)
    }

    package static func name(_ member: Int) -> String { "ledger-\(member)" }

    package mutating func acknowledge(_ member: Int, _ score: Int) {
        acknowledgedCount += 1
        guard score > acknowledged[member] else { return }
        acknowledged[member] = score
        if let open = inDoubt[member] {
            let left = open.filter { $0 > score }
            inDoubt[member] = left.isEmpty ? nil : left
        }
    }

    /// The write was sent, and no good answer came.
    package mutating func doubt(_ member: Int, _ score: Int) {
        inDoubtCount += 1
        if score > acknowledged[member] { inDoubt[member, default: []].append(score) }
    }

    /// Makes room for further members. Those from before are written no more, so that nothing hides what they lost.
    package mutating func extend(by members: Int) {
        acknowledged.append(contentsOf: repeatElement(0, count: members))
    }

    package func canWrite(_ member: Int) -> Bool { (inDoubt[member]?.count ?? 0) < Self.inDoubtMax }

    package enum Verdict: Hashable, Sendable {
        case fine
        /// A write in doubt took effect.
        case fineAfterDoubt
        case lost(expected: Int, found: Int?)
        /// A score that nobody sent.
        case unexpected(found: Int)
    }

    package func judge(_ member: Int, found: Int?) -> Verdict {
        let last = acknowledged[member]
        guard let found else { return last == 0 ? .fine : .lost(expected: last, found: nil) }
        if found == last { return .fine }
        if found < last { return .lost(expected: last, found: found) }
        return inDoubt[member]?.contains(found) == true ? .fineAfterDoubt : .unexpected(found: found)
    }
}

/// What a comparison of a ledger with a server found.
package struct LedgerFindings: Hashable, Sendable {
    package static let examplesMax = 10

    package var checked = 0
    package var afterDoubt = 0
    package var lost = 0
    package var unexpected = 0
    package var examples: [String] = []

    package init() {}

    package mutating func note(_ member: Int, _ verdict: Ledger.Verdict) {
        checked += 1
        switch verdict {
        case .fine: return
        case .fineAfterDoubt: afterDoubt += 1
        case .lost(let expected, let found):
            lost += 1
            example(
                "\(Ledger.name(member)): \(expected) was acknowledged, \(found.map(String.init) ?? "nothing") is there")
        case .unexpected(let found):
            unexpected += 1
            example("\(Ledger.name(member)): \(found) is there, and nobody sent it")
        }
    }

    package var isClean: Bool { lost == 0 && unexpected == 0 }

    private mutating func example(_ text: String) {
        if examples.count < Self.examplesMax { examples.append(text) }
    }
}
