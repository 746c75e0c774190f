import Glibc

/// Memory in pages of 2 MiB where the system has them: a page walk less on nearly every access of a large table, and one
/// page fault instead of 512.
package enum HugePages {
    static let byteCount = 2 << 20

    /// Memory for large tables, to be given back by `deallocate`.
    package static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        guard byteCount >= Self.byteCount else { return .allocate(byteCount: max(byteCount, 1), alignment: 64) }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: Self.byteCount)
        // Advice only: without huge pages everything works, about a fifth slower.
        _ = unsafe madvise(memory, byteCount, MADV_HUGEPAGE)
        return unsafe memory
    }
}
