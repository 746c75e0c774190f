import AccessSupport
import ControlPlane
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Synchronization
import Tenancy
import Testing

@testable import HTTPGateway

/// Keeps what is logged.
private struct KeptLog: LogHandler {
    final class Text: Sendable {
        private let text = Mutex("")
        var everything: String { text.withLock { $0 } }
        func add(_ line: String) { text.withLock { $0 += line + "\n" } }
    }

    let text = Text()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    var metadataProvider: Logger.MetadataProvider?

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { text.add("\(event.message) \(event.metadata ?? [:])") }
}

@Suite struct SecrecyTests {
    @Test("No key, token, signature or secret of a project stands in a log, an answer or a description")
    func secrets() async throws {
        let kept = KeptLog()
        let logger = Logger(label: "test") { _ in kept }
        let access = AccessPlace(logger: logger)
        var settings = ProjectSettings()
        settings.submitSecret = "the-secret-of-submits"
        settings.allowedAddresses = []
        settings.deniedAddresses = ["nonsense"]
        try await access.addProject("default", settings)
        let good = try await access.addKey(1, of: "default").text
        let token = try await PlayerTokens.make(for: "ann", in: access)
        let server = makeHTTPServer(
            configuration: HTTPConfiguration(), service: FakeService(), gatekeeper: access.gatekeeper, logger: logger)
        var seen = ""
        for credential in [good, AccessPlace.key(2).text, good + "x", token, token + "x", "a.b.c"] {
            let answers = try await server.test(.router) { client in
                var text = ""
                for path in ["/v1/leaderboards", "/v1/leaderboards/race/top"] {
                    let answer = try await client.execute(
                        uri: path, method: .get, headers: [.authorization: "Bearer \(credential)"])
                    text += "\(answer.headers) " + String(buffer: answer.body)
                }
                let submit = try await client.execute(
                    uri: "/v1/scores/update", method: .post,
                    headers: [
                        .authorization: "Bearer \(credential)", .contentType: "application/json",
                        .laurelSignature: "t=1,n=the-nonce,v1=\(String(repeating: "ab", count: 32))",
                    ], body: ByteBuffer(string: "{}"))
                return text + "\(submit.headers) " + String(buffer: submit.body)
            }
            seen += answers
        }
        let verdict = access.gatekeeper.judge(.init(credential: token + "y", scope: .read))
        seen += "\(AccessPlace.key(1)) \(AccessPlace.pepper) \(verdict)"
        seen += kept.text.everything
        // What a client sends wrong ends in `x`, and begins like what is right.
        for secret in [good, AccessPlace.key(2).text, token, "the-secret-of-submits", "the-nonce", "abababab"] {
            #expect(!seen.contains(secret))
        }
        #expect(seen.contains("'nonsense' is no IP address"), "the log is looked at")
    }
}
