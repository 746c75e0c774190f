import NIOCore
import TestSupport
import Testing

@testable import RESP

/// The way of commands that have arrived whole, beside the scanner's, which every other goes.
@Suite("Whole commands")
struct WholeCommandsTests {
    /// Commands in their usual form, and where each ends.
    private struct Pipeline {
        var bytes: [UInt8] = []
        var commands: [[[UInt8]]] = []
        var ends: [Int] = []

        init(_ random: inout SplitMix64) {
            for _ in 0..<(1 + random.below(6)) {
                let command = (0..<(1 + random.below(random.chance(5) ? 30 : 4))).map { _ in
                    let count = random.chance(8) ? 95 + random.below(20) : random.below(12)
                    return (0..<count).map { _ in random.pick(Array("a\r\n*$0".utf8) + [0, 255]) }
                }
                bytes += multibulk(command)
                commands.append(command)
                ends.append(bytes.count)
            }
        }
    }

    @Test("lie where they came, from the first byte to the last, if they are short", arguments: UInt64(0)..<20)
    func ranges(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let pipeline = Pipeline(&random)
        var start = 0
        let ranges = try ranges(of: pipeline.bytes)
        for (index, command) in pipeline.commands.enumerated() {
            let range = command.count < 10 ? start..<pipeline.ends[index] : nil
            #expect(ranges[index] == range)
            start = pipeline.ends[index]
        }
    }

    @Test(
        "Commands that came in another way are not said to lie anywhere",
        arguments: [
            "zcard k\r\n", "zcard      k\r\n", "zcard  $5  k\r\n", "zadd k 1 m\n",
            // What comes before looks like the beginning of one.
            "*1\r\n$6\r\n*2\r\n$5\r\nzcard      k\r\n", "*1\r\n$8\r\na\r\n*2\r\n$5\r\nzcard k\r\n",
        ])
    func otherCommands(text: String) throws {
        #expect(try ranges(of: Array(text.utf8)).last == .some(nil))
    }

    private func ranges(of bytes: [UInt8]) throws -> [Range<Int>?] {
        var parser = CommandParser()
        parser.append(ByteBuffer(bytes: bytes))
        let batch = CommandBatch()
        _ = try parser.next(into: batch)
        return batch.withContents { bytes, contents in batch.indices.map { contents.wholeRange(of: $0, in: bytes) } }
    }

    @Test(
        "of a pipeline cut anywhere, those are taken that are whole, and no byte of the next", arguments: UInt64(0)..<20
    )
    func everyCut(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let pipeline = Pipeline(&random)
        for cut in 0...pipeline.bytes.count {
            let whole = pipeline.ends.prefix { $0 <= cut }
            let (commands, taken) = takeWhole(Array(pipeline.bytes[..<cut]))
            #expect(taken == whole.last ?? 0, "cut at \(cut)")
            #expect(commands == Array(pipeline.commands[..<whole.count]), "cut at \(cut)")
        }
    }

    @Test("what comes byte by byte is left to the scanner, and means the same", arguments: UInt64(0)..<20)
    func byScanner(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let pipeline = Pipeline(&random)
        // A first byte alone is no whole command, and from then on the scanner is not at its start.
        #expect(takeWhole(Array(pipeline.bytes[..<1])).taken == 0)
        #expect(parse(pipeline.bytes.map { [$0] }) == Outcome(commands: pipeline.commands))
        #expect(scan(pipeline.bytes).commands == pipeline.commands)
        #expect(parse([pipeline.bytes]) == Outcome(commands: pipeline.commands))
    }

