internal import Crypto
internal import Leaderboards

/// `Laurel-Signature: t=1764000000,n=4f0c91,v1=<64 hexadecimal digits>`: that a submit comes from who knows the project's
/// secret, now, and for the first time.
///
/// `v1` is HMAC-SHA256 of `<t>.<n>.<body>` under the secret. `t` are seconds since 1970, `n` is 8 to 64 characters of
/// `A–Z a–z 0–9 _ -` that the client has not used with this `t` before.
struct SubmitSignature {
    /// So far `t` may be from the clock, ahead or behind.
    static let windowMilliseconds: Int64 = 300_000
    static let nonceByteCounts = 8...64

    /// What is remembered of a signature: a hash of time and nonce.
    struct Mark: Hashable, Sendable {
        fileprivate let high: UInt64
        fileprivate let low: UInt64

        /// Begins with a byte that no key of a client's has.
        var requestKey: String { "\u{1}" + String(high, radix: 36) + "." + String(low, radix: 36) }
    }

    let seconds: Int64
    private let time: Substring
    private let nonce: Substring
    private let code: [UInt8]

    /// Nil unless the text has the form of a signature.
    init?(_ header: String) {
        var time: Substring?
        var nonce: Substring?
        var code: [UInt8]?
        for part in header.split(separator: ",", omittingEmptySubsequences: false) {
            let part = part.drop { $0 == " " }
            if part.hasPrefix("t="), time == nil {
                time = part.dropFirst(2)
            } else if part.hasPrefix("n="), nonce == nil {
                nonce = part.dropFirst(2)
            } else if part.hasPrefix("v1="), code == nil {
                code = Array(hexadecimal: part.dropFirst(3).utf8)
            } else {
                return nil
            }
        }
        guard let time, let nonce, let code, code.count == SHA256.byteCount, (1...12).contains(time.utf8.count),
            time.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let seconds = Int64(time),
            Self.nonceByteCounts.contains(nonce.utf8.count), nonce.utf8.allSatisfy(isNonceByte)
        else { return nil }
        self.seconds = seconds
        self.time = time
        self.nonce = nonce
        self.code = code
    }

    /// Compares in constant time.
    func signs(_ body: UnsafeRawBufferPointer, with secret: String) -> Bool {
        var expected = HMAC<SHA256>(key: SymmetricKey(data: Array(secret.utf8)))
        expected.update(data: Array("\(time).\(nonce).".utf8))
        expected.update(data: body)
        let computed = Array(expected.finalize())
        return zip(computed, code).reduce(UInt8(0)) { $0 | $1.0 ^ $1.1 } == 0
    }

    func isCurrent(at now: Timestamp) -> Bool {
        abs(now.milliseconds - seconds * 1000) <= Self.windowMilliseconds
    }

    var mark: Mark {
        let digest = Array(SHA256.hash(data: Array("\(time).\(nonce)".utf8)))
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        return Mark(high: word(digest[0..<8]), low: word(digest[8..<16]))
    }
}

private func isNonceByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
    default: false
    }
}

extension [UInt8] {
    /// Nil unless the text is pairs of hexadecimal digits, in lower or upper case.
    fileprivate init?(hexadecimal text: Substring.UTF8View) {
        let digits = text.map { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        guard digits.count.isMultiple(of: 2), digits.allSatisfy({ $0 != nil }) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { digits[$0]! << 4 | digits[$0 + 1]! }
    }
}
