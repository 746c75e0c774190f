import ControlPlane
import Testing

struct IdentifierTests {
    @Test func `An id that Laurel makes has a prefix and 16 characters of base 32`() {
        #expect(TenantID(random: [UInt8](repeating: 0, count: 10)).text == "ten_0000000000000000")
        #expect(ProjectID(random: [UInt8](repeating: 255, count: 10)).text == "prj_zzzzzzzzzzzzzzzz")
        #expect(KeyID(random: [0, 0, 0, 0, 1, 0, 0, 0, 0, 2]).text == "key_0000000100000002")
        #expect(MemberID(random: Array(1...10)).text.hasPrefix("mem_"))
        #expect(PlanID(random: Array(1...10)).text.hasPrefix("plan_"))
    }

    @Test func `Different random bytes give different ids`() {
        let ids = (0..<80).map { bit in
            var bytes = [UInt8](repeating: 0, count: 10)
            bytes[bit / 8] = 1 << (bit % 8)
            return KeyID(random: bytes)
        }
        #expect(Set(ids).count == 80)
    }

    @Test(arguments: ["a", "ten_0", "my-game_2", String(repeating: "z", count: 64)])
    func `A text of the form of an id is one`(_ text: String) throws {
        #expect(try #require(TenantID(text)).text == text)
        #expect(try #require(TenantID(text[...])).description == text)
    }

    @Test(arguments: ["", "A", "a b", "a.b", "a/b", "ä", "a\u{0}", "a\n", "*", String(repeating: "z", count: 65)])
    func `Other texts are not`(_ text: String) {
        #expect(TenantID(text) == nil)
    }

    @Test func `Ids are in the order of their bytes`() {
        let texts = ["-", "0", "9", "_", "a", "a-", "a0", "aa", "b"]
        let ids = texts.map { PlanID(unchecked: $0) }
        #expect(ids.reversed().sorted() == ids)
    }
}
