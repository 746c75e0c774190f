import NIOCore
import TestSupport
import Testing

@testable import NATSClient

@Suite("What a client decides")
struct ClientCoreTests {
    @Test("It says who it is and what it listens to before the first request")
    func greeting() {
        var harness = CoreHarness { $0.authentication = .password(user: "u", password: "p") }
        harness.handle(.subscribe(SubscriptionID(number: 2), subject: "news.>", queue: "q"))
        harness.handle(.start)
        let early = harness.send()
        #expect(harness.outcome(early) == .notSent("there is no connection yet"))
        harness.handle(.opened(harness.open!.id))
        #expect(harness.wire == "")
        harness.receive(CoreHarness.greeting)
        #expect(harness.wire.hasPrefix("CONNECT {") && harness.wire.contains(#""pass":"p""#))
        #expect(harness.wire.hasSuffix("SUB \(harness.core.inbox).* 1\r\nSUB news.> q 2\r\nPING\r\n"))
        #expect(harness.core.server == nil)
        harness.receive("PONG\r\n")
        #expect(harness.core.server?.info.serverName == "s")
        #expect(harness.core.server?.info.payloadByteCountMax == 1024)
    }

    @Test("A request ends with its reply, and replies find their requests in any order")
    func replies() {
        var harness = CoreHarness()
        harness.connect()
        let ids = (0..<3).map { _ in harness.send() }
        #expect(harness.core.requestCount == 3)
        for id in ids.reversed() { harness.reply(to: id, "\(id.number)") }
        for id in ids { #expect(harness.outcomes[id] == [reply("\(id.number)", to: id, of: harness.core)]) }
        harness.reply(to: ids[0], "again")
        #expect(harness.outcomes[ids[0]]?.count == 1 && harness.core.requestCount == 0)
    }

    @Test("A message whose replies go to a subscription is over when it was sent, and names that one")
    func repliesElsewhere() {
        var harness = CoreHarness()
        harness.connect()
        let id = harness.send(Request(subject: "s", replies: .elsewhere("their.inbox")))
        #expect(harness.outcome(id) == .sent && harness.core.requestCount == 0)
        #expect(harness.wire.hasSuffix("PUB s their.inbox 0\r\n\r\n"))
        let invalid = harness.send(Request(subject: "s", replies: .elsewhere("all.*")))
        guard case .refused(.invalid) = harness.outcome(invalid) else {
            Issue.record("\(String(describing: harness.outcome(invalid)))")
            return
        }
    }

    @Test("Nobody there, too late, and refused are told apart")
    func outcomes() {
        var harness = CoreHarness()
        harness.connect()
        let nobody = harness.send()
        harness.reply(to: nobody, status: 503)
        #expect(harness.outcome(nobody) == .noResponders)
        let forbidden = harness.send(Request(subject: "secret"))
        let other = harness.send()
        harness.receive("-ERR 'Permissions Violation for Publish to \"secret\"'\r\n")
        #expect(harness.outcome(forbidden) == .refused(.notPermitted) && harness.outcome(other) == nil)
        harness.advance(.seconds(6))
        #expect(harness.outcome(other) == .timedOut)
        let invalid = harness.send(Request(subject: "a b"))
        guard case .refused(.invalid) = harness.outcome(invalid) else {
            Issue.record("\(harness.outcomes)")
            return
        }
        #expect(harness.core.requestCount == 0)
    }

    @Test("With its headers it must not be larger than the server takes")
    func payloadLimit() {
        var harness = CoreHarness()
        harness.connect()
        let wire = harness.wire
        var request = Request(subject: "s", payload: ByteBuffer(repeating: 1, count: 1025))
        let plain = harness.send(request)
        #expect(harness.outcome(plain) == .refused(.tooLarge(byteCount: 1025, max: 1024)))
        request = Request(
            subject: "s", headers: MessageHeaders(["A": "b"]), payload: ByteBuffer(repeating: 1, count: 1010))
        let withHeaders = harness.send(request)
        #expect(harness.outcome(withHeaders) == .refused(.tooLarge(byteCount: 1028, max: 1024)))
        #expect(harness.wire == wire, "nothing was sent")
        request.payload = ByteBuffer(repeating: 1, count: 1006)
        _ = harness.send(request)
        #expect(harness.wire.contains("HPUB s \(harness.core.inbox).3 18 1024\r\n"))
    }

    @Test("What was on its way when the connection went is unknown; what comes before the next one is not sent, ever")
    func disconnection() {
        var harness = CoreHarness()
        harness.connect()
        let first = harness.open!.id
        let sent = harness.send()
        harness.handle(.lost(first, "reset"))
        #expect(harness.outcome(sent) == .lost("reset"))
        let between = harness.send(Request(subject: "between"))
        #expect(harness.outcome(between) == .notSent("there is no connection"))
        harness.advance(.milliseconds(25))
        harness.becomeReady()
        #expect(harness.open?.id != first && harness.core.server != nil)
        #expect(!harness.wire.contains("PUB"))
        #expect(harness.notices.contains(.disconnected(ServerAddress(host: "a", port: 1), "reset")))
        // The old connection may still have something to say.
        harness.handle(.received(first, ByteBuffer(string: "nonsense")))
        harness.handle(.lost(first, "again"))
        #expect(harness.core.server != nil)
    }

    @Test("Late replies are told to who wants them, even on another connection, until they are forgotten")
    func lateReplies() {
        var harness = CoreHarness()
        harness.connect()
        let request = Request(subject: "s", timeout: .milliseconds(250), lingers: true)
        let timedOut = harness.send(request)
        harness.advance(.milliseconds(300))
        #expect(harness.outcome(timedOut) == .timedOut && harness.core.requestCount == 1)
        let lost = harness.send(request)
        let forgotten = harness.send(request)
        harness.handle(.lost(harness.open!.id, "reset"))
        harness.advance(.milliseconds(25))
        harness.becomeReady()
        harness.handle(.forget(forgotten))
        for id in [timedOut, lost, forgotten] { harness.reply(to: id, "late") }
        for id in [timedOut, lost] {
            #expect(harness.late[id]?.map { String(buffer: $0.payload) } == ["late"])
            #expect(harness.outcomes[id]?.count == 1)
        }
        #expect(harness.late[forgotten] == nil && harness.core.requestCount == 0)
    }

    @Test("Many replies come one by one, up to the one with a status")
    func manyReplies() {
        var harness = CoreHarness()
        harness.connect()
        let id = harness.send(Request(subject: "s", replies: .many, timeout: .seconds(1)))
        for number in 0..<3 {
            harness.advance(.milliseconds(800))
            harness.reply(to: id, "\(number)")
        }
        #expect(harness.outcome(id) == nil, "the time counts from the last one")
        harness.reply(to: id, status: 204)
        #expect(harness.parts[id]?.map { String(buffer: $0.payload) } == ["0", "1", "2"])
        guard case .reply(let end) = harness.outcome(id) else {
            Issue.record("\(harness.outcomes)")
            return
        }
        #expect(end.status == 204)
        let cut = harness.send(Request(subject: "s", replies: .many, timeout: .seconds(1)))
        harness.reply(to: cut, "0")
        harness.advance(.seconds(2))
        #expect(harness.outcome(cut) == .timedOut)
    }

    @Test("A server that does not answer pings is left")
    func staleness() {
        var harness = CoreHarness()
        harness.connect()
        harness.receive("PING\r\n")
        #expect(harness.wire.hasSuffix("PONG\r\n"))
        harness.advance(.seconds(2))
        #expect(harness.wire.hasSuffix("PONG\r\nPING\r\n"))
        harness.receive("PONG\r\n")
        harness.advance(.seconds(4))
        #expect(harness.core.server != nil)
        let id = harness.send()
        harness.advance(.seconds(2))
        #expect(harness.outcome(id) == .lost("it answers no ping"))
    }

    @Test("A server that never gets ready is left, too, and others are tried in between")
    func handshakeTimeout() {
        let addresses = (0..<3).map { ServerAddress(host: "s\($0)", port: 1) }
        var harness = CoreHarness { $0.servers = addresses }
        harness.handle(.start)
        var tried: [ServerAddress] = []
        for _ in 0..<3 {
            tried.append(harness.open!.address)
            harness.handle(.opened(harness.open!.id))
            harness.advance(.milliseconds(2001))
        }
        #expect(Set(tried) == Set(addresses))
    }

    @Test("Attempts at a server that is gone come ever less often, and not in step")
    func backoff() {
        func attempts(seed: UInt64) -> [Duration] {
            var harness = CoreHarness(seed: seed)
            let start = harness.now
            var times: [Duration] = []
            harness.handle(.start)
            for _ in 0..<12 {
                times.append(start.duration(to: harness.now))
                harness.handle(.lost(harness.open!.id, "refused"))
                while harness.open == nil { harness.advance(.milliseconds(1)) }
            }
            return zip(times, times.dropFirst()).map { $1 - $0 }
        }
        let gaps = attempts(seed: 1)
        #expect(gaps[0] <= .milliseconds(21) && gaps[0] >= .milliseconds(10))
        #expect(gaps.last! <= .milliseconds(2001) && gaps.last! >= .seconds(1))
        #expect(gaps == attempts(seed: 1))
        #expect(gaps != attempts(seed: 2))
    }

    @Test("Servers that the cluster names are tried, and forgotten when it no longer names them")
    func discovery() {
        func greeting(_ addresses: String) -> String {
            CoreHarness.greeting.replacing("{", with: "{\"connect_urls\":[\(addresses)],")
        }
        var harness = CoreHarness()
        harness.connect(greeting: greeting(#""b:2","c:3","a:1","[::1]:4""#))
        #expect(harness.core.pool.addresses.map(\.description).sorted() == ["[::1]:4", "a:1", "b:2", "c:3"])
        harness.receive(greeting(#""c:3""#))
        #expect(harness.core.pool.addresses.map(\.description).sorted() == ["a:1", "c:3"])
        harness.handle(.lost(harness.open!.id, "reset"))
        #expect(harness.open?.address == ServerAddress(host: "c", port: 3))
        harness.receive(greeting((0..<100).map { "\"x\($0):1\"" }.joined(separator: ",")))
        #expect(harness.core.pool.addresses.count == 1 + ServerPool.discoveredCountMax)
        var closed = CoreHarness { $0.discoversServers = false }
        closed.connect(greeting: greeting(#""b:2""#))
        #expect(closed.core.pool.addresses.count == 1)
    }

    @Test("Encryption that was asked for is never given up")
    func encryption() {
        var harness = CoreHarness { $0.tls = TLSSettings() }
        harness.connect()
        #expect(harness.core.server == nil && harness.written.isEmpty)
        #expect(harness.notices == [.connectFailed(ServerAddress(host: "a", port: 1), "it offers no TLS")])

        var willing = CoreHarness { $0.tls = TLSSettings() }
        willing.handle(.start)
        let id = willing.open!.id
        willing.handle(.opened(id))
        willing.receive(CoreHarness.greeting.replacing("{", with: "{\"tls_available\":true,"))
        #expect(willing.effects.last == .secure(id, host: "a") && willing.written.isEmpty)
        willing.handle(.secured(id))
        willing.receive("PONG\r\n")
        #expect(willing.core.server != nil && willing.wire.contains(#""tls_required":true"#))

        var plain = CoreHarness()
        plain.connect(greeting: CoreHarness.greeting.replacing("{", with: "{\"tls_required\":true,"))
        #expect(plain.core.server == nil && plain.written.isEmpty)
    }

    @Test("What it refuses is bounded: requests on their way, and bytes that the socket has not taken")
    func bounds() {
        var harness = CoreHarness {
            $0.requestCountMax = 3
            $0.unsentByteCountMax = 2000
        }
        harness.connect()
        let open = harness.open!.id
        harness.handle(.flushed(open, byteCount: harness.wire.utf8.count))
        let ids = (0..<4).map { _ in harness.send() }
        #expect(ids.map { harness.outcome($0) } == [nil, nil, nil, .notSent("3 requests are on their way")])
        for id in ids { harness.reply(to: id) }
        let large = Request(subject: "s", payload: ByteBuffer(repeating: 1, count: 1000), replies: .none)
        let written = harness.wire.utf8.count
        let first = harness.send(large)
        let second = harness.send(large)
        #expect(harness.outcome(first) == .sent)
        guard case .notSent = harness.outcome(second) else {
            Issue.record("\(harness.outcomes)")
            return
        }
        harness.handle(.flushed(open, byteCount: harness.wire.utf8.count - written))
        let third = harness.send(large)
        #expect(harness.outcome(third) == .sent)
    }

    @Test("A reader that is behind loses the newest, is told once, and goes on when it has caught up")
    func slowConsumer() {
        var harness = CoreHarness { $0.unreadCountMax = 2 }
        harness.connect()
        let id = SubscriptionID(number: 2)
        harness.handle(.subscribe(id, subject: "news", queue: nil))
        func delivered() -> Int { harness.effects.count { if case .deliver = $0 { true } else { false } } }
        for _ in 0..<5 { harness.receive("MSG news 2 1\r\nx\r\n") }
        #expect(delivered() == 2)
        #expect(harness.notices.filter { $0 == .slowConsumer(subject: "news") }.count == 1)
        let message = Message(subject: "news", payload: ByteBuffer(string: "x"))
        harness.handle(.consumed(id, count: 2, byteCount: 2 * message.byteCount))
        harness.receive("MSG news 2 1\r\nx\r\n")
        #expect(delivered() == 3)
        harness.handle(.unsubscribe(id))
        #expect(harness.wire.hasSuffix("UNSUB 2\r\n"))
        harness.receive("MSG news 2 1\r\nx\r\n")
        #expect(delivered() == 3)
    }

    @Test("Closing tells everyone who waits")
    func closing() {
        var harness = CoreHarness()
        harness.connect()
        let ids = (0..<3).map { _ in harness.send() }
        harness.handle(.close)
        let after = harness.send()
        for id in ids + [after] { #expect(harness.outcomes[id] == [.closed]) }
        #expect(harness.core.requestCount == 0 && harness.core.nextDeadline == nil && harness.open == nil)
    }

    @Test(
        "Addresses",
        arguments: [
            ("a", "a:4222"), ("a:1", "a:1"), ("nats://a:1", "a:1"), ("tls://a/", "a:4222"), ("[::1]:5", "[::1]:5"),
            ("127.0.0.1:65535", "127.0.0.1:65535"), ("", nil), ("a:", nil), ("a:0", nil), ("a:65536", nil),
            ("u:p@a:1", nil), ("u@a", nil), ("a b", nil), ("a/b", nil), ("[::1", nil), ("[]:1", nil),
        ] as [(String, String?)])
    func addresses(text: String, expected: String?) { #expect(ServerAddress(text)?.description == expected) }
}
