import Foundation

/// Laurel's API for tests, over one kept-alive connection.
final class Client {
    let port: Int
    let key: String
    private var connection: HTTPConnection?

    init(port: Int, key: String) {
        self.port = port
        self.key = key
    }

    typealias Response = HTTPConnection.Response

    /// Sends a request and reads the answer. After a failure the next request takes a new connection.
    func send(
        _ method: String, _ target: String, body: [UInt8]? = nil, type: String = "application/json",
        headers: [(String, String)] = [], eachPart: (ArraySlice<UInt8>) -> Void = { _ in }
    ) throws(HTTPConnection.Broken) -> Response {
        do {
            let connection = try open()
            try connection.send(request(method, target, body: body, type: type, headers: headers))
            let response = try connection.receive(eachPart: eachPart)
            if response.headers["connection"]?.lowercased() == "close" { self.connection = nil }
            return response
        } catch {
            connection = nil
            throw error
        }
    }

    /// The connection, for who wants to send half a request.
    func open() throws(HTTPConnection.Broken) -> HTTPConnection {
        if let connection { return connection }
        let new = try HTTPConnection(port: port)
        connection = new
        return new
    }

    func close() { connection = nil }

    func request(
        _ method: String, _ target: String, body: [UInt8]? = nil, type: String = "application/json",
        headers: [(String, String)] = []
    ) -> [UInt8] {
        let common = [("X-Api-Key", key)] + (body == nil ? [] : [("Content-Type", type)])
        return HTTPConnection.request(method, target, headers: common + headers, body: body)
    }

    /// The definition of a leaderboard whose points add up.
    static func points(_ id: String) -> String {
        #"{"id":"\#(id)","columns":[{"name":"points","type":"integer","operator":"sum"}]}"#
    }

    func get(_ target: String) throws -> Response { try send("GET", target) }

    func post(_ target: String, _ json: String, headers: [(String, String)] = []) throws -> Response {
        try send("POST", target, body: Array(json.utf8), headers: headers)
    }

    func upload(_ lines: [String], headers: [(String, String)] = []) throws(HTTPConnection.Broken) -> Response {
        let body = Array((lines.joined(separator: "\n") + "\n").utf8)
        return try send("POST", "/v1/scores/bulk", body: body, type: "application/x-ndjson", headers: headers)
    }

    func createLeaderboard(_ definition: String) throws {
        let answer = try post("/v1/leaderboards", definition)
        guard answer.status == 201 else { throw Failure("not created: \(answer.text)") }
    }

    /// Submits one score that must be taken.
    @discardableResult
    func submit(_ board: String, _ user: String, _ score: some Numeric) throws -> Response {
        let answer = try post("/v1/scores/update", #"{"leaderboard":"\#(board)","user":"\#(user)","score":\#(score)}"#)
        guard answer.status == 200 else { throw Failure("not taken: \(answer.text)") }
        return answer
    }

    /// A page of a ranking: `target` is what stands behind `/v1/leaderboards/`.
    func page(_ target: String) throws -> Page {
        let answer = try get("/v1/leaderboards/" + target)
        guard answer.status == 200 else { throw Failure("\(target): \(answer.text)") }
        return try answer.decoded()
    }

    /// All of a ranking, page by page. Fails if the ranks are not 1, 2, 3, … of as many as are said to be there.
    func ranking(_ board: String, _ query: String = "") throws -> [Entry] {
        var entries: [Entry] = []
        var cursor: String?
        var total = 0
        repeat {
            let from = cursor.map { "&cursor=\($0)" } ?? ""
            let page = try page("\(board)/top?limit=1000\(query.isEmpty ? "" : "&" + query)\(from)")
            entries += page.entries
            (cursor, total) = (page.next, page.total)
        } while cursor != nil
        guard entries.count == total, entries.map(\.rank) == Array(1...max(1, total)).prefix(total).map({ $0 }) else {
            throw Failure("\(board)?\(query): \(entries.count) entries of \(total), or ranks that are not 1, 2, 3, …")
        }
        return entries
    }
}

struct Entry: Decodable, Hashable {
    var rank: Int
    var user: String
    var score: Double
}

struct Page: Decodable {
    var entries: [Entry]
    var total: Int
    var next: String?
    var me: Entry?
}

/// The summary of an upload.
struct UploadSummary: Decodable, Hashable {
    var accepted: Int
    var unchanged: Int
    var rejected: Int
    var skipped: Int
}

/// One submission's answer.
struct Receipt: Decodable {
    var score: Double?
    var rank: Int?
    var replayed: Bool?
    var code: String?
}

struct Problem: Decodable {
    var code: String
    var status: Int
    var detail: String?
}

extension HTTPConnection.Response {
    func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw Failure("\(status) \(text): \(error)")
        }
    }

    /// The stable code of an error, or nil if it is none.
    var code: String? { status < 400 ? nil : (try? decoded(Problem.self))?.code }
}
