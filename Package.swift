// swift-tools-version: 6.2
// The folder listing is the dependency picture: a target may depend only on targets of layers below its own
// (System < Core < Ports < Adapters < Runtime < Services < Executables). Tests/ArchitectureTests holds it to that.
import PackageDescription

/// `make check` sets it: a warning is then an error. A setting and no flag, since flags reach our dependencies as well.
let strict: [SwiftSetting] = Context.environment["LAUREL_STRICT"] == "1" ? [.treatAllWarnings(as: .error)] : []

let language: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

/// Overlapping accesses to memory are looked for in debug builds, which all tests run on. In release builds the looking took
/// a twentieth of a command's time (docs/decisions/0010).
let unchecked: [SwiftSetting] = [
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
]

/// What every Swift target of the package is compiled with.
let shared: [SwiftSetting] = language + strict + unchecked

/// For the targets that own raw memory: every unsafe expression is marked as such.
let rawMemory: [SwiftSetting] = shared + [.strictMemorySafety()]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let tls: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")

let package = Package(
    name: "laurel",
    products: [
        .executable(name: "laureld", targets: ["laureld"]),
        .executable(name: "laurel", targets: ["laurel"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
    ],
    targets: [
        // System: C libraries, as module maps and thin shims.
        .systemLibrary(name: "CRocksDB", path: "Sources/System/CRocksDB", providers: [.apt(["librocksdb-dev"])]),
        .systemLibrary(name: "CPostgres", path: "Sources/System/CPostgres", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "CUring", path: "Sources/System/CUring", linkerSettings: [.linkedLibrary("uring")]),
        .target(name: "CIntrinsics", path: "Sources/System/CIntrinsics"),

        .systemLibrary(name: "CZlib", path: "Sources/System/CZlib", providers: [.apt(["zlib1g-dev"])]),

        // Core: pure decisions. No I/O, no clock, no randomness of its own.
        .target(
            name: "Leaderboards", dependencies: [], path: "Sources/Core/Leaderboards", swiftSettings: shared),
        .target(
            name: "RankTrees", dependencies: ["CIntrinsics"], path: "Sources/Core/RankTrees",
            swiftSettings: rawMemory),
        .target(
            name: "Sharding", dependencies: ["Leaderboards", "RankTrees", "CIntrinsics", crypto],
            path: "Sources/Core/Sharding", swiftSettings: shared),

        .target(
            name: "Placement", dependencies: ["Leaderboards"], path: "Sources/Core/Placement", swiftSettings: shared),

        .target(name: "Regions", dependencies: ["Leaderboards"], path: "Sources/Core/Regions", swiftSettings: shared),

        .target(
            name: "Gossip", dependencies: ["Leaderboards", "Placement"], path: "Sources/Core/Gossip",
            swiftSettings: shared),

        .target(name: "Admission", dependencies: [], path: "Sources/Core/Admission", swiftSettings: shared),
        .target(
            name: "RESP", dependencies: [.product(name: "NIOCore", package: "swift-nio")], path: "Sources/Core/RESP",
            swiftSettings: rawMemory),

        .target(
            name: "Gzip", dependencies: ["CZlib", .product(name: "NIOCore", package: "swift-nio")],
            path: "Sources/Core/Gzip", swiftSettings: rawMemory),

        // Ports: what the core needs of the world, with in-memory versions and the suites every version must pass.
        .target(
            name: "CommitLogs", dependencies: ["Leaderboards", "Sharding"], path: "Sources/Ports/CommitLogs",
            swiftSettings: shared),
        .target(
            name: "CheckpointStores", dependencies: ["Leaderboards", "Sharding"],
            path: "Sources/Ports/CheckpointStores",
            swiftSettings: shared),

        .target(
            name: "ControlPlane", dependencies: ["Leaderboards", crypto], path: "Sources/Ports/ControlPlane",
            swiftSettings: shared),

        // Adapters: the world.
        .target(
            name: "UringLog", dependencies: ["CommitLogs", "Leaderboards", "Sharding", "CUring", "CIntrinsics"],
            path: "Sources/Adapters/UringLog", swiftSettings: rawMemory),
        .target(
            name: "RocksDBCheckpoints", dependencies: ["CheckpointStores", "Leaderboards", "CRocksDB", "CIntrinsics"],
            path: "Sources/Adapters/RocksDBCheckpoints", swiftSettings: rawMemory),
        .target(
            name: "SQLDatabases",
            dependencies: ["ControlPlane", "Leaderboards", "CPostgres", .product(name: "GRDB", package: "GRDB.swift")],
            path: "Sources/Adapters/SQLDatabases", swiftSettings: rawMemory),

        // Backups as directories of files.
        .target(
            name: "BackupFiles",
            dependencies: ["CommitLogs", "CheckpointStores", "Leaderboards", "Sharding", "CIntrinsics", crypto],
            path: "Sources/Adapters/BackupFiles", swiftSettings: shared),

        .target(
            name: "TLSCertificates", dependencies: [tls, logging, lifecycle] + nio,
            path: "Sources/Adapters/TLSCertificates",
            swiftSettings: shared),

        .target(
            name: "UDPGossip", dependencies: ["Gossip", "Placement", crypto, logging, lifecycle] + nio,
            path: "Sources/Adapters/UDPGossip", swiftSettings: shared),
        .target(
            name: "NATSClient",
            dependencies: [tls, crypto, logging, .product(name: "NIOTLS", package: "swift-nio")] + nio,
            path: "Sources/Adapters/NATSClient", swiftSettings: shared),
        .target(
            name: "JetStreamLog",
            dependencies: ["CommitLogs", "Leaderboards", "Sharding", "NATSClient", logging] + nio,
            path: "Sources/Adapters/JetStreamLog", swiftSettings: shared),

        // Runtime: the shells that carry out what the core decides.
        .target(
            name: "NodeRuntime",
            dependencies: [
                "Leaderboards", "Sharding", "Placement", "Regions", "CommitLogs", "CheckpointStores", logging,
                lifecycle,
            ] + nio,
            path: "Sources/Runtime/NodeRuntime", swiftSettings: shared),

        .target(
            name: "Tenancy",
            dependencies: [
                "Admission", "ControlPlane", "Leaderboards", logging, lifecycle, crypto,
                .product(name: "JWTKit", package: "jwt-kit"), .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Sources/Runtime/Tenancy", swiftSettings: shared),

        // Services: what faces the users.
        .target(
            name: "HTTPGateway",
            dependencies: [
                "NodeRuntime", "Tenancy", "Admission", "ControlPlane", "Leaderboards", "Sharding", "Gzip", hummingbird,
                logging, lifecycle, crypto, tls,
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ] + nio,
            path: "Sources/Services/HTTPGateway", swiftSettings: shared),

        .target(
            name: "RedisFrontend",
            dependencies: [
                "NodeRuntime", "Tenancy", "Admission", "ControlPlane", "Leaderboards", "Sharding", "RESP", logging,
                lifecycle, tls,
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ] + nio,
            path: "Sources/Services/RedisFrontend", swiftSettings: shared),

        // Between the nodes of a cluster.
        .target(
            name: "NodeLink",
            dependencies: [
                "NodeRuntime", "Regions", "RESP", logging, lifecycle, tls,
                .product(name: "NIOExtras", package: "swift-nio-extras"),
            ] + nio,
            path: "Sources/Services/NodeLink", swiftSettings: shared),

        .target(
            name: "AdminAPI",
            dependencies: [
                "NodeRuntime", "CommitLogs", "Placement", "Regions", "Sharding", "Admission", "ControlPlane",
                "Leaderboards", hummingbird, logging, crypto, tls,
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ] + nio,
            path: "Sources/Services/AdminAPI", swiftSettings: shared),

        // Fetches tenants' keys over HTTPS.
        .target(
            name: "KeyFetching",
            dependencies: [
                "Tenancy", "Admission", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ] + nio,
            path: "Sources/Services/KeyFetching", swiftSettings: shared),

        // Executables: the only place that chooses adapters.
        .executableTarget(
            name: "laureld",
            dependencies: [
                "HTTPGateway", "RedisFrontend", "AdminAPI", "KeyFetching", "NodeRuntime", "Tenancy", "SQLDatabases",
                "JetStreamLog", "NATSClient", "UDPGossip", "Gossip", "Placement", "Regions", "Sharding", "NodeLink",
                "UringLog", "RocksDBCheckpoints", "TLSCertificates", "CommitLogs", "CheckpointStores", "ControlPlane",
                "BackupFiles",
                "Leaderboards", "Admission", hummingbird, lifecycle, logging, "Yams",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + nio,
            path: "Sources/Executables/laureld", swiftSettings: shared),

        .executableTarget(
            name: "laurel",
            dependencies: [
                "BackupFiles", "NodeRuntime", "CommitLogs", "Sharding", "Leaderboards",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"), tls,
            ],
            path: "Sources/Executables/laurel", swiftSettings: shared),

        // Measurements: `make bench`.
        .executableTarget(
            name: "laurel-bench",
            dependencies: [
                "RankTrees", "Sharding", "Leaderboards", "CommitLogs", "UringLog", "CheckpointStores",
                "RocksDBCheckpoints",
            ],
            path: "loadtest/laurel-bench", swiftSettings: shared),

        .executableTarget(
            name: "laurel-bare-route", dependencies: [hummingbird] + nio, path: "loadtest/bare-route",
            swiftSettings: shared),

        // Load: `laurel-load`, over the network against a running server.
        .target(name: "CEpoll", path: "loadtest/CEpoll"),
        .target(
            name: "LoadHarness",
            dependencies: ["CEpoll", "Yams", .product(name: "Histogram", package: "hdrhistogram-swift")],
            path: "loadtest/LoadHarness", swiftSettings: shared),
        .executableTarget(
            name: "laurel-load",
            dependencies: ["LoadHarness", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "loadtest/laurel-load", swiftSettings: shared),

        // Whole clusters of gossiping nodes in virtual time, from one seed.
        .target(
            name: "GossipSimulation", dependencies: ["Gossip", "Placement"], path: "loadtest/GossipSimulation",
            swiftSettings: shared),

        .executableTarget(
            name: "laurel-gossip", dependencies: ["GossipSimulation", "Gossip", "Leaderboards"],
            path: "loadtest/laurel-gossip", swiftSettings: shared),

        // Tests.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: shared),
        // What clients saw and what the log holds, and whether that can be. Knows nothing of the engine.
        .target(name: "Histories", path: "Tests/Histories", swiftSettings: shared),
        .testTarget(name: "HistoriesTests", dependencies: ["Histories", "TestSupport"], swiftSettings: shared),
        .target(
            name: "AccessSupport", dependencies: ["Tenancy", "Admission", "ControlPlane", "Leaderboards", logging],
            path: "Tests/AccessSupport", swiftSettings: shared),
        .testTarget(
            name: "TenancyTests",
            dependencies: [
                "Tenancy", "AccessSupport", "Admission", "ControlPlane", "Leaderboards", logging, crypto,
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            swiftSettings: shared),
        .testTarget(
            name: "KeyFetchingTests",
            dependencies: ["KeyFetching", "Tenancy", "Admission", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: shared),
        .testTarget(name: "LeaderboardsTests", dependencies: ["Leaderboards", "TestSupport"], swiftSettings: shared),
        .testTarget(name: "AdmissionTests", dependencies: ["Admission", "TestSupport"], swiftSettings: shared),
        .testTarget(
            name: "PlacementTests", dependencies: ["Placement", "Leaderboards", "TestSupport"], swiftSettings: shared),
        .testTarget(
            name: "RegionsTests", dependencies: ["Regions", "Leaderboards", "TestSupport"], swiftSettings: shared),
        .testTarget(
            name: "GossipTests",
            dependencies: ["Gossip", "GossipSimulation", "Placement", "Leaderboards", "TestSupport"],
            swiftSettings: shared),
        .testTarget(
            name: "UDPGossipTests",
            dependencies: ["UDPGossip", "Gossip", "Placement", "Leaderboards", "TestSupport", logging] + nio,
            swiftSettings: shared),
        .testTarget(name: "RankTreesTests", dependencies: ["RankTrees", "TestSupport"], swiftSettings: shared),
        .testTarget(
            name: "ShardingTests", dependencies: ["Sharding", "Leaderboards", "RankTrees", "TestSupport"],
            exclude: ["Transcripts"], swiftSettings: shared),
        .testTarget(
            name: "CommitLogsTests",
            dependencies: ["CommitLogs", "UringLog", "Sharding", "Leaderboards", "TestSupport"],
            swiftSettings: shared),
        .testTarget(
            name: "CheckpointStoresTests",
            dependencies: ["CheckpointStores", "RocksDBCheckpoints", "Leaderboards", "TestSupport"],
            swiftSettings: shared),
        .testTarget(
            name: "BackupFilesTests",
            dependencies: [
                "BackupFiles", "CommitLogs", "CheckpointStores", "Leaderboards", "Sharding", "TestSupport",
            ],
            swiftSettings: shared),
        .testTarget(name: "GzipTests", dependencies: ["Gzip", "TestSupport"] + nio, swiftSettings: shared),
        .testTarget(
            name: "ControlPlaneTests", dependencies: ["ControlPlane", "Leaderboards"], swiftSettings: shared),
        .target(
            name: "PostgresSupport", dependencies: ["SQLDatabases", "TestSupport"], path: "Tests/PostgresSupport",
            swiftSettings: shared),
        .testTarget(
            name: "SQLDatabasesTests",
            dependencies: ["SQLDatabases", "PostgresSupport", "ControlPlane", "Leaderboards", "TestSupport"],
            exclude: ["Golden"], swiftSettings: shared),
        // Real nats-servers, and a proxy that does to connections what networks do.
        .target(
            name: "JetStreamSupport", dependencies: ["NATSClient", "TestSupport", logging] + nio,
            path: "Tests/JetStreamSupport", swiftSettings: shared),
        .target(
            name: "LogScanning",
            dependencies: ["Histories", "JetStreamSupport", "NATSClient", "Sharding", "Leaderboards", logging] + nio,
            path: "Tests/LogScanning", swiftSettings: shared),
        .testTarget(
            name: "NATSClientTests",
            dependencies: ["NATSClient", "JetStreamSupport", "TestSupport", logging, crypto] + nio,
            swiftSettings: shared),
        .testTarget(
            name: "JetStreamLogTests",
            dependencies: [
                "JetStreamLog", "NATSClient", "CommitLogs", "JetStreamSupport", "Sharding", "Leaderboards",
                "TestSupport", logging,
            ] + nio,
            swiftSettings: shared),
        .testTarget(
            name: "NodeRuntimeTests",
            dependencies: [
                "NodeRuntime", "NodeLink", "RedisFrontend", "RESP", "AccessSupport", "Tenancy", "ControlPlane",
                "TLSCertificates", "CommitLogs", "CheckpointStores", "UringLog", "RocksDBCheckpoints", "Sharding",
                "Leaderboards", "Placement", "Regions", "TestSupport", "Histories", "BackupFiles", logging, lifecycle,
                tls,
            ] + nio,
            swiftSettings: shared),
        .testTarget(
            name: "HTTPGatewayTests",
            dependencies: [
                "HTTPGateway", "NodeRuntime", "Tenancy", "Admission", "AccessSupport", "ControlPlane", "CommitLogs",
                "CheckpointStores", "Leaderboards", "Sharding", "TestSupport", "Gzip",
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "HummingbirdTesting", package: "hummingbird"), hummingbird, logging, crypto,
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            ] + nio,
            swiftSettings: shared),
        .testTarget(
            name: "AdminAPITests",
            dependencies: [
                "AdminAPI", "NodeRuntime", "CommitLogs", "Placement", "Regions", "Sharding", "Admission",
                "ControlPlane",
                "Leaderboards", "TestSupport", hummingbird, logging, crypto,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ] + nio,
            swiftSettings: shared),
        // What must hold of any bytes; Tests/Fuzzing/Driver looks for such of which it does not.
        .target(
            name: "ParserProperties",
            dependencies: ["RESP", "TestSupport", .product(name: "NIOCore", package: "swift-nio")],
            path: "Tests/Fuzzing/Properties", swiftSettings: shared),
        .testTarget(
            name: "RESPTests",
            dependencies: ["RESP", "ParserProperties", "TestSupport", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: shared),
        .testTarget(
            name: "RedisFrontendTests",
            dependencies: [
                "RedisFrontend", "RESP", "NodeRuntime", "Tenancy", "AccessSupport", "ControlPlane", "CommitLogs",
                "CheckpointStores", "Leaderboards", "Sharding", "TestSupport", logging,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio,
            swiftSettings: shared),
        .testTarget(
            name: "LoadHarnessTests", dependencies: ["LoadHarness"], exclude: ["Golden"],
            swiftSettings: shared),
        .testTarget(
            name: "LaureldTests",
            dependencies: [
                "TestSupport", "PostgresSupport", "JetStreamSupport", "NATSClient", "Histories", "LogScanning",
            ],
            exclude: ["Quickstart/expected.py", "Redis/differential.py", "Redis/Programs", "Transport/swap.py"],
            swiftSettings: shared),
        .testTarget(name: "ArchitectureTests", dependencies: [], swiftSettings: shared),
    ]
)

// `make fuzz` sets it, and what the fuzzer needs of the compiler: nothing else can be built that way.
if Context.environment["LAUREL_FUZZ"] == "1" {
    package.targets.append(
        .executableTarget(
            name: "laurel-fuzz", dependencies: ["ParserProperties"], path: "Tests/Fuzzing/Driver",
            swiftSettings: shared + [.unsafeFlags(["-parse-as-library"])]))
}
