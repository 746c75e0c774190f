import JetStreamLog
import NATSClient
import NodeRuntime

/// What a node needs to share its shards with others.
struct ClusterSettings {
    /// Nil: this node is alone.
    var name: String?
    var logServers: [ServerAddress] = []
    var logUser: String?
    var logPassword: String?
    var logToken: String?
    var logCredentials: String?
    var systemUser: String?
    var systemPassword: String?
    var systemCredentials: String?
    var logTLS = false
    var logAuthority: String?
    var logCertificate: String?
    var logCertificateKey: String?
    var logGroups = 3
    var createsLog = false
    var logBytesMax = 8 << 30
    var logKeepSeconds = 86_400
    var gossip: (host: String, port: Int)?
    var seeds: [(host: String, port: Int)] = []
    var keyFile: String?
    var zone = ""
    var weight = 100
    var followers = 2
    var leaseMilliseconds = 2000
    var listen: (host: String, port: Int)?
    var region: String?
    var regionsFile: String?
    var regionListen: (host: String, port: Int)?
    var regionMirrors: [String] = []
    /// Paths of what nodes know each other by. All or none.
    var certificate: String?
    var key: String?
    var authority: String?
    /// Nodes of one machine talk without certificates.
    var isCleartext = false
}

extension Setting {
    static let cluster: [Setting] = [
        Setting(
            key: "cluster", type: "text", unit: "", defaultText: "off",
            range: "off, or 1 to 32 letters, digits, - and _", scope: "cluster",
            meaning: "The cluster that this node is part of. Off: it is alone, and keeps its log in its data directory."
        ) { text, settings in
            settings.cluster.name = text == "off" ? nil : text
            return text == "off" || LogGroup(cluster: text, number: 0, count: 1) != nil
                ? nil : "is no name of a cluster"
        },
        Setting(
            key: "cluster-log", type: "list", unit: "", defaultText: "none",
            range: "none, or host:port with commas between", scope: "cluster",
            meaning: "The NATS servers that keep the cluster's log, all of them. See jetstream.md."
        ) { text, settings in
            settings.cluster.logServers = []
            if text == "none" { return nil }
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let address = ServerAddress(part.filter { $0 != " " }) else {
                    return "has '\(part)', which is no address"
                }
                settings.cluster.logServers.append(address)
            }
            return nil
        },
        optional(
            "cluster-log-user", "text", "none", \.cluster.logUser, "cluster",
            "As whom the log is used."),
        optional(
            "cluster-log-password", "text", "none", \.cluster.logPassword, "cluster",
            "That user's password."),
        optional(
            "cluster-log-token", "text", "none", \.cluster.logToken, "cluster",
            "The servers' token, instead of a user."),
        optional(
            "cluster-log-credentials", "path", "none", \.cluster.logCredentials, "cluster",
            "A NATS creds file, or a file with an nkey's seed, instead of a user. Read at the start."),
        optional(
            "cluster-log-system-user", "text", "none", \.cluster.systemUser, "cluster",
            "A user of the servers' system account, asked at the start whether they sync always. None: the log's own user asks."
        ),
        optional(
            "cluster-log-system-password", "text", "none", \.cluster.systemPassword, "cluster",
            "That user's password."),
        optional(
            "cluster-log-system-credentials", "path", "none", \.cluster.systemCredentials, "cluster",
            "A creds file, or a file with an nkey's seed, of a user of the system account."),
        boolean(
            "cluster-log-tls", \.cluster.logTLS, "cluster",
            "Connects to the log's servers with TLS, and to none that does not have it."),
        optional(
            "cluster-log-authority", "path", "none", \.cluster.logAuthority, "cluster",
            "A PEM file of who may sign the servers' certificates. None: those that the machine trusts."),
        optional(
            "cluster-log-certificate", "path", "none", \.cluster.logCertificate, "node",
            "A PEM file of the certificate that this node shows to the log's servers, if they ask for one."),
        optional(
            "cluster-log-certificate-key", "path", "none", \.cluster.logCertificateKey, "node",
            "A PEM file of that certificate's private key."),
        Setting(
            key: "cluster-listen", type: "host:port", unit: "", defaultText: "off", range: "off, or host:port",
            scope: "node",
            meaning: "Where this node takes calls of the other nodes, under the name by which they reach it."
        ) { text, settings in
            settings.cluster.listen = address(text)
            return text == "off" || settings.cluster.listen.map({ $0.port > 0 }) == true
                ? nil : "is neither off nor host:port"
        },
        optional(
            "cluster-certificate", "path", "off", \.cluster.certificate, "node",
            "A PEM file of the certificate that this node shows to the others."),
        optional(
            "cluster-certificate-key", "path", "off", \.cluster.key, "node",
            "A PEM file of that certificate's private key."),
        optional(
            "cluster-authority", "path", "off", \.cluster.authority, "cluster",
            "A PEM file of the authority that signs the certificates of this cluster's nodes, and nothing else."),
        boolean(
            "cluster-cleartext", \.cluster.isCleartext, "cluster",
            "Lets nodes of one machine talk without certificates. Other addresses than loopback are refused then."),
        number(
            "cluster-log-groups", \.cluster.logGroups, 1...64, "", "cluster",
            "Into how many streams the log is divided. Fixed when the cluster is made."),
        number(
            "cluster-log-bytes", \.cluster.logBytesMax, (1 << 20)...(1 << 44), "bytes", "cluster",
            "What a stream may take on each server, which is set aside there. Nearly full, it refuses writes until it was cut."
        ),
        Setting(
            key: "cluster-log-keep", type: "duration", unit: "", defaultText: "24h",
            range: "0 to 365d: a number and s, m, h or d", scope: "cluster",
            meaning:
                "How long records stay in the log that checkpoints of two nodes could replace. A stream that is three quarters full keeps less."
        ) { text, settings in
            guard let seconds = seconds(text), 0...(365 * 86_400) ~= seconds else {
                return "is no duration of at most 365d, like 90s, 30m, 24h or 7d"
            }
            settings.cluster.logKeepSeconds = seconds
            return nil
        },
        boolean(
            "cluster-log-create", \.cluster.createsLog, "node",
            "Makes the streams if they are not there. For the first start of a cluster only: later, a missing stream is a loss."
        ),
        Setting(
            key: "cluster-gossip", type: "host:port", unit: "", defaultText: "off",
            range: "off, or an address and a port",
            scope: "node", meaning: "The address at which the other nodes reach this one with datagrams. No name."
        ) { text, settings in
            settings.cluster.gossip = address(text)
            return text == "off" || settings.cluster.gossip != nil ? nil : "is neither off nor address:port"
        },
        Setting(
            key: "cluster-seeds", type: "list", unit: "", defaultText: "none",
            range: "none, or address:port with commas between", scope: "node",
            meaning:
                "Nodes that are told of this one when it starts, and asked for the others: two or three that are nearly always there."
        ) { text, settings in
            settings.cluster.seeds = []
            if text == "none" { return nil }
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let seed = address(part.filter { $0 != " " }) else {
                    return "has '\(part)', which is no address:port"
                }
                settings.cluster.seeds.append(seed)
            }
            return nil
        },
        optional(
            "cluster-keys", "path", "off", \.cluster.keyFile, "cluster",
            "A file of the keys by which gossip is encrypted, a line each: a number, a space, 64 hexadecimal digits. The first is used to send."
        ),
        Setting(
            key: "cluster-zone", type: "text", unit: "", defaultText: "none", range: "up to 64 bytes", scope: "node",
            meaning:
                "What fails together with this node. A shard is followed in other zones than its owner's, where there are some."
        ) { text, settings in
            settings.cluster.zone = text == "none" ? "" : text
            return text.utf8.count > 64 ? "is too long" : nil
        },
        number(
            "cluster-weight", \.cluster.weight, 0...1_000_000, "", "node",
            "How many shards this node takes, in proportion to others. 0: none, as long as others are there."),
        optional(
            "region", "text", "off", \.cluster.region, "cluster",
            "The region that this cluster is, by its name in `regions-file`. Off: there is one only."),
        optional(
            "regions-file", "path", "off", \.cluster.regionsFile, "cluster",
            "A file of all regions, and of which leaderboards are at home where. The same everywhere; read at the start, and when it changes."
        ),
        Setting(
            key: "region-listen", type: "host:port", unit: "", defaultText: "off", range: "off, or host:port",
            scope: "node",
            meaning: "Where this node takes calls of other regions, as one of its region's gateways. Off: it is none."
        ) { text, settings in
            settings.cluster.regionListen = address(text)
            return text == "off" || settings.cluster.regionListen.map({ $0.port > 0 }) == true
                ? nil : "is neither off nor host:port"
        },
        Setting(
            key: "region-mirrors", type: "list", unit: "", defaultText: "none",
            range: "none, or names of regions with commas between", scope: "cluster",
            meaning:
                "Other regions whose log is mirrored in this one, and kept in memory by this node for reads that may be old."
        ) { text, settings in
            settings.cluster.regionMirrors =
                text == "none" ? [] : text.split(separator: ",").map { String($0.filter { $0 != " " }) }
            return nil
        },
        number(
            "cluster-followers", \.cluster.followers, 0...16, "", "cluster",
            "How many nodes beside its owner keep each shard in memory, ready to take over."),
        number(
            "cluster-lease-milliseconds", \.cluster.leaseMilliseconds, 500...60_000, "milliseconds", "cluster",
            "How long an owner answers reads after its last append. A dead owner's shards are taken over after a little more."
        ),
    ]
}

