internal import Foundation

/// A ledger as text, so that it outlives the process that wrote it:
///
///     laurel-ledger 1
///     board lb-ledger-7
///     members 1000
///     writes 52000 17
///     0 51003
///     1 51004 51999,52001
///
/// After `writes` stand the acknowledged and the doubtful ones; then, for each member that was written, its number, its
/// last acknowledged score (0 for none), and the scores in doubt.
extension Ledger {
    private static let head = "laurel-ledger 1"

    package var text: String {
        var lines = [
            Self.head, "board \(board)", "members \(acknowledged.count)", "writes \(acknowledgedCount) \(inDoubtCount)",
        ]
        for member in acknowledged.indices where acknowledged[member] > 0 || inDoubt[member] != nil {
            let open = inDoubt[member].map { " " + $0.map(String.init).joined(separator: ",") } ?? ""
            lines.append("\(member) \(acknowledged[member])\(open)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    package init(text: String) throws(HarnessError) {
        let lines = text.split(separator: "\n")
        guard lines.count >= 4, lines[0] == Self.head, lines[1].hasPrefix("board "),
            let members = Int(lines[2].dropFirst("members ".count)), (1...Self.totalMax).contains(members)
        else { throw HarnessError("this is no ledger") }
        let writes = lines[3].split(separator: " ").compactMap { Int($0) }
        guard writes.count == 2 else { throw HarnessError("the ledger's line 4 is damaged") }
        board = String(lines[1].dropFirst("board ".count))
        acknowledged = [Int](repeating: 0, count: members)
        (acknowledgedCount, inDoubtCount) = (writes[0], writes[1])
        for (place, line) in lines.enumerated().dropFirst(4) {
            let fields = line.split(separator: " ")
            let open = fields.count > 2 ? fields[2].split(separator: ",").map { Int($0) } : []
            guard (2...3).contains(fields.count), let member = Int(fields[0]), (0..<members).contains(member),
                let score = Int(fields[1]), !open.contains(nil)
            else { throw HarnessError("the ledger's line \(place + 1) is damaged") }
            acknowledged[member] = score
            if !open.isEmpty { inDoubt[member] = open.compactMap { $0 } }
        }
    }

    /// Of those that are written in turns.
    package static let membersMax = 1_000_000
    /// Of all generations: as many as fit into a tag beside a score.
    package static let totalMax = 1 << 24
}

/// The text of a ledger's file.
package func readLedger(_ path: String) throws(HarnessError) -> String {
    do {
        return try String(contentsOfFile: path, encoding: .utf8)
    } catch {
        throw HarnessError("\(path) can't be read: \(error.localizedDescription)")
    }
}
