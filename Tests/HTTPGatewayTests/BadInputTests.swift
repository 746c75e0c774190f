import ControlPlane
import AccessSupport
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import HTTPGateway

/// A request that is wrong, and what the client is told.
struct BadRequest: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var method = HTTPRequest.Method.post
    var path = "/v1/scores/update"
    var body: [UInt8]?
    var headers: HTTPFields = [:]
    var status: Int
    var code: ProblemCode
    /// What the first of the errors concerns.
    var field: String?

    /// An update.
    init(_ title: String, _ body: String, _ status: Int, _ code: ProblemCode, at field: String? = nil) {
        self.init(title, bytes: Array(body.utf8), status, code, at: field)
    }

    init(_ title: String, bytes: [UInt8], _ status: Int, _ code: ProblemCode, at field: String? = nil) {
        testDescription = title
        body = bytes
        self.status = status
        self.code = code
        self.field = field
    }

    init(
        _ title: String, _ method: HTTPRequest.Method, _ path: String, body: String? = nil,
        headers: HTTPFields = [:], _ status: Int, _ code: ProblemCode, at field: String? = nil
    ) {
        self.init(title, bytes: [], status, code, at: field)
        self.method = method
        self.path = path
        self.body = body.map { Array($0.utf8) }
        self.headers = headers
    }
}

private let good = #"{"leaderboard":"a","user":"b","score":1}"#

