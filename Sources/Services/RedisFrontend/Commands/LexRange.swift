/// The members between two bounds in byte order, as in `ZRANGEBYLEX key [a (b`.
struct LexRange: Equatable, Sendable {
    let min: LexBound
    let max: LexBound

    init(min: Argument, max: Argument) throws(CommandError) {
        guard let min = LexBound(min), let max = LexBound(max) else { throw .invalidLexBound }
        self.min = min
        self.max = max
    }

    func contains(_ member: Argument) -> Bool { min.isBelow(member) && max.isAbove(member) }
}

/// One end of a `LexRange`. Either infinity may stand at either end: from "+" to "-" there is nothing.
enum LexBound: Equatable, Sendable {
    case lowest
    case highest
    case inclusive(Argument)
    case exclusive(Argument)

    init?(_ text: Argument) {
        let rest = text.dropFirst()
        // Redis looks for the NUL that ends a C string.
        let isSingle = rest.isEmpty || rest.first == 0
        switch text.first {
        case 0x2D where isSingle: self = .lowest
        case 0x2B where isSingle: self = .highest
        case 0x5B: self = .inclusive(rest)
        case 0x28: self = .exclusive(rest)
        default: return nil
        }
    }

    /// Whether a range that begins here may hold `member`.
    func isBelow(_ member: Argument) -> Bool {
        switch self {
        case .lowest: true
        case .highest: false
        case .inclusive(let bound): !member.lexicographicallyPrecedes(bound)
        case .exclusive(let bound): bound.lexicographicallyPrecedes(member)
        }
    }

    /// Whether a range that ends here may hold `member`.
    func isAbove(_ member: Argument) -> Bool {
        switch self {
        case .lowest: false
        case .highest: true
        case .inclusive(let bound): !bound.lexicographicallyPrecedes(member)
        case .exclusive(let bound): member.lexicographicallyPrecedes(bound)
        }
    }
}
