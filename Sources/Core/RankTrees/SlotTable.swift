import CIntrinsics

/// Finds slots by the hash of their names: open addressing in lines of one cache line, 16 slots each.
///
/// The table is cut into segments by the top bits of the hash (extendible hashing). A segment that is full is built anew a
/// quarter larger, and split when it has reached its maximum, so that growth is spread evenly, lines are between 0.72 and
/// 0.9 full whatever the number of names, and no insertion waits for more than one segment.
///
/// A cell is a slot with as many bits of the hash on top as are left, at least 8 up to 2^24 slots: the wrong name is
/// compared for one lookup in twenty.
/// Invariant: a slot is in the first line that its hash names, or in one behind it with only full lines between.
@safe
struct SlotTable: ~Copyable {
    private static let slotBitsMin: UInt8 = 20

    let linesMax: Int
    private var directory: UnsafeMutablePointer<UInt32>
    private(set) var depth: UInt8 = 0
    private var segments: UnsafeMutablePointer<Segment>
    private(set) var segmentCount = 0
    private var segmentCapacity = 1
    private(set) var lineCount = 0

    init(linesMax: Int) {
        self.linesMax = linesMax
        unsafe directory = .allocate(capacity: 1)
        unsafe segments = .allocate(capacity: 1)
        unsafe directory[0] = 0
        addSegment(lines: 1, depth: 0, slotBits: Self.slotBitsMin)
    }

    deinit {
        for index in 0..<segmentCount { unsafe segments[index].free() }
        unsafe segments.deallocate()
        unsafe directory.deallocate()
    }

    var memoryBytes: Int {
        lineCount * 64 + segmentCapacity * MemoryLayout<Segment>.stride + 4 << Int(depth)
    }

    @inline(__always)
    private func number(of hash: UInt64) -> Int {
        let entry = Int(truncatingIfNeeded: (hash &>> 1) &>> UInt64(63 &- depth))
        return unsafe Int(truncatingIfNeeded: directory[entry])
    }

    @inline(__always)
    private func segment(of hash: UInt64) -> Segment { unsafe segments[number(of: hash)] }

    // MARK: Finding

    /// The slot under a hash for which `isMatch` holds.
    @inline(__always)
    func find(hash: UInt64, _ isMatch: (UInt32) -> Bool) -> UInt32? {
        let segment = segment(of: hash)
        var line = segment.firstLine(of: hash)
        while true {
            let cells = segment.cells(ofLine: line)
            var candidates = segment.candidates(in: cells, for: hash)
            while candidates != 0 {
                let cell = cells[candidates.trailingZeroBitCount]
                if cell < Segment.tombstone && isMatch(cell & segment.slotMask) { return cell & segment.slotMask }
                candidates &= candidates &- 1
            }
            if Segment.hasEmpty(cells) { return nil }
            line = segment.line(after: line)
        }
    }

    /// The first slot under a hash whose tag fits, likely the right one; `none` if there is none in the first line.
    @inline(__always)
    func guess(hash: UInt64) -> UInt32 {
        let segment = segment(of: hash)
        let cells = segment.cells(ofLine: segment.firstLine(of: hash))
        let candidates = segment.candidates(in: cells, for: hash)
        guard candidates != 0 else { return none }
        let cell = cells[candidates.trailingZeroBitCount]
        return cell < Segment.tombstone ? cell & segment.slotMask : none
    }

    @inline(__always)
    func prefetch(hash: UInt64) {
        let segment = segment(of: hash)
        unsafe intrinsic_prefetch(segment.address(ofLine: segment.firstLine(of: hash)))
    }

    // MARK: Changing

    /// Adds a slot under a hash, if its segment has room. Otherwise `grow` it and try again.
    mutating func insert(_ slot: UInt32, hash: UInt64) -> Bool {
        let number = number(of: hash)
        if unsafe slot > segments[number].slotMask &- 2 { unsafe segments[number].widen(for: slot) }
        let segment = unsafe segments[number]
        guard Int(segment.used) < Int(segment.lines) * Segment.lineCellsMax else { return false }
        var line = segment.firstLine(of: hash)
        while true {
            let cells = segment.cells(ofLine: line)
            let free = (cells .>= SIMD16<UInt32>(repeating: Segment.tombstone)).bits
            if free != 0 {
                let lane = free.trailingZeroBitCount
                if cells[lane] == Segment.empty { unsafe segments[number].used += 1 }
                segment.set(segment.cell(slot, hash: hash), line: line, lane: lane)
                return true
            }
            line = segment.line(after: line)
        }
    }

