package import NIOCore

/// One command: its name, at index 0, and what follows it. Never empty.
package struct CommandArguments: Sendable {
    private let buffer: ByteBuffer
    private let arguments: ArraySlice<ArgumentRange>

    init(buffer: ByteBuffer, arguments: ArraySlice<ArgumentRange>) {
        self.buffer = buffer
        self.arguments = arguments
    }

    package var count: Int { arguments.count }

    package subscript(index: Int) -> ByteBufferView {
        let range = range(of: index)
        return buffer.viewBytes(at: buffer.readerIndex + range.lowerBound, length: range.count)!
    }

    /// Lends the bytes of an argument without a copy.
    package func withBytes<Result>(of index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
    {
        let range = range(of: index)
        return try unsafe buffer.withUnsafeReadableBytes { bytes in
            try unsafe body(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }

    /// An argument as text; bytes that aren't UTF-8 become U+FFFD.
    package func string(at index: Int) -> String { String(decoding: self[index], as: UTF8.self) }

    /// An argument as `parseInteger` reads it.
    package func integer(at index: Int) -> Int64? {
        parseInteger(buffer.readableBytesUInt8Span.extracting(range(of: index)))
    }

    /// An argument as `parseDouble` reads it.
    package func double(at index: Int) -> Double? {
        parseDouble(buffer.readableBytesUInt8Span.extracting(range(of: index)))
    }

    /// Whether the command is called `name`, in ASCII letters of any case.
    package func isNamed(_ name: StaticString) -> Bool { matches(name, at: 0) }

    /// Whether an argument is `word`, in ASCII letters of any case.
    package func matches(_ word: StaticString, at index: Int) -> Bool {
        let bytes = buffer.readableBytesUInt8Span.extracting(range(of: index))
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { word in
            for index in bytes.indices where unsafe lowercased(bytes[index]) != lowercased(word[index]) { return false }
            return true
        }
    }

    private func range(of index: Int) -> Range<Int> { arguments[arguments.startIndex + index].range }
}

private func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}
