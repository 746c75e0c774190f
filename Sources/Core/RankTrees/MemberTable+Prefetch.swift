internal import CIntrinsics

extension MemberTable {
    /// Asks for the names of slots: at most a few dozen at a time, right before they are read.
    package func prefetchNames(of slots: UnsafeBufferPointer<UInt32>) {
        for unsafe slot in unsafe slots where Int(slot) < slotCapacity {
            unsafe intrinsic_prefetch(offsets.address(of: Int(slot)))
        }
        for unsafe slot in unsafe slots where contains(slot) {
            unsafe intrinsic_prefetch(names.address(of: offset(of: slot)))
        }
    }
}
