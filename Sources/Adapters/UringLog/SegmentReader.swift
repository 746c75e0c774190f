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
        var offset = offset
        while let bytes = try unsafe longestRun(at: offset), bytes.count >= GroupHeader.byteCount {
            let last = bytes.count - GroupHeader.byteCount
            for step in stride(from: 0, through: last, by: 8) where unsafe bytes.halfWord(at: step) == GroupHeader.magic
            {
                let candidate = unsafe UnsafeRawBufferPointer(rebasing: bytes[step...])
                if let header = unsafe GroupHeader.decode(candidate, seed: seed),
                    header.position == self.header.position(at: offset + step)
                {
                    return (offset + step, header)
                }
            }
            offset += last / 8 * 8 + 8
        }
        return nil
    }

    /// Like `firstGroupHeader`, in a segment whose first position is not known.
    func hasGroupHeader() throws(SystemError) -> Bool {
        var offset = SegmentHeader.byteCount
        while let bytes = try unsafe longestRun(at: offset), bytes.count >= GroupHeader.byteCount {
            let last = bytes.count - GroupHeader.byteCount
            for step in stride(from: 0, through: last, by: 8) where unsafe bytes.halfWord(at: step) == GroupHeader.magic
            {
                let candidate = unsafe UnsafeRawBufferPointer(rebasing: bytes[step...])
                if unsafe GroupHeader.decode(candidate, seed: seed) != nil { return true }
            }
            offset += last / 8 * 8 + 8
        }
        return false
    }

    /// The end of the last word from `offset` on that isn't zero; `offset` if all are.
    func endOfContent(from offset: Int) throws(SystemError) -> Int {
        var offset = offset
        var end = offset
        while let bytes = try unsafe longestRun(at: offset), bytes.count >= 8 {
            for step in stride(from: 0, through: bytes.count - 8, by: 8) where unsafe bytes.word(at: step) != 0 {
                end = offset + step + 8
            }
            offset += bytes.count / 8 * 8
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
