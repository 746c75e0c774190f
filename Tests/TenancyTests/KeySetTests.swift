import AccessSupport
import ControlPlane
import JWTKit
import Leaderboards
import Synchronization
import Testing

@testable import Tenancy

/// Answers with what a test has put there, and counts.
final class HandFetcher: KeySetFetcher {
    private let state = Mutex((body: [UInt8]?.none, count: 0))

    func publish(_ text: String?) { state.withLock { $0.body = text.map { Array($0.utf8) } } }
    var count: Int { state.withLock { $0.count } }

    func fetch(_ url: KeySetURL, byteCountMax: Int) async throws -> [UInt8] {
        let body = state.withLock { state in
            state.count += 1
            return state.body
        }
        guard let body else { throw CancellationError() }
        return body
    }
}

@Suite struct KeySetTests {
    static let url = "https://studio.example/keys.json"

    /// A signer, and the entry of a key set that it signs for.
    private func makeKey(_ id: String) async -> (keys: JWTKeyCollection, entry: String) {
        let key = ES256PrivateKey()
        let keys = JWTKeyCollection()
        await keys.add(ecdsa: key, kid: JWKIdentifier(string: id))
        let parameters = key.publicKey.parameters!
        let entry =
            #"{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"\#(id)","x":"\#(parameters.x)","y":"\#(parameters.y)"}"#
        return (keys, entry)
    }

    private func set(_ entries: String...) -> String { #"{"keys":[\#(entries.joined(separator: ","))]}"# }

    @Test("Published keys are fetched when needed, and an unknown one is looked for once in a while")
    func fetching() async throws {
        let fetcher = HandFetcher()
        let studio = try await Studio(AccessPlace(keySets: fetcher), keySetURL: Self.url)
        let (first, second) = (await makeKey("first"), await makeKey("second"))
        fetcher.publish(set(first.entry))
        let token = try await first.keys.sign(studio.claims(), kid: "first")
        let newer = try await second.keys.sign(studio.claims(), kid: "second")
        #expect(await studio.denial(token) == nil)
        #expect(await studio.denial(token) == nil)
        #expect(fetcher.count == 1)
        fetcher.publish(set(first.entry, second.entry))
        #expect(await studio.denial(newer) == .invalidCredential)
        #expect(fetcher.count == 1)
        studio.place.clock.advance(bySeconds: 30)
        #expect(await studio.denial(newer) == nil)
        #expect(await studio.denial(token) == nil)
        #expect(fetcher.count == 2)
    }

    @Test("Many tokens of an unknown key cost one fetch")
    func flood() async throws {
        let fetcher = HandFetcher()
        fetcher.publish(set())
        let studio = try await Studio(AccessPlace(keySets: fetcher), keySetURL: Self.url)
        let key = await makeKey("unknown")
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let token = try! await key.keys.sign(studio.claims { $0.sub = "user\(number)" }, kid: "unknown")
                    #expect(await studio.denial(token) == .invalidCredential)
                }
            }
        }
        #expect(fetcher.count == 1)
    }

    @Test("A key that was withdrawn counts no more after the next fetch, and a failed fetch changes nothing")
    func withdrawing() async throws {
        let fetcher = HandFetcher()
        let studio = try await Studio(AccessPlace(keySets: fetcher), keySetURL: Self.url)
        let (first, second) = (await makeKey("first"), await makeKey("second"))
        fetcher.publish(set(first.entry, second.entry))
        let token = try await first.keys.sign(studio.claims(), kid: "first")
        #expect(await studio.denial(token) == nil)
        let keySets = studio.place.gatekeeper.players.keySets
        for nothing in [nil, "", "[]", #"{"keys":7}"#] {
            fetcher.publish(nothing)
            await keySets.fetchAgain()
            #expect(await studio.denial(token) == nil)
        }
        fetcher.publish(set(second.entry))
        await keySets.fetchAgain()
        #expect(await studio.denial(token) == .invalidCredential)
    }

    @Test("A set that was never fetched is no reason to call a token invalid")
    func unreachable() async throws {
        let studio = try await Studio(AccessPlace(keySets: HandFetcher()), keySetURL: Self.url)
        let key = await makeKey("first")
        #expect(await studio.denial(try await key.keys.sign(studio.claims(), kid: "first")) == .unavailable)
    }

    @Test("Secrets and keys of other kinds in a set are passed over")
    func otherKinds() async {
        let good = await makeKey("good")
        let keys = KeySets.keys(
            in: Array(
                set(
                    #"{"kty":"oct","kid":"a","k":"AAAA"}"#, #"{"kty":"RSA","kid":"b","n":"AQ","e":"AQAB"}"#,
                    #"{"kty":"EC","crv":"P-384","kid":"c","x":"AA","y":"AA"}"#,
                    #"{"kty":"EC","crv":"P-256","kid":"d","x":"AA","y":"AA"}"#, "7", good.entry
                ).utf8))
        #expect(keys.map { Array($0.keys) } == ["good"])
    }

    @Test(
        "An address of a key set is https at a host and a usual port, and nothing else",
        arguments: [
            ("https://a.example/keys", true), ("https://a.example", true), ("https://a.example:8443/k?x=1", true),
            ("http://a.example/keys", false), ("https://a.example:22/", false), ("https://user@a.example/", false),
            ("https://a.example:443@b.example/", false), ("https://a.example/#x", false), ("https:///keys", false),
            ("https://[::1]/keys", false), ("https://a.example\\@b/", false), ("https://a example/", false),
            ("https://a.example:/", false), ("https://a.example:+443/", false), ("file:///etc/passwd", false),
            ("https://a.example?x", false), ("HTTPS://a.example/", false),
        ])
    func addresses(text: String, isOne: Bool) { #expect((KeySetURL(text) != nil) == isOne) }
}