private func with(_ field: String) -> String { #"{"leaderboard":"a","user":"b","score":1,\#(field)}"# }
private func score(_ value: String) -> String { #"{"leaderboard":"a","user":"b","score":\#(value)}"# }
private func user(_ value: String) -> String { #"{"leaderboard":"a","user":\#(value),"score":1}"# }

private let syntax: [BadRequest] = [
    BadRequest("no body", "", 400, .invalidJSON),
    BadRequest("white space", "  ", 400, .invalidJSON),
    BadRequest("a cut text", #"{"leaderboard":"a","us"#, 400, .invalidJSON),
    BadRequest("something behind the end", good + "}", 400, .invalidJSON),
    BadRequest("two texts", good + good, 400, .invalidJSON),
    BadRequest("a comma too many", #"{"leaderboard":"a","user":"b","score":1,}"#, 400, .invalidJSON),
    BadRequest("a comma missing", #"{"leaderboard":"a" "user":"b","score":1}"#, 400, .invalidJSON),
    BadRequest("a name without quotes", #"{leaderboard:"a"}"#, 400, .invalidJSON),
    BadRequest("single quotes", "{'leaderboard':'a'}", 400, .invalidJSON),
    BadRequest("a comment", "/* a */ \(good)", 400, .invalidJSON),
    BadRequest("a byte order mark", bytes: [0xEF, 0xBB, 0xBF] + Array(good.utf8), 400, .invalidJSON),
    BadRequest("NaN", score("NaN"), 400, .invalidJSON),
    BadRequest("Infinity", score("Infinity"), 400, .invalidJSON),
    BadRequest("-Infinity", score("-Infinity"), 400, .invalidJSON),
    BadRequest("a leading zero", score("01"), 400, .invalidJSON),
    BadRequest("a leading plus", score("+1"), 400, .invalidJSON),
    BadRequest("a bare point", score("1."), 400, .invalidJSON),
    BadRequest("nothing before the point", score(".5"), 400, .invalidJSON),
    BadRequest("a bare exponent", score("1e"), 400, .invalidJSON),
    BadRequest("hexadecimal", score("0x10"), 400, .invalidJSON),
    BadRequest("a raw control character in a string", user("\"a\u{1}b\""), 400, .invalidJSON),
    BadRequest("an unknown escape", user(#""a\x""#), 400, .invalidJSON),
    BadRequest("half a surrogate pair", user(#""\ud83d""#), 400, .invalidJSON),
    BadRequest("the wrong half first", user(#""\ude00\ud83d""#), 400, .invalidJSON),
    BadRequest(
        "bytes that are not UTF-8",
        bytes: Array(#"{"leaderboard":"a","user":""#.utf8) + [0xC3, 0x28] + Array("\"}".utf8),
        400, .invalidUTF8),
    BadRequest(
        "an overlong form", bytes: Array(#"{"leaderboard":"a","user":""#.utf8) + [0xC0, 0xAF] + Array("\"}".utf8), 400,
        .invalidUTF8),
    BadRequest(
        "a surrogate in UTF-8",
        bytes: Array(#"{"leaderboard":"a","user":""#.utf8) + [0xED, 0xA0, 0x80] + Array("\"}".utf8),
        400, .invalidUTF8),
    BadRequest(
        "deep nesting",
        with(#""metadata":"# + String(repeating: #"{"a":"#, count: 40) + "1" + String(repeating: "}", count: 40)),
        400, .jsonTooDeep),
    BadRequest(
        "nesting without an end", with(#""metadata":{"a":"# + String(repeating: "[", count: 100_000)), 400, .jsonTooDeep
    ),
]

private let fields: [BadRequest] = [
    BadRequest("an array", "[]", 422, .wrongType),
    BadRequest("a string", #""a""#, 422, .wrongType),
    BadRequest("null", "null", 422, .wrongType),
    BadRequest("an empty object", "{}", 422, .missingField, at: "leaderboard"),
    BadRequest("no user", #"{"leaderboard":"a","score":1}"#, 422, .missingField, at: "user"),
    BadRequest("no score", #"{"leaderboard":"a","user":"b"}"#, 422, .missingField, at: "score"),
    BadRequest("score and scores", with(#""scores":[1]"#), 422, .invalidValue, at: "scores"),
    BadRequest("an unknown field", with(#""scoer":1"#), 422, .unknownField, at: "scoer"),
    BadRequest("a field in capitals", with(#""At":"2026-01-01T00:00:00Z""#), 422, .unknownField, at: "At"),
    BadRequest("a field twice", with(#""score":2"#), 422, .duplicateField, at: "score"),
    BadRequest("a field twice, once with escapes", with(#""sc\u006fre":2"#), 422, .duplicateField, at: "score"),
    BadRequest("a user that is a number", user("5"), 422, .wrongType, at: "user"),
    BadRequest("a user that is null", user("null"), 422, .wrongType, at: "user"),
    BadRequest("an empty user", user(#""""#), 422, .invalidName, at: "user"),
    BadRequest(
        "a user of 256 bytes", user("\"" + String(repeating: "x", count: 256) + "\""), 422, .invalidName, at: "user"),
    BadRequest(
        "a user of 900 kB", user("\"" + String(repeating: "x", count: 900_000) + "\""), 422, .invalidName, at: "user"),
    BadRequest("a user with U+0000", user(#""a\u0000""#), 422, .invalidName, at: "user"),
    BadRequest("a user with a line feed", user(#""a\nb""#), 422, .invalidName, at: "user"),
    BadRequest("a user with DEL", user("\"a\u{7F}\""), 422, .invalidName, at: "user"),
    BadRequest("a user with U+0085", user("\"a\u{85}\""), 422, .invalidName, at: "user"),
    BadRequest(
        "an empty leaderboard", #"{"leaderboard":"","user":"b","score":1}"#, 422, .invalidName, at: "leaderboard"),
    BadRequest(
        "a leaderboard with a slash", #"{"leaderboard":"a/b","user":"b","score":1}"#, 422, .invalidName,
        at: "leaderboard"),
    BadRequest("a score that is true", score("true"), 422, .wrongType, at: "score"),
    BadRequest("a score that is an object", score("{}"), 422, .wrongType, at: "score"),
    BadRequest("a score that is a list", score("[1]"), 422, .wrongType, at: "score"),
    BadRequest("a score in words", score(#""five""#), 422, .wrongType, at: "score"),
    BadRequest("a decimal as a string", score(#""1.5""#), 422, .wrongType, at: "score"),
    BadRequest("an integer beyond 64 bit", score("9223372036854775808"), 422, .numberOutOfRange, at: "score"),
    BadRequest("an integer below 64 bit", score("-9223372036854775809"), 422, .numberOutOfRange, at: "score"),
    BadRequest("such an integer as a string", score(#""9223372036854775808""#), 422, .numberOutOfRange, at: "score"),
    BadRequest("1e999", score("1e999"), 422, .numberOutOfRange, at: "score"),
    BadRequest("-1e309", score("-1e309"), 422, .numberOutOfRange, at: "score"),
    BadRequest(
        "a decimal of 200 digits", score("0." + String(repeating: "1", count: 200)), 422, .numberOutOfRange, at: "score"
    ),
    BadRequest("no scores", #"{"leaderboard":"a","user":"b","scores":[]}"#, 422, .invalidValue, at: "scores"),
    BadRequest("six scores", #"{"leaderboard":"a","user":"b","scores":[1,2,3,4,5,6]}"#, 422, .tooMany, at: "scores"),
    BadRequest(
        "a wrong score among several", #"{"leaderboard":"a","user":"b","scores":[1,null]}"#, 422, .wrongType,
        at: "scores[1]"),
    BadRequest("a time in words", with(#""at":"yesterday""#), 422, .invalidTime, at: "at"),
    BadRequest("a time as a number", with(#""at":1700000000"#), 422, .wrongType, at: "at"),
    BadRequest("a day that doesn't exist", with(#""at":"2026-02-30T00:00:00Z""#), 422, .invalidTime, at: "at"),
    BadRequest("metadata that is a string", with(#""metadata":"x""#), 422, .wrongType, at: "metadata"),
    BadRequest(
        "metadata beyond 1 KiB", with(#""metadata":{"a":"\#(String(repeating: "x", count: 1020))"}"#), 422, .tooLong,
        at: "metadata"),
    BadRequest(
        "a name twice in metadata", with(#""metadata":{"a":1,"\u0061":2}"#), 422, .duplicateField, at: "metadata.a"),
    BadRequest(
        "five dimensions", with(#""dimensions":{"a":"1","b":"1","c":"1","d":"1","e":"1"}"#), 422, .tooMany,
        at: "dimensions"),
    BadRequest("a dimension that is a number", with(#""dimensions":{"a":1}"#), 422, .wrongType, at: "dimensions.a"),
    BadRequest("an empty dimension", with(#""dimensions":{"a":""}"#), 422, .invalidName, at: "dimensions.a"),
    BadRequest("a dimension twice", with(#""dimensions":{"a":"1","a":"2"}"#), 422, .duplicateField, at: "dimensions.a"),
    BadRequest("updates that are an object", #"{"updates":{}}"#, 422, .wrongType, at: "updates"),
    BadRequest("something beside updates", #"{"updates":[],"x":1}"#, 422, .unknownField, at: "x"),
    BadRequest(
        "1001 updates", #"{"updates":["# + String(repeating: good + ",", count: 1000) + good + "]}", 422, .tooMany,
        at: "updates"),
]

private let requests: [BadRequest] = [
    BadRequest(
        "no key", .post, "/v1/scores/update", body: good, headers: [.authorization: "Basic abc"], 401, .invalidAPIKey),
    BadRequest(
        "a wrong key", .post, "/v1/scores/update", body: good, headers: [.apiKey: "lrl_live_nonsense"], 401,
        .invalidAPIKey),
    BadRequest(
        "someone else's key", .get, "/v1/leaderboards", headers: [.apiKey: AccessPlace.key(99).text], 401,
        .invalidAPIKey),
    BadRequest(
        "the wrong type", .post, "/v1/scores/update", body: good, headers: [.contentType: "text/plain"], 415,
        .unsupportedMediaType),
    BadRequest(
        "a form", .post, "/v1/scores/update", body: good, headers: [.contentType: "application/x-www-form-urlencoded"],
        415,
        .unsupportedMediaType),
    BadRequest("JSON to bulk", .post, "/v1/scores/bulk", body: good, 415, .unsupportedMediaType),
    BadRequest("nothing there", .get, "/v2/scores", 404, .notFound),
    BadRequest("a slash too many", .get, "/v1/leaderboards/", 400, .invalidPath),
    BadRequest("the wrong method", .put, "/v1/leaderboards", 405, .methodNotAllowed),
    BadRequest("a long path", .get, "/v1/leaderboards/" + String(repeating: "a", count: 9000), 414, .pathTooLong),
    BadRequest(
        "a key with a space", .post, "/v1/scores/update", body: good, headers: [.idempotencyKey: "a b"], 400,
        .invalidHeader),
    BadRequest(
        "a long key", .post, "/v1/scores/update", body: good,
        headers: [.idempotencyKey: String(repeating: "k", count: 129)], 400, .invalidHeader),
    BadRequest("a lone percent", .get, "/v1/leaderboards/a/rank/50%", 400, .invalidPath),
    BadRequest("a wrong percent", .get, "/v1/leaderboards/a/rank/%zz", 400, .invalidPath),
    BadRequest("percents that are not UTF-8", .get, "/v1/leaderboards/a/rank/%FF", 400, .invalidPath),
    BadRequest("a control character in the path", .get, "/v1/leaderboards/a/rank/%00", 400, .invalidPath, at: "user"),
    BadRequest("an empty user", .get, "/v1/leaderboards/a/rank/", 400, .invalidPath, at: "user"),
    BadRequest("an id with a space", .get, "/v1/leaderboards/a%20b/top", 400, .invalidPath, at: "id"),
    BadRequest("an unknown parameter", .get, "/v1/leaderboards/a/top?limt=5", 400, .unknownParameter, at: "limt"),
    BadRequest(
        "another path's parameter", .get, "/v1/leaderboards/a/top?radius=5", 400, .unknownParameter, at: "radius"),
    BadRequest(
        "a parameter twice", .get, "/v1/leaderboards/a/top?limit=5&limit=6", 400, .invalidParameter, at: "limit"),
    BadRequest("limit 0", .get, "/v1/leaderboards/a/top?limit=0", 400, .invalidParameter, at: "limit"),
    BadRequest("limit 1001", .get, "/v1/leaderboards/a/top?limit=1001", 400, .invalidParameter, at: "limit"),
    BadRequest("limit in words", .get, "/v1/leaderboards/a/top?limit=ten", 400, .invalidParameter, at: "limit"),
    BadRequest("rank 0", .get, "/v1/leaderboards/a/top?from_rank=0", 400, .invalidParameter, at: "from_rank"),
    BadRequest("radius 101", .get, "/v1/leaderboards/a/around/b?radius=101", 400, .invalidParameter, at: "radius"),
    BadRequest(
        "neither true nor false", .get, "/v1/leaderboards/a/top?metadata=1", 400, .invalidParameter, at: "metadata"),
    BadRequest("a season of no window", .get, "/v1/leaderboards/a/top?season=x", 400, .invalidParameter, at: "season"),
    BadRequest(
        "a dimension without value", .get, "/v1/leaderboards/a/top?dimension=x", 400, .invalidParameter, at: "dimension"
    ),
    BadRequest("a made-up cursor", .get, "/v1/leaderboards/a/top?cursor=abc", 400, .invalidCursor, at: "cursor"),
    BadRequest("a cursor with a percent", .get, "/v1/leaderboards?cursor=%25", 400, .invalidCursor, at: "cursor"),
    BadRequest("a percent in a parameter", .get, "/v1/leaderboards/a/top?user=%", 400, .invalidParameter, at: "user"),
    BadRequest("line 0", .post, "/v1/scores/bulk?from_line=0", body: "", 400, .invalidParameter, at: "from_line"),
    BadRequest(
        "users that are a string", .post, "/v1/leaderboards/a/ranks", body: #"{"users":"b"}"#, 422, .wrongType,
        at: "users"),
    BadRequest(
        "a user that is a number", .post, "/v1/leaderboards/a/ranks", body: #"{"users":["b",5]}"#, 422, .wrongType,
        at: "users[1]"),
    BadRequest("no users", .post, "/v1/leaderboards/a/ranks", body: "{}", 422, .missingField, at: "users"),
    BadRequest(
        "users and more", .post, "/v1/leaderboards/a/ranks", body: #"{"users":[],"x":1}"#, 422, .unknownField, at: "x"),
    BadRequest(
        "501 users", .post, "/v1/leaderboards/a/ranks",
        body: #"{"users":["# + String(repeating: #""b","#, count: 500) + #""b"]}"#, 422, .tooMany, at: "users"),
    BadRequest("a definition that is a list", .post, "/v1/leaderboards", body: "[]", 422, .invalidDefinition, at: ""),
    BadRequest("a definition without id", .post, "/v1/leaderboards", body: "{}", 422, .invalidDefinition, at: "id"),
    BadRequest(
        "an unknown column type", .post, "/v1/leaderboards",
        body: #"{"id":"a","columns":[{"name":"x","type":"text"}]}"#, 422, .invalidDefinition, at: "columns[0].type"),
    BadRequest(
        "a field twice in a definition", .post, "/v1/leaderboards",
        body: #"{"id":"a","columns":[{"name":"x","name":"y"}]}"#, 422, .duplicateField, at: "columns[0].name"),
    BadRequest(
        "a version without quotes", .patch, "/v1/leaderboards/a", body: "{}", headers: [.ifMatch: "1"], 400,
        .invalidHeader),
]

@Suite struct BadInputTests {
    @Test(
        "A wrong request is told what is wrong, and the node doesn't hear of it", arguments: syntax + fields + requests)
    func refused(_ request: BadRequest) async throws {
        let gateway = Gateway()
        let answer = try await gateway.run { client in
            try await client.send(request.method, request.path, request.body, headers: request.headers)
        }
        #expect(answer.status == request.status)
        #expect(answer.text("code") == request.code.rawValue)
        #expect(answer.headers[.contentType] == "application/problem+json")
        #expect(answer.headers[.requestID] == "test")
        if let field = request.field { #expect(answer.text("field") == field) }
        #expect(gateway.service.callCount == 0)
    }

    @Test("A request without any key is told how to send one")
    func missingKey() async throws {
        let gateway = Gateway()
        let server = makeHTTPServer(
            configuration: HTTPConfiguration(), service: gateway.service, gatekeeper: gateway.access.gatekeeper,
            logger: Gateway.quiet)
        try await server.test(.router) { client in
            try await client.execute(uri: "/v1/leaderboards", method: .get) { answer in
                #expect(answer.status == .unauthorized)
                #expect(answer.headers[.wwwAuthenticate] == "Bearer")
                #expect(String(buffer: answer.body).contains(#""code":"missing_api_key""#))
            }
        }
        #expect(gateway.service.callCount == 0)
    }

    @Test(
        "A body over the limit is refused, whether or not its length was announced", arguments: [1_048_577, 10_000_000])
    func largeBody(byteCount: Int) async throws {
        let gateway = Gateway()
        let body = Array(user("\"" + String(repeating: "x", count: byteCount) + "\"").utf8)
        for headers: HTTPFields in [[:], [.transferEncoding: "chunked"]] {
            let answer = try await gateway.run { client in
                try await client.send(.post, "/v1/scores/update", body, headers: headers)
            }
            #expect(answer.status == 413)
            #expect(answer.text("code") == "body_too_large")
        }
        #expect(gateway.service.callCount == 0)
    }

    @Test("The wrong method is told the right ones")
    func allow() async throws {
        let answer = try await Gateway().run { try await $0.send(.put, "/v1/leaderboards/a") }
        #expect(answer.headers[.allow] == "GET, PATCH, DELETE")
    }

    @Test("Everything that is wrong with a definition is told at once")
    func definition() async throws {
        let gateway = Gateway()
        let answer = try await gateway.run { client in
            try await client.post(
                "/v1/leaderboards",
                #"{"id":"a b","columns":[{"type":"text"}],"tie":"none","windows":[{"name":"w","every":"hour"},{"name":"x","cron":"* *"}],"extra":1}"#
            )
        }
        #expect(answer.status == 422)
        for field in [
            "id", "columns[0].name", "columns[0].type", "tie", "windows[0].every", "windows[1].cron", "extra",
        ] {
            #expect(answer.body.contains(#""field":"\#(field)""#), "\(field)")
        }
        #expect(gateway.service.callCount == 0)
    }

    @Test("However much is wrong with a definition, a hundred problems are told")
    func manyProblems() async throws {
        let answer = try await Gateway().run { client in
            let columns = String(repeating: #"{"nam":"x"},"#, count: 5000) + #"{"name":"y"}"#
            let fields = (0..<5000).map { #""field\#($0)":1,"# }.joined()
            return try await client.post("/v1/leaderboards", #"{"id":"a",\#(fields)"columns":[\#(columns)]}"#)
        }
        #expect(answer.text("code") == "invalid_definition")
        #expect(answer.body.contains(#"{"field":"columns","code":"too_many""#))
        #expect(answer.body.split(separator: #"{"field":"#).count == 101)
    }

    @Test("In a list the text must be JSON, or nothing of it is entered")
    func brokenList() async throws {
        let gateway = Gateway()
        let answer = try await gateway.run {
            try await $0.post("/v1/scores/update", #"{"updates":[\#(good),{"leader]}"#)
        }
        #expect(answer.status == 400)
        #expect(gateway.service.callCount == 0)
    }

    @Test("What may be refused may also be right: the edges of what is allowed")
    func edges() async throws {
        try await Gateway().run { client in
            try await client.createSum("a")
            for body in [
                " \t\r\n\(good) ",
                score("-9223372036854775808"), score("9223372036854775807"), score(#""-5""#), score("5.0"),
                score("5e0"),
                score("-0"), score("1E2"),
                user("\"" + String(repeating: "x", count: 255) + "\""), user(#""\ud83d\ude00""#), user("\"\u{A0}\""),
                with(#""at":"2026-01-01T00:00:00.5+01:00""#), with(#""metadata":{}"#),
                with(#""metadata":{"a":"\#(String(repeating: "x", count: 1016))"}"#),
                with(#""metadata":{ "a" : "\#(String(repeating: "x", count: 1016))" }"#),
                with(#""dimensions":{"country":"NO"}"#),
            ] {
                let answer = try await client.post("/v1/scores/update", body)
                #expect(answer.status == 200 || answer.text("code") == "score_overflow", "\(body): \(answer.body)")
            }
            let slashed = try await client.get("/v1/leaderboards/a/rank/a%2Fb%20c%C3%A9")
            #expect(slashed.text("code") == "unknown_user")
        }
    }
}
