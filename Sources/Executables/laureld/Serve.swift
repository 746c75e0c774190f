import AdminAPI
import ArgumentParser
import ControlPlane
import Foundation
import HTTPGateway
import Hummingbird
import KeyFetching
import Leaderboards
import Logging
import NIOCore
import NIOPosix
import NodeRuntime
import RedisFrontend
import RocksDBCheckpoints
import ServiceLifecycle
import Sharding
import Tenancy
import UnixSignals

/// `laureld` itself: a node that serves.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve (the default).")

    @OptionGroup var options: CommonOptions
    @Option(help: "Where the HTTP API listens: host:port. Default 127.0.0.1:8080.")
    var http: String?
    @Option(help: "Where the Redis protocol is spoken: host:port. Default off.")
    var redis: String?
    @Option(help: "PEM file of the certificate: HTTP is then served over TLS. Default off.")
    var tlsCertificate: String?
    @Option(help: "PEM file of the certificate's key.")
    var tlsKey: String?
    @Option(help: "Whether the Redis protocol is spoken over TLS: on or off. Default off.")
    var redisTls: String?
    @Option(help: "Whether the admin API is served over TLS: on or off. Default off.")
    var adminTls: String?
    @Option(help: "Where requests are written down: a path, - or off. Default off.")
    var accessLog: String?
    @Option(help: "Where the admin API listens, for the command laurel: host:port. Default off.")
    var admin: String?
    @Option(help: "Where tenants and keys are kept: sqlite, or postgres://… Default sqlite.")
    var control: String?
    @Option(help: "When writes are answered: durable, or relaxed (at once). Default durable.")
    var durability: String?

    func run() throws {
        let flags = [
            ("http", http), ("redis", redis), ("admin", admin), ("control", control), ("durability", durability),
            ("tls-certificate", tlsCertificate), ("tls-key", tlsKey), ("redis-tls", redisTls),
            ("admin-tls", adminTls), ("access-log", accessLog),
        ].compactMap { key, value in value.map { (key, $0) } }
        let settings = try options.settings(adding: flags)
        try runBlocking { try await serve(settings) }
    }

    private func serve(_ settings: Settings) async throws {
        let console = Console()
        var logger = Logger(label: "laurel") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = settings.logLevel
        let transport = try Transport(settings, logger)
        let directory = try DataDirectory(settings)
        let engine = try await Engine(settings, in: directory, console, logger)
        let store: RocksDBCheckpointStore
        do {
            store = try directory.openStore()
        } catch {
            await engine.close()
            throw error
        }
        let key: (key: APIKey, isNew: Bool)
        let control: OpenControlPlane
        do {
            key = try directory.adminKey()
            control = try await OpenControlPlane(
                settings, in: directory, key: key.key, keySets: HTTPKeySetFetcher(), logger)
        } catch {
            store.close()
            await engine.close()
            throw error
        }
        if key.isNew {
            console.say("Admin key for project 'default', shown this once and kept in \(directory.keyPath):")
            console.say("  \(key.key.text)")
        }
        let configuration = directory.nodeConfiguration(settings, incarnation: engine.incarnation)
        let redis = redisConfiguration(settings, engine.records, transport)
        let orders: StoredOrders?
        let node: Node
        let talk: NodeTalk?
        do {
            orders = try await control.orders(settings, node: configuration.node, logger)
            node = engine.node(
                configuration, store: store, limits: DirectoryLimits(directory: control.directory), orders: orders,
                console, logger)
            talk = try engine.talk(settings, node, redis: redis, console, logger)
        } catch {
            await control.store.close()
            store.close()
            await engine.close()
            throw error
        }
        let service: AnyNodeService = talk?.service ?? node
        let usage = control.usageWriter(of: service, named: talk == nil ? directory.nodeName : "cluster", logger) {
            // The counters of a cluster are the same whoever writes them down.
            if talk == nil { return true }
            return await node.ownsFirstShard()
        }
        var http = HTTPConfiguration()
        http.host = settings.httpHost
        http.port = settings.httpPort
        http.bodyByteCountMax = min(settings.httpBodyBytesMax, engine.records.requestByteCountMax)
        http.partByteCountMax = min(http.partByteCountMax, engine.records.requestByteCountMax)
        http.updateCountMax = settings.httpUpdatesMax
        http.connectionCountMax = settings.httpConnectionsMax
        http.idleTimeoutSeconds = Int64(settings.httpIdleSeconds)
        transport.configure(&http, settings)
        http.crossOrigin = control.crossOrigin
        let scheme = transport.certificates == nil ? "http" : "https"
        let server = makeHTTPServer(
            configuration: http, service: service, gatekeeper: control.gatekeeper,
            onRunning: { channel in
                console.say(
                    "Laurel listens on \(scheme)://\(channel.localAddress.map(Self.text) ?? "?"), data in \(settings.dataDirectory)"
                )
            }, logger: logger)
        let anomalies = control.anomalyWatch(of: service, named: directory.nodeName, logger)
        var services = transport.services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
        services += engine.services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
        services += engine.mirrors?.services ?? []
        if let orders { services.append(.init(service: orders)) }
        if let talk { services.append(.init(service: talk.links)) }
        services += [
            .init(service: control.directory), .init(service: control.gatekeeper),
            // A node that fails lets the server finish: cancelled while it accepts a connection, it would trip an
            // assertion of NIO, and nobody would be told why the node failed.
            .init(service: node, failureTerminationBehavior: .gracefullyShutdownGroup),
        ]
        services += (talk?.services ?? []).map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
        services += [
            // Told to stop after the servers and before the node: its last writing has everything.
            .init(service: usage),
            // Before that one: when the servers have ended, nothing more comes.
            .init(service: control.usageReporter(to: service, logger)),
            .init(service: anomalies), .init(service: server),
        ]
        if let redis = redisServer(settings, redis, service, control.gatekeeper, console, logger) {
            services.append(.init(service: redis))
        }
        do {
            let inspector = ClusterInspector(node, routed: talk?.service, clusterName: settings.cluster.name)
            let admin = try await adminService(
                settings, transport, directory, control, service, inspector, talk?.regions, anomalies,
                backup: BackupHooks(engine.origin(settings, directory, store, control.store, node)), console, logger)
            if let admin { services.append(.init(service: admin)) }
        } catch {
            await control.store.close()
            store.close()
            await engine.close()
            throw error
        }
        var group = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(settings.shutdownSeconds)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await ServiceGroup(configuration: group).run()) } catch {
            outcome = .failure(error)
        }
        await control.store.close()
        try outcome.get()
        console.say("Laurel has stopped.")
    }

    private func adminService(
        _ settings: Settings, _ transport: Transport, _ directory: DataDirectory, _ control: OpenControlPlane,
        _ node: AnyNodeService, _ inspector: ClusterInspector, _ regions: RegionInspector?, _ anomalies: AnomalyWatch,
        backup: BackupHooks, _ console: Console, _ logger: Logger
    ) async throws -> (any Service)? {
        var hooks = Administration.Hooks()
        hooks.backup = backup
        hooks.cluster = inspector
        hooks.regions = regions
        // What can't be read now is read within a quarter of a second.
        hooks.didChange = { try? await control.directory.refresh() }
        hooks.filtered = { control.gatekeeper.filterCounts(of: $0) }
        hooks.use = { project in (try? await node.usage(of: project.text))?.value.metrics ?? [:] }
        hooks.anomalies = { project, tenant, limit in
            anomalies.recent(project: project, tenant: tenant, limit: limit).map(AnomalyReport.init)
        }
        return try await AdminServing(
            settings: settings, transport: transport, directory: directory, store: control.store,
            pepper: directory.pepper(settings), hooks: hooks, console: console, logger: logger
        ).service()
    }

    private func redisConfiguration(
        _ settings: Settings, _ records: RecordRoom, _ transport: Transport
    ) -> RedisConfiguration {
        var redis = RedisConfiguration()
        if let address = settings.redis { (redis.host, redis.port) = address }
        redis.connectionCountMax = settings.redisConnectionsMax
        redis.replyByteCountMax = settings.redisReplyBytesMax
        redis.patienceSeconds = settings.redisPatienceSeconds
        redis.transactionByteCountMax = records.commandByteCountMax
        redis.readOnlyAgeMax = .milliseconds(settings.redisReadOnlyAgeMilliseconds)
        redis.isRelaxed = settings.durability == .relaxed
        transport.configure(&redis, settings)
        return redis
    }

    private func redisServer(
        _ settings: Settings, _ configuration: RedisConfiguration, _ service: AnyNodeService, _ gatekeeper: Gatekeeper,
        _ console: Console, _ logger: Logger
    ) -> RedisServer? {
        guard settings.redis != nil else { return nil }
        return RedisServer(
            configuration: configuration, service: service, gatekeeper: gatekeeper,
            eventLoops: MultiThreadedEventLoopGroup.singleton,
            onRunning: { channel in
                console.say("Laurel speaks Redis on \(channel.localAddress.map(Self.text) ?? "?")")
            }, logger: logger)
    }

    static func text(_ address: SocketAddress) -> String {
        "\(address.ipAddress ?? "?"):\(address.port ?? 0)"
    }
}

