/// Appends little-endian integers, varints and byte runs. What all stored layouts are written with.
///
/// Capacity doubles, so that a record of thousands of operations costs a handful of allocations.
package struct ByteWriter: ~Copyable {
    private var storage: UnsafeMutableRawPointer
    private var capacity: Int
    package private(set) var count = 0

    package init(capacity: Int = 256) {
        self.capacity = max(capacity, 16)
        storage = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { storage.deallocate() }

    @inline(__always)
    package mutating func write<Integer: FixedWidthInteger>(_ value: Integer) {
        reserve(MemoryLayout<Integer>.size)
        storage.storeBytes(of: value.littleEndian, toByteOffset: count, as: Integer.self)
        count += MemoryLayout<Integer>.size
    }

    /// LEB128: seven bits a byte, least first.
    @inline(__always)
    package mutating func writeVarint(_ value: UInt64) {
        reserve(10)
        var rest = value
        while rest >= 0x80 {
            storage.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: count, as: UInt8.self)
            count += 1
            rest >>= 7
        }
        storage.storeBytes(of: UInt8(rest), toByteOffset: count, as: UInt8.self)
        count += 1
    }

    @inline(__always)
    package mutating func write(bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        reserve(bytes.count)
        (storage + count).copyMemory(from: base, byteCount: bytes.count)
        count += bytes.count
    }

    package mutating func write(bytes: [UInt8]) { bytes.withUnsafeBytes { write(bytes: $0) } }

    /// A length as varint, then the bytes.
    @inline(__always)
    package mutating func writeRun(_ bytes: UnsafeRawBufferPointer) {
        writeVarint(UInt64(bytes.count))
        write(bytes: bytes)
    }

    package mutating func writeRun(_ bytes: [UInt8]) { bytes.withUnsafeBytes { writeRun($0) } }
    package mutating func writeRun(_ text: String) { writeRun(Array(text.utf8)) }

    /// Overwrites what was written before at `offset`.
    package mutating func overwrite<Integer: FixedWidthInteger>(_ value: Integer, at offset: Int) {
        precondition(offset + MemoryLayout<Integer>.size <= count)
        storage.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Integer.self)
    }

    /// Forgets everything after the first `count` bytes.
    package mutating func truncate(to count: Int) {
        precondition(count <= self.count)
        self.count = count
    }

    package var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: storage, count: count)) }

    package borrowing func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: storage, count: count))
    }

    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if count + more > capacity { grow(count + more) }
    }

    @inline(never)
    private mutating func grow(_ needed: Int) {
        let larger = max(capacity * 2, needed)
        let fresh = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        fresh.copyMemory(from: storage, byteCount: count)
        storage.deallocate()
        storage = fresh
        capacity = larger
    }
}

/// Reads what `ByteWriter` wrote. Every read is checked: bytes that end early or say the impossible throw.
///
/// Valid only while the bytes are.
package struct ByteReader {
    package enum Problem: Error, Hashable, Sendable {
        case ended
        case invalid(String)
    }

    private var rest: UnsafeRawBufferPointer
    private let start: Int

    package init(_ bytes: UnsafeRawBufferPointer) {
        rest = bytes
        start = bytes.count
    }

    package var isAtEnd: Bool { rest.isEmpty }
    package var offset: Int { start - rest.count }

    @inline(__always)
    package mutating func read<Integer: FixedWidthInteger>(
        _ type: Integer.Type = Integer.self
    ) throws(Problem) -> Integer {
        let size = MemoryLayout<Integer>.size
        guard rest.count >= size else { throw .ended }
        let value = Integer(littleEndian: rest.loadUnaligned(as: type))
        rest = UnsafeRawBufferPointer(rebasing: rest[size...])
        return value
    }

    @inline(__always)
    package mutating func readVarint() throws(Problem) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try read(UInt8.self)
            guard shift < 63 || byte <= 1 else { throw .invalid("varint") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    /// A varint that must fit `Int` and be at most `limit`.
    package mutating func readCount(atMost limit: Int) throws(Problem) -> Int {
        let value = try readVarint()
        guard value <= UInt64(limit) else { throw .invalid("count \(value) above \(limit)") }
        return Int(value)
    }

    @inline(__always)
    package mutating func readBytes(_ count: Int) throws(Problem) -> UnsafeRawBufferPointer {
        guard count >= 0, rest.count >= count else { throw .ended }
        let bytes = UnsafeRawBufferPointer(rebasing: rest[..<count])
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        return bytes
    }

    @inline(__always)
    package mutating func readRun() throws(Problem) -> UnsafeRawBufferPointer {
        try readBytes(try readCount(atMost: rest.count))
    }

    package mutating func readString() throws(Problem) -> String {
        guard let string = String(validating: try readRun(), as: UTF8.self) else { throw .invalid("text") }
        return string
    }
}
