internal import TestSupport

/// What must hold of whatever a parser is fed; the fuzzer looks for bytes of which it does not.
///
/// The first byte of an input chooses (`Choices`), the second one seeds how the rest is cut into pieces, and the rest is
/// what arrives. `Tests/Fuzzing/Corpus` has inputs of this form.
package enum ParserProperties {
    /// Nil, or what is wrong.
    package static func violation(of input: [UInt8]) -> String? {
        guard input.count >= 2 else { return nil }
        let choices = Choices(rawValue: input[0])
        let bytes = Array(input[2...])
        if choices.contains(.doubles) { return violationOfDoubles(bytes) }
        let pieces = cut(bytes, seed: input[1])
        if choices.contains(.replies) { return violationOfReplies(bytes, in: pieces, choices) }
        return violationOfCommands(bytes, in: pieces, choices)
    }

    /// The bits of an input's first byte.
    struct Choices: OptionSet {
        let rawValue: UInt8

        /// What arrives are replies, and else commands.
        static let replies = Choices(rawValue: 1)
        /// Limits so small that short inputs reach them.
        static let smallLimits = Choices(rawValue: 2)
        /// The client has no key until a command named AUTH.
        static let unauthenticated = Choices(rawValue: 4)
        /// What arrives is no protocol at all, but doubles to be written and read.
        static let doubles = Choices(rawValue: 8)
    }

    /// Each byte on its own if the seed is 0, else pieces of any length.
    private static func cut(_ bytes: [UInt8], seed: UInt8) -> [ArraySlice<UInt8>] {
        if seed == 0 { return bytes.indices.map { bytes[$0...$0] } }
        var random = SplitMix64(seed: UInt64(seed))
        var rest = bytes[...]
        var pieces: [ArraySlice<UInt8>] = []
        while !rest.isEmpty {
            // Mostly short, so that a cut is within everything at some time.
            let longest = random.next() % 4 == 0 ? rest.count : min(rest.count, 4)
            pieces.append(rest.prefix(Int.random(in: 1...longest, using: &random)))
            rest = rest.dropFirst(pieces[pieces.count - 1].count)
        }
        return pieces
    }
}