/// What every command of laureld understands.
struct CommonOptions: ParsableArguments {
    @Option(help: "Directory of log and checkpoints. Default ./laurel-data.")
    var dataDir: String?
    @Option(help: "A YAML file of settings, see docs/configuration.md. Also LAUREL_CONFIG.")
    var config: String?
    @Option(name: .customLong("set"), help: "Any other setting, as key=value. May be given several times.")
    var assignments: [String] = []

    func settings(adding more: [(key: String, value: String)] = []) throws -> Settings {
        let environment = ProcessInfo.processInfo.environment
        var flags: [(key: String, value: String)] = []
        for assignment in assignments {
            guard let equals = assignment.firstIndex(of: "=") else {
                throw ValidationError("--set takes key=value, not '\(assignment)'")
            }
            flags.append((String(assignment[..<equals]), String(assignment[assignment.index(after: equals)...])))
        }
        if let dataDir { flags.append(("data-dir", dataDir)) }
        flags += more
        var file: (path: String, text: String)?
        if let path = config ?? environment["LAUREL_CONFIG"] {
            do {
                file = (path, try String(contentsOfFile: path, encoding: .utf8))
            } catch {
                throw ValidationError("\(path) can't be read: \(error.localizedDescription)")
            }
        }
        return try SettingsReader.read(file: file, environment: environment, flags: flags)
    }
}
