import HTTPTypes
import HummingbirdTesting
import Testing

@testable import HTTPGateway

/// The exact texts that clients rely on. Members may be added; those here keep their names and order.
@Suite struct ShapeTests {
    @Test("A first score is answered with its place, and every answer bears the request's id")
    func update() async throws {
        try await Gateway().run { client in
            let created = try await client.post(
                "/v1/leaderboards",
                #"{"id":"career","columns":[{"name":"war","type":"decimal","order":"desc","operator":"sum"}],"tie":"first","windows":[{"name":"weekly","every":"week","timezone":"Europe/Oslo"}],"dimensions":["country"]}"#
            )
            #expect(created.status == 201)
            #expect(created.headers[.location] == "/v1/leaderboards/career")
            #expect(created.headers[.eTag] == "\"1\"")
            #expect(
                created.body
                    == #"{"id":"career","columns":[{"name":"war","type":"decimal","order":"desc","operator":"sum","min":null,"max":null}],"tie":"first","windows":[{"name":"weekly","every":"week","count":1,"starting":null,"at":"00:00","weekday":"monday","day":1,"month":1,"timezone":"Europe/Oslo","grace":0}],"dimensions":["country"],"version":1,"entry_count":0,"created_at":"2026-11-23T12:00:00Z","updated_at":"2026-11-23T12:00:00Z","position":"1"}"#
            )

            let first = try await client.post(
                "/v1/scores/update",
                #"{"leaderboard":"career","user":"jamesle01","score":18.5,"at":"2026-11-22T00:00:00Z","metadata":{"team" : "CLE"}}"#,
                headers: [.requestID: "my-request"])
            #expect(first.status == 200)
            #expect(first.headers[.contentType] == "application/json")
            #expect(first.headers[.requestID] == "my-request")
            #expect(
                first.body
                    == #"{"leaderboard":"career","user":"jamesle01","accepted":true,"score":18.5,"previous_score":null,"rank":1,"previous_rank":null,"windows":[{"window":"weekly","season":"2026-W47","accepted":true,"score":18.5,"rank":1,"previous_rank":null}],"position":"2"}"#
            )

