import Gossip

/// SWIM, and what was added to it.
struct Variant {
    var name: String
    var settings: GossipSettings

    /// Each with one addition, then all of the paper's, then ours.
    static var all: [Variant] {
        func with(_ name: String, _ change: (inout GossipSettings) -> Void) -> Variant {
            var settings = GossipSettings.plain
            change(&settings)
            return Variant(name: name, settings: settings)
        }
        return [
            with("SWIM") { _ in },
            with("local health") { $0.usesLocalHealth = true },
            with("dynamic suspicion") { $0.usesDynamicSuspicion = true },
            with("buddies") { $0.usesBuddies = true },
            with("Lifeguard") {
                $0.usesLocalHealth = true
                $0.usesDynamicSuspicion = true
                $0.usesBuddies = true
            },
            Variant(name: "Laurel", settings: GossipSettings()),
        ]
    }

    static var extremes: [Variant] { all.filter { ["SWIM", "Lifeguard", "Laurel"].contains($0.name) } }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
