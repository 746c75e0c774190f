import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// Talks to the admin API of a node.
struct AdminClient {
    /// Such as `http://127.0.0.1:8081`.
    let address: String
    let token: String
    let client: HTTPClient

    /// Runs `body` with a client.
    ///
    /// - Parameter authorities: a PEM file of those that are believed, and no others. Nil: those that the machine believes.
    static func with<Result>(
        address: String, authorities: String?, token: String, _ body: (AdminClient) async throws -> Result
    ) async throws -> Result {
        // Not to be sent elsewhere: the token goes with every request.
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(10)
        // Who is refused is told at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authorities { tls.trustRoots = .file(authorities) }
        configuration.tlsConfiguration = tls
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let result = try await body(AdminClient(address: address, token: token, client: client))
            try await client.shutdown()
            return result
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    /// - Parameters:
    ///   - path: what stands behind `/admin/v1/`.
    ///   - version: the one that is to be changed, and no other.
    ///   - seconds: how long the node may take for it.
    func send(
        _ method: Method, _ path: String, query: [(String, String?)] = [], body: Value? = nil,
        version: Int64? = nil, within seconds: Int64 = 30
    ) async throws -> Value {
        var request = HTTPClientRequest(url: address + "/admin/v1/" + path + Self.text(of: query))
        request.method = HTTPMethod(rawValue: method.rawValue)
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let version { request.headers.add(name: "If-Match", value: "\"\(version)\"") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
        }
        let (status, bytes): (Int, Data)
        do {
            let response = try await client.execute(request, timeout: .seconds(seconds))
            (status, bytes) = (
                Int(response.status.code), Data(try await response.body.collect(upTo: 64 << 20).readableBytesView)
            )
        } catch {
            throw Failure(.unavailable, "\(address) can't be reached: \(Self.reason(error))")
        }
        guard let value = try? JSONDecoder().decode(Value.self, from: bytes) else {
            throw Failure(.unavailable, "\(address) is no admin API of Laurel: it answers \(status) and no JSON.")
        }
        guard 200..<300 ~= status else { throw Failure(status: status, problem: value) }
        return value
    }

    /// All items of a list, page by page, at most `countMax`.
    func list(_ path: String, query: [(String, String?)] = [], countMax: Int = .max) async throws -> [Value] {
        var items: [Value] = []
        var cursor: String?
        repeat {
            let limit = String(min(1000, countMax - items.count))
            let page = try await send(.get, path, query: query + [("limit", limit), ("cursor", cursor)])
            items += page["items"].elements
            if case .string(let next) = page["next"] { cursor = next } else { cursor = nil }
        } while cursor != nil && items.count < countMax
        return items
    }

    static func text(of query: [(String, String?)]) -> String {
        let pairs = query.compactMap { name, value in value.map { "\(name)=\(escaped($0))" } }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }

    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where error == .connectTimeout || error == .deadlineExceeded:
            "it does not answer."
        case let error as NIOSSLError where "\(error)".contains("CERTIFICATE_VERIFY_FAILED"):
            "nobody whom this machine believes vouches for its certificate (--ca-file names others)."
        case is NIOSSLExtraError: "its certificate is not for this address."
        case is NIOSSLError: "no TLS could be agreed upon: is it http://?"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            "it closed the connection: is it https://?"
        // An alert of TLS.
        case is HTTPParserError: "it does not answer in HTTP: is it https://?"
        default: String(describing: error)
        }
    }
}

enum Method: String {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
}

/// A part of a path or a query, with everything but letters, digits, `-`, `_` and `.` escaped.
func escaped(_ text: String) -> String {
    text.utf8.map { byte in
        let isPlain =
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
            || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
        if isPlain { return String(UnicodeScalar(byte)) }
        let digits = String(byte, radix: 16, uppercase: true)
        return "%" + (digits.count == 1 ? "0" + digits : digits)
    }.joined()
}

extension Failure {
    /// What a problem document says, for people.
    init(status: Int, problem: Value) {
        switch (status, problem["code"]) {
        case (404, _): code = .notFound
        case (409, _), (412, _): code = .conflict
        case (500..., _): code = .unavailable
        default: code = .refused
        }
        let fields = problem["errors"].elements
        var lines = ["\(fields.isEmpty ? problem["detail"].text : problem["title"].text) (\(problem["code"].text))"]
        lines += fields.map { field in
            let name = field["field"].text
            return "  \(name.isEmpty ? "" : name + ": ")\(field["message"].text)"
        }
        description = lines.map(Output.printable).joined(separator: "\n")
    }
}
