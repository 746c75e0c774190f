package import NIOCore

/// A reply as a client sees it.
package indirect enum Reply: Sendable, Hashable {
    /// Version 2's null bulk and null array as well.
    case null
    case simpleString(String)
    /// The text with its code, as in `ERR no such board`.
    case error(String)
    case integer(Int64)
    case bulk(ByteBuffer)
    case array([Reply])
    case map([Pair])
    case set([Reply])
    /// A message nobody asked for.
    case push([Reply])
    case double(Double)
    case boolean(Bool)
    /// Text for people; `format` has three letters.
    case verbatim(format: String, text: String)
    /// A decimal integer of any length.
    case bigNumber(String)

    package struct Pair: Sendable, Hashable {
        package let key: Reply
        package let value: Reply

        package init(key: Reply, value: Reply) {
            self.key = key
            self.value = value
        }
    }

    /// A bulk of the text's UTF-8.
    package static func bulk(_ text: String) -> Reply { .bulk(ByteBuffer(string: text)) }
}

/// Bytes that are no reply. The connection is of no use afterwards.
package enum ReplyError: Error, Hashable, Sendable {
    case unknownType(UInt8)
    case invalidLength
    case invalidValue
    /// No CR LF where one had to be.
    case missingLineEnd
    case lineTooLong
    case tooDeep
    case tooManyElements
}
