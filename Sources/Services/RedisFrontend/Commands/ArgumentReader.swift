/// Reads a command's options from left to right.
struct ArgumentReader {
    let arguments: Arguments
    private(set) var position: Int

    init(_ arguments: Arguments, from position: Int) {
        self.arguments = arguments
        self.position = position
    }

    var isAtEnd: Bool { position >= arguments.count }

    mutating func next() -> Argument {
        defer { position += 1 }
        return arguments[position]
    }

    /// Steps over `keyword` if it comes next and at least `valueCount` arguments follow. Redis takes an option that
    /// lacks its values for an unknown one.
    mutating func take(_ keyword: String, followedBy valueCount: Int = 0) -> Bool {
        guard arguments.count - position > valueCount, arguments[position].says(keyword) else { return false }
        position += 1
        return true
    }
}

extension Argument {
    /// Whether this is `keyword`, itself in lower case, in any case.
    func says(_ keyword: String) -> Bool {
        var index = startIndex
        for byte in keyword.utf8 {
            guard index < endIndex, self[index].lowercasedASCII == byte else { return false }
            index += 1
        }
        // Redis compares C strings: a NUL ends them.
        return index == endIndex || self[index] == 0
    }

    /// What C sees of it: all before the first NUL.
    var cString: Argument { prefix { $0 != 0 } }
}

extension UInt8 {
    var lowercasedASCII: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
    var uppercasedASCII: UInt8 { (0x61...0x7A).contains(self) ? self & ~0x20 : self }

    /// As `isspace` has it.
    var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }

    /// The value of a decimal digit.
    var digit: UInt64? { (0x30...0x39).contains(self) ? UInt64(self - 0x30) : nil }
}