    mutating func remove(_ slot: UInt32, hash: UInt64) {
        let number = number(of: hash)
        let segment = unsafe segments[number]
        let cell = segment.cell(slot, hash: hash)
        var line = segment.firstLine(of: hash)
        while true {
            let cells = segment.cells(ofLine: line)
            let place = (cells .== SIMD16<UInt32>(repeating: cell)).bits
            // Nobody has gone past a line with an empty cell, so it may have one more.
            let isPassed = !Segment.hasEmpty(cells)
            if place != 0 {
                segment.set(isPassed ? Segment.tombstone : Segment.empty, line: line, lane: place.trailingZeroBitCount)
                if !isPassed { unsafe segments[number].used -= 1 }
                return
            }
            precondition(isPassed, "a slot was removed that is not there")
            line = segment.line(after: line)
        }
    }

    /// The slots of the segment of a hash.
    func slots(besides hash: UInt64) -> [UInt32] { segment(of: hash).slots() }

    /// Builds the segment of a hash anew with room for more, or as two. Given are its slots and the hash of each.
    mutating func grow(at hash: UInt64, slots: [UInt32], hashes: [UInt64]) {
        let number = number(of: hash)
        let old = unsafe segments[number]
        old.free()
        lineCount -= Int(old.lines)
        let lines = linesNeeded(for: slots.count)
        let upper = hashes.count { ($0 >> UInt64(63 - old.depth)) & 1 == 1 }
        // Hashes so alike that a split would not help stay together, in a segment larger than others.
        if lines <= linesMax || min(upper, hashes.count - upper) < hashes.count / 8 || old.depth == 31 {
            unsafe segments[number] = makeSegment(lines: lines, depth: old.depth, slotBits: old.slotBits)
        } else {
            split(
                number, depth: old.depth, slotBits: old.slotBits, lower: hashes.count - upper, upper: upper)
        }
        for (slot, hash) in zip(slots, hashes) {
            let isPlaced = insert(slot, hash: hash)
            precondition(isPlaced, "a segment was made too small")
        }
    }

    /// Lines for a number of slots and a quarter more.
    private func linesNeeded(for slots: Int) -> Int { (slots + slots / 4) / Segment.lineCellsMax + 1 }

    private mutating func split(_ number: Int, depth oldDepth: UInt8, slotBits: UInt8, lower: Int, upper: Int) {
        if oldDepth == depth { doubleDirectory() }
        let other = UInt32(segmentCount)
        unsafe segments[number] = makeSegment(
            lines: linesNeeded(for: lower), depth: oldDepth + 1, slotBits: slotBits)
        addSegment(lines: linesNeeded(for: upper), depth: oldDepth + 1, slotBits: slotBits)
        let bit = 1 << Int(depth - oldDepth - 1)
        for entry in 0..<(1 << Int(depth)) where unsafe Int(directory[entry]) == number && entry & bit != 0 {
            unsafe directory[entry] = other
        }
    }

    private mutating func doubleDirectory() {
        let count = 1 << Int(depth)
        let doubled = UnsafeMutablePointer<UInt32>.allocate(capacity: count * 2)
        for entry in 0..<(count * 2) { unsafe doubled[entry] = directory[entry / 2] }
        unsafe directory.deallocate()
        unsafe directory = doubled
        depth += 1
    }

    private mutating func makeSegment(lines: Int, depth: UInt8, slotBits: UInt8) -> Segment {
        lineCount += lines
        return Segment(lines: lines, depth: depth, slotBits: slotBits)
    }

    private mutating func addSegment(lines: Int, depth: UInt8, slotBits: UInt8) {
        if segmentCount == segmentCapacity {
            let grown = UnsafeMutablePointer<Segment>.allocate(capacity: segmentCapacity * 2)
            unsafe grown.update(from: segments, count: segmentCount)
            unsafe segments.deallocate()
            unsafe segments = grown
            segmentCapacity *= 2
        }
        unsafe (segments + segmentCount).initialize(
            to: makeSegment(lines: lines, depth: depth, slotBits: slotBits))
        segmentCount += 1
    }

    /// Prepares an empty table for a number of names below a slot, so that it need not grow on the way.
    mutating func prepare(for names: Int, slotsBelow slots: Int) {
        for index in 0..<segmentCount { unsafe segments[index].free() }
        unsafe directory.deallocate()
        (segmentCount, lineCount, depth) = (0, 0, 0)
        // A sixteenth more than the average is beyond what chance makes of a segment of thousands.
        func lines() -> Int { ((names >> Int(depth)) * 17 / 16) / Segment.lineCellsMax + 1 }
        while lines() > linesMax { depth += 1 }
        let slotBits = max(Self.slotBitsMin, UInt8(Int.bitWidth - (slots + 2).leadingZeroBitCount))
        unsafe directory = .allocate(capacity: 1 << Int(depth))
        for entry in 0..<(1 << Int(depth)) {
            unsafe directory[entry] = UInt32(entry)
            addSegment(lines: lines(), depth: depth, slotBits: slotBits)
        }
    }

    /// All slots, and whether every segment counts its cells rightly.
    func contents() -> (slots: [UInt32], isCounted: Bool) {
        let all = (0..<segmentCount).map { unsafe segments[$0] }
        return (all.flatMap { $0.slots() }, all.allSatisfy { $0.usedCells() == Int($0.used) })
    }
}