extension Setting {
    /// `90s`, `30m`, `24h`, `7d` or `0`.
    static func seconds(_ text: String) -> Int? {
        if text == "0" { return 0 }
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int(text.dropLast()), number >= 0 else {
            return nil
        }
        let (seconds, overflows) = number.multipliedReportingOverflow(by: unit)
        return overflows ? nil : seconds
    }

    /// A text or a path, or the word for none.
    fileprivate static func optional(
        _ key: String, _ type: String, _ none: String, _ path: any WritableKeyPath<Settings, String?> & Sendable,
        _ scope: String, _ meaning: String
    ) -> Setting {
        Setting(
            key: key, type: type, unit: "", defaultText: none, range: "", scope: scope, meaning: meaning
        ) { text, settings in
            settings[keyPath: path] = text == none ? nil : text
            return text.isEmpty ? "must not be empty" : nil
        }
    }

    /// False unless it is set.
    fileprivate static func boolean(
        _ key: String, _ path: any WritableKeyPath<Settings, Bool> & Sendable, _ scope: String, _ meaning: String
    ) -> Setting {
        Setting(
            key: key, type: "boolean", unit: "", defaultText: "false", range: "true, false", scope: scope,
            meaning: meaning
        ) { text, settings in
            settings[keyPath: path] = text == "true"
            return text == "true" || text == "false" ? nil : "is neither true nor false"
        }
    }
}

