/// A name that stands for one record of the control plane: 1 to 64 of `a–z 0–9 _ -`, made once and never used again.
package protocol RecordID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// What ids that Laurel makes begin with.
    static var prefix: String { get }
    var text: String { get }
    init(unchecked text: String)
}

extension RecordID {
    package static var byteCountMax: Int { 64 }

    /// Nil unless the text has the form of an id.
    package init?(_ text: some StringProtocol) {
        guard 1...Self.byteCountMax ~= text.utf8.count, text.utf8.allSatisfy(isIDByte) else { return nil }
        self.init(unchecked: String(text))
    }

    /// An id that nobody has: the prefix and 80 random bits in base 32.
    ///
    /// - Parameter random: 10 bytes.
    package init(random: [UInt8]) {
        precondition(random.count == 10)
        var text = Self.prefix
        for group in stride(from: 0, to: 10, by: 5) {
            let number = random[group..<group + 5].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            for digit in 0..<8 {
                text.unicodeScalars.append(Unicode.Scalar(base32[Int(number >> (35 - 5 * digit) & 31)]))
            }
        }
        self.init(unchecked: text)
    }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
    package var description: String { text }

    package init(from decoder: any Decoder) throws {
        self.init(unchecked: try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

private let base32 = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

private func isIDByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
    default: false
    }
}

package struct TenantID: RecordID {
    package static let prefix = "ten_"
    package let text: String
    package init(unchecked text: String) { self.text = text }
}

package struct ProjectID: RecordID {
    package static let prefix = "prj_"
    package let text: String
    package init(unchecked text: String) { self.text = text }
}

package struct MemberID: RecordID {
    package static let prefix = "mem_"
    package let text: String
    package init(unchecked text: String) { self.text = text }
}

package struct KeyID: RecordID {
    package static let prefix = "key_"
    package let text: String
    package init(unchecked text: String) { self.text = text }
}

/// Of a member's token.
package struct TokenID: RecordID {
    package static let prefix = "tok_"
    package let text: String
    package init(unchecked text: String) { self.text = text }
}

package struct PlanID: RecordID {
    package static let prefix = "plan_"
    package let text: String
    package init(unchecked text: String) { self.text = text }
}
