internal import Foundation
internal import NIOCore
internal import RESP

extension ParserProperties {
    /// Every eight bytes are a double, which is written as C's `%.17g` writes it and read again as it was.
    static func violationOfDoubles(_ bytes: [UInt8]) -> String? {
        var rest = bytes[...]
        while rest.count >= 8 {
            let value = Double(bitPattern: rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
            rest = rest.dropFirst(8)
            var writer = ReplyWriter(version: .v3)
            writer.double(value)
            let text = String(buffer: writer.buffer).dropFirst().dropLast()
            if text != plainText(of: value) { return "\(value.bitPattern) is written as \(text)" }
            if !value.isNaN, parseDouble(Array(text.utf8).span)?.bitPattern != value.bitPattern {
                return "\(text) is not read as \(value.bitPattern)"
            }
        }
        return nil
    }

    /// The writer's dumb twin.
    private static func plainText(of value: Double) -> String {
        if value.isNaN { return "nan" }
        return value.isInfinite ? (value < 0 ? "-inf" : "inf") : String(format: "%.17g", value)
    }
}
