import CommitLogs
import ControlPlane
import Leaderboards
import NodeRuntime
import Regions
import Sharding
import Synchronization
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

    @Test("A mirror is promoted step by step, what is changed stands in the audit log, and refusals say why")
    func promotion() async throws {
        let site = try await AdminSite()
        var log = MirrorState(name: "LRL-prod-us-0", isMirror: true, last: 7)
        log.origin = MirrorState.Origin(last: 7, isSealed: true)
        log.note = PromotionNote(isFenced: true, last: 7, lossWindow: .zero, at: Office.start)
        let tails = [ShardID(1): LogTail(LogFoundation(number: 4, epoch: 2, hash: .zero))]
        site.regions.change {
            $0.progress = .success(PromotionProgress(step: .seal([log.name]), logs: [log], tails: tails))
        }
        try await site.run { client in
            let dry = try await client.post("regions/us/promote", #"{"dry_run":true}"#)
            #expect(dry.json["step"] == "seal" && dry.json["streams"] == ["LRL-prod-us-0"])
            #expect(dry.json["done"] == .boolean(false))
            #expect(try await site.office.lastNote()?.action != "region.promote")
            let done = try await client.post("regions/us/promote", #"{"accept_loss":true}"#)
            #expect(
                done.json["logs"] == [
                    [
                        "fenced": .boolean(true), "last": 7, "loss_window_ms": 0, "mirror": .boolean(true),
                        "name": "LRL-prod-us-0", "noted_at": .string(Office.start.description), "noted_last": 7,
                        "origin_last": 7, "origin_sealed": .boolean(true),
                    ]
                ])
            guard case .array(let shards)? = done.json["shards"] else { throw AdminProblem(.notFound, done.body) }
            #expect(shards.map { $0["shard"] } == [1] && shards.map { $0["number"] } == [4])
            #expect(try await site.office.lastNote()?.action == "region.promote")
            #expect(try await site.office.lastNote()?.detail == "sealed the origins of LRL-prod-us-0")
            #expect(site.regions.state.withLock { $0.asked } == ["us false true", "us true false"])

            for (body, code) in [(#"{"force":true}"#, "invalid_fields"), (#"{"dry_run":1}"#, "invalid_fields")] {
                #expect(try await client.post("regions/us/promote", body).code == code)
            }
            #expect(try await client.post("regions/mars/promote").code == "unknown_region")
            let own = try await client.post("regions/eu/promote")
            #expect(own.code == "not_possible" && own.status == 409)
            let found = #expect(throws: PromotionStep.Refusal.self) {
                _ = try PromotionStep.next(after: [MirrorState(name: "a", isMirror: true, last: 1)], acceptsLoss: false)
            }
            let lost = try #require(found)
            site.regions.change { $0.progress = .failure(lost) }
            let refused = try await client.post("regions/us/promote")
            #expect(refused.code == "not_possible" && refused.text("detail")?.contains("can't be fenced") == true)
            site.regions.change { $0.progress = .failure(PromotionProblem("a has no leader at the moment")) }
            let later = try await client.post("regions/us/promote")
            #expect(later.text("detail") == "a has no leader at the moment. Go on later: what was done stays done.")
            site.regions.change { $0.mirrors = [:] }
            let elsewhere = try await client.post("regions/us/promote")
            #expect(elsewhere.text("detail")?.contains("does not mirror region us") == true)
        }
    }

    @Test("A node that is in no region says so")
    func none() async throws {
        let site = try await AdminSite(regions: nil)
        try await site.run { client in
            for path in ["regions", "regions/us"] {
                let answer = try await client.get(path)
                #expect(answer.status == 409 && answer.code == "no_regions", "\(path)")
            }
            #expect(try await client.post("regions/us/promote").code == "no_regions")
        }
    }
}
