import Foundation
import TestSupport
import Testing

@testable import AdminAPI

@Suite struct JSONReadingTests {
    private func read(_ text: String) throws -> JSON { try JSON(reading: Array(text.utf8)) }

    @Test("Each kind of value is read, with white space wherever it may stand")
    func values() throws {
        #expect(
            try read(" { \"b\" : [ 1 , -0 , 2.5 , 1e2 , true , false , null , {} , [] ] ,\n\t\"a\" : \"x\" }\r\n")
                == [
                    "a": "x", "b": .array([1, 0, .decimal(2.5), 100, .boolean(true), .boolean(false), .null, [:], []]),
                ])
        #expect(try read("9223372036854775807") == .integer(Int64.max))
        #expect(try read("-9223372036854775808") == .integer(Int64.min))
        #expect(try read("9223372036854775808") == .decimal(9_223_372_036_854_775_808))
        #expect(try read(#""\"\\\/\b\f\n\r\t\u00e9\ud83C\uDFC1é🏁""#) == .string("\"\\/\u{8}\u{C}\n\r\té🏁é🏁"))
    }

    @Test(
        "What is no JSON is refused",
        arguments: [
            "", " ", "{", "[", "[1", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}",
            "1 2", "{} x", "tru", "nul", "True", "NaN", "Infinity", "+1", "01", "1.", ".5", "1e", "1e+", "--1", "0x1",
            "1e999", "-1e999", "\"", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\udc00\"",
            "\"\\ud800\\u0041\"", "\"a\nb\"", "\"\u{0}\"", "// x\n1", "\u{FEFF}1",
        ])
    func malformed(text: String) {
        #expect(throws: JSONProblem.malformed) { try read(text) }
    }

    @Test("Bytes that are no UTF-8, and nesting without an end, are refused")
    func bytes() {
        for bytes in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] as [[UInt8]] {
            #expect(throws: JSONProblem.malformed) { try JSON(reading: bytes) }
        }
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try read(nested(JSON.depthMax + 1)) }
        for text in [nested(JSON.depthMax + 2), String(repeating: "[", count: 200_000)] {
            #expect(throws: JSONProblem.malformed) { try read(text) }
        }
        #expect(throws: JSONProblem.malformed) { try read(String(repeating: "{\"a\":", count: 50_000)) }
    }

    @Test("A member that occurs more than once is named with its path, however its name is written")
    func duplicates() {
        for (text, fields) in [
            (#"{"a":1,"a":1}"#, ["a"]), (#"{"a":1,"b":2,"a":null}"#, ["a"]), (#"{"a":1,"\u0061":2,"a":3}"#, ["a"]),
            (#"{"q":{"keys":1,"keys":2}}"#, ["q.keys"]), (#"{"t":{"k":[{},{"id":1,"id":2}]}}"#, ["t.k[1].id"]),
            (#"[{"a":1,"a":2}]"#, ["[0].a"]), (#"{"a":{"x":1,"x":2},"a":1}"#, ["a.x", "a"]), (#"{"":1,"":2}"#, [""]),
            // They look the same, and look-ups take them for the same.
            ("{\"\u{E9}\":1,\"e\u{301}\":2}", ["\u{E9}"]),
        ] {
            #expect(throws: JSONProblem.duplicates(fields), "\(text)") { try read(text) }
        }
        #expect(throws: Never.self) { try read(#"{"a":{"a":{"a":1}},"A":2,"b":[{"a":1},{"a":1}]}"#) }
    }

    @Test("Of many members that occur twice, the first hundred are named, however long their paths")
    func manyDuplicates() {
        let twice = (0..<5000).map { #""\#($0)":1,"\#($0)":2"# }.joined(separator: ",")
        let text = #"{"\#(String(repeating: "long", count: 30_000))":{\#(twice)}}"#
        #expect {
            try read(text)
        } throws: { error in
            guard case .duplicates(let fields) = error as? JSONProblem else { return false }
            return fields.count == 100 && fields[0].hasSuffix("long.0")
        }
    }

    @Test("Documents made up from seeds read back, and are what Foundation reads", arguments: 0..<20)
    func twins(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let value = Self.made(&random, depth: 4)
        let bytes = Array(value.description.utf8)
        #expect(try JSON(reading: bytes) == value)
        #expect(try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) is NSObject)
        // Cut anywhere, or with a byte changed, it is read or refused, and never trapped over.
        for _ in 0..<200 {
            var wrong = bytes
            let place = Int(random.next() % UInt64(bytes.count))
            if random.next() % 2 == 0 {
                wrong.removeSubrange(place...)
            } else {
                wrong[place] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = JSON(wrong)
        }
    }

    private static func made(_ random: inout SplitMix64, depth: Int) -> JSON {
        switch random.next() % (depth == 0 ? 5 : 7) {
        case 0: return .null
        case 1: return .boolean(random.next() % 2 == 0)
        case 2: return .integer(Int64(bitPattern: random.next()))
        case 3: return .decimal(Double(Int32(truncatingIfNeeded: random.next())) + 0.5)
        case 4:
            let texts = ["", "a", "é🏁", "\"\\\n\u{1}\u{7F}\u{2028}", "/"]
            return .string(texts[Int(random.next() % 5)])
        case 5:
            var elements: [JSON] = []
            for _ in 0..<random.next() % 4 { elements.append(made(&random, depth: depth - 1)) }
            return .array(elements)
        default:
            var members: [JSON.Member] = []
            for index in 0..<random.next() % 4 {
                members.append(JSON.Member("m\(index)", made(&random, depth: depth - 1)))
            }
            return .object(members)
        }
    }
}
