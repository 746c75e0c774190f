/// What clients that wait and others say to a server, so that it can be said to two and compared.
enum BlockingConversations {
    static var all: [(name: String, talk: (Conversation) throws -> Void)] {
        [
            ("in order of arrival", order), ("every command that makes entries", awakenings), ("BZMPOP", several),
            ("transactions", transactions), ("between the commands of a pipeline", pipelines),
            ("timeouts", timeouts), ("before and behind one that waits", queues), ("a client that goes", departure),
            ("wrong ones", mistakes),
        ]
    }

    private static func order(_ talk: Conversation) throws {
        for (count, name) in ["a", "b", "c"].enumerated() {
            try talk.say(name, name == "b" ? "BZPOPMAX {t}order 0" : "BZPOPMIN {t}other {t}order 0")
            try talk.wait(for: count + 1)
        }
        try talk.ask("ZADD {t}order 1 x 2 y")
        try talk.hear("a")
        try talk.hear("b")
        try talk.ask("EXISTS {t}order")
        try talk.say("b", "BZPOPMIN {t}order 0")
        try talk.wait(for: 2)
        try talk.ask("ZADD {t}order 1 x 2 y 3 z")
        try talk.hear("b")
        try talk.hear("c")
        try talk.ask("ZRANGE {t}order 0 -1 WITHSCORES")
        // Nobody waits for what is there, and of several keys the first is taken from.
        try talk.ask("ZADD {t}other 5 o")
        for _ in 0..<2 {
            try talk.say("a", "BZPOPMIN {t}none {t}order {t}other 0")
            try talk.hear("a")
        }
        try talk.ask("DBSIZE")
    }

    private static func awakenings(_ talk: Conversation) throws {
        try talk.ask("ZADD {t}source 1 x 2 y")
        for command in [
            "ZADD {t}k 1 x", "ZADD {t}k INCR 2 x", "ZADD {t}k NX 1 x", "ZINCRBY {t}k 1.5 x", "RENAME {t}source {t}k",
            "ZUNIONSTORE {t}k 1 {t}source", "ZINTERSTORE {t}k 2 {t}source {t}source", "ZDIFFSTORE {t}k 1 {t}source",
            "ZRANGESTORE {t}k {t}source 1 1", "COPY {t}source {t}k", "RENAMENX {t}source {t}k",
        ] {
            try talk.ask("ZADD {t}source 1 x 2 y")
            try talk.say("a", "BZPOPMAX {t}k 0")
            try talk.wait(for: 1)
            // None of these makes entries.
            for idle in ["ZADD {t}k XX 1 x", "ZREM {t}k x", "ZUNIONSTORE {t}k 1 {t}none", "EXISTS {t}k"] {
                try talk.ask(idle)
            }
            try talk.ask(command)
            try talk.hear("a")
            try talk.ask("ZRANGE {t}k 0 -1 WITHSCORES")
            try talk.ask("DEL {t}k {t}source")
        }
    }

    private static func several(_ talk: Conversation) throws {
        try talk.say("a", "BZMPOP 0 2 {t}k {t}l MAX COUNT 2")
        try talk.wait(for: 1)
        try talk.say("b", "BZMPOP 0 1 {t}l MIN")
        try talk.wait(for: 2)
        try talk.ask("ZADD {t}l 1 x 2 y 3 z 4 u")
        try talk.hear("a")
        try talk.hear("b")
        try talk.ask("ZRANGE {t}l 0 -1 WITHSCORES")
        try talk.say("a", "BZMPOP 0 2 {t}k {t}l MIN COUNT 5")
        try talk.hear("a")
    }

    private static func transactions(_ talk: Conversation) throws {
        // The key that came to be first is served first, and both only behind the transaction.
        try talk.say("a", "BZPOPMIN {t}k {t}l 0")
        try talk.wait(for: 1)
        try talk.say("b", "BZPOPMIN {t}k 0")
        try talk.wait(for: 2)
        for command in ["MULTI", "ZADD {t}l 1 x 2 y", "ZADD {t}k 3 z", "ZCARD {t}l", "ZCARD {t}k", "EXEC"] {
            try talk.ask(command)
        }
        try talk.hear("a")
        try talk.hear("b")
        try talk.ask("ZRANGE {t}l 0 -1")
        try talk.say("a", "BZPOPMIN {t}k 0")
        try talk.wait(for: 1)
        for command in ["MULTI", "ZADD {t}k 1 x", "ZREM {t}k x", "EXEC", "EXISTS {t}k"] { try talk.ask(command) }
        try talk.wait(for: 1)
        for command in ["MULTI", "ZADD {t}k 1 x", "ZPOPMIN {t}k", "ZADD {t}k 2 y", "EXEC"] { try talk.ask(command) }
        try talk.hear("a")
        // Within a transaction nobody waits.
        for command in ["MULTI", "BZPOPMIN {t}k 0", "BZMPOP 0 1 {t}k MIN", "BZPOPMAX {t}l 0", "EXEC"] {
            try talk.ask(command)
        }
    }

