package import Leaderboards

/// The regions that there are, how each is reached, and in which of them a leaderboard is at home. The same in every region.
///
/// A region is a whole cluster with a log of its own. A leaderboard is written in its home region and nowhere else; its name, and
/// nothing that changes by itself, says which that is.
package struct RegionMap: Hashable, Sendable {
    /// Rises with each change of homes. Who knows of a higher one takes nothing for a lower one.
    package var epoch: UInt64
    package var regions: [Region]
    /// Where a leaderboard is at home that no rule names.
    package var defaultHome: String
    /// The first that matches decides.
    package var rules: [HomeRule]
    package var measuring: Measuring

    package static let regionCountMax = 16
    package static let ruleCountMax = 1024

    package init(
        epoch: UInt64 = 1, regions: [Region], defaultHome: String, rules: [HomeRule] = [],
        measuring: Measuring = Measuring()
    ) {
        self.epoch = epoch
        self.regions = regions
        self.defaultHome = defaultHome
        self.rules = rules
        self.measuring = measuring
    }

    package func region(named name: String) -> Region? { regions.first { $0.name == name } }

    /// Where a leaderboard is at home.
    package func home(of key: LeaderboardKey) -> String {
        rules.first { $0.matches(key) }?.home ?? defaultHome
    }

    /// Whether anything of a project may be at home there.
    package func mayBeHome(_ region: String, ofProject project: String) -> Bool {
        for rule in rules where rule.project.matches(project) {
            if rule.home == region { return true }
            if rule.leaderboard.isEverything { return false }
        }
        return defaultHome == region
    }
}

/// One region.
package struct Region: Hashable, Sendable {
    package var name: String
    /// The name of its cluster.
    package var cluster: String
    /// Where its nodes take calls of other regions.
    package var gateways: [GatewayAddress]
    /// The JetStream domain of its NATS servers, by which others mirror its log; nil if nobody does.
    package var logDomain: String?

    package init(name: String, cluster: String, gateways: [GatewayAddress], logDomain: String? = nil) {
        self.logDomain = logDomain
        self.name = name
        self.cluster = cluster
        self.gateways = gateways
    }
}

package struct GatewayAddress: Hashable, Sendable, CustomStringConvertible {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Nil if the text is not `host:port`.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            1...65_535 ~= port, colon != text.startIndex
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty, !host.contains(" ") else { return nil }
        self.init(host: host, port: port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Leaderboards of a project whose names match are at home in a region.
package struct HomeRule: Hashable, Sendable {
    package var project: NamePattern
    package var leaderboard: NamePattern
    package var home: String

    package init(project: NamePattern, leaderboard: NamePattern, home: String) {
        self.project = project
        self.leaderboard = leaderboard
        self.home = home
    }

    func matches(_ key: LeaderboardKey) -> Bool { project.matches(key.project) && leaderboard.matches(key.id) }
}

/// A name, or the beginning of names with a `*` behind.
package struct NamePattern: Hashable, Sendable, CustomStringConvertible {
    private let beginning: String
    private let isOpen: Bool

    package static let everything = NamePattern("*")!

    /// Nil if there is a `*` before the end, or nothing at all.
    package init?(_ text: String) {
        isOpen = text.hasSuffix("*")
        beginning = isOpen ? String(text.dropLast()) : text
        if beginning.contains("*") || text.isEmpty { return nil }
    }

    var isEverything: Bool { isOpen && beginning.isEmpty }

    package func matches(_ name: String) -> Bool { isOpen ? name.hasPrefix(beginning) : name == beginning }

    package var description: String { isOpen ? beginning + "*" : beginning }
}

/// How gateways are measured, and when another one is preferred.
package struct Measuring: Hashable, Sendable {
    /// Between two questions to a gateway.
    package var interval: Duration = .seconds(1)
    /// How much one measurement counts: 1 forgets all before it.
    package var smoothing = 0.2
    /// Another gateway is preferred when it is nearer by this part…
    package var hysteresis = 0.2
    /// …and by this time.
    package var hysteresisTime: Duration = .milliseconds(5)
    /// So many questions without an answer, one after the other, and a gateway is left alone.
    package var failureCountMax = 3

    package init() {}
}