    @Test("of any other bytes nothing is taken that the scanner would not", arguments: UInt64(0)..<400)
    func damaged(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var bytes = Pipeline(&random).bytes
        for _ in 0..<(1 + random.below(3)) {
            let place = random.below(bytes.count)
            switch random.below(3) {
            case 0: bytes[place] = random.pick(Array("0123456789-+*$ \r\n".utf8))
            case 1: bytes.remove(at: place)
            default: bytes.insert(random.pick(Array("019*$\r\n".utf8)), at: place)
            }
            if bytes.isEmpty { bytes = [0x2A] }
        }
        for limits in [CommandParser.Limits(), Self.smallLimits] {
            let (commands, taken) = takeWhole(bytes, limits)
            let scanned = scan(bytes, limits)
            #expect(scanned.commands.starts(with: commands), "seed \(seed)")
            #expect(taken == 0 || scanned.ends.contains(taken), "seed \(seed)")
            let atOnce = parse([bytes], limits: limits)
            #expect(atOnce == parse(bytes.map { [$0] }, limits: limits), "seed \(seed)")
        }
    }

    @Test(
        "headers in any other form than the usual are the scanner's",
        arguments: [
            "*01\r\n$1\r\na\r\n", "*1\rx$1\r\na\r\n", "*1\r\n$01\r\na\r\n", "*1\r\n$+1\r\na\r\n", "*1\r\n$-1\r\n",
            "*0\r\n",
            "*-1\r\n", "*\r\n", "*1\r\n$\r\n\r\n", "*1\r\n$0000000001\r\na\r\n", "*1\r\n$12345678901\r\n", "PING\r\n",
            "*1\r\n:1\r\na\r\n", "*1048577\r\n$1\r\na\r\n", "*1\r\n$67108865\r\n", "*1\n$1\na\n",
        ])
    func unusual(text: String) {
        #expect(takeWhole(Array(text.utf8)).taken == 0)
    }

    @Test("limits hold on either way")
    func limits() {
        let limits = Self.smallLimits
        for command in [["a", "b", "c", "d", "e"], ["123456789"], ["12345678", "12345678", "12345678"]] {
            let bytes = multibulk(command.map { Array($0.utf8) })
            #expect(takeWhole(bytes, limits).taken == 0)
            #expect(parse([bytes], limits: limits).error != nil)
        }
        let fitting = multibulk("1234567", "1234567")
        #expect(takeWhole(fitting, limits).taken == fitting.count)
        #expect(takeWhole(fitting + fitting + fitting, limits).commands.count == 2, "as many as a batch takes")
    }

    private static var smallLimits: CommandParser.Limits {
        var limits = CommandParser.Limits()
        limits.argumentCountMax = 4
        limits.bulkBytesMax = 8
        limits.commandBytesMax = 40
        limits.commandsPerBatch = 2
        return limits
    }

    private func takeWhole(
        _ bytes: [UInt8], _ limits: CommandParser.Limits = .init()
    ) -> (commands: [[[UInt8]]], taken: Int) {
        let batch = CommandBatch()
        let taken = bytes.withUnsafeBytes {
            batch.appendWholeCommands(of: $0, countMax: limits.commandsPerBatch, shiftedBy: 0, limits)
        }
        batch.refer(to: ByteBuffer(bytes: bytes), from: 0)
        return (contents(of: batch), taken)
    }

    /// What the scanner alone finds, up to the first mistake, and where each command ends.
    private func scan(
        _ bytes: [UInt8], _ limits: CommandParser.Limits = .init()
    ) -> (commands: [[[UInt8]]], ends: Set<Int>) {
        var (commands, ends) = ([[[UInt8]]](), Set<Int>())
        var start = 0
        var scanner = CommandScanner()
        while start < bytes.count {
            let rest = Array(bytes[start...])
            guard (try? scanner.scan(rest.span, limits)) == true else { break }
            let source = scanner.rewritten.isEmpty ? rest : scanner.rewritten
            let command = scanner.arguments.map { Array(source[$0.range]) }
            if !command.isEmpty { commands.append(command) }
            start += scanner.position
            ends.insert(start)
            scanner.reset()
        }
        return (commands, ends)
    }
}
