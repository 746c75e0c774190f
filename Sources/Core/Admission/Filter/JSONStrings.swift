/// The strings of a JSON text, names and values alike, with their escapes undone. Whether the text is JSON was decided
/// elsewhere; in one that is not, whatever follows a quote is taken for a string, so nothing is left out.
enum JSONStrings {
    static func forEach(in json: Span<UInt8>, _ body: ([UInt8], TextOffsets) -> Void) {
        var index = 0
        while index < json.count {
            let byte = json[index]
            index += 1
            guard byte == UInt8(ascii: "\"") else { continue }
            var bytes: [UInt8] = []
            var places: [UInt32] = []
            func append(_ byte: UInt8, from place: Int) {
                bytes.append(byte)
                places.append(UInt32(place))
            }
            while index < json.count, json[index] != UInt8(ascii: "\"") {
                let start = index
                guard json[index] == UInt8(ascii: "\\"), index + 1 < json.count else {
                    append(json[index], from: start)
                    index += 1
                    continue
                }
                let escaped = json[index + 1]
                index += 2
                switch escaped {
                case UInt8(ascii: "n"): append(UInt8(ascii: "\n"), from: start)
                case UInt8(ascii: "r"): append(UInt8(ascii: "\r"), from: start)
                case UInt8(ascii: "t"): append(UInt8(ascii: "\t"), from: start)
                case UInt8(ascii: "b"): append(8, from: start)
                case UInt8(ascii: "f"): append(12, from: start)
                case UInt8(ascii: "u"):
                    let scalar = scalar(json, &index)
                    for byte in UTF8.encode(scalar)! { append(byte, from: start) }
                default: append(escaped, from: start)
                }
            }
            index += 1
            if !bytes.isEmpty { body(bytes, TextOffsets(places)) }
        }
    }

    /// Behind `\u`. Half a surrogate pair becomes U+FFFD.
    private static func scalar(_ json: Span<UInt8>, _ index: inout Int) -> Unicode.Scalar {
        guard let first = unit(json, index) else { return "\u{FFFD}" }
        index += 4
        guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
        guard index + 1 < json.count, json[index] == UInt8(ascii: "\\"), json[index + 1] == UInt8(ascii: "u"),
            let second = unit(json, index + 2), UTF16.isTrailSurrogate(second)
        else { return "\u{FFFD}" }
        index += 6
        return Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))!
    }

    private static func unit(_ json: Span<UInt8>, _ index: Int) -> UInt16? {
        guard index + 4 <= json.count else { return nil }
        var unit: UInt16 = 0
        for place in index..<index + 4 {
            guard let digit = json[place].hexadecimalValue else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
