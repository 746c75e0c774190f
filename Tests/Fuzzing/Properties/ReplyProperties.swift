internal import NIOCore
package import RESP

extension ParserProperties {
    static func violationOfReplies(_ bytes: [UInt8], in pieces: [ArraySlice<UInt8>], _ choices: Choices) -> String? {
        let whole = replies([bytes[...]], choices)
        let cut = replies(pieces, choices)
        // Described, so that NaN is the same as NaN.
        if "\(whole)" != "\(cut)" { return "replies are \(whole) at once and \(cut) in pieces" }
        // What was written once is written the same again: only the first time loses what the writer has no words for.
        let written = text(of: whole.replies)
        let again = replies([written[...]], [])
        if again.error != nil || text(of: again.replies) != written {
            return "\(whole) written out is read as \(again)"
        }
        return nil
    }

    private struct Outcome {
        var replies: [Reply] = []
        var error: ReplyError?
    }

    private static func replies(_ pieces: [ArraySlice<UInt8>], _ choices: Choices) -> Outcome {
        var limits = ReplyParser.Limits()
        if choices.contains(.smallLimits) {
            limits.depthMax = 3
            limits.elementCountMax = 8
            limits.bulkBytesMax = 16
            limits.lineBytesMax = 16
        }
        var parser = ReplyParser(limits: limits)
        var outcome = Outcome()
        for piece in pieces {
            parser.append(ByteBuffer(bytes: piece))
            do throws(ReplyError) {
                while let reply = try parser.next() { outcome.replies.append(reply) }
            } catch {
                outcome.error = error
                return outcome
            }
        }
        return outcome
    }

    private static func text(of replies: [Reply]) -> [UInt8] {
        var writer = ReplyWriter(version: .v3)
        for reply in replies { writer.write(reply) }
        return Array(writer.buffer.readableBytesView)
    }
}

extension ReplyWriter {
    /// Writes what a client has read.
    package mutating func write(_ reply: Reply) {
        switch reply {
        case .null: null()
        case .simpleString(let text): simpleString(text)
        case .error(let text): error(text)
        case .integer(let value): integer(value)
        case .bulk(let bytes): bulk(bytes)
        case .double(let value): double(value)
        case .boolean(let value): boolean(value)
        case .verbatim(_, let text): verbatim(text)
        case .bigNumber(let digits): bigNumber(digits)
        case .map(let pairs):
            mapHeader(pairs.count)
            for pair in pairs {
                write(pair.key)
                write(pair.value)
            }
        case .array(let elements):
            arrayHeader(elements.count)
            for element in elements { write(element) }
        case .set(let elements):
            setHeader(elements.count)
            for element in elements { write(element) }
        case .push(let elements):
            pushHeader(elements.count)
            for element in elements { write(element) }
        }
    }
}
