internal import Glibc

/// Counts the replies of RESP2 and RESP3, flat and nested.
///
/// Invariant: `pending` elements are missing until the reply is whole; an aggregate takes its own place and opens one for
/// each element, so nesting needs no stack.
package struct RESPReplyReader: ReplyReader {
    private enum State: UInt8 { case type, line, number, payload }

    private var state = State.type
    private var kind: UInt8 = 0
    private var isNegative = false
    private var hasFailed = false
    private var isPush = false
    private var number = 0
    private var pending = 0
    private var errors = ErrorTexts()

    package init() {}

    package var errorTexts: [String] { errors.texts }

    package var statusCounts: [Int] { [] }

    /// Longer than any reply that is asked for.
    private static let numberMax = 1 << 40

    package mutating func next(
        _ position: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) -> ReplyOutcome? {
        var p = position
        defer { position = p }
        while p < end {
            switch state {
            case .type:
                kind = p[0]
                p += 1
                guard begin() else { return .violation }
            case .line:
                let start = p
                while p < end, p[0] != UInt8(ascii: "\n") { p += 1 }
                if errors.isOpen { errors.add(start, p - start) }
                if p == end { return nil }
                p += 1
                if errors.isOpen { errors.end() }
                if let outcome = finishElement() { return outcome }
            case .number:
                while p < end, p[0] != UInt8(ascii: "\n") {
                    let byte = p[0]
                    p += 1
                    if byte &- 48 < 10 {
                        number = number &* 10 &+ Int(byte &- 48)
                        if number > Self.numberMax { return .violation }
                    } else if byte == UInt8(ascii: "-") {
                        isNegative = true
                    } else if byte != UInt8(ascii: "\r") {
                        return .violation
                    }
                }
                if p == end { return nil }
                p += 1
                if let outcome = finishNumber() { return outcome }
            case .payload:
                let count = min(number, end - p)
                if errors.isOpen { errors.add(p, count) }
                p += count
                number -= count
                if number > 0 { return nil }
                if errors.isOpen { errors.end() }
                if let outcome = finishElement() { return outcome }
            }
        }
        return nil
    }

    private mutating func begin() -> Bool {
        if pending == 0 {
            pending = 1
            hasFailed = false
            isPush = kind == UInt8(ascii: ">")
        }
        number = 0
        isNegative = false
        switch kind {
        case UInt8(ascii: "+"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "("), UInt8(ascii: "#"),
            UInt8(ascii: "_"):
            state = .line
        case UInt8(ascii: "-"):
            state = .line
            fail()
        case UInt8(ascii: "!"):
            state = .number
            fail()
        case UInt8(ascii: "$"), UInt8(ascii: "="), UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: "%"),
            UInt8(ascii: "|"), UInt8(ascii: ">"):
            state = .number
        default:
            return false
        }
        return true
    }

    private mutating func fail() {
        hasFailed = true
        errors.begin()
    }

    private mutating func finishNumber() -> ReplyOutcome? {
        switch kind {
        case UInt8(ascii: "$"), UInt8(ascii: "="), UInt8(ascii: "!"):
            if isNegative { return finishElement() }
            number += 2
            state = .payload
            return nil
        case UInt8(ascii: "%"):
            pending += 2 * number
        case UInt8(ascii: "|"):
            // Attributes stand before a value and are none.
            pending += 2 * number
            state = .type
            return nil
        default:
            if !isNegative { pending += number }
        }
        return finishElement()
    }

    private mutating func finishElement() -> ReplyOutcome? {
        state = .type
        pending -= 1
        if pending > 0 || isPush { return nil }
        return hasFailed ? .failed : .succeeded
    }
}