    private static func pipelines(_ talk: Conversation) throws {
        try talk.say("a", "BZPOPMIN {t}k 0")
        try talk.wait(for: 1)
        try talk.say("b", "ZADD {t}k 1 x\r\nZCARD {t}k\r\nZADD {t}k 2 y\r\nZADD {t}k 3 z\r\nZCARD {t}k\r\nEXISTS {t}k")
        for _ in 0..<6 { try talk.hear("b") }
        try talk.hear("a")
        try talk.ask("DEL {t}k")
        for (count, name) in ["a", "c"].enumerated() {
            try talk.say(name, "BZPOPMIN {t}k 0")
            try talk.wait(for: count + 1)
        }
        try talk.say("b", "ZADD {t}k 1 x\r\nZINCRBY {t}k 1 x\r\nZSCORE {t}k x\r\nZADD {t}k 5 x\r\nZSCORE {t}k x")
        for _ in 0..<5 { try talk.hear("b") }
        try talk.hear("a")
        try talk.hear("c")
        try talk.ask("ZRANGE {t}k 0 -1 WITHSCORES")
        try talk.ask("DEL {t}k")
    }

    private static func timeouts(_ talk: Conversation) throws {
        try talk.say(
            "a", "BZPOPMIN {t}k 0.01\r\nBZPOPMAX {t}k {t}l 0.001\r\nBZMPOP 0.01 2 {t}k {t}l MIN COUNT 3\r\nPING")
        for _ in 0..<4 { try talk.hear("a") }
        try talk.say("a", "BZPOPMIN {t}k 1e10")
        try talk.wait(for: 1)
        try talk.ask("ZADD {t}k 1 x")
        try talk.hear("a")
    }

    private static func queues(_ talk: Conversation) throws {
        try talk.say("a", "ZADD {t}l 1 x\r\nBZPOPMIN {t}k 0\r\nPING\r\nZCARD {t}l\r\nBZPOPMIN {t}k 0\r\nECHO end")
        try talk.hear("a")
        try talk.wait(for: 1)
        try talk.ask("ZADD {t}k 1 x")
        for _ in 0..<3 { try talk.hear("a") }
        try talk.wait(for: 1)
        try talk.ask("ZADD {t}k 2 y")
        for _ in 0..<2 { try talk.hear("a") }
        try talk.ask("DEL {t}l")
    }

    private static func departure(_ talk: Conversation) throws {
        try talk.say("a", "BZPOPMIN {t}k 0")
        try talk.wait(for: 1)
        try talk.say("b", "BZPOPMIN {t}k {t}l 0")
        try talk.wait(for: 2)
        talk.leave("a")
        try talk.wait(for: 1)
        try talk.ask("ZADD {t}k 1 x")
        try talk.hear("b")
        try talk.say("c", "BZPOPMIN {t}k 0\r\nZADD {t}k 1 never")
        try talk.wait(for: 1)
        try talk.client("c").reset()
        try talk.wait(for: 0)
        try talk.ask("ZADD {t}k 1 x")
        try talk.ask("ZRANGE {t}k 0 -1")
        try talk.ask("DEL {t}k")
    }

    private static func mistakes(_ talk: Conversation) throws {
        for command in [
            "BZPOPMIN {t}k", "BZPOPMIN {t}k x", "BZPOPMAX {t}k -1", "BZMPOP 0 1 {t}k", "BZMPOP 0 0 {t}k MIN",
            "BZMPOP x 1 {t}k MIN", "BZMPOP 0 1 {t}k MIN COUNT 0", "BZPOPMIN {t}k inf",
        ] {
            try talk.ask(command)
        }
    }
}
