import HTTPTypes
import HummingbirdTesting
import Testing

@testable import HTTPGateway

@Suite struct PagingTests {
    /// The users of a page, in order.
    private func users(_ answer: Gateway.Answer) -> [String] {
        answer.body.split(separator: "\"user\":\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
    }

    private func fill(_ client: Gateway.Client, _ board: String, _ count: Int) async throws {
        try await client.createSum(board)
        for index in 1...count { try await client.submit(board, "user\(index)", "\(100 - index)") }
    }

    @Test("Cursors lead through a ranking forwards and back again")
    func bothWays() async throws {
        try await Gateway().run { client in
            try await fill(client, "a", 7)
            let path = "/v1/leaderboards/a/top?limit=3"
            let first = try await client.get(path)
            #expect(users(first) == ["user1", "user2", "user3"])
            #expect(first.text("prev") == nil)
            let second = try await client.get("\(path)&cursor=\(first.text("next")!)")
            #expect(users(second) == ["user4", "user5", "user6"])
            let third = try await client.get("\(path)&cursor=\(second.text("next")!)")
            #expect(users(third) == ["user7"])
            #expect(third.text("next") == nil)
            let back = try await client.get("\(path)&cursor=\(third.text("prev")!)")
            #expect(users(back) == ["user4", "user5", "user6"])
            let start = try await client.get("/v1/leaderboards/a/top?limit=5&cursor=\(back.text("prev")!)")
            #expect(users(start) == ["user1", "user2", "user3"])
            #expect(start.text("prev") == nil)
        }
    }

    @Test("A page may begin at any rank, and neighbours are pages too")
    func jump() async throws {
        try await Gateway().run { client in
            try await fill(client, "a", 7)
            let jumped = try await client.get("/v1/leaderboards/a/top?limit=2&from_rank=5")
            #expect(users(jumped) == ["user5", "user6"])
            let beyond = try await client.get("/v1/leaderboards/a/top?limit=2&from_rank=9223372036854775807")
            #expect(users(beyond) == [])
            #expect(beyond.body.contains(#""total":7"#))
            let last = try await client.get("/v1/leaderboards/a/top?limit=2&cursor=\(beyond.text("prev")!)")
            #expect(users(last) == ["user6", "user7"])

            let around = try await client.get("/v1/leaderboards/a/around/user4?radius=1")
            let after = try await client.get("/v1/leaderboards/a/top?limit=1&cursor=\(around.text("next")!)")
            #expect(users(after) == ["user6"])
        }
    }

    @Test("A cursor of one list is not taken for a place in another")
    func bound() async throws {
        try await Gateway().run { client in
            try await fill(client, "a", 3)
            try await fill(client, "b", 3)
            let cursor = try await client.get("/v1/leaderboards/a/top?limit=1").text("next")!
            for path in [
                "/v1/leaderboards/b/top?cursor=\(cursor)", "/v1/leaderboards/a/top?window=weekly&cursor=\(cursor)",
                "/v1/leaderboards/a/top?dimension=x:y&cursor=\(cursor)", "/v1/leaderboards?cursor=\(cursor)",
                "/v1/leaderboards/a/top?cursor=\(cursor.dropLast())", "/v1/leaderboards/a/top?cursor=\(cursor)A",
            ] {
                let answer = try await client.get(path)
                #expect(answer.status == 400, "\(path)")
                #expect(answer.text("code") == "invalid_cursor")
            }
        }
    }

    @Test("A cursor keeps to the season it began in")
    func season() throws {
        let cursor = Cursor(.forward(offset: 20), season: "2026-W47")
        let read = try Cursor(cursor.encoded(for: "list"), for: "list")
        #expect(read.place == .forward(offset: 20))
        #expect(read.season == "2026-W47")
        #expect(throws: BadInput.self) { try Cursor(cursor.encoded(for: "list"), for: "other") }
        // Whoever computes the checksum can make any cursor; none may do harm.
        let far = try Cursor(Cursor(.backward(offset: Int.max)).encoded(for: "l"), for: "l")
        #expect(far.place == .backward(offset: .max))
        let id = try Cursor(Cursor(.after("career")).encoded(for: "l"), for: "l")
        #expect(id.place == .after("career"))
    }

    @Test("A cursor that a client made up itself leads to an empty page at worst", arguments: [0, 5, Int.max])
    func forged(offset: Int) async throws {
        try await Gateway().run { client in
            try await fill(client, "a", 3)
            for place in [Cursor.Place.forward(offset: offset), .backward(offset: offset)] {
                let cursor = Cursor(place).encoded(for: "default\na\n\n\n\n")
                let answer = try await client.get("/v1/leaderboards/a/top?cursor=\(cursor)")
                #expect(answer.status == 200)
                #expect(answer.body.contains(#""total":3"#))
            }
        }
    }

    @Test("Base64url writes and reads any bytes, and reads nothing else")
    func base64() {
        for count in 0..<40 {
            let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(bytes(ofBase64URL: base64URL(content)) == content)
        }
        #expect(base64URL(Array("light w".utf8)) == "bGlnaHQgdw")
        for wrong in ["A", "AB", "AA=", "A+/A", "bGlnaHQgdx"] { #expect(bytes(ofBase64URL: wrong) == nil, "\(wrong)") }
    }

    @Test("Leaderboards are listed in the order of their ids, page by page")
    func leaderboards() async throws {
        try await Gateway().run { client in
            for id in ["c", "a", "e", "b", "d"] { try await client.createSum(id) }
            var found: [String] = []
            var cursor: String?
            repeat {
                let page = try await client.get("/v1/leaderboards?limit=2" + (cursor.map { "&cursor=\($0)" } ?? ""))
                found += page.body.split(separator: "\"id\":\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
                cursor = page.text("next")
            } while cursor != nil
            #expect(found == ["a", "b", "c", "d", "e"])
        }
    }

    @Test(
        "The percentile is the share of entries at this place or below",
        arguments: [
            (0, 1, 100.0), (0, 4, 100), (1, 4, 75), (3, 4, 25), (2, 3, 33.3333), (0, 3591, 100), (3590, 3591, 0.0278),
        ])
    func percentiles(place: Int, total: Int, expected: Double) {
        #expect(percentile(place: place, of: total) == expected)
    }
}
