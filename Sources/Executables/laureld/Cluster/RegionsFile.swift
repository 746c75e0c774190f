import Foundation
import Regions
import Yams

/// Reads `regions.yaml`, and says of everything that is wrong in it where that is.
struct RegionsFile {
    private var problems: [String] = []

    /// Throws with all that is wrong.
    static func read(_ path: String) throws -> RegionMap {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw StartError("regions-file: \(path) can't be read")
        }
        return try parse(text, path: path)
    }

    static func parse(_ text: String, path: String) throws -> RegionMap {
        var reader = RegionsFile()
        let document: Node?
        do { document = try Yams.compose(yaml: text) } catch {
            throw StartError("regions-file: \(path) is not YAML: \(error)")
        }
        let map = reader.map(document)
        var problems = reader.problems
        if problems.isEmpty, let map { problems = map.problems }
        guard problems.isEmpty, let map else {
            throw StartError((["regions-file: \(path)"] + problems.map { "  \($0)" }).joined(separator: "\n"))
        }
        return map
    }

    private mutating func map(_ node: Node?) -> RegionMap? {
        let top = fields(of: node, at: "", known: ["version", "epoch", "regions", "homes", "measuring", "failover"])
        if number(top["version"], at: "version") != 1 { problems.append("version: is not 1, the only one there is") }
        let epoch = number(top["epoch"], at: "epoch") ?? 0
        let regions = list(top["regions"], at: "regions").enumerated().map { region($1, at: "regions[\($0)]") }
        let homes = fields(of: top["homes"], at: "homes", known: ["default", "rules"])
        let home = text(homes["default"], at: "homes.default")
        let rules = (homes["rules"].map { list($0, at: "homes.rules") } ?? []).enumerated().map {
            rule($1, at: "homes.rules[\($0)]")
        }
        if let failover = top["failover"] {
            let fields = fields(of: failover, at: "failover", known: ["policy"])
            if text(fields["policy"], at: "failover.policy") != "manual" {
                problems.append("failover.policy: is not manual: a region is promoted by its operator only")
            }
        }
        let measuring = top["measuring"].map { self.measuring($0) } ?? Measuring()
        return RegionMap(
            epoch: UInt64(clamping: epoch), regions: regions, defaultHome: home, rules: rules.compactMap(\.self),
            measuring: measuring)
    }

    private mutating func region(_ node: Node, at place: String) -> Region {
        let fields = fields(of: node, at: place, known: ["name", "cluster", "gateways", "log_domain"])
        let gateways = list(fields["gateways"], at: "\(place).gateways").enumerated().compactMap { index, node in
            let text = text(node, at: "\(place).gateways[\(index)]")
            let address = GatewayAddress(text)
            if address == nil { problems.append("\(place).gateways[\(index)]: '\(text)' is not host:port") }
            return address
        }
        return Region(
            name: text(fields["name"], at: "\(place).name"), cluster: text(fields["cluster"], at: "\(place).cluster"),
            gateways: gateways,
            logDomain: fields["log_domain"].map { text($0, at: "\(place).log_domain") })
    }

    private mutating func rule(_ node: Node, at place: String) -> HomeRule? {
        let fields = fields(of: node, at: place, known: ["project", "leaderboard", "home"])
        let home = text(fields["home"], at: "\(place).home")
        guard let project = pattern(fields["project"], at: "\(place).project"),
            let leaderboard = pattern(fields["leaderboard"], at: "\(place).leaderboard")
        else { return nil }
        return HomeRule(project: project, leaderboard: leaderboard, home: home)
    }

    private mutating func pattern(_ node: Node?, at place: String) -> NamePattern? {
        guard let node else { return .everything }
        let pattern = NamePattern(text(node, at: place))
        if pattern == nil { problems.append("\(place): is neither a name nor a beginning with a * behind") }
        return pattern
    }

    private mutating func measuring(_ node: Node) -> Measuring {
        var measuring = Measuring()
        let fields = fields(
            of: node, at: "measuring",
            known: ["interval_ms", "smoothing", "hysteresis", "hysteresis_ms", "failures"])
        if let value = fields["interval_ms"] {
            measuring.interval = .milliseconds(number(value, at: "measuring.interval_ms") ?? 0)
        }
        if let value = fields["hysteresis_ms"] {
            measuring.hysteresisTime = .milliseconds(number(value, at: "measuring.hysteresis_ms") ?? -1)
        }
        if let value = fields["failures"] {
            measuring.failureCountMax = number(value, at: "measuring.failures") ?? 0
        }
        if let value = fields["smoothing"] { measuring.smoothing = fraction(value, at: "measuring.smoothing") }
        if let value = fields["hysteresis"] { measuring.hysteresis = fraction(value, at: "measuring.hysteresis") }
        return measuring
    }

    // MARK: Values

    private mutating func fields(of node: Node?, at place: String, known: [String]) -> [String: Node] {
        guard let node else {
            problems.append("\(place.isEmpty ? "the file" : place): is missing")
            return [:]
        }
        guard case .mapping(let mapping) = node else {
            problems.append("\(place.isEmpty ? "the file" : place): is not a list of keys and values")
            return [:]
        }
        var fields: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.string ?? "?"
            if known.contains(name) {
                fields[name] = value
            } else {
                problems.append("\(place.isEmpty ? "" : place + ".")\(name): there is no such field")
            }
        }
        return fields
    }

    private mutating func list(_ node: Node?, at place: String) -> [Node] {
        guard case .sequence(let nodes)? = node else {
            problems.append("\(place): \(node == nil ? "is missing" : "is not a list")")
            return []
        }
        return Array(nodes)
    }

    private mutating func text(_ node: Node?, at place: String) -> String {
        guard let text = node?.scalar?.string else {
            problems.append("\(place): \(node == nil ? "is missing" : "has no simple value")")
            return ""
        }
        return text
    }

    private mutating func number(_ node: Node?, at place: String) -> Int? {
        let text = text(node, at: place)
        guard let number = Int(text), number >= 0 else {
            if !text.isEmpty { problems.append("\(place): '\(text)' is no whole number") }
            return nil
        }
        return number
    }

    private mutating func fraction(_ node: Node, at place: String) -> Double {
        let text = text(node, at: place)
        guard let number = Double(text), number.isFinite else {
            problems.append("\(place): '\(text)' is no number")
            return -1
        }
        return number
    }
}
