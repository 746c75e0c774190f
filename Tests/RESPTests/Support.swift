import NIOCore
import TestSupport

@testable import RESP

/// What a parser made of its input: all commands, and the error that ended them.
struct Outcome: Equatable {
    var commands: [[[UInt8]]] = []
    var error: ProtocolError?

    /// The commands with their arguments as text.
    var texts: [[String]] { commands.map { $0.map { String(decoding: $0, as: UTF8.self) } } }
}

func parse(_ pieces: [[UInt8]], limits: CommandParser.Limits = .init()) -> Outcome {
    var parser = CommandParser(limits: limits)
    let batch = CommandBatch()
    var outcome = Outcome()
    for piece in pieces {
        parser.append(ByteBuffer(bytes: piece))
        do throws(ProtocolError) {
            while try parser.next(into: batch) { outcome.commands += contents(of: batch) }
        } catch {
            outcome.commands += contents(of: batch)
            outcome.error = error
            return outcome
        }
    }
    return outcome
}

func parse(_ text: String, limits: CommandParser.Limits = .init()) -> Outcome {
    parse([Array(text.utf8)], limits: limits)
}

func contents(of batch: CommandBatch) -> [[[UInt8]]] {
    batch.indices.map { index in
        let command = batch[index]
        return (0..<command.count).map { Array(command[$0]) }
    }
}

func multibulk(_ arguments: [[UInt8]]) -> [UInt8] {
    arguments.reduce(into: Array("*\(arguments.count)\r\n".utf8)) { bytes, argument in
        bytes += Array("$\(argument.count)\r\n".utf8) + argument + Array("\r\n".utf8)
    }
}

func multibulk(_ arguments: String...) -> [UInt8] { multibulk(arguments.map { Array($0.utf8) }) }

/// Every way to cut `bytes` in two, each byte on its own, and a few random ones.
func cuts(of bytes: [UInt8], seed: UInt64) -> [[[UInt8]]] {
    var random = SplitMix64(seed: seed)
    var result = (0...bytes.count).map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
    result.append(bytes.map { [$0] })
    for _ in 0..<10 {
        var rest = bytes[...]
        var pieces: [[UInt8]] = []
        while !rest.isEmpty {
            let count = Int.random(in: 1...min(rest.count, 40), using: &random)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        result.append(pieces)
    }
    return result
}
