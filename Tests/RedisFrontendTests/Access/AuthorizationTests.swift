import AccessSupport
import ControlPlane
import Leaderboards
import Testing

@testable import RedisFrontend

/// Every command with every kind of key.
@Suite struct AuthorizationTests {
    enum Kind: CaseIterable {
        case none, everything, reads, writes, administers, readsAndAdministers
        /// For everything, on another leaderboard only.
        case elsewhere

        var scopes: Scopes {
            switch self {
            case .none: []
            case .everything, .elsewhere: .all
            case .reads: .read
            case .writes: .write
            case .administers: .admin
            case .readsAndAdministers: [.read, .admin]
            }
        }
    }

    /// What each command takes, written down once more, and how it may look.
    static let rows: [CommandName: (needs: Scopes, line: String)] = [
        .zadd: (.write, "zadd race 1 ann"), .zincrby: (.write, "zincrby race 1 ann"),
        .zrem: (.admin, "zrem race ann"), .zscore: (.read, "zscore race ann"), .zmscore: (.read, "zmscore race ann"),
        .zcard: (.read, "zcard race"), .zcount: (.read, "zcount race 0 1"),
        .zlexcount: (.read, "zlexcount race - +"), .zrank: (.read, "zrank race ann"),
        .zrevrank: (.read, "zrevrank race ann"), .zrange: (.read, "zrange race 0 1"),
        .zrangestore: ([.read, .admin], "zrangestore race race 0 1"), .zrevrange: (.read, "zrevrange race 0 1"),
        .zrangebyscore: (.read, "zrangebyscore race 0 1"), .zrevrangebyscore: (.read, "zrevrangebyscore race 1 0"),
        .zrangebylex: (.read, "zrangebylex race - +"), .zrevrangebylex: (.read, "zrevrangebylex race + -"),
        .zremrangebyrank: (.admin, "zremrangebyrank race 0 1"),
        .zremrangebyscore: (.admin, "zremrangebyscore race 0 1"),
        .zremrangebylex: (.admin, "zremrangebylex race - +"), .zpopmin: ([.read, .admin], "zpopmin race"),
        .zpopmax: ([.read, .admin], "zpopmax race"), .zmpop: ([.read, .admin], "zmpop 1 race min"),
        .bzpopmin: ([.read, .admin], "bzpopmin race 1"), .bzpopmax: ([.read, .admin], "bzpopmax race 1"),
        .bzmpop: ([.read, .admin], "bzmpop 1 1 race min"), .zrandmember: (.read, "zrandmember race"),
        .zscan: (.read, "zscan race 0"), .zunion: (.read, "zunion 1 race"), .zinter: (.read, "zinter 1 race"),
        .zdiff: (.read, "zdiff 1 race"), .zunionstore: ([.read, .admin], "zunionstore race 1 race"),
        .zinterstore: ([.read, .admin], "zinterstore race 1 race"),
        .zdiffstore: ([.read, .admin], "zdiffstore race 1 race"), .zintercard: (.read, "zintercard 1 race"),
        .del: (.admin, "del race"), .unlink: (.admin, "unlink race"), .exists: (.read, "exists race"),
        .touch: (.read, "touch race"), .type: (.read, "type race"), .rename: (.admin, "rename race race"),
        .renamenx: (.admin, "renamenx race race"), .copy: ([.read, .admin], "copy race race"),
        .expire: (.admin, "expire race 9"), .pexpire: (.admin, "pexpire race 9"),
        .expireat: (.admin, "expireat race 9"), .pexpireat: (.admin, "pexpireat race 9"), .ttl: (.read, "ttl race"),
        .pttl: (.read, "pttl race"), .expiretime: (.read, "expiretime race"),
        .pexpiretime: (.read, "pexpiretime race"), .persist: (.admin, "persist race"), .scan: (.read, "scan 0"),
        .keys: (.read, "keys *"), .object: (.read, "object encoding race"), .flushdb: (.admin, "flushdb"),
        .randomkey: (.read, "randomkey"),
    ]

    @Test("Each command is run for who may, and the others are told so in Redis's words", arguments: Kind.allCases)
    func matrix(kind: Kind) async throws {
        let access = AccessPlace()
        try await access.addProject("p")
        let key = try await access.addKey(1, of: "p", kind.scopes, leaderboards: kind == .elsewhere ? ["other"] : nil)
        try await TestClient.connect(to: HandShards(), isAuthenticated: false, through: access) { client in
            if kind != .none {
                try await client.send("AUTH \(key.text)")
                #expect(try await client.reply() == "+OK")
            }
            for name in CommandName.allCases {
                let row = try #require(Self.rows[name], "a command without a row: \(name)")
                try await client.send(row.line)
                let reply = try await client.reply()
                if kind == .none {
                    #expect(reply == "-NOAUTH Authentication required.")
                } else if !kind.scopes.isSuperset(of: row.needs) {
                    #expect(reply == "-NOPERM this user has no permissions to run the '\(name.rawValue)' command")
                } else if kind == .elsewhere {
                    #expect(reply == "-NOPERM this user has no permissions to access one of the keys used as arguments")
                } else {
                    #expect(!reply.hasPrefix("-NO"), "\(row.line): \(reply)")
                }
            }
        }
    }

