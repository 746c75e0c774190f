/// Bytes that grow at their end, outside of any array: what is written here is sent from where it lies.
package struct ByteBuilder: ~Copyable {
    package private(set) var start: UnsafeMutablePointer<UInt8>
    package private(set) var count = 0
    private var capacity: Int

    package init(capacity: Int = 4096) {
        self.capacity = capacity
        start = .allocate(capacity: capacity)
    }

    deinit { start.deallocate() }

    package mutating func clear() { count = 0 }

    package mutating func append(_ text: StaticString) {
        append(text.utf8Start, text.utf8CodeUnitCount)
    }

    package mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { if let start = $0.baseAddress { append(start, $0.count) } }
    }

    package mutating func append(_ bytes: borrowing ByteBuilder) { append(bytes.start, bytes.count) }

    package mutating func append(_ bytes: UnsafePointer<UInt8>, _ byteCount: Int) {
        reserve(byteCount)
        (start + count).update(from: bytes, count: byteCount)
        count += byteCount
    }

    /// A number of zero or more, with zeros in front up to `digits`.
    package mutating func append(number: Int, digits: Int = 1) {
        var width = 1
        var rest = number
        while rest >= 10 {
            rest /= 10
            width += 1
        }
        width = max(width, digits)
        reserve(width)
        rest = number
        for place in stride(from: width - 1, through: 0, by: -1) {
            start[count + place] = 48 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += width
    }

    package var text: String { String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self) }

    private mutating func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        capacity = max(capacity * 2, count + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: start, count: count)
        start.deallocate()
        start = larger
    }
}
