import HTTPTypes
import Hummingbird
import NIOCore

/// A route of the admin API. `docs/admin-openapi.yaml` describes each; a test holds the two together.
struct AdminRoute: Sendable {
    let method: HTTPRequest.Method
    /// With `{name}` for the parts that vary.
    let template: String
    var parameters: [AdminParameter] = []
    let answer: @Sendable (Exchange) async throws -> AdminAnswer

    init(
        _ method: HTTPRequest.Method, _ path: String, _ parameters: [AdminParameter] = [],
        _ answer: @escaping @Sendable (Exchange) async throws -> AdminAnswer
    ) {
        self.method = method
        template = "/admin/v1/" + path
        self.parameters = parameters
        self.answer = answer
    }

    static let all =
        tenants + projects + members + tokens + keys + plans + records + anomalies + nodes + shards + logs + consumers
        + regions + backup
}

/// Query parameters.
enum AdminParameter: String, Sendable, CaseIterable {
    case limit, cursor
    /// Also what was deleted, removed or revoked, or has expired.
    case all
    case tenant, from, to
    /// A place in a log, and a shard's number.
    case position, shard
}

/// What a route answers.
struct AdminAnswer: Sendable {
    var status: HTTPResponse.Status = .ok
    var json: JSON
    var headers: HTTPFields = [:]
    /// Sent as it comes, instead of the JSON.
    var stream: ResponseBody?

    init(_ json: JSON) { self.json = json }

    /// Bytes of any length.
    init(stream: @escaping @Sendable (_ send: ([UInt8]) async throws -> Void) async throws -> Void) {
        json = [:]
        self.stream = ResponseBody { writer in
            let body = StreamedBody(writer)
            try await stream { try await body.write($0) }
            try await body.finish()
        }
    }

    /// One record, with its version as the ETag.
    init(_ json: JSON, version: Int64) {
        self.json = json
        headers[.eTag] = "\"\(version)\""
    }

    static func created(_ json: JSON, version: Int64, at path: String) -> AdminAnswer {
        var answer = AdminAnswer(json, version: version)
        answer.status = .created
        answer.headers[.location] = "/admin/v1/" + path
        return answer
    }

    static func page<Item>(_ page: AdminPage<Item>, _ json: (Item) -> JSON) -> AdminAnswer {
        AdminAnswer(["items": .array(page.items.map(json)), "next": .optional(page.next)])
    }

    var response: Response {
        var headers = headers
        if let stream {
            headers[.contentType] = "application/octet-stream"
            return Response(status: status, headers: headers, body: stream)
        }
        headers[.contentType] = "application/json"
        return Response(
            status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: json.description)))
    }
}

/// A body that is written by one task, one part after the other.
private final class StreamedBody: @unchecked Sendable {
    // Sendable because that task waits for each part before it goes on.
    private var writer: any ResponseBodyWriter

    init(_ writer: any ResponseBodyWriter) { self.writer = writer }

    @concurrent func write(_ bytes: [UInt8]) async throws { try await writer.write(ByteBuffer(bytes: bytes)) }
    @concurrent func finish() async throws { try await writer.finish(nil) }
}