    @Test("Within a transaction what may not be run is refused at once, and nothing of it is run")
    func transaction() async throws {
        let access = AccessPlace()
        try await access.addProject("p")
        try await access.addKey(1, of: "p", .write)
        try await TestClient.connect(to: HandShards(), through: access) { client in
            try await client.send("MULTI", "ZADD a 1 x", "ZSCORE a x", "EXEC")
            let reply = try await client.reply(lines: 4)
            #expect(reply.hasPrefix("+OK +QUEUED -NOPERM this user has no permissions to run the 'zscore' command"))
            #expect(reply.hasSuffix("-EXECABORT Transaction discarded because of previous errors."))
        }
    }

    @Test("A key that is revoked or expires ends its connections' rights, in the middle of what they had begun")
    func revocation() async throws {
        let access = AccessPlace()
        try await access.addProject("p")
        try await access.addKey(1, of: "p")
        let shards = HandShards()
        try await TestClient.connect(to: shards, through: access) { client in
            try await client.send("ZADD a 1 x", "MULTI")
            #expect(try await client.reply(lines: 2) == ":1 +OK")
            try await access.revokeKey(1)
            try await client.send("ZADD a 1 y", "EXEC", "PING")
            let denial = "-NOAUTH Authentication required."
            #expect(try await client.reply(lines: 3) == "\(denial) \(denial) \(denial)")
            let other = try await access.addKey(2, of: "p", expiresAt: access.clock.now.advanced(by: .seconds(5)))
            try await client.send("AUTH \(other.text)")
            #expect(try await client.reply() == "+OK")
            try await client.send("ZCARD a")
            #expect(try await client.reply() == ":1")
            access.clock.advance(bySeconds: 5)
            try await client.send("ZCARD a")
            #expect(try await client.reply() == denial)
        }
    }

    @Test("What keeps a key from opening a connection is told")
    func opening() async throws {
        let access = AccessPlace()
        var settings = ProjectSettings()
        settings.allowedAddresses = ["10.0.0.0/8"]
        try await access.addProject("closed", settings)
        try await access.addProject("late")
        let keys = [
            AccessPlace.key(9).text, try await access.addKey(2, of: "closed").text,
            try await access.addKey(3, of: "late").text,
        ]
        try await access.setStatus(.suspended, of: "late")
        try await TestClient.connect(to: HandShards(), through: access) { client in
            for (key, reply) in zip(keys, ["-WRONGPASS", "-NOPERM the project may not", "-NOPERM the tenant is"]) {
                try await client.send("AUTH \(key)")
                #expect(try await client.reply().hasPrefix(reply))
            }
            // Who he was before he still is.
            try await client.send("ZCARD a")
            #expect(try await client.reply() == ":0")
        }
    }

    @Test("Where scores must be signed none are taken from here")
    func signed() async throws {
        let access = AccessPlace()
        var settings = ProjectSettings()
        settings.submitSecret = "secret"
        try await access.addProject("p", settings)
        try await access.addKey(1, of: "p")
        try await TestClient.connect(to: HandShards(), through: access) { client in
            try await client.send("ZADD a 1 x", "ZINCRBY a 1 x", "ZCARD a")
            let denial = "-NOPERM this project takes signed scores only, which come over HTTP"
            #expect(try await client.reply() == "\(denial) \(denial) :0")
        }
    }

    @Test("Beyond a limit each command is told so, and the connection stays", arguments: [false, true])
    func limits(authenticatesInPlace: Bool) async throws {
        let access = AccessPlace()
        try await access.addProject("p")
        let key = try await access.addKey(1, of: "p", rate: Rate(requests: 10, seconds: 1, burst: 4))
        try await TestClient.connect(to: HandShards(), isAuthenticated: false, through: access) { client in
            // What comes with AUTH in one piece is counted as well.
            if !authenticatesInPlace {
                try await client.send("AUTH \(key.text)")
                #expect(try await client.reply() == "+OK")
            }
            let auth = authenticatesInPlace ? ["AUTH \(key.text)"] : []
            try await client.send(auth + (0..<6).map { "ZADD a 1 x\($0)" })
            var reply = try await client.reply()
            if authenticatesInPlace, !reply.contains(":1") { reply += " " + (try await client.reply()) }
            let denial = "-RATELIMIT the limit of the key is 10 commands in 1 s, try again in 100 ms"
            #expect(reply == (authenticatesInPlace ? "+OK " : "") + ":1 :1 :1 :1 \(denial) \(denial)")
            access.clock.advance(bySeconds: 0.1)
            try await client.send("ZCARD a", "ZCARD a")
            #expect(try await client.reply() == ":4 \(denial)")
            #expect(client.isOpen)
        }
    }
}
