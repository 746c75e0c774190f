import Leaderboards
import Regions
import Testing

@Suite struct RegionMapTests {
    static func region(_ name: String, port: Int = 7950) -> Region {
        Region(name: name, cluster: "cluster-\(name)", gateways: [GatewayAddress(host: "127.0.0.1", port: port)])
    }

    private func rule(_ project: String, _ leaderboard: String, _ home: String) -> HomeRule {
        HomeRule(project: NamePattern(project)!, leaderboard: NamePattern(leaderboard)!, home: home)
    }

    @Test("The first rule that matches says where a leaderboard is at home, and the default does if none matches")
    func homes() {
        let map = RegionMap(
            regions: [Self.region("eu"), Self.region("us")], defaultHome: "eu",
            rules: [rule("acme", "eu-*", "eu"), rule("acme", "*", "us"), rule("*", "us-finals", "us")])
        #expect(map.problems.isEmpty)
        let homes: [(String, String, String)] = [
            ("acme", "eu-cup", "eu"), ("acme", "cup", "us"), ("other", "cup", "eu"), ("other", "us-finals", "us"),
            ("other", "us-finals-2", "eu"), ("acme2", "cup", "eu"),
        ]
        for (project, id, home) in homes {
            #expect(map.home(of: LeaderboardKey(project: project, id: id)) == home, "\(project) \(id)")
        }
        #expect(map.mayBeHome("eu", ofProject: "acme") && map.mayBeHome("us", ofProject: "acme"))
        #expect(map.mayBeHome("us", ofProject: "other") && map.mayBeHome("eu", ofProject: "other"))
        let plain = RegionMap(
            regions: [Self.region("eu"), Self.region("us")], defaultHome: "eu", rules: [rule("acme", "*", "us")])
        #expect(!plain.mayBeHome("eu", ofProject: "acme") && !plain.mayBeHome("us", ofProject: "other"))
    }

    @Test("Everything that is wrong is named with its place")
    func problems() {
        var map = RegionMap(
            epoch: 0, regions: [Self.region("eu"), Self.region("eu"), Region(name: "a b", cluster: "", gateways: [])],
            defaultHome: "mars", rules: [rule("*", "*", "moon")])
        map.measuring.smoothing = 0
        map.measuring.interval = .seconds(61)
        #expect(
            map.problems == [
                "epoch: begins with 1", "regions[1].name: 'eu' is there twice",
                "regions[1].cluster: 'cluster-eu' is another region's",
                "regions[2].name: 'a b' is not 1 to 32 letters, digits, - and _",
                "regions[2].cluster: '' is not 1 to 32 letters, digits, - and _",
                "regions[2].gateways: there is none", "homes.default: there is no region 'mars'",
                "homes.rules[0].home: there is no region 'moon'", "measuring.interval_ms: is not 100 to 60000",
                "measuring.smoothing: is not 0.01 to 1",
            ])
        let many = RegionMap(regions: (0...16).map { Self.region("r\($0)") }, defaultHome: "r0")
        #expect(many.problems == ["regions: 17 are more than 16"])
    }

    @Test("A pattern is a name, or a beginning with a star")
    func patterns() {
        #expect(NamePattern("") == nil && NamePattern("a*b") == nil && NamePattern("**") == nil)
        #expect(NamePattern("*")!.matches("") && NamePattern("a*")!.matches("a") && !NamePattern("a*")!.matches("b"))
        #expect(NamePattern("a*")!.description == "a*")
    }

    @Test("Addresses are host and port", arguments: ["a", "a:", ":1", "a:0", "a:65536", "a b:1", "a:x"])
    func addresses(_ text: String) {
        #expect(GatewayAddress(text) == nil)
        #expect(GatewayAddress("[::1]:80")?.description == "[::1]:80")
        #expect(GatewayAddress("eu.example:7950") == GatewayAddress(host: "eu.example", port: 7950))
    }
}