            let second = try await client.post(
                "/v1/scores/update", #"{"leaderboard":"career","user":"jamesle01","score":311.8}"#)
            #expect(second.body.contains(#""score":330.3,"previous_score":18.5,"rank":1,"previous_rank":1"#))
        }
    }

    @Test("Pages, ranks and neighbours carry what puts them into their place")
    func reading() async throws {
        try await Gateway().run { client in
            try await client.createSum("career")
            for (user, score) in [("ann", "30"), ("bob", "20"), ("cid", "10")] {
                try await client.submit("career", user, score)
            }
            let time = #""updated_at":"2026-11-23T12:00:00Z""#
            let ann = #"{"rank":1,"user":"ann","score":30,\#(time)}"#
            let bob = #"{"rank":2,"user":"bob","score":20,\#(time)}"#
            let cid = #"{"rank":3,"user":"cid","score":10,\#(time)}"#
            let season = #""season":null,"next_reset":null"#
            let position = #""position":"4""#

            let top = try await client.get("/v1/leaderboards/career/top")
            #expect(
                top.body
                    == #"{"entries":[\#(ann),\#(bob),\#(cid)],"total":3,\#(season),"next":null,"prev":null,\#(position)}"#
            )

            let rank = try await client.get("/v1/leaderboards/career/rank/bob")
            #expect(
                rank.body
                    == #"{"rank":2,"user":"bob","score":20,\#(time),"total":3,"percentile":66.6667,\#(season),\#(position)}"#
            )

            let around = try await client.get("/v1/leaderboards/career/around/bob?radius=1")
            #expect(
                around.body
                    == #"{"entries":[\#(ann),\#(bob),\#(cid)],"total":3,\#(season),"next":null,"prev":null,"me":\#(bob),\#(position)}"#
            )

            let ranks = try await client.post("/v1/leaderboards/career/ranks", #"{"users":["cid","zoe","ann"]}"#)
            #expect(
                ranks.body == #"{"entries":[\#(cid),\#(ann)],"not_found":["zoe"],"total":3,\#(season),\#(position)}"#)

            let mine = try await client.get("/v1/leaderboards/career/top?limit=1&user=cid")
            #expect(mine.body.hasPrefix(#"{"entries":[\#(ann)],"total":3,\#(season),"next":""#))
            #expect(mine.body.hasSuffix(#","prev":null,"me":\#(cid),\#(position)}"#))
            let nobodys = try await client.get("/v1/leaderboards/career/top?limit=1&user=zoe")
            #expect(nobodys.body.contains(#""me":null"#))
        }
    }

    @Test("An entry of a set that keeps no times has null for the time, wherever it is shown")
    func withoutTimes() async throws {
        let gateway = Gateway()
        gateway.service.keepNoTimes()
        try await gateway.run { client in
            try await client.createSum("career")
            try await client.submit("career", "ann", "30")
            let ann = #"{"rank":1,"user":"ann","score":30,"updated_at":null}"#
            for path in ["top", "around/ann"] {
                let answer = try await client.get("/v1/leaderboards/career/\(path)")
                #expect(answer.body.hasPrefix(#"{"entries":[\#(ann)]"#))
            }
            let rank = try await client.get("/v1/leaderboards/career/rank/ann")
            #expect(rank.body.hasPrefix(ann.dropLast()))
            let ranks = try await client.post("/v1/leaderboards/career/ranks", #"{"users":["ann"]}"#)
            #expect(ranks.body.hasPrefix(#"{"entries":[\#(ann)]"#))
        }
    }

    @Test("Several columns are answered as scores, one column as score")
    func columns() async throws {
        try await Gateway().run { client in
            _ = try await client.post(
                "/v1/leaderboards",
                #"{"id":"race","columns":[{"name":"points","type":"integer"},{"name":"time","order":"asc"}]}"#)
            let answer = try await client.post(
                "/v1/scores/update", #"{"leaderboard":"race","user":"ann","scores":[5,12.25]}"#)
            #expect(answer.body.contains(#""accepted":true,"scores":[5,12.25],"previous_scores":null,"#))
            let top = try await client.get("/v1/leaderboards/race/top")
            #expect(top.body.contains(#""user":"ann","scores":[5,12.25],"updated_at""#))
        }
    }

    @Test("Integers that doubles can't hold are exact, and are given as strings too")
    func exactIntegers() async throws {
        try await Gateway().run { client in
            try await client.createSum("big")
            let answer = try await client.post(
                "/v1/scores/update", #"{"leaderboard":"big","user":"ann","score":"9007199254740993"}"#)
            #expect(answer.body.contains(#""score":9007199254740993,"score_string":"9007199254740993","#))
            let more = try await client.post(
                "/v1/scores/update", #"{"leaderboard":"big","user":"ann","score":1}"#)
            #expect(
                more.body.contains(#""previous_score":9007199254740993,"previous_score_string":"9007199254740993""#))
            let safe = try await client.post(
                "/v1/scores/update", #"{"leaderboard":"big","user":"bob","score":9007199254740992}"#)
            #expect(safe.body.contains(#""score":9007199254740992,"previous_score":null"#))
        }
    }

    @Test("A problem tells what, where, and how to find it in the logs")
    func problem() async throws {
        let gateway = Gateway()
        try await gateway.run { client in
            let answer = try await client.post("/v1/scores/update", #"{"leaderboard":"a","user":"b","scoer":1}"#)
            #expect(answer.status == 422)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(
                answer.body
                    == #"{"type":"https://laurel.example/docs/errors.md#unknown_field","code":"unknown_field","title":"There is no such field","status":422,"detail":"scoer: A score has no field of this name.","request_id":"test","doc_url":"https://laurel.example/docs/errors.md#unknown_field","errors":[{"field":"scoer","code":"unknown_field","message":"A score has no field of this name."}]}"#
            )
        }
        #expect(gateway.service.callCount == 0)
    }

    @Test("Of many updates the wrong ones are errors in their places, and the others are entered")
    func updates() async throws {
        try await Gateway().run { client in
            try await client.createSum("career")
            let answer = try await client.post(
                "/v1/scores/update",
                #"{"updates":[{"leaderboard":"career","user":"ann","score":1},{"leaderboard":"career","user":"bob","scoer":2},{"leaderboard":"none","user":"bob","score":3},{"leaderboard":"career","user":"cid","score":4}]}"#
            )
            #expect(answer.status == 200)
            let ann =
                #"{"leaderboard":"career","user":"ann","accepted":true,"score":1,"previous_score":null,"rank":1,"previous_rank":null,"windows":[],"position":"2"}"#
            let bob =
                #"{"code":"unknown_field","title":"There is no such field","status":422,"detail":"updates[1].scoer: A score has no field of this name.","errors":[{"field":"updates[1].scoer","code":"unknown_field","message":"A score has no field of this name."}]}"#
            let none =
                #"{"code":"unknown_leaderboard","title":"There is no such leaderboard","status":404,"detail":"No leaderboard of this project has this id.","errors":[]}"#
            let cid =
                #"{"leaderboard":"career","user":"cid","accepted":true,"score":4,"previous_score":null,"rank":1,"previous_rank":null,"windows":[],"position":"3"}"#
            #expect(answer.body == #"{"results":[\#(ann),\#(bob),\#(none),\#(cid)]}"#)
        }
    }

    @Test("Metadata is kept as it was written, without white space, and shown when asked for")
    func metadata() async throws {
        try await Gateway().run { client in
            try await client.createSum("career")
            _ = try await client.post(
                "/v1/scores/update",
                #"{"leaderboard":"career","user":"ann","score":1,"metadata":{ "b" : [1.50, "x y\u00e9"] , "a": {} }}"#)
            let top = try await client.get("/v1/leaderboards/career/top?metadata=true")
            #expect(top.body.contains(#""metadata":{"b":[1.50,"x y\u00e9"],"a":{}}"#))
            let plain = try await client.get("/v1/leaderboards/career/top?metadata=false")
            #expect(!plain.body.contains("metadata"))
        }
    }

    @Test("A repeated idempotency key gets the first answer again, marked as such")
    func idempotency() async throws {
        try await Gateway().run { client in
            try await client.createSum("career")
            let body = #"{"leaderboard":"career","user":"ann","score":1}"#
            let first = try await client.post("/v1/scores/update", body, headers: [.idempotencyKey: "k1"])
            let second = try await client.post("/v1/scores/update", body, headers: [.idempotencyKey: "k1"])
            #expect(first.headers[.idempotencyReplayed] == nil)
            #expect(second.headers[.idempotencyReplayed] == "true")
            #expect(second.body == first.body.replacing(#","position""#, with: #","replayed":true,"position""#))
        }
    }

    @Test("The process says whether it lives and whether it serves, without a key")
    func health() async throws {
        let gateway = Gateway()
        try await gateway.run { client in
            let alive = try await client.get("/healthz", headers: [.apiKey: "no key"])
            #expect(alive.body == #"{"status":"ok"}"#)
            #expect(try await client.get("/readyz").body == #"{"status":"ready"}"#)
            gateway.service.becomeUnready("replayed 3 of 7 records.")
            let starting = try await client.get("/readyz")
            #expect(starting.status == 503)
            #expect(starting.headers[.retryAfter] == "1")
            #expect(starting.body.contains("replayed 3 of 7 records."))
            #expect(try await client.get("/healthz").status == 200)
        }
    }
}
