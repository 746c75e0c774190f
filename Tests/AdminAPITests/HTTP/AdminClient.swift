import ControlPlane
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization
import Testing

@testable import AdminAPI

/// The admin API over an `Office`, and a client of it.
struct AdminSite {
    let office: Office
    var configuration = AdminConfiguration()
    let log = KeptLog()
    static let token = OperatorToken(random: Array(40..<64))

    let cluster: FakeCluster
    let regions: FakeRegions

    init(
        anomalies: [AnomalyReport] = [], cluster: FakeCluster = FakeCluster(), regions: FakeRegions? = FakeRegions()
    ) async throws {
        self.cluster = cluster
        self.regions = regions ?? FakeRegions()
        office = try await Office(anomalies: anomalies, cluster: cluster, regions: regions)
    }

    /// Runs the story over the router, without sockets.
    func run<Value>(_ story: @Sendable (Client) async throws -> Value) async throws -> Value {
        let log = log
        let server = makeAdminServer(
            configuration: configuration, administration: office.administration, token: Self.token,
            logger: Logger(label: "admin") { _ in KeptLogHandler(log: log) })
        return try await server.test(.router) { try await story(Client(client: $0)) }
    }

    struct Client {
        let client: any TestClientProtocol

        /// The operator's token goes along unless the headers say otherwise.
        func send(
            _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, headers: HTTPFields = [:]
        ) async throws -> Answer {
            var fields = headers
            if fields[.authorization] == nil { fields[.authorization] = "Bearer \(AdminSite.token.text)" }
            if fields[.authorization] == "none" { fields[.authorization] = nil }
            if body != nil, fields[.contentType] == nil { fields[.contentType] = "application/json" }
            return try await client.execute(
                uri: path.hasPrefix("/") ? path : "/admin/v1/\(path)", method: method, headers: fields,
                body: body.map { ByteBuffer(string: $0) }
            ) {
                Answer(status: $0.status.code, headers: $0.headers, body: String(buffer: $0.body))
            }
        }

        func get(_ path: String) async throws -> Answer { try await send(.get, path) }
        func post(_ path: String, _ body: String? = nil) async throws -> Answer { try await send(.post, path, body) }
        func patch(_ path: String, _ body: String) async throws -> Answer { try await send(.patch, path, body) }
    }

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPFields
        var body: String

        var json: JSON { JSON(Array(body.utf8)) ?? .null }
        func text(_ name: String) -> String? {
            if case .string(let text)? = json[name] { text } else { nil }
        }
        var code: String? { text("code") }
        var items: [JSON] { if case .array(let items)? = json["items"] { items } else { [] } }
    }
}

/// What was logged, so that it can be searched for secrets.
final class KeptLog: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
}

struct KeptLogHandler: LogHandler {
    let log: KeptLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(log: KeptLog) { self.log = log }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { log.add("\(event.level) \(event.message) \(event.metadata ?? [:])") }
}
