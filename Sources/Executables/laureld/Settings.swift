import Admission
import ControlPlane
import HTTPGateway
import HTTPTypes
import Logging
import NodeRuntime
import UringLog

/// Everything that can be set, read once and checked as a whole.
///
/// `docs/configuration.md` is made of the settings: a test holds the two together.
struct Settings {
    var dataDirectory = "./laurel-data"
    var httpHost = "127.0.0.1"
    var httpPort = 8080
    /// Nil if the Redis protocol is not spoken.
    var redis: (host: String, port: Int)?
    /// Nil if the admin API is not served.
    var admin: (host: String, port: Int)?
    /// Whether the admin API may listen where other machines reach it, although tokens come in plain text.
    var isAdminInsecure = false
    var durability = Durability.durable
    /// Nil: SQLite in the data directory.
    var controlURL: String?
    /// Nil: from a file in the data directory.
    var pepper: [UInt8]?
    var shardCount = 256
    var memoryBytesMax = 4 << 30
    var checkpointBytes = 64 << 20
    var checkpointSeconds = 60
    var logSegmentBytes = 64 << 20
    var logWriteMethod = SegmentedLogOptions.WriteMethod.automatic
    var httpBodyBytesMax = 1 << 20
    var httpUpdatesMax = 1000
    var httpConnectionsMax = 10_000
    var httpIdleSeconds = 60
    var redisConnectionsMax = 10_000
    var redisReplyBytesMax = 256 << 20
    var redisPatienceSeconds = 60
    var redisReadOnlyAgeMilliseconds = 5000
    var shutdownSeconds = 30
    var logLevel = Logger.Level.info
    /// Paths; nil for cleartext. Both or none.
    var tlsCertificate: String?
    var tlsKey: String?
    var isRedisSecure = false
    var isAdminSecure = false
    /// A path, `-` for standard output, nil for none.
    var accessLog: String?
    var trustedProxies: [AddressRange] = []
    /// Nil: no proxy says from which country a request comes.
    var countryHeader: HTTPField.Name?
    var httpBodyRateMin = 500
    var httpGzipBytesMin = 2048
    var cluster = ClusterSettings()
}

/// One key of the configuration: what it is called, and how its text becomes a setting.
struct Setting: Sendable {
    let key: String
    let type: String
    let unit: String
    let defaultText: String
    let range: String
    /// Whether all nodes of a cluster must agree on it, or each may have its own.
    let scope: String
    let meaning: String
    /// Answers what is wrong with the text, or nil if it was taken.
    let apply: @Sendable (String, inout Settings) -> String?

    /// Its text is not told again, not even if it is wrong. A database's URL may have a password in it.
    var isSecret: Bool {
        key == "pepper" || key == "control" || key.hasSuffix("-password") || key == "cluster-log-token"
    }

    var environmentName: String { "LAUREL_" + key.uppercased().replacing("-", with: "_") }
}

extension Setting {
    static let all = node + transport + cluster

