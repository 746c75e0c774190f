import HTTPTypes
import Hummingbird
import NIOCore
import NodeRuntime

/// Bodies in and answers out.
extension GatewayResponder {
    func answer(_ problem: Problem, _ requestID: String) -> Response {
        var writer = JSONWriter()
        writer.problem(problem, requestID: requestID, documentation: configuration.errorDocumentation)
        var headers = problem.headers
        headers[.contentType] = "application/problem+json"
        if let retryAfter = problem.retryAfter { headers[.retryAfter] = String(retryAfter) }
        return Response(
            status: HTTPResponse.Status(code: problem.code.status), headers: headers,
            body: ResponseBody(byteBuffer: writer.buffer))
    }

    /// A whole JSON document.
    func answer(_ writer: borrowing JSONWriter, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:])
        -> Response
    {
        var headers = headers
        headers.append(HTTPField(name: .contentType, value: "application/json"))
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: writer.buffer))
    }

    func body(of request: Request, type: String) async throws -> ByteBuffer {
        try check(request, types: [type])
        return try await body(of: request)
    }

    /// The whole body.
    func body(of request: Request) async throws -> ByteBuffer {
        let countMax = configuration.bodyByteCountMax
        let tooLarge = { Problem(.bodyTooLarge, "A body takes at most \(countMax) bytes.") }
        if let declared = request.headers.value(of: .contentLength).flatMap({ Int($0) }), declared > countMax {
            throw tooLarge()
        }
        var iterator = request.body.makeAsyncIterator()
        // Small bodies come in one piece, which is then used as it is.
        guard var body = try await iterator.next() else { return ByteBuffer() }
        while var next = try await iterator.next() {
            if body.readableBytes + next.readableBytes > countMax { throw tooLarge() }
            body.writeBuffer(&next)
        }
        if body.readableBytes > countMax { throw tooLarge() }
        return body
    }

    func check(_ request: Request, types: [String]) throws(Problem) {
        let type = request.headers.value(of: .contentType)
        if let type, types.contains(where: { isMediaType(type, $0) }) { return }
        throw Problem(.unsupportedMediaType, "Content-Type must be \(types.joined(separator: " or ")).")
    }

    /// Whether a header says `type`, with or without parameters such as a charset.
    func isMediaType(_ header: String, _ type: String) -> Bool {
        if header == type { return true }
        let name = header.prefix { $0 != ";" }
        return name.drop { $0 == " " }.lowercased().split(separator: " ").first.map { $0 == type } ?? false
    }
}

extension GatewayResponder {
    func healthz() -> Response {
        var writer = JSONWriter()
        writer.object { $0.member("status", "ok") }
        return answer(writer)
    }

    func readyz() async throws -> Response {
        switch await service.readiness() {
        case .ready:
            var writer = JSONWriter()
            writer.object { $0.member("status", "ready") }
            return answer(writer)
        case .starting(let progress): throw Problem(.unavailable, "The node is starting: \(progress)", retryAfter: 1)
        case .stopping: throw Problem(.unavailable, "The node is stopping.", retryAfter: 5)
        case .failed(let reason): throw Problem(.unavailable, "The node has failed: \(reason)", retryAfter: 30)
        }
    }
}

extension HTTPField.Name {
    static let requestID = Self("X-Request-Id")!
    static let idempotencyKey = Self("Idempotency-Key")!
    static let idempotencyReplayed = Self("Idempotency-Replayed")!
    /// How old an answer is at most, in milliseconds.
    static let laurelAge = Self("Laurel-Age")!
}

extension HTTPFields {
    /// What `self[name]` is: the value of a field, or those of several of one name as a list. That one builds a new string
    /// even of a single value, and every request is asked for half a dozen.
    func value(of name: HTTPField.Name) -> String? {
        guard contains(name) else { return nil }
        let values = self[values: name]
        return values.count == 1 ? values[0] : values.joined(separator: ", ")
    }
}

/// A request's `Idempotency-Key`: 1 to 128 visible ASCII characters.
func idempotencyKey(_ headers: HTTPFields) throws(BadInput) -> String? {
    guard let key = headers.value(of: .idempotencyKey) else { return nil }
    guard (1...128).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw BadInput(.invalidHeader, at: "Idempotency-Key", "A key is 1 to 128 visible ASCII characters.")
    }
    return key
}
