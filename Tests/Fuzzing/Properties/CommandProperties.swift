internal import Foundation
internal import NIOCore
internal import RESP

extension ParserProperties {
    static func violationOfCommands(_ bytes: [UInt8], in pieces: [ArraySlice<UInt8>], _ choices: Choices) -> String? {
        let whole = parse([bytes[...]], choices)
        let cut = parse(pieces, choices)
        if whole != cut { return "commands mean \(whole) at once and \(cut) in pieces" }
        if !whole.stayedFailed || !cut.stayedFailed { return "the parser went on after \(whole)" }
        if !whole.isLentAsItIs || !cut.isLentAsItIs { return "the arguments of \(whole) are lent otherwise" }
        for argument in whole.commands.joined() {
            let text = String(decoding: argument, as: UTF8.self)
            let (integer, double) = (parseInteger(argument.span), parseDouble(argument.span))
            if integer != plainInteger(argument) {
                return "'\(text)' is read as the integer \(integer, default: "none")"
            }
            if double?.bitPattern != plainDouble(argument)?.bitPattern {
                return "'\(text)' is read as the double \(double, default: "none")"
            }
        }
        let again = parse([whole.commands.flatMap(multibulk)[...]], [])
        if again.commands != whole.commands || again.error != nil { return "\(whole) written out mean \(again)" }
        return nil
    }

    /// What became of an arrival.
    private struct Outcome: Equatable {
        var commands: [[[UInt8]]] = []
        var error: ProtocolError?
        /// After an error there is nothing but that error.
        var stayedFailed = true
        /// Arguments are the same bytes however one asks for them.
        var isLentAsItIs = true
    }

    private static func parse(_ pieces: [ArraySlice<UInt8>], _ choices: Choices) -> Outcome {
        var parser = CommandParser(limits: limits(choices))
        let batch = CommandBatch()
        var outcome = Outcome()
        for piece in pieces {
            parser.append(ByteBuffer(bytes: piece))
            do throws(ProtocolError) {
                while try parser.next(into: batch) { take(batch, &parser, &outcome) }
            } catch {
                take(batch, &parser, &outcome)
                outcome.error = error
                outcome.stayedFailed = staysFailed(parser, error)
                return outcome
            }
        }
        return outcome
    }

    private static func take(_ batch: CommandBatch, _ parser: inout CommandParser, _ outcome: inout Outcome) {
        for index in batch.indices {
            let command = batch[index]
            if command.isNamed("auth") { parser.limits.isAuthenticated = true }
            let arguments = (0..<command.count).map { Array(command[$0]) }
            outcome.commands.append(arguments)
            let lent = batch.withContents { bytes, contents in
                contents[index].map { Array(UnsafeRawBufferPointer(rebasing: bytes[$0.range])) }
            }
            if lent != arguments { outcome.isLentAsItIs = false }
        }
    }

    private static func staysFailed(_ parser: CommandParser, _ error: ProtocolError) -> Bool {
        var parser = parser
        let batch = CommandBatch()
        parser.append(ByteBuffer(string: "PING\r\n"))
        do throws(ProtocolError) {
            _ = try parser.next(into: batch)
            return false
        } catch let another {
            return another == error && batch.isEmpty
        }
    }

    private static func limits(_ choices: Choices) -> CommandParser.Limits {
        var limits = CommandParser.Limits()
        limits.isAuthenticated = !choices.contains(.unauthenticated)
        if choices.contains(.smallLimits) {
            limits.inlineBytesMax = 24
            limits.argumentCountMax = 12
            limits.bulkBytesMax = 16
            limits.commandBytesMax = 64
            limits.commandsPerBatch = 3
        }
        return limits
    }

    private static func multibulk(_ command: [[UInt8]]) -> [UInt8] {
        command.reduce(into: Array("*\(command.count)\r\n".utf8)) { bytes, argument in
            bytes += Array("$\(argument.count)\r\n".utf8) + argument + Array("\r\n".utf8)
        }
    }

    /// `parseInteger`'s dumb twin.
    private static func plainInteger(_ bytes: [UInt8]) -> Int64? {
        guard let value = Int64(String(decoding: bytes, as: UTF8.self)), Array("\(value)".utf8) == bytes else {
            return nil
        }
        return value
    }

    /// `parseDouble`'s dumb twin.
    private static func plainDouble(_ bytes: [UInt8]) -> Double? {
        guard let first = bytes.first, first > 0x20 else { return nil }
        let text = bytes.map { CChar(bitPattern: $0) } + [0]
        return text.withUnsafeBufferPointer { text in
            var end: UnsafeMutablePointer<CChar>?
            let value = strtod(text.baseAddress!, &end)
            guard end == UnsafeMutablePointer(mutating: text.baseAddress! + bytes.count), !value.isNaN else {
                return nil
            }
            // An infinity must be written as one, and so must a zero: all digits before an exponent are 0.
            let lower = Array(String(decoding: bytes, as: UTF8.self).lowercased().utf8)
            if value.isInfinite, !lower.contains(UInt8(ascii: "i")) { return nil }
            let isHexadecimal = lower.contains(UInt8(ascii: "x"))
            let digits = lower.prefix { $0 != UInt8(ascii: isHexadecimal ? "p" : "e") }
            let isZero = digits.allSatisfy { !("1"..."9" ~= Unicode.Scalar($0) || "a"..."f" ~= Unicode.Scalar($0)) }
            return value.isZero && !isZero ? nil : value
        }
    }
}
