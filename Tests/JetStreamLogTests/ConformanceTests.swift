import CommitLogs
import JetStreamLog
import JetStreamSupport
import Logging
import NATSClient
import Synchronization
import Testing

/// One after the other: each starts servers that use the whole machine.
@Suite("With real servers", .serialized)
enum RealServers {}

let silent = Logger(label: "log") { _ in SwiftLogNoOpLogHandler() }

/// Names of clusters, so that each log has a stream of its own on servers that tests share.
private let lastCluster = Atomic<Int>(0)
func uniqueCluster() -> String { "t\(lastCluster.add(1, ordering: .relaxed).newValue)" }

extension JetStreamCluster {
    func options(
        cluster: String = uniqueCluster(), _ change: (inout StreamLogOptions) -> Void = { _ in }
    ) -> StreamLogOptions {
        var client = ClientOptions(servers: addresses)
        client.authentication = Self.user
        var options = StreamLogOptions(
            group: LogGroup(cluster: cluster, number: 0, count: 1)!, client: client,
            inspection: .systemAccount(Self.system))
        options.byteCountMax = 64 << 20
        options.createsStream = true
        options.openPatience = .seconds(60)
        if servers.count == 1 { options.replicas = .oneForTests }
        change(&options)
        return options
    }

    func open(
        _ options: StreamLogOptions, notice: @escaping @Sendable (StreamLogNotice) -> Void = { _ in }
    ) async throws -> StreamLog {
        try await StreamLog.open(options, logger: silent, notice: notice)
    }

    func open(_ change: (inout StreamLogOptions) -> Void = { _ in }) async throws -> StreamLog {
        try await open(options(change))
    }
}

/// Three servers that tests leave as they are.
let sharedCluster = Task { try JetStreamCluster() }

extension RealServers {
    @Suite("The log on three servers keeps the promises of CommitLog")
    struct Conformance {
        @Test("as every log", arguments: CommitLogConformance.checks)
        func check(_ check: CommitLogConformance.Check) async throws {
            let cluster = try await sharedCluster.value
            let opened = Mutex<[StreamLogOptions]>([])
            let subject = CommitLogConformance.Subject(truncationByteCount: 0) {
                let options = cluster.options()
                opened.withLock { $0.append(options) }
                return try await cluster.open(options)
            } reopen: { log in
                await log.close()
                return try await cluster.open(opened.withLock { $0.last! })
            }
            try await check.run(subject)
        }

        @Test("as every log that nodes share", arguments: SharedLogConformance.checks)
        func shared(_ check: SharedLogConformance.Check) async throws {
            let cluster = try await sharedCluster.value
            let subject = SharedLogConformance.Subject {
                let options = cluster.options()
                return (try await cluster.open(options), try await cluster.open(options))
            }
            try await check.run(subject)
        }
    }
}
