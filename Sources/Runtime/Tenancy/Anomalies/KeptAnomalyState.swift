internal import Admission
internal import ControlPlane

/// What was learned of somebody, as it stands in the control database.
///
///     name          project:<id>  key:<id>  leaderboard:<project>/<id>
///     text          hexadecimal digits of
///       of a leaderboard first
///         u8        0 if higher scores are better, 1 if lower ones are
///         u32       intervals since a score came last, little-endian
///       u8…         the state, as in AnomalyState+Encoding.swift
struct KeptAnomalyState: Sendable {
    enum Subject: Hashable, Sendable {
        case project(ProjectID)
        case key(KeyID)
        case leaderboard(ScoredLeaderboard, ScoreTally.Better, quietIntervals: Int)
    }

    let subject: Subject
    let state: AnomalyState

    init(_ subject: Subject, _ state: AnomalyState) {
        self.subject = subject
        self.state = state
    }

    /// Nil for anything that is not written here; it is learned anew.
    init?(name: String, text: String) {
        guard let colon = name.firstIndex(of: ":"), var bytes = [UInt8](hexadecimal: text)?[...] else { return nil }
        let rest = name[name.index(after: colon)...]
        switch name[..<colon] {
        case "project":
            guard let id = ProjectID(String(rest)) else { return nil }
            subject = .project(id)
        case "key":
            guard let id = KeyID(String(rest)) else { return nil }
            subject = .key(id)
        case "leaderboard":
            guard let slash = rest.firstIndex(of: "/"), let project = ProjectID(String(rest[..<slash])),
                bytes.count > 5, bytes[0] <= 1
            else { return nil }
            let quiet = bytes[1...4].reversed().reduce(0) { $0 << 8 | Int($1) }
            subject = .leaderboard(
                ScoredLeaderboard(project: project, id: String(rest[rest.index(after: slash)...])),
                bytes[0] == 0 ? .higher : .lower, quietIntervals: quiet)
            bytes = bytes.dropFirst(5)
        default: return nil
        }
        guard let state = AnomalyState(encoded: bytes) else { return nil }
        self.state = state
    }

    var name: String {
        switch subject {
        case .project(let id): "project:\(id)"
        case .key(let id): "key:\(id)"
        case .leaderboard(let leaderboard, _, _): "leaderboard:\(leaderboard.project)/\(leaderboard.id)"
        }
    }

    var text: String {
        var bytes: [UInt8] = []
        if case .leaderboard(_, let better, let quietIntervals) = subject {
            let quiet = UInt32(clamping: quietIntervals)
            bytes.append(better == .higher ? 0 : 1)
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: quiet >> shift))
            }
        }
        return (bytes + state.encoded()).hexadecimal
    }

    /// A leaderboard's name that is not fit to be looked up by in every database is learned anew after each start.
    var canBeKept: Bool { name.utf8.count <= 500 && !name.utf8.contains(0) }
}

extension [UInt8] {
    fileprivate var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Nil unless it is pairs of digits as they are written here.
    fileprivate init?(hexadecimal text: String) {
        let digits = text.utf8.map { letter -> UInt8? in
            switch letter {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): letter - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): letter - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        guard digits.count.isMultiple(of: 2), digits.allSatisfy({ $0 != nil }) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { digits[$0]! << 4 | digits[$0 + 1]! }
    }
}
