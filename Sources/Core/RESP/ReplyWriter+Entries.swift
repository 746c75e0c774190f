internal import NIOCore

extension ReplyWriter {
    /// A member, and its score if one is given, as elements of an array: written at once, since replies have thousands.
    ///
    /// - Parameter isNested: as an array of their own
    package mutating func entry(_ member: UnsafeRawBufferPointer, score: Double?, isNested: Bool) {
        // Two headers, three line ends and a double, with room to spare.
        let room = member.count + 96
        let isTyped = version == .v3
        unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { bytes in
            var writer = unsafe EntryWriter(bytes)
            if isNested { unsafe writer.header(UInt8(ascii: "*"), 2) }
            unsafe writer.header(UInt8(ascii: "$"), member.count)
            unsafe writer.bytes(member)
            unsafe writer.endLine()
            if let score { unsafe writer.double(score, isTyped: isTyped) }
            return writer.count
        }
    }
}

/// Writes at the start of memory that is known to have room.
@safe private struct EntryWriter {
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    @unsafe init(_ memory: UnsafeMutableRawBufferPointer) { unsafe self.memory = unsafe memory }

    @unsafe private var rest: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count...])
    }

    @unsafe mutating func header(_ mark: UInt8, _ value: Int) {
        unsafe memory[count] = mark
        count += 1
        count += unsafe writeInteger(Int64(value), to: rest)
        unsafe endLine()
    }

    @unsafe mutating func bytes(_ source: UnsafeRawBufferPointer) {
        unsafe rest.copyMemory(from: source)
        count += source.count
    }

    @unsafe mutating func endLine() {
        unsafe memory[count] = .carriageReturn
        unsafe memory[count + 1] = .lineFeed
        count += 2
    }

    @unsafe mutating func double(_ value: Double, isTyped: Bool) {
        if isTyped {
            unsafe memory[count] = UInt8(ascii: ",")
            count += 1
            count += unsafe writeScore(value, to: rest)
            return unsafe endLine()
        }
        // The text goes where it will stand if its length has two digits, as it nearly always has.
        let headerByteCount = 5
        let text = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[(count + headerByteCount)...])
        let length = unsafe writeScore(value, to: text)
        let start = count
        unsafe header(UInt8(ascii: "$"), length)
        if count < start + headerByteCount {
            unsafe rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: text[..<length]))
        }
        count += length
        unsafe endLine()
    }
}

/// Any double as a reply has it. `bytes` take 32 at least.
@unsafe private func writeScore(_ value: Double, to bytes: UnsafeMutableRawBufferPointer) -> Int {
    if let integer = exactInteger(value) { return unsafe writeInteger(integer, to: bytes) }
    if value.isFinite { return unsafe writeDouble(value, to: bytes) }
    let text: StaticString = value.isNaN ? "nan" : value < 0 ? "-inf" : "inf"
    text.withUTF8Buffer { unsafe bytes.copyMemory(from: UnsafeRawBufferPointer($0)) }
    return text.utf8CodeUnitCount
}
