import Foundation
import JetStreamSupport
import NIOCore
import Synchronization
import Testing

@testable import NATSClient
import TestSupport

extension RealServer {
    @Suite("Connections that come and go")
    struct Reconnecting {
        /// Three servers that know each other.
        private func withCluster(_ body: ([NATSServer]) async throws -> Void) async throws {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            let ports = try (0..<3).map { _ in try freePort() }
            let routes = ports.map { "\"nats://127.0.0.1:\($0)\"" }.joined(separator: ", ")
            let servers = try (0..<3).map { index in
                try NATSServer(
                    """
                    server_name: s\(index)
                    listen: "127.0.0.1:$PORT"
                    cluster { name: c, listen: "127.0.0.1:\(ports[index])", routes: [\(routes)] }
                    """, in: directory, name: "s\(index)")
            }
            defer { for server in servers { server.kill() } }
            try await body(servers)
        }

        @Test("A client that knows one server of three learns of the others, and goes from one to the next as they die")
        func threeServers() async throws {
            try await withCluster { servers in
                try await withConnection([servers[0].address]) { client in
                    let first = try await becomesReady(client)
                    #expect(first.address == servers[0].address)
                    // Told once the servers know each other.
                    _ = try await eventually("the cluster is known") {
                        await client.server()?.info.connectAddresses.count == 3 ? true : nil
                    }
                    var left: Set<Int> = [0, 1, 2]
                    for _ in 0..<2 {
                        let current = try await becomesReady(client)
                        let index = try #require(servers.firstIndex { $0.port == current.address.port })
                        servers[index].kill()
                        left.remove(index)
                        _ = try await eventually("another server") {
                            guard let server = await client.server() else { return nil as Bool? }
                            return server.address.port == servers[index].port ? nil : true
                        }
                        #expect(await client.request(Request(subject: "nobody")) == .noResponders)
                    }
                    let last = try #require(left.first)
                    for server in servers where server.port != servers[last].port { try server.start() }
                    servers[last].kill()
                    _ = try await eventually("a server that came back") {
                        guard let server = await client.server() else { return nil as Bool? }
                        return server.address.port == servers[last].port ? nil : true
                    }
                }
            }
        }

        @Test("A connection that flaps: each request has one outcome, none is sent late, and nothing is left")
        func flapping() async throws {
            try await withServer("listen: \"127.0.0.1:$PORT\"\n") { server in
                try await withConnection([server.address]) { service in
                    try await becomesReady(service)
                    let seen = Mutex<[String: Int]>([:])
                    let questions = service.subscribe("echo")
                    async let answering: Void = {
                        for await question in questions {
                            let text = String(buffer: question.payload)
                            seen.withLock { $0[text, default: 0] += 1 }
                            _ = await service.publish(question.replyTo!, payload: question.payload)
                        }
                    }()
                    let proxy = try await FaultProxy(to: server.port)
                    let address = ServerAddress(host: "127.0.0.1", port: proxy.port)
                    let outcomes = try await withConnection([address]) {
                        $0.discoversServers = false
                        $0.backoff = .milliseconds(1) ... .milliseconds(5)
                    } _: { client in
                        var outcomes: [String: RequestOutcome] = [:]
                        for round in 0..<20 {
                            try await becomesReady(client)
                            await withTaskGroup(of: (String, RequestOutcome).self) { group in
                                for index in 0..<25 {
                                    group.addTask {
                                        let text = "\(round).\(index)"
                                        let request = Request(
                                            subject: "echo", payload: ByteBuffer(string: text),
                                            timeout: .seconds(60))
                                        return (text, await client.request(request))
                                    }
                                }
                                if round % 2 == 1 { proxy.treat(replies: .drop) }
                                proxy.cut()
                                proxy.treat(replies: .pass)
                                for await (text, outcome) in group { outcomes[text] = outcome }
                            }
                        }
                        return outcomes
                    }
                    await proxy.close()
                    #expect(outcomes.count == 500)
                    seen.withLock { seen in
                        for (text, outcome) in outcomes {
                            switch outcome {
                            case .reply: #expect(seen[text] == 1)
                            case .notSent: #expect(seen[text] == nil, "\(text) was sent after all")
                            case .lost: #expect(seen[text] ?? 0 <= 1)
                            default: Issue.record("\(text): \(outcome)")
                            }
                        }
                    }
                    await service.close()
                    await answering
                }
            }
        }
    }
}
