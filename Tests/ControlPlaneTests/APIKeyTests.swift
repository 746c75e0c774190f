import ControlPlane
import Testing

struct APIKeyTests {
    @Test(arguments: Project.Environment.allCases)
    func `A key has a prefix that names its environment, 32 random characters and a checksum`(
        _ environment: Project.Environment
    ) throws {
        let key = APIKey(random: Array(0..<24), environment: environment)
        #expect(key.text.hasPrefix("lrl_\(environment.rawValue)_"))
        #expect(key.text.utf8.count == 47)
        #expect(key.text.utf8.count == APIKey.byteCount)
        #expect(APIKey(key.text) == key)
    }

    @Test func `A key made from the same bytes is for ever the same`() {
        let key = APIKey(random: Array(0..<24))
        #expect(key.text == "lrl_live_RAKQvOgGnHaKu9UFpCZz76WEP5ld7A000oowxd")
    }

    @Test func `Different random bytes give different keys`() {
        let keys = (0..<255).map { APIKey(random: [UInt8](repeating: 7, count: 23) + [UInt8($0)]).text }
        #expect(Set(keys).count == keys.count)
    }

    @Test func `A mistyped character is noticed without a look-up`() {
        let text = Array(APIKey(random: Array(0..<24)).text)
        for index in text.indices {
            var wrong = text
            wrong[index] = text[index] == "A" ? "B" : "A"
            #expect(APIKey(String(wrong)) == nil, "\(index)")
        }
    }

    @Test func `What has not the form of a key is none`() {
        let text = APIKey(random: Array(0..<24)).text
        for wrong in ["", text + "x", String(text.dropLast()), text.replacing("live", with: "tset"), " " + text] {
            #expect(APIKey(wrong) == nil, "\(wrong)")
        }
        // Of the right length, with characters of more than a byte.
        #expect(APIKey("lrl_live_" + String(repeating: "é", count: 19)) == nil)
    }

    @Test func `A description shows the hint and nothing of the rest`() {
        let key = APIKey(random: Array(0..<24))
        #expect("\(key)" == "\(key.hint)…")
        #expect(key.hint == key.text.prefix(13))
    }
}

struct KeyDigestTests {
    let pepper = KeyPepper(bytes: Array(0..<32))

    @Test func `A digest depends on the key and on the pepper`() {
        let digest = pepper.digest(of: "a key")
        #expect(pepper.digest(of: "a key"[...]) == digest)
        #expect(pepper.digest(of: "a kez") != digest)
        #expect(KeyPepper(bytes: Array(1...32)).digest(of: "a key") != digest)
        // Of an independent implementation: python3 -c "import hmac; print(hmac.new(bytes(range(32)), b'a key', 'sha256').hexdigest())"
        #expect(digest.hexadecimal == "17d6d26e31770adc7bf36c6b835ceb9c6040d877976a09f0bd2d532f395767b1")
    }

    @Test func `A digest reads back from hexadecimal, and from its bytes`() throws {
        let digest = pepper.digest(of: "")
        #expect(KeyDigest(hexadecimal: digest.hexadecimal) == digest)
        #expect(KeyDigest(bytes: digest.bytes) == digest)
        for wrong in [
            "", "12", digest.hexadecimal + "00", String(digest.hexadecimal.dropLast()) + "g",
            digest.hexadecimal.uppercased(),
        ] {
            #expect(KeyDigest(hexadecimal: wrong) == nil, "\(wrong)")
        }
        #expect(KeyDigest(bytes: [1, 2, 3]) == nil)
    }

    @Test func `A pepper does not tell itself`() {
        #expect("\(pepper)" == "pepper")
    }
}

struct MemberTokenTests {
    @Test func `A token has a prefix of its own, and the rest as a key has it`() throws {
        let token = MemberToken(random: Array(0..<24))
        #expect(token.text == "lrl_member_RAKQvOgGnHaKu9UFpCZz76WEP5ld7A000oowxd")
        #expect(MemberToken(token.text) == token)
        #expect("\(token)" == "lrl_member_RAKQ…")
    }

    @Test func `What has not the form of a token is none, and none is a key`() {
        let text = MemberToken(random: Array(0..<24)).text
        for wrong in ["", "lrl_member_", text + "x", String(text.dropLast()), " " + text, text.lowercased()] {
            #expect(MemberToken(wrong) == nil, "\(wrong)")
        }
        for index in text.indices {
            var wrong = text
            wrong.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(MemberToken(wrong) == nil, "\(wrong)")
        }
        #expect(APIKey(text) == nil)
        #expect(MemberToken(APIKey(random: Array(0..<24)).text) == nil)
    }
}
