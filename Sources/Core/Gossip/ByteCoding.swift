/// Puts numbers and short texts behind each other, little-endian.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    var count: Int { bytes.count }

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

    mutating func write<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// One byte of length, then UTF-8. Precondition: at most 255 bytes.
    mutating func write(_ text: String) {
        write(UInt8(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }
}

/// Why bytes are not what they should be.
package enum PacketProblem: Error, Hashable, Sendable {
    case truncated
    case unknownVersion(UInt8)
    case unknownKind(UInt8)
    case badText
    case tooLong
    case badNumber
}

/// Takes them out again. Never reads beyond the end, whatever the bytes are.
struct ByteReader {
    private let bytes: [UInt8]
    private var index: Int
    private let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        index = 0
        end = bytes.count
    }

    private init(_ bytes: [UInt8], from index: Int, to end: Int) {
        self.bytes = bytes
        self.index = index
        self.end = end
    }

    var isAtEnd: Bool { index == end }

    mutating func read<Number: FixedWidthInteger>(_ type: Number.Type) throws(PacketProblem) -> Number {
        let size = MemoryLayout<Number>.size
        guard end - index >= size else { throw .truncated }
        let start = index
        index += size
        return Number(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: Number.self) })
    }

    mutating func readBytes(_ count: Int) throws(PacketProblem) -> [UInt8] {
        guard count >= 0, end - index >= count else { throw .truncated }
        defer { index += count }
        return Array(bytes[index..<index + count])
    }

    mutating func readText(bytesMax: Int) throws(PacketProblem) -> String {
        let count = Int(try read(UInt8.self))
        guard count <= bytesMax else { throw .tooLong }
        guard let text = String(validating: try readBytes(count), as: UTF8.self) else { throw .badText }
        return text
    }

    /// The next `count` bytes, apart from what follows them.
    mutating func slice(_ count: Int) throws(PacketProblem) -> ByteReader {
        guard count >= 0, end - index >= count else { throw .truncated }
        defer { index += count }
        return ByteReader(bytes, from: index, to: index + count)
    }
}
