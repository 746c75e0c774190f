internal import Glibc

/// What several servers did in turns, row by row: the first one is the subject, the others are what it is compared with.
///
/// Absolute figures of a shared machine drift within minutes; ratios of turns that follow each other drift much less. So
/// ratios are what is printed, with how far they were apart, and a mark where even the reference disagrees with itself.
package struct Comparison: Codable, Hashable, Sendable {
    package var name: String
    package var about: String
    package var servers: [String]
    package var members: Int
    package var repeats: Int
    /// Whether all servers answered the same to the probes; nil if there were none.
    package var answersAgree: Bool?
    package var rows: [Row]
    package var remarks: [String] = []

    package enum Unit: String, Codable, Sendable {
        case perSecond, microseconds, bytes, seconds

        /// Whether the subject is better with a higher figure.
        package var moreIsBetter: Bool { self == .perSecond }

        package func text(_ value: Double) -> String {
            switch self {
            case .perSecond: Figures.rate(value) + "/s"
            case .microseconds: Figures.latency(value)
            case .bytes: Figures.digits(value) + " B"
            case .seconds: Figures.seconds(value)
            }
        }
    }

    package struct Row: Codable, Hashable, Sendable {
        package var name: String
        package var unit: Unit
        /// A server's figures in the order of its turns.
        package var values: [String: [Double]]
        /// The ratio that is aimed at, by the name of a reference.
        package var goals: [String: Double] = [:]

        package init(name: String, unit: Unit, values: [String: [Double]] = [:], goals: [String: Double] = [:]) {
            self.name = name
            self.unit = unit
            self.values = values
            self.goals = goals
        }

        package func median(_ server: String) -> Double? { values[server].flatMap(Comparison.median) }

        package func ratio(_ subject: String, to reference: String) -> Ratio? {
            guard let own = values[subject], let other = values[reference], let top = Comparison.median(own),
                let bottom = Comparison.median(other), bottom > 0
            else { return nil }
            let turns = zip(own, other).filter { $1 > 0 }.map { $0 / $1 }
            return Ratio(
                median: top / bottom, least: turns.min() ?? top / bottom, most: turns.max() ?? top / bottom,
                isNoisy: other.max()! > Comparison.noiseMax * other.min()!)
        }
    }

    package struct Ratio: Hashable, Sendable {
        /// Of the medians.
        package var median: Double
        /// Of single turns.
        package var least: Double
        package var most: Double
        /// Whether the reference's own turns are too far apart to say something.
        package var isNoisy: Bool
    }

    /// By how much a reference's turns may differ.
    package static let noiseMax = 1.15

    package static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

extension Comparison {
    /// A Markdown table: figures are medians, ratios are the subject's to each reference's.
    package var markdown: String {
        let subject = servers.first ?? ""
        let references = servers.dropFirst()
        let agreement = answersAgree.map { $0 ? "; answers agree" : "; **answers differ**" } ?? ""
        var lines = ["## \(name)", ""]
        if !about.isEmpty { lines += [about, ""] }
        lines += [
            "\(members > 0 ? Figures.count(members) + " members, " : "")\(repeats) turn\(repeats == 1 ? "" : "s") each, medians\(agreement).",
            "",
        ]
        let heads = [""] + servers + references.map { "\(subject) / \($0)" }
        lines.append("| \(heads.joined(separator: " | ")) |")
        lines.append("|---|" + String(repeating: "---:|", count: heads.count - 1))
        for row in rows {
            let figures = servers.map { row.median($0).map(row.unit.text) ?? "–" }
            let ratios = references.map { cell(row, subject, $0) }
            lines.append("| \(([row.name] + figures + ratios).joined(separator: " | ")) |")
        }
        lines.append("")
        if rows.contains(where: { row in references.contains { row.ratio(subject, to: $0)?.isNoisy == true } }) {
            lines += ["`?`: the reference's own turns differ by more than 15 %, so the ratio says little.", ""]
        }
        lines += remarks.map { "- \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `10.2x (9.8–10.4; goal ≥ 7)`
    private func cell(_ row: Row, _ subject: String, _ reference: String) -> String {
        guard let ratio = row.ratio(subject, to: reference) else { return "–" }
        var notes: [String] = []
        if (row.values[reference]?.count ?? 0) > 1 {
            notes.append("\(Figures.ratio(ratio.least))–\(Figures.ratio(ratio.most))")
        }
        if let goal = row.goals[reference] {
            notes.append("goal \(row.unit.moreIsBetter ? "≥" : "≤") \(Figures.digits(goal))")
        }
        let bracket = notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"
        return "\(Figures.ratio(ratio.median))x\(ratio.isNoisy ? "?" : "")\(bracket)"
    }
}
