internal import Glibc

/// Reads groups of one segment through a window of large reads. Confined to one thread.
@safe final class SegmentReader {
    /// A group that validated. Its body is valid until the reader is asked again.
    @safe struct Group {
        let header: GroupHeader
        let offset: Int
        let body: UnsafeRawBufferPointer
        let isVerified: Bool

        /// Header and body.
        var wholeBytes: UnsafeRawBufferPointer {
            unsafe UnsafeRawBufferPointer(
                start: body.baseAddress! - GroupHeader.byteCount, count: body.count + GroupHeader.byteCount)
        }
    }

    private let file: any LogFile
    private let header: SegmentHeader
    private let seed: UInt32
    private let isVerified: Bool
    private var window: UnsafeMutableRawBufferPointer
    private var windowOffset = 0
    private var windowByteCount = 0

    init(_ file: any LogFile, _ header: SegmentHeader, windowByteCount: Int = 1 << 20, isVerified: Bool = true) {
        self.file = file
        self.header = header
        self.isVerified = isVerified
        seed = header.groupSeed
        unsafe window = .allocate(byteCount: windowByteCount, alignment: 4096)
    }

    deinit { unsafe window.deallocate() }

    /// The group at `offset`, whole and valid; nil if there is none.
    func group(at offset: Int) throws(SystemError) -> Group? {
        guard let header = try groupHeader(at: offset) else { return nil }
        guard offset + header.byteCount <= self.header.fileByteCount else { return nil }
        guard let bytes = try unsafe bytes(at: offset, count: header.byteCount) else { return nil }
        let body = unsafe UnsafeRawBufferPointer(rebasing: bytes[GroupHeader.byteCount...])
        guard unsafe !isVerified || GroupHeader.bodyChecksum(body, seed: seed) == header.bodyChecksum else {
            return nil
        }
        return unsafe Group(header: header, offset: offset, body: body, isVerified: isVerified)
    }

    /// The header at `offset` that says it belongs there; nil if there is none. What follows it may be torn.
    func groupHeader(at offset: Int) throws(SystemError) -> GroupHeader? {
        guard let bytes = try unsafe bytes(at: offset, count: GroupHeader.byteCount) else { return nil }
        let header = unsafe GroupHeader.decode(bytes, seed: seed, isVerified: isVerified)
        return header?.position == self.header.position(at: offset) ? header : nil
    }

    /// The first place from `offset` on with a header that is valid and says it belongs there. Tests every 8 bytes.
    func firstGroupHeader(from offset: Int) throws(SystemError) -> (offset: Int, header: GroupHeader)? {
        try firstGroupHeader(from: offset) { [header] offset, found in found.position == header.position(at: offset) }
    }

    /// Whether there is any valid header, in a segment whose first position is not known.
    func hasGroupHeader() throws(SystemError) -> Bool {
        try firstGroupHeader(from: SegmentHeader.byteCount) { _, _ in true } != nil
    }

    private func firstGroupHeader(
        from offset: Int, where isWanted: (Int, GroupHeader) -> Bool
    ) throws(SystemError) -> (offset: Int, header: GroupHeader)? {
        var offset = offset
        while let bytes = unsafe try longestRun(at: offset), bytes.count >= GroupHeader.byteCount {
            let last = bytes.count - GroupHeader.byteCount
            var step = 0
            while step <= last {
                if unsafe bytes.hasBlankBlock(at: step) {
                    unsafe step += UnsafeRawBufferPointer.blockByteCount
                    continue
                }
                let candidate = unsafe UnsafeRawBufferPointer(rebasing: bytes[step...])
                if let header = unsafe GroupHeader.decode(candidate, seed: seed), isWanted(offset + step, header) {
                    return (offset + step, header)
                }
                step += 8
            }
            offset += step
        }
        return nil
    }

    /// The end of the last word from `offset` on that isn't zero; `offset` if all are.
    func endOfContent(from offset: Int) throws(SystemError) -> Int {
        var offset = offset
        var end = offset
        while let bytes = unsafe try longestRun(at: offset), bytes.count >= 8 {
            var step = 0
            while step + 8 <= bytes.count {
                if unsafe bytes.hasBlankBlock(at: step) {
                    unsafe step += UnsafeRawBufferPointer.blockByteCount
                    continue
                }
                if unsafe bytes.word(at: step) != 0 { end = offset + step + 8 }
                step += 8
            }
            offset += step
        }
        return end
    }

    /// `count` bytes, or nil where the file ends before.
    private func bytes(at offset: Int, count: Int) throws(SystemError) -> UnsafeRawBufferPointer? {
        if offset < windowOffset || offset + count > windowOffset + windowByteCount {
            try fill(from: offset, atLeast: count)
            guard windowByteCount >= count else { return nil }
        }
        let start = offset - windowOffset
        return unsafe UnsafeRawBufferPointer(rebasing: window[start..<start + count])
    }

    /// What the window holds from `offset` on, or would after the next read; nil at the end of the file.
    private func longestRun(at offset: Int) throws(SystemError) -> UnsafeRawBufferPointer? {
        if offset < windowOffset || offset + GroupHeader.byteCount > windowOffset + windowByteCount {
            unsafe try fill(from: offset, atLeast: window.count)
            guard windowByteCount > 0 else { return nil }
        }
        return unsafe UnsafeRawBufferPointer(rebasing: window[(offset - windowOffset)..<windowByteCount])
    }

    private func fill(from offset: Int, atLeast count: Int) throws(SystemError) {
        if unsafe count > window.count {
            unsafe window.deallocate()
            unsafe window = .allocate(byteCount: count, alignment: 4096)
        }
        windowOffset = offset
        windowByteCount = 0
        windowByteCount = try unsafe file.readAll(into: window, at: offset)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate static let blockByteCount = 4096

    /// Whether a block of zeros begins here. Most of an unfinished segment is such, and this passes over it quickly.
    fileprivate func hasBlankBlock(at offset: Int) -> Bool {
        guard offset % 512 == 0, unsafe count - offset >= Self.blockByteCount, unsafe self[offset] == 0 else {
            return false
        }
        let start = unsafe baseAddress! + offset
        return unsafe memcmp(start, start + 1, Self.blockByteCount - 1) == 0
    }
}
