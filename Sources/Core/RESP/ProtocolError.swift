/// Input after which a connection can't go on: answer it (`ReplyWriter.error(_:)`), then close.
///
/// The texts are those of Redis 7.0, since clients and their tests know them.
package enum ProtocolError: Error, Hashable, Sendable {
    case invalidMultibulkLength
    case invalidBulkLength
    case expectedBulk(got: UInt8)
    case tooBigMultibulkCount
    case tooBigBulkCount
    case tooBigInlineRequest
    case unbalancedQuotes
    case unauthenticatedMultibulkLength
    case unauthenticatedBulkLength
    /// A command longer than `CommandParser.Limits.commandBytesMax`, which Redis would cut off without a word.
    case tooBigRequest
}

extension ProtocolError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidMultibulkLength: "Protocol error: invalid multibulk length"
        case .invalidBulkLength: "Protocol error: invalid bulk length"
        case .expectedBulk(let got): "Protocol error: expected '$', got '\(Unicode.Scalar(got))'"
        case .tooBigMultibulkCount: "Protocol error: too big mbulk count string"
        case .tooBigBulkCount: "Protocol error: too big bulk count string"
        case .tooBigInlineRequest: "Protocol error: too big inline request"
        case .unbalancedQuotes: "Protocol error: unbalanced quotes in request"
        case .unauthenticatedMultibulkLength: "Protocol error: unauthenticated multibulk length"
        case .unauthenticatedBulkLength: "Protocol error: unauthenticated bulk length"
        case .tooBigRequest: "Protocol error: too big request"
        }
    }
}
