internal import CIntrinsics

/// The names in a log's directory.
enum LogDirectory {
    static let lock = "lock"
    static let identity = "identity"
    static let unfinishedIdentity = "identity.new"
    static let unfinishedSegment = "segment.new"

    /// What a truncated segment is called until it is used again.
    static func spare(_ number: UInt64) -> String { "spare-" + SegmentHeader.fileName(number) }
    static func isSpare(_ name: String) -> Bool { name.hasPrefix("spare-") }
}

// `identity`, 48 bytes, little-endian, replaced by rename:
//
//   0  8 B  magic
//   8  u32  format version (1)
//  12  u32  CRC32C of bytes 16 ..< 48
//  16  u64  log id
//  24  u64  how often the log was opened
//  32  u64  end of the log at the last opening
//  40  u64  first position at the last opening
/// Which log a directory holds, and how far it had come, so that segments lost from its end are missed.
struct LogIdentity: Hashable {
    static let formatVersion: UInt32 = 1
    static let magic: UInt64 = 0x4449_474F_4C52_554C
    static let byteCount = 48

    var logID: UInt64
    var openCount: UInt64
    var end: UInt64
    var firstPosition: UInt64

    /// Nil if the directory has no identity: a log not made yet.
    static func read(_ fileSystem: any LogFileSystem, _ directory: String) throws(LogOpenError) -> LogIdentity? {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 8)
        defer { unsafe bytes.deallocate() }
        var count = 0
        do throws(SystemError) {
            let file = try fileSystem.open(directory + "/" + LogDirectory.identity, .read)
            count = try unsafe file.readAll(into: bytes, at: 0)
        } catch {
            if error.isNotFound { return nil }
            throw LogOpenError(error)
        }
        let page = UnsafeRawBufferPointer(bytes)
        func damaged(_ problem: String) -> LogOpenError {
            .damaged(LogDamage(file: LogDirectory.identity, offset: 0, position: nil, problem: problem))
        }
        guard count == byteCount, unsafe page.word(at: 0) == magic else { throw damaged("is no identity of a log") }
        let version = unsafe page.halfWord(at: 8)
        guard version == formatVersion else { throw .unknownVersion(file: LogDirectory.identity, version) }
        guard unsafe page.halfWord(at: 12) == checksum(page) else { throw damaged("fails its checksum") }
        return unsafe LogIdentity(
            logID: page.word(at: 16), openCount: page.word(at: 24), end: page.word(at: 32),
            firstPosition: page.word(at: 40))
    }

    func write(_ fileSystem: any LogFileSystem, _ directory: String) throws(SystemError) {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.byteCount, alignment: 8)
        defer { unsafe bytes.deallocate() }
        unsafe bytes.store(Self.magic, at: 0)
        unsafe bytes.store(Self.formatVersion, at: 8)
        unsafe bytes.store(logID, at: 16)
        unsafe bytes.store(openCount, at: 24)
        unsafe bytes.store(end, at: 32)
        unsafe bytes.store(firstPosition, at: 40)
        unsafe bytes.store(Self.checksum(UnsafeRawBufferPointer(bytes)), at: 12)
        let unfinished = directory + "/" + LogDirectory.unfinishedIdentity
        let file = try fileSystem.open(unfinished, .create)
        defer { file.close() }
        try unsafe file.writeAll(UnsafeRawBufferPointer(bytes), at: 0)
        try file.sync()
        try fileSystem.rename(unfinished, to: directory + "/" + LogDirectory.identity)
        try fileSystem.syncDirectory(directory)
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        unsafe intrinsic_crc32c(formatVersion, bytes.baseAddress! + 16, byteCount - 16)
    }
}
