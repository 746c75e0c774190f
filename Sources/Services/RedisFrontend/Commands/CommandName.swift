/// The commands parsed here, by their names in lower case.
enum CommandName: String, CaseIterable, Sendable {
    case zadd, zincrby, zrem, zscore, zmscore, zcard, zcount, zlexcount, zrank, zrevrank
    case zrange, zrangestore, zrevrange, zrangebyscore, zrevrangebyscore, zrangebylex, zrevrangebylex
    case zremrangebyrank, zremrangebyscore, zremrangebylex
    case zpopmin, zpopmax, zmpop, bzpopmin, bzpopmax, bzmpop
    case zrandmember, zscan
    case zunion, zinter, zdiff, zunionstore, zinterstore, zdiffstore, zintercard
    case del, unlink, exists, touch, type, rename, renamenx, copy
    case expire, pexpire, expireat, pexpireat, ttl, pttl, expiretime, pexpiretime, persist
    case scan, keys, object, flushdb, randomkey
}

extension CommandName {
    /// Finds a name in whatever case it is written.
    init?(_ text: Argument) {
        guard let packed = PackedName(text), let name = CommandTable.shared[packed] else { return nil }
        self = name
    }
}

/// A name of at most 16 bytes, in lower case and filled up with zeros: two words that compare and hash at once.
struct PackedName: Equatable, Sendable {
    static let byteCountMax = 16

    private var high: UInt64 = 0
    private var low: UInt64 = 0

    init?(_ text: some Collection<UInt8>) {
        guard (1...Self.byteCountMax).contains(text.count) else { return nil }
        for byte in text {
            // A zero would look like filling.
            guard byte != 0 else { return nil }
            high = high << 8 | low >> 56
            low = low << 8 | UInt64(byte.lowercasedASCII)
        }
    }

    /// Odd constants that scatter well; the top bits depend on every byte.
    func hash(bitCount: Int) -> Int {
        let mixed = (low &* 0x9E37_79B9_7F4A_7C15) ^ (high &* 0xC2B2_AE3D_27D4_EB4F)
        let scattered = (mixed ^ mixed >> 29) &* 0xBF58_476D_1CE4_E5B9
        return Int(scattered >> UInt64(64 - bitCount))
    }
}

/// Names to commands, by open addressing in a table that is at most a quarter full.
struct CommandTable: Sendable {
    static let shared = CommandTable()
    private static let bitCount = 8

    private var slots = [(packed: PackedName, name: CommandName)?](repeating: nil, count: 1 << bitCount)

    private init() {
        precondition(CommandName.allCases.count * 4 <= slots.count)
        for name in CommandName.allCases {
            let packed = PackedName(name.rawValue.utf8)!
            slots[slot(of: packed)] = (packed, name)
        }
    }

    subscript(packed: PackedName) -> CommandName? { slots[slot(of: packed)]?.name }

    /// Where `packed` is, or the free slot where it would be.
    private func slot(of packed: PackedName) -> Int {
        var slot = packed.hash(bitCount: Self.bitCount)
        while let entry = slots[slot], entry.packed != packed { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }
}