    private static let node: [Setting] = [
        Setting(
            key: "data-dir", type: "path", unit: "", defaultText: "./laurel-data", range: "", scope: "node",
            meaning: "Where log and checkpoints are. Made if need be; one process at a time."
        ) { text, settings in
            settings.dataDirectory = text
            return text.isEmpty ? "must not be empty" : nil
        },
        Setting(
            key: "http", type: "host:port", unit: "", defaultText: "127.0.0.1:8080", range: "port 0 to 65535",
            scope: "node",
            meaning:
                "Where the HTTP API listens. Port 0 takes a free one and prints it. Use 0.0.0.0 to serve other machines."
        ) { text, settings in
            guard let address = address(text) else { return "is not host:port" }
            (settings.httpHost, settings.httpPort) = address
            return nil
        },
        Setting(
            key: "redis", type: "host:port", unit: "", defaultText: "off", range: "off, or port 0 to 65535",
            scope: "node",
            meaning:
                "Where the Redis protocol is spoken. Port 0 takes a free one and prints it. Redis's own port is 6379."
        ) { text, settings in
            settings.redis = address(text)
            return text == "off" || settings.redis != nil ? nil : "is neither off nor host:port"
        },
        Setting(
            key: "admin", type: "host:port", unit: "", defaultText: "off", range: "off, or port 0 to 65535",
            scope: "node",
            meaning: "Where the admin API listens, for the command laurel. Port 0 takes a free one and prints it."
        ) { text, settings in
            // The command laurel takes an address with http:// from the same variable.
            settings.admin = text.contains("/") ? nil : address(text)
            return text == "off" || settings.admin != nil ? nil : "is neither off nor host:port"
        },
        Setting(
            key: "admin-insecure", type: "boolean", unit: "", defaultText: "false", range: "true, false",
            scope: "node",
            meaning: "Lets the admin API listen on an address that other machines reach, without TLS."
        ) { text, settings in
            settings.isAdminInsecure = text == "true"
            return text == "true" || text == "false" ? nil : "is neither true nor false"
        },
        Setting(
            key: "durability", type: "word", unit: "", defaultText: "durable", range: "durable, relaxed",
            scope: "node",
            meaning:
                "When writes are answered: once they would survive a power cut, or at once, with the log written behind."
        ) { text, settings in
            switch text {
            case "durable": settings.durability = .durable
            case "relaxed": settings.durability = .relaxed
            default: return "is neither durable nor relaxed"
            }
            return nil
        },
        Setting(
            key: "control", type: "text", unit: "", defaultText: "sqlite",
            range: "sqlite, sqlite:path, or postgres://…",
            scope: "cluster",
            meaning:
                "Where tenants, projects and keys are kept: in control.sqlite in the data directory, in another SQLite file, which nodes of one machine can share, or in a Postgres database."
        ) { text, settings in
            settings.controlURL = text == "sqlite" ? nil : text
            let isURL = ["postgres://", "postgresql://", "sqlite:"].contains { text.hasPrefix($0) && text != $0 }
            return text == "sqlite" || isURL
                ? nil : "is neither sqlite, sqlite:path, nor the URL of a Postgres database"
        },
        Setting(
            key: "pepper", type: "secret", unit: "", defaultText: "the file pepper", range: "64 hexadecimal digits",
            scope: "cluster",
            meaning: "What the digests of keys depend on. All nodes that share a control database have the same."
        ) { text, settings in
            settings.pepper = KeyDigest(hexadecimal: text)?.bytes
            return settings.pepper == nil ? "is not 64 hexadecimal digits" : nil
        },
        number(
            "shards", \.shardCount, 1...4096, "", "cluster",
            "How many shards the data is divided into. Fixed when the data directory is made."),
        number(
            "memory-bytes-max", \.memoryBytesMax, (64 << 20)...(1 << 44), "bytes", "node",
            "What leaderboards in memory may take together. Beyond it the longest unused leave memory and are read again when they are asked for."
        ),
        number(
            "checkpoint-bytes", \.checkpointBytes, (1 << 20)...(1 << 36), "bytes", "node",
            "A shard is checkpointed when its log has grown by this much: a smaller value makes restarts faster and writes more."
        ),
        number(
            "checkpoint-seconds", \.checkpointSeconds, 1...86_400, "seconds", "node",
            "A changed shard is checkpointed at least this often."),
        number(
            "log-segment-bytes", \.logSegmentBytes, (16 << 20)...(1 << 32), "bytes", "node",
            "Size of a log file, a multiple of 4096. Space is given back by whole files."),
        Setting(
            key: "log-write-method", type: "word", unit: "", defaultText: "automatic",
            range: "automatic, ring, plain", scope: "node",
            meaning:
                "How the log is written: through io_uring where the kernel allows it and it pays, always, or never."
        ) { text, settings in
            switch text {
            case "automatic": settings.logWriteMethod = .automatic
            case "ring": settings.logWriteMethod = .ring
            case "plain": settings.logWriteMethod = .plain
            default: return "is none of automatic, ring, plain"
            }
            return nil
        },
        number(
            "http-body-bytes-max", \.httpBodyBytesMax, 1024...(3 << 20), "bytes", "node",
            "The largest body of a request, uploads excepted."),
        number(
            "http-updates-max", \.httpUpdatesMax, 1...1000, "", "node", "The most updates in one request."),
        number(
            "http-connections-max", \.httpConnectionsMax, 1...1_000_000, "", "node",
            "Connections beyond this wait to be accepted."),
        number(
            "http-idle-seconds", \.httpIdleSeconds, 1...3600, "seconds", "node",
            "A connection on which nothing moves for so long is closed."),
        number(
            "redis-connections-max", \.redisConnectionsMax, 1...1_000_000, "", "node",
            "Connections beyond this are told so and closed."),
        number(
            "redis-reply-bytes-max", \.redisReplyBytesMax, (1 << 20)...(1 << 30), "bytes", "node",
            "About the greatest reply: one of more than a sixty-fourth as many entries is refused."),
        number(
            "redis-patience-seconds", \.redisPatienceSeconds, 1...3600, "seconds", "node",
            "A client that has not authenticated, has sent part of a command or does not read its replies is disconnected after so long."
        ),
        number(
            "redis-readonly-age-milliseconds", \.redisReadOnlyAgeMilliseconds, 1...86_400_000, "milliseconds", "node",
            "In a cluster, how old what a client reads after READONLY may be."),
        number(
            "shutdown-seconds", \.shutdownSeconds, 1...3600, "seconds", "node",
            "How long requests in progress may take when the node is told to stop."),
        Setting(
            key: "log-level", type: "word", unit: "", defaultText: "info",
            range: "trace, debug, info, notice, warning, error, critical", scope: "node",
            meaning: "What is worth a line on standard error."
        ) { text, settings in
            guard let level = Logger.Level(rawValue: text) else { return "is no log level" }
            settings.logLevel = level
            return nil
        },
    ]

    static func address(_ text: String) -> (String, Int)? {
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        return (String(text[..<colon]), Int(port))
    }

    static func number(
        _ key: String, _ path: any WritableKeyPath<Settings, Int> & Sendable, _ range: ClosedRange<Int>, _ unit: String,
        _ scope: String, _ meaning: String
    ) -> Setting {
        Setting(
            key: key, type: "integer", unit: unit, defaultText: String(Settings()[keyPath: path]),
            range: "\(range.lowerBound) to \(range.upperBound)", scope: scope, meaning: meaning
        ) { text, settings in
            guard let number = Int(text) else { return "is not an integer" }
            guard range.contains(number) else { return "is not in \(range.lowerBound) to \(range.upperBound)" }
            settings[keyPath: path] = number
            return nil
        }
    }
}
