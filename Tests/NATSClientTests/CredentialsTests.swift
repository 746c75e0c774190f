import Crypto
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import NATSClient

/// A seed of a user, from 32 bytes.
func makeSeed(_ bytes: [UInt8], kind: UInt8 = 20) -> String {
    var all: [UInt8] = [0, 0]
    all[0] = 18 << 3 | (kind << 3) >> 5
    all[1] = ((kind << 3) & 31) << 3
    all += bytes
    let checksum = CRC16.checksum(all[...])
    return Base32.encode(all + [UInt8(truncatingIfNeeded: checksum), UInt8(checksum >> 8)])
}

@Suite("Who a client is")
struct CredentialsTests {
    @Test("Base32 there and back, and its letters only")
    func base32() {
        var generator = SplitMix64(seed: 3)
        for count in 0..<64 {
            let bytes = (0..<count).map { _ in UInt8(generator.below(256)) }
            #expect(Base32.decode(Base32.encode(bytes)) == bytes)
        }
        #expect(Base32.encode(Array("foobar".utf8)) == "MZXW6YTBOI")
        #expect(Base32.decode("MZXW6YTBO1") == nil && Base32.decode("mzxw6ytboi") == nil)
    }

    @Test("CRC16 as XMODEM has it") func crc() { #expect(CRC16.checksum(Array("123456789".utf8)[...]) == 0x31C3) }

    @Test("A seed gives the public key, and signs so that the key verifies")
    func signing() throws {
        let key = try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 7, count: 32))
        let nkey = try NKey(seed: makeSeed([UInt8](repeating: 7, count: 32)))
        #expect(nkey.publicKey.hasPrefix("U") && nkey.publicKey.count == 56)
        let decoded = try #require(Base32.decode(nkey.publicKey))
        #expect(Array(decoded[1..<33]) == Array(key.publicKey.rawRepresentation))
        let signature = try nkey.sign("nonce")
        let standard = signature.replacing("-", with: "+").replacing("_", with: "/") + "=="
        let bytes = try #require(Data(base64Encoded: standard))
        #expect(key.publicKey.isValidSignature(bytes, for: Data("nonce".utf8)))
        #expect("\(nkey)" == nkey.publicKey)
    }

    @Test("Any single wrong letter of a seed is noticed")
    func mistakes() {
        let seed = makeSeed([UInt8](1...32))
        #expect(throws: Never.self) { try NKey(seed: seed) }
        for index in seed.indices {
            for letter in "AQ7" where seed[index] != letter {
                var wrong = seed
                wrong.replaceSubrange(index...index, with: [letter])
                #expect(throws: CredentialsError.self) { try NKey(seed: wrong) }
            }
        }
        for text in ["", "SU", String(seed.dropLast()), seed + "A", makeSeed([UInt8](1...32), kind: 0)] {
            #expect(throws: CredentialsError.self) { try NKey(seed: text) }
        }
    }

    @Test("A creds file holds a JWT and a seed")
    func credentialsFile() throws {
        let seed = makeSeed([UInt8](1...32))
        let text = """
            -----BEGIN NATS USER JWT-----
            eyJ0eXAi.abc.def
            ------END NATS USER JWT------

            ************************* IMPORTANT *************************
            NKEY Seed printed below can be used to sign and prove identity.

            -----BEGIN USER NKEY SEED-----
            \(seed)
            ------END USER NKEY SEED------
            """
        for text in [text, text.replacing("\n", with: "\r\n")] {
            guard case .jwt(let jwt, let key) = try Authentication(credentials: text) else {
                Issue.record("no JWT")
                return
            }
            #expect(jwt == "eyJ0eXAi.abc.def")
            #expect(try key.publicKey == NKey(seed: seed).publicKey)
        }
        for text in ["", "eyJ", text.replacing("SEED-", with: "SAD-"), text.replacing("JWT-", with: "X-")] {
            #expect(throws: CredentialsError.self) { try Authentication(credentials: text) }
        }
    }

    @Test("Descriptions and mirrors hold no secret")
    func secrecy() throws {
        let seed = makeSeed([UInt8](1...32))
        let all: [Authentication] = [
            .password(user: "u", password: "hidden"), .token("hidden"), .nkey(try NKey(seed: seed)),
            .jwt("hidden", try NKey(seed: seed)),
        ]
        for one in all {
            var dumped = ""
            dump(one, to: &dumped)
            for text in ["\(one)", String(reflecting: one), dumped] {
                #expect(!text.contains("hidden") && !text.contains(seed))
            }
        }
    }

    @Test("A key needs something to sign")
    func nonce() throws {
        let key = Authentication.nkey(try NKey(seed: makeSeed([UInt8](1...32))))
        var options = ConnectOptions(name: "n", tls_required: false)
        #expect(throws: CredentialsError.self) { try key.answer(ServerInfo(), &options) }
        var info = ServerInfo()
        info.nonce = "n"
        try key.answer(info, &options)
        #expect(options.sig?.count == 86 && options.nkey?.count == 56 && options.jwt == nil)
    }
}
