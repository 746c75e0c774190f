import Regions
import Testing

@testable import AdminAPI

/// The regions, over HTTP.
@Suite struct RegionTests {
    @Test("Regions are listed with how each is reached, how far away it is, and how old its mirror is")
    func list() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            let answer = try await client.get("regions")
            #expect(answer.json["region"] == "eu" && answer.json["epoch"] == 2 && answer.json["refused"] == .null)
            #expect(answer.json["healthy"] == .boolean(true) && answer.json["problems"] == [])
            #expect(
                answer.json["homes"] == [
                    "default": "eu", "rules": [["home": "us", "leaderboard": "us-*", "project": "*"]],
                ])
            #expect(answer.items.map { $0["name"] } == ["eu", "us"])
            #expect(answer.items.map { $0["state"] } == ["here", "reachable"])
            #expect(answer.items.map { $0["gateway"] } == [.null, "us-2:7950"])
            #expect(answer.items.map { $0["latency_ms"] } == [.null, .decimal(80.25)])
            #expect(answer.items.map { $0["epoch"] } == [.null, 2])
            #expect(
                answer.items.map { $0["mirror"] } == [
                    .null, ["age_ms": 250, "followed": 4, "shards": 4, "state": "ready"],
                ])
            #expect(
                answer.items[0]["gateways"] == [
                    [
                        "address": "eu-1:7950", "chosen": .boolean(false), "epoch": .null, "failures": 0,
                        "latency_ms": .null,
                    ]
                ])
        }
    }

    @Test("One region is shown with what is at home there, and where its logs and their mirrors end")
    func show() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            let shown = try await client.get("regions/us").json
            #expect(shown["default_home"] == .boolean(false) && shown["log_domain"] == "us")
            #expect(shown["rules"] == [["leaderboard": "us-*", "project": "*"]])
            #expect(
                shown["logs"] == [["behind": 10, "end": 90, "group": 0, "origin_end": 100, "problem": .null]])
            let own = try await client.get("regions/eu").json
            #expect(own["default_home"] == .boolean(true) && own["rules"] == [] && own["logs"] == [])
            let missing = try await client.get("regions/mars")
            #expect(missing.status == 404 && missing.code == "unknown_region")
        }
    }

    @Test("What somebody should look at is said, region by region")
    func problems() async throws {
        let site = try await AdminSite()
        func problems(_ change: (inout FakeRegions.State) -> Void) async throws -> JSON? {
            site.regions.change(change)
            return try await site.run { try await $0.get("regions").json["problems"] }
        }
        let silent = try await problems { $0.sight.gateways["us"]![0].latency = nil }
        // Nobody knows yet.
        #expect(silent == [])
        #expect(
            try await problems { $0.sight.gateways["us"]![0].failureCount = 3 }
                == ["gateway us-1:7950 of region us does not answer"])
        let gone = try await problems { state in
            state.sight.gateways["us"]![1].latency = nil
            state.sight.gateways["us"]![1].isChosen = false
            state.mirrors["us"]!.age = .seconds(95)
        }
        #expect(gone == ["region us can't be reached", "the mirror of region us is 95 s old"])
        #expect(try await site.run { try await $0.get("regions").items[1]["state"] } == "unreachable")
        let young = try await problems { state in
            for index in 0..<2 { state.sight.gateways["us"]![index].latency = .milliseconds(80) }
            state.sight.gateways["us"]![0].epoch = 1
            state.mirrors["us"]!.age = nil
        }
        #expect(
            young == [
                "gateway us-1:7950 of region us has epoch 1, and this node 2: it takes no writes until it has that file",
                "the mirror of region us is not complete, so it can't say how old it is",
            ])
        let old = try await problems { state in
            state.sight.gateways["us"]![0].epoch = 3
            state.sight.newestElsewhere = (3, "us")
            state.sight.refusal = "epoch: is 3, and 2 is in force"
            state.mirrors["us"]!.state = "starting: recovering"
        }
        #expect(
            old == [
                "region us has epoch 3, and this node 2: it takes no writes until it was restarted with that file",
                "what is in the file now is not in force: epoch: is 3, and 2 is in force",
                "the mirror of region us is starting: recovering",
            ])
    }

    @Test("A node that is in no region says so")
    func none() async throws {
        let site = try await AdminSite(regions: nil)
        try await site.run { client in
            for path in ["regions", "regions/us"] {
                let answer = try await client.get(path)
                #expect(answer.status == 409 && answer.code == "no_regions", "\(path)")
            }
        }
    }
}
