import ControlPlane
import Testing

@testable import HTTPGateway

@Suite struct APIKeyTests {
    @Test("A key has a prefix, 32 random characters and a checksum")
    func form() {
        let key = APIKey(random: Array(0..<24))
        #expect(key.text == "lrl_live_" + key.text.dropFirst(9))
        #expect(key.text.utf8.count == 47)
        #expect(APIKey(key.text) == key)
        #expect(!"\(key)".contains(key.text))
    }

    @Test("Different random bytes give different keys")
    func distinct() {
        let keys = (0..<255).map { APIKey(random: [UInt8](repeating: 7, count: 23) + [UInt8($0)]).text }
        #expect(Set(keys).count == keys.count)
    }

    @Test("A mistyped character is noticed without a look-up")
    func checksum() {
        let text = Array(APIKey(random: Array(0..<24)).text)
        for index in text.indices {
            var wrong = text
            wrong[index] = text[index] == "A" ? "B" : "A"
            #expect(APIKey(String(wrong)) == nil, "\(index)")
        }
        #expect(APIKey("") == nil)
        #expect(APIKey(String(text) + "x") == nil)
    }

    @Test("A verifier takes its own key and no other")
    func verifier() async {
        let key = APIKey(random: Array(0..<24))
        let verifier = SingleKeyVerifier(key: key, project: "games")
        #expect(await verifier.caller(withKey: key.text) == Caller(project: "games"))
        #expect(await verifier.caller(withKey: key.text + " ") == nil)
        #expect(await verifier.caller(withKey: APIKey(random: Array(1...24)).text) == nil)
    }
}
