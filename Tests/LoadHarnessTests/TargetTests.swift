import LoadHarness
import Testing

@Suite("Targets")
struct TargetTests {
    @Test(
        "Servers on this machine may be loaded",
        arguments: [
            "http://127.0.0.1:8080", "redis://127.1.2.3:6379", "resp://localhost:1", "redis://[::1]:6379",
        ])
    func loopback(address: String) throws {
        let target = try Target(address)
        #expect(target.isLoopback)
        try target.check(allowsRemote: false)
    }

    @Test(
        "Any other is refused without the flag",
        arguments: [
            "http://10.0.0.1:8080", "redis://example.org:6379", "redis://127.0.0.1.example.org:6379",
            "http://0.0.0.0:80",
            "http://128.0.0.1:80", "redis://[2001:db8::1]:6379", "http://localhost.example.org:80", "http://127.0.0:80",
        ])
    func remote(address: String) throws {
        let target = try Target(address)
        #expect(throws: HarnessError.self) { try target.check(allowsRemote: false) }
        try target.check(allowsRemote: true)
    }

    @Test(
        "What is no address is refused",
        arguments: ["127.0.0.1:80", "ftp://127.0.0.1:21", "redis://:6379", "http://a:0", "http://a:70000"])
    func malformed(address: String) {
        #expect(throws: HarnessError.self) { try Target(address) }
    }

    @Test("Several keys are for HTTP")
    func keys() throws {
        #expect(try Target("http://127.0.0.1:1", keys: ["a", "b"]).keys.count == 2)
        #expect(throws: HarnessError.self) { try Target("redis://127.0.0.1:1", keys: ["a", "b"]) }
    }

    @Test("A server is an address, or a command with a port in it")
    func servers() throws {
        let running = try ServerSpecification("a=redis://127.0.0.1:6379", keys: ["a": "secret"])
        #expect(running.place == .running(Target(wire: .resp, host: "127.0.0.1", port: 6379, keys: ["secret"])))
        let command = try ServerSpecification("b=redis-server --port {port}", keys: ["b": "@{dir}/admin.key"])
        #expect(command.place == .command("redis-server --port {port}"))
        #expect(throws: HarnessError.self) { try ServerSpecification("c=redis-server", keys: [:]) }
        #expect(throws: HarnessError.self) { try ServerSpecification("redis://127.0.0.1:6379", keys: [:]) }
        #expect(splitCommand(#"a --save "" 'b c'  d"#) == ["a", "--save", "", "b c", "d"])
    }
}
