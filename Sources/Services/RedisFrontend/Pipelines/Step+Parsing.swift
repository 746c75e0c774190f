internal import RESP

extension Step {
    /// A direct command, and the place of its key; nil for any other command, and for a direct one with anything unusual about
    /// it: the full parser knows what to say to that.
    static func parse(
        _ arguments: UnsafeBufferPointer<ArgumentRange>, in bytes: UnsafeRawBufferPointer
    ) -> (step: Step, key: ArgumentRange)? {
        guard 2...5 ~= arguments.count, let step = parse(name: bytes[arguments[0].range], arguments, bytes) else {
            return nil
        }
        return (step, arguments[1])
    }

    private static func parse(
        name: Slice<UnsafeRawBufferPointer>, _ arguments: UnsafeBufferPointer<ArgumentRange>,
        _ bytes: UnsafeRawBufferPointer
    ) -> Step? {
        let name = UnsafeRawBufferPointer(rebasing: name)
        switch (name.count, arguments.count) {
        case (4, 4) where name.letters(4) == Word.zadd: return adding(.add, arguments, bytes)
        case (7, 4) where name.letters(7) == Word.zincrby: return adding(.increment, arguments, bytes)
        case (6, 3) where name.letters(6) == Word.zscore: return about(.score, arguments)
        case (5, 3) where name.letters(5) == Word.zrank: return about(.rank, arguments)
        case (8, 3) where name.letters(8) == Word.zrevrank: return about(.rank, arguments, isReversed: true)
        case (5, 2) where name.letters(5) == Word.zcard: return Step(.count)
        case (6, 4...5) where name.letters(6) == Word.zrange: return range(arguments, bytes, isReversed: false)
        case (9, 4...5) where name.letters(8) == Word.zrevrang && name[8] | 0x20 == UInt8(ascii: "e"):
            return range(arguments, bytes, isReversed: true)
        default: return nil
        }
    }

    private static func adding(
        _ kind: Kind, _ arguments: UnsafeBufferPointer<ArgumentRange>, _ bytes: UnsafeRawBufferPointer
    ) -> Step? {
        var step = Step(kind)
        guard let score = bytes.double(arguments[2]), 1...255 ~= arguments[3].count else { return nil }
        step.score = score
        step.member = arguments[3]
        return step
    }

    private static func about(
        _ kind: Kind, _ arguments: UnsafeBufferPointer<ArgumentRange>, isReversed: Bool = false
    ) -> Step {
        var step = Step(kind)
        step.member = arguments[2]
        step.isReversed = isReversed
        return step
    }

    private static func range(
        _ arguments: UnsafeBufferPointer<ArgumentRange>, _ bytes: UnsafeRawBufferPointer, isReversed: Bool
    ) -> Step? {
        var step = Step(.range)
        guard let first = bytes.integer(arguments[2]), let last = bytes.integer(arguments[3])
        else { return nil }
        if arguments.count == 5 {
            let option = UnsafeRawBufferPointer(rebasing: bytes[arguments[4].range])
            guard option.count == 10, option.letters(8) == Word.withscor, option[8] | 0x20 == UInt8(ascii: "e"),
                option[9] | 0x20 == UInt8(ascii: "s")
            else { return nil }
            step.withScores = true
        }
        (step.first, step.last, step.isReversed) = (first, last, isReversed)
        return step
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func double(_ range: ArgumentRange) -> Double? {
        parseDouble(Span<UInt8>(_unsafeBytes: UnsafeRawBufferPointer(rebasing: self[range.range])))
    }

    fileprivate func integer(_ range: ArgumentRange) -> Int? {
        parseInteger(Span<UInt8>(_unsafeBytes: UnsafeRawBufferPointer(rebasing: self[range.range]))).map { Int($0) }
    }

    /// The first letters in lower case, as a number; what is no letter becomes something that no word has.
    @inline(__always)
    fileprivate func letters(_ count: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<count { word = word << 8 | UInt64(self[index] | 0x20) }
        return word
    }
}

/// Words as `letters` gives them: their ASCII codes.
private enum Word {
    static var zadd: UInt64 { 0x7A61_6464 }
    static var zincrby: UInt64 { 0x7A_696E_6372_6279 }
    static var zscore: UInt64 { 0x7A73_636F_7265 }
    static var zrank: UInt64 { 0x7A_7261_6E6B }
    static var zrevrank: UInt64 { 0x7A72_6576_7261_6E6B }
    static var zcard: UInt64 { 0x7A_6361_7264 }
    static var zrange: UInt64 { 0x7A72_616E_6765 }
    static var zrevrang: UInt64 { 0x7A72_6576_7261_6E67 }
    static var withscor: UInt64 { 0x7769_7468_7363_6F72 }
}
