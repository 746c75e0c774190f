import Regions
import Testing

@Suite("A map that changes while a node runs")
struct ReloadingTests {
    private let map = RegionMap(
        epoch: 3,
        regions: [
            Region(
                name: "eu", cluster: "c-eu", gateways: [GatewayAddress(host: "eu-1", port: 1)], logDomain: "eu"),
            Region(name: "us", cluster: "c-us", gateways: [GatewayAddress(host: "us-1", port: 1)]),
        ], defaultHome: "eu",
        rules: [HomeRule(project: NamePattern("acme")!, leaderboard: .everything, home: "us")])

    private func changed(_ change: (inout RegionMap) -> Void) -> RegionMap {
        var map = map
        change(&map)
        return map
    }

    @Test("How regions are reached and measured may change, and there may be more of them, in any order")
    func allowed() {
        let next = changed {
            $0.regions[0].gateways.append(GatewayAddress(host: "eu-2", port: 2))
            $0.regions[1].logDomain = "us"
            $0.regions.append(
                Region(name: "ap", cluster: "c-ap", gateways: [GatewayAddress(host: "ap-1", port: 1)]))
            $0.regions.reverse()
            $0.measuring.interval = .seconds(2)
        }
        #expect(map.obstacles(to: next) == [])
        #expect(
            map.changes(to: next) == [
                "region ap is new", "region us has a log_domain", "region eu has gateways eu-1:1, eu-2:2",
                "gateways are measured differently",
            ])
        #expect(map.obstacles(to: map) == [] && map.changes(to: map) == [])
    }

    @Test("Nothing may change that says where a leaderboard is at home, or what a region is")
    func refused() {
        let next = changed {
            $0.epoch = 4
            $0.defaultHome = "us"
            $0.rules = []
            $0.regions[1].cluster = "c-us-2"
            $0.regions[0].logDomain = nil
        }
        #expect(
            map.obstacles(to: next) == [
                "epoch: is 4, and 3 is in force", "homes.default: is us, and eu is in force",
                "homes.rules: are not those in force", "regions: 'eu' has log_domain none, and eu is in force",
                "regions: 'us' is cluster c-us-2, and c-us is in force",
            ])
        // Rules may have another meaning in another order.
        let rule = HomeRule(project: .everything, leaderboard: .everything, home: "eu")
        let (first, second) = (changed { $0.rules.append(rule) }, changed { $0.rules.insert(rule, at: 0) })
        #expect(first.obstacles(to: second) == ["homes.rules: are not those in force"])
        #expect(
            map.obstacles(to: changed { $0.regions.remove(at: 1) })
                == ["regions: 'us' is missing, which is in force"])
        // An older file is no better than a newer one.
        #expect(map.obstacles(to: changed { $0.epoch = 2 }) == ["epoch: is 2, and 3 is in force"])
    }

    @Test("Among other gateways, those that stay are as far away as they were, and the one in use stays so")
    func choice() {
        var choice = GatewayChoice(count: 3, Measuring())
        for (gateway, latency) in [50, 20, 30].enumerated() { choice.measured(.milliseconds(latency), of: gateway) }
        #expect(choice.chosen == 1)
        var measuring = Measuring()
        measuring.failureCountMax = 1
        var kept = choice.among([nil, 1, 0], measuring)
        #expect(kept.order == [1, 2, 0] && kept.latency == .milliseconds(20))
        kept.failed(1)
        #expect(kept.order == [2, 0, 1])
        // The one in use is gone: the nearest of the others is used.
        let without = choice.among([nil, 0, 2], Measuring())
        #expect(without.chosen == 2 && without.order == [2, 1, 0])
        #expect(choice.among([nil], Measuring()).chosen == nil)
    }
}
