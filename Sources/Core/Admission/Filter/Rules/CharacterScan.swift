/// The rules about characters beyond ASCII, in one pass over a text's scalars. Each is reported where it is first met.
///
/// What scripts need is let be: joiners inside of emoji and of Persian and Indic words, the direction marks of Hebrew and
/// Arabic, one variation selector behind a character, the tags of the flags of England, Scotland and Wales.
struct CharacterScan {
    private(set) var matches: [(rule: FilterRule, place: Int)] = []
    private var markCount = 0
    private var previous: Unicode.Scalar?
    private var isInFlag = false

    /// Combining marks that may follow each other; Vietnamese needs two, phonetics and Hebrew some more.
    private static let marksMax = 6

    init(_ text: [UInt8]) {
        // Nothing here is about ASCII.
        guard var index = text.firstIndex(where: { $0 >= 0x80 }) else { return }
        if index > 0 { previous = Unicode.Scalar(text[index - 1]) }
        while index < text.count {
            guard let (scalar, byteCount) = Self.scalar(text, index) else {
                note(.malformedText, index)
                return
            }
            look(at: scalar, index)
            previous = scalar
            index += byteCount
        }
    }

    private mutating func note(_ rule: FilterRule, _ place: Int) {
        if !matches.contains(where: { $0.rule == rule }) { matches.append((rule, place)) }
    }

    private mutating func look(at scalar: Unicode.Scalar, _ place: Int) {
        switch scalar.value {
        case 0..<0x80: break
        case 0x202D, 0x202E: note(.bidirectionalOverride, place)
        case 0x202A...0x202C, 0x2066...0x2069: note(.bidirectionalControl, place)
        case 0xE0020...0xE007F where isInFlag: break
        case 0xAD, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x200B, 0x2060...0x2064, 0x206A...0x206F, 0x3164, 0xFEFF,
            0xFFA0,
            0xFFF9...0xFFFB, 0x1D173...0x1D17A, 0xE0000...0xE00FF:
            note(.invisibleCharacter, place)
        case 0x200C, 0x200D, 0xFE00...0xFE0F, 0xE0100...0xE01EF:
            // At the start, or two in a row, they join and select nothing. An emoji's selector may stand before a joiner.
            let isSelectorBeforeJoiner = scalar.value == 0x200D && previous.map { 0xFE00...0xFE0F ~= $0.value } ?? false
            if previous.map(Self.isJoinerOrSelector) ?? true, !isSelectorBeforeJoiner {
                note(.invisibleCharacter, place)
            }
        default: break
        }
        isInFlag = scalar.value == 0x1F3F4 || isInFlag && 0xE0020...0xE007E ~= scalar.value
        markCount = Self.isCombiningMark(scalar) ? markCount + 1 : 0
        if markCount > Self.marksMax { note(.stackedMarks, place) }
    }

    private static func isJoinerOrSelector(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200C, 0x200D, 0xFE00...0xFE0F, 0xE0100...0xE01EF: true
        default: false
        }
    }

    private static func isCombiningMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0300...0x036F, 0x0483...0x0489, 0x0591...0x05BD, 0x064B...0x065F, 0x0E47...0x0E4E, 0x1AB0...0x1AFF,
            0x1DC0...0x1DFF, 0x20D0...0x20FF, 0xFE20...0xFE2F:
            true
        default: false
        }
    }

    /// The scalar at `index`, if the bytes are UTF-8 in its shortest form.
    private static func scalar(_ text: [UInt8], _ index: Int) -> (Unicode.Scalar, byteCount: Int)? {
        let first = text[index]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let byteCount = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0
        guard byteCount > 0, index + byteCount <= text.count else { return nil }
        var value = UInt32(first) & (0x7F >> UInt32(byteCount))
        for place in index + 1..<index + byteCount {
            guard text[place] & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(text[place] & 0x3F)
        }
        guard value >= (byteCount == 2 ? 0x80 : byteCount == 3 ? 0x800 : 0x10000) else { return nil }
        return Unicode.Scalar(value).map { ($0, byteCount) }
    }
}
