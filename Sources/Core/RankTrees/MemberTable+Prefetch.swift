internal import CIntrinsics

extension MemberTable {
    /// Asks for the names of slots: at most a few dozen at a time, right before they are read.
    package func prefetchNames(of slots: UnsafeBufferPointer<UInt32>) {
        for index in slots.indices where unsafe Int(slots[index]) < slotCapacity {
            unsafe intrinsic_prefetch(offsets.address(of: Int(slots[index])))
        }
        for index in slots.indices where unsafe contains(slots[index]) {
            unsafe intrinsic_prefetch(names.address(of: offset(of: slots[index])))
        }
    }
}