extension Settings {
    /// What is wrong with settings that are right each by itself.
    var clusterProblems: [String] {
        guard cluster.name != nil else {
            return cluster.region == nil ? [] : ["region: a region is a cluster, see the setting cluster"]
        }
        var problems = cluster.logAccessProblems
        if cluster.logServers.isEmpty { problems.append("cluster-log: a cluster's nodes share a log") }
        if cluster.gossip == nil { problems.append("cluster-gossip: a cluster's nodes must reach each other") }
        if cluster.keyFile == nil { problems.append("cluster-keys: gossip is encrypted") }
        if cluster.listen == nil { problems.append("cluster-listen: a cluster's nodes must reach each other") }
        if (cluster.region == nil) != (cluster.regionsFile == nil) {
            problems.append("region, regions-file: both, or neither")
        }
        if cluster.regionListen != nil, cluster.region == nil {
            problems.append("region-listen: there are no regions")
        }
        if !cluster.regionMirrors.isEmpty, cluster.region == nil {
            problems.append("region-mirrors: there are no regions")
        }
        let files = [cluster.certificate, cluster.key, cluster.authority].compactMap { $0 }
        if files.count != (cluster.isCleartext ? 0 : 3) {
            problems.append(
                "cluster-certificate, cluster-certificate-key, cluster-authority: nodes show each other certificates; all three, or cluster-cleartext: true on one machine"
            )
        }
        if durability == .relaxed { problems.append("durability: a node of a cluster answers when a write is durable") }
        return problems
    }
}
