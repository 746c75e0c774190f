import CIntrinsics

/// Which leaf every slot is in. With it the rank of a slot needs no search by key.
@safe
struct SlotIndex: ~Copyable {
    private var memory = ChunkedMemory(stride: 4, chunkShift: 19, fill: 0xFF)

    var memoryBytes: Int { memory.capacity * 4 }
    var capacity: Int { memory.capacity }

    @inline(__always) private func cell(_ slot: UInt32) -> UnsafeMutablePointer<UInt32> {
        unsafe memory.address(of: Int(truncatingIfNeeded: slot)).assumingMemoryBound(to: UInt32.self)
    }

    /// The leaf of a slot below `capacity`, or `none`.
    @inline(__always)
    subscript(slot: UInt32) -> UInt32 {
        get { unsafe cell(slot).pointee }
        nonmutating set { unsafe cell(slot).pointee = newValue }
    }

    @inline(__always) func leaf(of slot: UInt32) -> UInt32 {
        Int(slot) < memory.capacity ? self[slot] : none
    }

    @inline(__always) mutating func reserve(_ slot: UInt32) {
        if Int(slot) >= memory.capacity { memory.grow(toHold: Int(slot) + 1) }
    }

    @inline(__always) func prefetch(_ slot: UInt32) {
        if Int(slot) < memory.capacity { unsafe intrinsic_prefetch(cell(slot)) }
    }
}
