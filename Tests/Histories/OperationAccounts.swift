/// What became of each operation as its client knows it, to be held against how often it is found in the log or the final state.
package struct OperationAccounts<ID: Hashable & Sendable>: Sendable {
    package enum Fate: Hashable, Sendable {
        case acknowledged
        case unknown
        /// Promised not to have been done.
        case refused
    }

    package private(set) var fates: [ID: Fate] = [:]

    package init() {}

    package mutating func enter(_ id: ID, _ fate: Fate) { fates[id] = fate }

    package func count(_ fate: Fate) -> Int { fates.values.count { $0 == fate } }

    package struct Findings: Hashable, Sendable, CustomStringConvertible {
        package var lost: [String] = []
        package var twice: [String] = []
        /// Refused, and there all the same.
        package var denied: [String] = []
        /// There, and never sent.
        package var strange: [String] = []

        package var isClean: Bool { self == Findings() }

        package var description: String {
            if isClean { return "nothing lost, twice, denied or strange" }
            func list(_ name: String, _ ids: [String]) -> String {
                ids.isEmpty ? "" : "\(ids.count) \(name) (\(ids.prefix(5).joined(separator: ", "))) "
            }
            return list("lost", lost) + list("twice", twice) + list("refused and there", denied)
                + list("never sent", strange)
        }
    }

    /// - Parameter counts: how often each operation is there
    package func findings(in counts: [ID: Int]) -> Findings {
        var findings = Findings()
        for (id, fate) in fates {
            let count = counts[id] ?? 0
            if count > 1 { findings.twice.append("\(id)") }
            if count == 0, fate == .acknowledged { findings.lost.append("\(id)") }
            if count > 0, fate == .refused { findings.denied.append("\(id)") }
        }
        for id in counts.keys where fates[id] == nil { findings.strange.append("\(id)") }
        findings.lost.sort()
        findings.twice.sort()
        findings.denied.sort()
        findings.strange.sort()
        return findings
    }
}
