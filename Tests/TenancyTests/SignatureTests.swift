import AccessSupport
import ControlPlane
import Crypto
import Leaderboards
import Testing

@testable import Tenancy

@Suite struct SignatureTests {
    private static let secret = "a secret of the game's"
    private let place = AccessPlace()

    private func caller() async throws -> Caller {
        var settings = ProjectSettings()
        settings.submitSecret = Self.secret
        try await place.addProject("games", settings)
        let key = try await place.addKey(1, of: "games").text
        return try place.gatekeeper.open(key, from: nil).get().caller
    }

    private func header(_ body: String, at seconds: Int64, nonce: String, secret: String = Self.secret) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("\(seconds).\(nonce).\(body)".utf8), using: SymmetricKey(data: Array(secret.utf8)))
        let digits = code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return "t=\(seconds),n=\(nonce),v1=\(digits)"
    }

    private func denial(_ header: String?, _ body: String, _ caller: Caller) -> Denial? {
        Array(body.utf8).withUnsafeBytes { place.gatekeeper.checkSignature(header, of: $0, from: caller) }
    }

    @Test("A signature counts once, for its own body, within five minutes")
    func once() async throws {
        let caller = try await caller()
        let now = place.clock.seconds
        let good = header("{}", at: now, nonce: "12345678")
        #expect(denial(good, "{} ", caller) != nil)
        #expect(denial(good, "{}", caller) == nil)
        #expect(denial(good, "{}", caller) == .replayedSignature)
        #expect(denial(header("{}", at: now, nonce: "12345679"), "{}", caller) == nil)
        for offset: Int64 in [-300, 300] {
            #expect(denial(header("{}", at: now + offset, nonce: "abcdefgh"), "{}", caller) == nil)
        }
        for offset: Int64 in [-301, 301] {
            #expect(denial(header("{}", at: now + offset, nonce: "abcdefgh"), "{}", caller) != nil)
        }
    }

    @Test("A signature is remembered for as long as it could be sent again")
    func replayAtTheEnd() async throws {
        let caller = try await caller()
        let early = header("{}", at: place.clock.seconds + 300, nonce: "12345678")
        #expect(denial(early, "{}", caller) == nil)
        for _ in 0..<6 {
            place.clock.advance(bySeconds: 100)
            #expect(denial(early, "{}", caller) == .replayedSignature)
        }
        place.clock.advance(bySeconds: 1)
        guard case .invalidSignature = denial(early, "{}", caller) else {
            Issue.record("too old, and taken")
            return
        }
    }

    @Test("What is no signature is none")
    func malformed() async throws {
        let caller = try await caller()
        let now = place.clock.seconds
        let good = header("{}", at: now, nonce: "12345678")
        let wrong: [String?] = [
            nil, "", "t=\(now)", good + ",v1=00", good + "0", String(good.dropLast()),
            good.replacing("t=", with: "t=-"),
            good.replacing("n=12345678", with: "n=1234567"), good.replacing("n=12345678", with: "n=1234567."),
            good.replacing("v1=", with: "v2="), good + ",x=1",
            header("{}", at: now, nonce: "12345678", secret: "another"),
        ]
        for header in wrong {
            guard case .invalidSignature = denial(header, "{}", caller) else {
                Issue.record("\(header ?? "none") was taken")
                continue
            }
        }
    }

    @Test("When no more nonces can be remembered none is taken, until the oldest are too old")
    func full() {
        var table = NonceTable(capacity: 3)
        func mark(_ number: Int) -> SubmitSignature.Mark {
            SubmitSignature("t=\(number),n=12345678,v1=\(String(repeating: "0", count: 64))")!.mark
        }
        let now = Timestamp(seconds: 1_800_000_000)
        #expect((1...4).map { table.enter(mark($0), at: now) } == [.new, .new, .new, .full])
        #expect(table.enter(mark(1), at: now.advanced(by: .seconds(600))) == .seen)
        #expect(table.enter(mark(4), at: now.advanced(by: .seconds(600))) == .new)
        #expect(table.enter(mark(1), at: now.advanced(by: .seconds(1200))) == .new)
    }
}
