import Glibc

/// Raw memory for elements of one size, numbered 0, 1, 2…, which grows without moving what is there.
///
/// Elements live in chunks of a power-of-two count, so growing adds a chunk and never copies the others. Only the first
/// chunk starts small and doubles in place, up to a mebibyte, so that a board of ten entries stays a board of ten entries.
/// Large chunks are aligned to huge pages, which saves a page walk on nearly every access of a large board.
/// Invariant: every element below `capacity` has an address, which stays valid until the next `grow`.
@safe
struct ChunkedMemory: ~Copyable {
    private(set) var capacity = 0
    private let stride: Int
    private let shift: Int
    private let fill: UInt8?
    private var chunks: UnsafeMutablePointer<UnsafeMutableRawPointer>
    private var chunkCount = 0
    private var tableCapacity = 1

    private static let cacheLineBytes = 64
    /// Above this the first chunk stops doubling and takes its full size: the last copy it will ever cost.
    private static let doublingBytesMax = 1 << 20

    /// - Parameters:
    ///   - stride: bytes of an element, a multiple of 4
    ///   - chunkShift: log2 of the elements of a chunk
    ///   - fill: what the bytes of a new element are; nil if that does not matter, which leaves its pages untouched
    init(stride: Int, chunkShift: Int, fill: UInt8?) {
        self.stride = stride
        self.shift = chunkShift
        self.fill = fill
        unsafe chunks = .allocate(capacity: 1)
    }

    deinit {
        for index in 0..<chunkCount { unsafe chunks[index].deallocate() }
        unsafe chunks.deallocate()
    }

    /// The first byte of an element below `capacity`.
    @inline(__always)
    func address(of element: Int) -> UnsafeMutableRawPointer {
        unsafe chunks[element &>> shift] + (element & ~(-1 &<< shift)) &* stride
    }

    /// Makes room for at least `count` elements. Copies a mebibyte at most; the cost of a new chunk is its page faults.
    mutating func grow(toHold count: Int) {
        while capacity < count {
            if capacity >= 1 << shift { addChunk() } else { growFirstChunk(toHold: count) }
        }
    }

    private mutating func growFirstChunk(toHold count: Int) {
        var elements = max(capacity * 2, 1)
        while elements < count && elements * stride <= Self.doublingBytesMax { elements *= 2 }
        if elements * stride > Self.doublingBytesMax { elements = 1 << shift }
        elements = min(elements, 1 << shift)
        let grown = unsafe allocate(elements: elements)
        if capacity > 0 {
            unsafe grown.copyMemory(from: chunks[0], byteCount: capacity * stride)
            unsafe chunks[0].deallocate()
        }
        if let fill { unsafe memset(grown + capacity * stride, Int32(fill), (elements - capacity) * stride) }
        unsafe chunks[0] = grown
        chunkCount = 1
        capacity = elements
    }

    private mutating func addChunk() {
        if chunkCount == tableCapacity {
            let table = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: tableCapacity * 2)
            unsafe table.update(from: chunks, count: chunkCount)
            unsafe chunks.deallocate()
            unsafe chunks = table
            tableCapacity *= 2
        }
        let chunk = unsafe allocate(elements: 1 << shift)
        if let fill { unsafe memset(chunk, Int32(fill), stride << shift) }
        unsafe chunks[chunkCount] = chunk
        chunkCount += 1
        capacity += 1 << shift
    }

    private func allocate(elements: Int) -> UnsafeMutableRawPointer {
        let bytes = elements * stride
        guard bytes >= HugePages.byteCount else {
            return .allocate(byteCount: bytes, alignment: bytes >= 4096 ? Self.cacheLineBytes : 16)
        }
        return unsafe HugePages.allocate(byteCount: bytes)
    }
}
