extension SlotTable {
    /// Part of the table: lines of cells, each a slot with bits of the hash on top.
    @safe
    struct Segment {
        static let empty = UInt32.max
        /// Was a slot. Stands only in lines that have been full, where a search must go on to the next.
        static let tombstone = UInt32.max - 1
        static let lineCells = 16
        /// Cells of a line that are used on average when the segment is full.
        static let lineCellsMax = 14

        private let base: UnsafeMutablePointer<UInt32>
        let lines: UInt32
        /// Slots and tombstones.
        var used: UInt32 = 0
        /// How many top bits of the hash the slots of this segment share.
        let depth: UInt8
        private(set) var slotBits: UInt8

        init(lines: Int, depth: UInt8, slotBits: UInt8) {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: lines * 64, alignment: 64)
            unsafe base = memory.bindMemory(to: UInt32.self, capacity: lines * Self.lineCells)
            unsafe base.initialize(repeating: Self.empty, count: lines * Self.lineCells)
            self.lines = UInt32(lines)
            self.depth = depth
            self.slotBits = slotBits
        }

        func free() { unsafe base.deallocate() }

        @inline(__always) var slotMask: UInt32 { UInt32(1) &<< UInt32(slotBits) &- 1 }

        @inline(__always)
        func cell(_ slot: UInt32, hash: UInt64) -> UInt32 {
            (UInt32(truncatingIfNeeded: hash) &<< UInt32(slotBits)) | slot
        }

        /// The line where the search for a hash begins. The top bits of the hash have chosen the segment already, the lowest
        /// are the cell's.
        @inline(__always)
        func firstLine(of hash: UInt64) -> Int {
            let fraction = UInt64(truncatingIfNeeded: UInt32(truncatingIfNeeded: hash >> 12))
            return Int(truncatingIfNeeded: (fraction &* UInt64(lines)) >> 32)
        }

        @inline(__always)
        func line(after line: Int) -> Int { line &+ 1 == Int(lines) ? 0 : line &+ 1 }

        @inline(__always)
        func address(ofLine line: Int) -> UnsafePointer<UInt32> { unsafe UnsafePointer(base + line &* Self.lineCells) }

        @inline(__always)
        func cells(ofLine line: Int) -> SIMD16<UInt32> {
            unsafe UnsafeRawPointer(address(ofLine: line)).load(as: SIMD16<UInt32>.self)
        }

        func set(_ cell: UInt32, line: Int, lane: Int) { unsafe base[line * Self.lineCells + lane] = cell }

        /// A bit for each lane that may hold the slot of a hash. Among them may be empty cells and tombstones.
        @inline(__always)
        func candidates(in cells: SIMD16<UInt32>, for hash: UInt64) -> UInt32 {
            ((cells & SIMD16<UInt32>(repeating: ~slotMask)) .== SIMD16<UInt32>(repeating: cell(0, hash: hash))).bits
        }

        @inline(__always)
        static func hasEmpty(_ cells: SIMD16<UInt32>) -> Bool { (cells .== SIMD16<UInt32>(repeating: empty)).bits != 0 }

        /// Makes room in the cells for greater slots, at the expense of the hash.
        mutating func widen(for slot: UInt32) {
            let mask = slotMask
            let wider = UInt8(32 - (slot + 2).leadingZeroBitCount)
            for index in 0..<(Int(lines) * Self.lineCells) {
                let cell = unsafe base[index]
                guard cell < Self.tombstone else { continue }
                unsafe base[index] = ((cell >> UInt32(slotBits)) &<< UInt32(wider)) | (cell & mask)
            }
            slotBits = wider
        }

        func slots() -> [UInt32] {
            let mask = slotMask
            var slots: [UInt32] = []
            slots.reserveCapacity(Int(used))
            for index in 0..<(Int(lines) * Self.lineCells) {
                let cell = unsafe base[index]
                if cell < Self.tombstone { slots.append(cell & mask) }
            }
            return slots
        }

        func usedCells() -> Int {
            (0..<(Int(lines) * Self.lineCells)).count { unsafe base[$0] != Self.empty }
        }
    }
}

extension SIMDMask<SIMD16<Int32>> {
    /// A bit for each lane.
    @inline(__always)
    var bits: UInt32 {
        let powers = SIMD16<UInt32>(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
        return SIMD16<UInt32>.zero.replacing(with: powers, where: self).wrappedSum()
    }
}
