extension CommandBatch {
    /// Appends the multibulk commands at the start of `bytes` that are complete and well-formed, and answers how many bytes
    /// they take. What is not is left to the scanner, which knows what is wrong or still to come.
    ///
    /// - Parameter shift: what is added to every place
    @unsafe func appendWholeCommands(
        of bytes: UnsafeRawBufferPointer, countMax: Int, shiftedBy shift: Int, _ limits: CommandParser.Limits
    ) -> Int {
        var taken = 0
        while count < countMax {
            guard let end = unsafe appendCommand(of: bytes, from: taken, shiftedBy: shift, limits) else { break }
            taken = end
        }
        return taken
    }

    /// Where the command at `start` ends, or nil if it was not appended.
    @inline(__always)
    private func appendCommand(
        of bytes: UnsafeRawBufferPointer, from start: Int, shiftedBy shift: Int, _ limits: CommandParser.Limits
    ) -> Int? {
        var position = start
        guard let argumentCount = unsafe Self.header(UInt8(ascii: "*"), in: bytes, at: &position),
            1...limits.argumentCountMax ~= argumentCount
        else { return nil }
        let argumentsBefore = arguments.count
        for _ in 0..<argumentCount {
            guard let length = unsafe Self.header(UInt8(ascii: "$"), in: bytes, at: &position),
                length <= limits.bulkBytesMax, bytes.count - position >= length + 2
            else {
                arguments.removeLast(arguments.count - argumentsBefore)
                return nil
            }
            arguments.append(ArgumentRange(start: position + shift, count: length))
            position += length + 2
        }
        guard position - start <= limits.commandBytesMax else {
            arguments.removeLast(arguments.count - argumentsBefore)
            return nil
        }
        argumentEnds.append(arguments.count)
        return position
    }

    /// The number of a line `mark digits \r\n` of at most 9 digits without a leading zero; moves behind it.
    @inline(__always)
    private static func header(_ mark: UInt8, in bytes: UnsafeRawBufferPointer, at position: inout Int) -> Int? {
        var index = position
        guard index + 4 <= bytes.count, unsafe bytes[index] == mark else { return nil }
        let first = unsafe bytes[index + 1] &- UInt8(ascii: "0")
        guard first <= 9 else { return nil }
        var value = Int(first)
        index += 2
        let digitsEnd = min(bytes.count - 1, index + 8)
        while index < digitsEnd {
            let digit = unsafe bytes[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            if first == 0 { return nil }
            value = value &* 10 &+ Int(digit)
            index += 1
        }
        guard index + 1 < bytes.count, unsafe bytes[index] == .carriageReturn,
            unsafe bytes[index + 1] == .lineFeed
        else { return nil }
        position = index + 2
        return value
    }
}
