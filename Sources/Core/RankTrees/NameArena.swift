/// The bytes of names, each behind a byte that says how many they are, at 4-byte offsets in chunks.
///
/// A removed name stays where it is as waste until its chunk is compacted: what is alive moves to the last chunk, then
/// the memory is given back. So there is never more than one chunk's worth of copying to wait for, and that in slices.
/// Invariant: `live` bytes of a chunk are those of the names that slots refer to.
@safe
struct NameArena: ~Copyable {
    /// A name's place: chunk and 4-byte unit in it. The top bit stays free for the caller's use: 8 GiB can be addressed.
    typealias Offset = UInt32

    static let unitBytes = 4
    static let nameBytesMax = 255
    private static let offsetsMax = 1 << 31

    let chunkShift: Int
    private var chunks: UnsafeMutablePointer<Chunk>
    private(set) var chunkCount = 0
    private var chunkCapacity = 4
    private var freeChunks: [Int] = []
    private var tail = -1
    private(set) var usedBytes = 0
    private(set) var liveBytes = 0
    private(set) var memoryBytes = 0

    @safe
    struct Chunk {
        var base: UnsafeMutableRawPointer
        var capacity: Int
        var used = 0
        var live = 0
    }

    /// - Parameter chunkShift: log2 of the units of a chunk
    init(chunkShift: Int) {
        precondition(Self.unitBytes << chunkShift > Self.nameBytesMax)
        self.chunkShift = chunkShift
        unsafe chunks = .allocate(capacity: chunkCapacity)
    }

    deinit {
        for index in 0..<chunkCount where !freeChunks.contains(index) { unsafe chunks[index].base.deallocate() }
        unsafe chunks.deallocate()
    }

    private var chunkBytes: Int { Self.unitBytes << chunkShift }
    var wastedBytes: Int { usedBytes - liveBytes }

    @inline(__always)
    private func size(ofName count: Int) -> Int { (count + 1 + Self.unitBytes - 1) & ~(Self.unitBytes - 1) }

    /// Where a name is stored: its length byte.
    @inline(__always)
    func address(of offset: Offset) -> UnsafeMutableRawPointer {
        let offset = Int(truncatingIfNeeded: offset)
        return unsafe chunks[offset &>> chunkShift].base + (offset & ~(-1 &<< chunkShift)) &* Self.unitBytes
    }

    /// A stored name. Valid until the arena changes.
    @inline(__always)
    func name(at offset: Offset) -> UnsafeRawBufferPointer {
        let address = unsafe address(of: offset)
        return unsafe UnsafeRawBufferPointer(start: address + 1, count: Int(address.load(as: UInt8.self)))
    }

    mutating func append(_ name: UnsafeRawBufferPointer) -> Offset {
        let size = size(ofName: name.count)
        if tail < 0 || (unsafe chunks[tail].used) + size > chunkBytes { openChunk() }
        while unsafe chunks[tail].used + size > chunks[tail].capacity { growTail() }
        let used = unsafe chunks[tail].used
        let address = unsafe chunks[tail].base + used
        unsafe address.storeBytes(of: UInt8(name.count), as: UInt8.self)
        unsafe Self.copy(name.baseAddress!, to: address + 1, count: name.count)
        unsafe chunks[tail].used += size
        unsafe chunks[tail].live += size
        usedBytes += size
        liveBytes += size
        return Offset(tail << chunkShift + used / Self.unitBytes)
    }

    /// Copies a name. Most are short, and a call would take longer than two loads and stores that overlap.
    @inline(__always)
    private static func copy(_ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, count: Int) {
        guard 8...16 ~= count else { return unsafe target.copyMemory(from: source, byteCount: count) }
        let first = unsafe source.loadUnaligned(as: UInt64.self)
        let last = unsafe source.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        unsafe target.storeBytes(of: first, as: UInt64.self)
        unsafe target.storeBytes(of: last, toByteOffset: count &- 8, as: UInt64.self)
    }

    /// Counts a name as waste.
    mutating func discard(_ offset: Offset) {
        let size = unsafe size(ofName: name(at: offset).count)
        unsafe chunks[Int(offset) >> chunkShift].live -= size
        liveBytes -= size
    }

    private mutating func openChunk() {
        // A small arena gets a small chunk, so that a table of ten names does not cost two megabytes.
        let capacity = min(chunkBytes, max(256, liveBytes / 2))
        let chunk = unsafe Chunk(base: HugePages.allocate(byteCount: capacity), capacity: capacity)
        memoryBytes += capacity
        if let free = freeChunks.popLast() {
            unsafe chunks[free] = chunk
            tail = free
            return
        }
        precondition((chunkCount + 1) << chunkShift <= Self.offsetsMax, "an arena holds 8 GiB of names")
        if chunkCount == chunkCapacity {
            let grown = UnsafeMutablePointer<Chunk>.allocate(capacity: chunkCapacity * 2)
            unsafe grown.update(from: chunks, count: chunkCount)
            unsafe chunks.deallocate()
            unsafe chunks = grown
            chunkCapacity *= 2
        }
        unsafe chunks[chunkCount] = chunk
        tail = chunkCount
        chunkCount += 1
    }

    private mutating func growTail() {
        let capacity = unsafe min(chunkBytes, chunks[tail].capacity * 2)
        let grown = unsafe HugePages.allocate(byteCount: capacity)
        unsafe grown.copyMemory(from: chunks[tail].base, byteCount: chunks[tail].used)
        unsafe chunks[tail].base.deallocate()
        unsafe memoryBytes += capacity - chunks[tail].capacity
        unsafe chunks[tail].base = grown
        unsafe chunks[tail].capacity = capacity
    }

    // MARK: Compaction

    /// The chunk with the greatest share of waste. Nothing will be appended to it from here on.
    mutating func chooseVictim() -> Int? {
        var victim: Int?
        var worst = 0.0
        for index in 0..<chunkCount where !freeChunks.contains(index) {
            let chunk = unsafe chunks[index]
            let waste = chunk.used == 0 ? 0 : Double(chunk.used - chunk.live) / Double(chunk.used)
            if waste > worst { (victim, worst) = (index, waste) }
        }
        if victim == tail { tail = -1 }
        return victim
    }

    func usedBytes(ofChunk index: Int) -> Int { unsafe chunks[index].used }
    func liveBytes(ofChunk index: Int) -> Int { unsafe chunks[index].live }

    /// The name at a byte position of a chunk, its offset, and where the next one begins.
    func record(inChunk index: Int, at position: Int) -> (name: UnsafeRawBufferPointer, offset: Offset, next: Int) {
        let offset = Offset(index << chunkShift + position / Self.unitBytes)
        let name = unsafe name(at: offset)
        return unsafe (name, offset, position + size(ofName: name.count))
    }

    /// Gives the memory of a chunk back, all of whose names have moved.
    mutating func freeChunk(_ index: Int) {
        precondition(liveBytes(ofChunk: index) == 0, "a name is left in the chunk")
        unsafe chunks[index].base.deallocate()
        unsafe memoryBytes -= chunks[index].capacity
        unsafe usedBytes -= chunks[index].used
        freeChunks.append(index)
    }

    func isFree(chunk index: Int) -> Bool { freeChunks.contains(index) }
}
