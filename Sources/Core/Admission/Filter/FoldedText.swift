/// Where the bytes of a text that was decoded stood before.
struct TextOffsets {
    /// For each byte; nil if all of them are `start` ahead.
    private var places: [UInt32]?
    private var start = 0

    init(start: Int = 0) { self.start = start }

    init(_ places: [UInt32]) { self.places = places }

    func original(_ place: Int) -> Int {
        guard let places else { return start + place }
        return place < places.count ? Int(places[place]) : places.last.map { Int($0) + 1 } ?? 0
    }
}

/// A text as the rules for attack marks read it: ASCII in lower case, percent escapes undone. An escape that yields another
/// is undone once more, and no further: software that decodes twice is known, three times is not.
struct FoldedText {
    private(set) var bytes: [UInt8]
    private var offsets: TextOffsets

    init(_ text: [UInt8]) {
        bytes = text
        offsets = TextOffsets()
        if text.contains(UInt8(ascii: "%")) {
            var places = (0..<UInt32(text.count)).map { $0 }
            for _ in 0..<2 { Self.undoEscapes(&bytes, &places) }
            offsets = TextOffsets(places)
        }
        for index in bytes.indices { bytes[index] = bytes[index].asciiLowercased }
    }

    func original(_ place: Int) -> Int { offsets.original(place) }

    private static func undoEscapes(_ bytes: inout [UInt8], _ places: inout [UInt32]) {
        var read = 0
        var written = 0
        while read < bytes.count {
            places[written] = places[read]
            if bytes[read] == UInt8(ascii: "%"), read + 2 < bytes.count,
                let high = bytes[read + 1].hexadecimalValue, let low = bytes[read + 2].hexadecimalValue
            {
                bytes[written] = high << 4 | low
                read += 3
            } else {
                bytes[written] = bytes[read]
                read += 1
            }
            written += 1
        }
        bytes.removeLast(bytes.count - written)
        places.removeLast(places.count - written)
    }
}

extension UInt8 {
    var asciiLowercased: UInt8 { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self ? self | 0x20 : self }
    var isLetter: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= asciiLowercased }
    /// What words of programming languages are made of. Bytes of other scripts are not.
    var isWord: Bool { isLetter || isDigit || self == UInt8(ascii: "_") }
}
