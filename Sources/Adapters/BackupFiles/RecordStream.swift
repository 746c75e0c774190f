package import CommitLogs
internal import Glibc
internal import Leaderboards
internal import Sharding

// A file of records is records in the layout of LogRecord+Codec, one after the other and nothing else: their checksums and
// their chain prove them. Over HTTP each has its position before it, and the end is said:
//
//   u64     position, then the record
//   u64     UInt64.max, then u64: how many records came before
//   u64     UInt64.max - 1, then u64: instead of the end, why the rest can't be had (BackupFailure)
package enum RecordStream {
    package static func frame(_ entry: LogEntry) throws(BackupError) -> [UInt8] {
        let record = entry.record.encoded()
        guard record.hash == entry.hash else { throw .damaged("record \(record.number) of shard \(record.shard)") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + record.bytes.count)
        PieceStream.append(entry.position.value, to: &bytes)
        bytes += record.bytes
        return bytes
    }

    package static func end(after count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        PieceStream.append(UInt64.max, to: &bytes)
        PieceStream.append(UInt64(count), to: &bytes)
        return bytes
    }

    package static func failure(_ error: any Error) -> [UInt8] {
        var bytes: [UInt8] = []
        PieceStream.append(UInt64.max - 1, to: &bytes)
        PieceStream.append(BackupFailure(error).code.rawValue, to: &bytes)
        return bytes
    }

    /// The record at the start of `bytes`, with its bytes; nil if there are too few.
    static func record(_ bytes: ArraySlice<UInt8>) throws(BackupError) -> (
        record: LogRecord, byteCount: Int, hash: ChainHash
    )? {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(LogRecord.DecodingError) in try LogRecord.decode(buffer) }
        }
        switch result {
        case .success(let found): return found
        case .failure(.truncated): return nil
        case .failure(let error): throw .damaged("no valid record: \(error)")
        }
    }
}

/// Reads records with their positions as their bytes come.
package struct RecordDecoder {
    private var bytes: [UInt8] = []
    private var consumed = 0
    private var count = 0
    package private(set) var isAtEnd = false

    package init() {}

    package mutating func feed(_ more: some Collection<UInt8>) {
        if consumed > 1 << 20 {
            bytes.removeFirst(consumed)
            consumed = 0
        }
        bytes.append(contentsOf: more)
    }

    package mutating func next() throws(BackupError) -> LogEntry? {
        let rest = bytes[consumed...]
        if isAtEnd {
            guard rest.isEmpty else { throw .damaged("there is something behind the end") }
            return nil
        }
        guard rest.count >= 16 else { return nil }
        let position = PieceStream.load(rest, 0, as: UInt64.self)
        if position == .max - 1 {
            throw BackupFailure.error(PieceStream.load(rest, 8, as: UInt64.self), of: nil, "")
        }
        if position == .max {
            let total = PieceStream.load(rest, 8, as: UInt64.self)
            guard total == count else { throw .damaged("\(count) records, and there were \(total)") }
            consumed += 16
            isAtEnd = true
            return try next()
        }
        guard let (record, byteCount, hash) = try RecordStream.record(rest.dropFirst(8)) else { return nil }
        consumed += 8 + byteCount
        count += 1
        return LogEntry(position: LogPosition(position), record: record, hash: hash)
    }
}

/// Reads a file of records, and checks each. Their positions are their numbers.
package final class RecordFile {
    private let path: String
    private let file: Int32
    private var bytes: [UInt8] = []
    private var consumed = 0
    private var isAtEnd = false

    package init(_ path: String) throws(BackupError) {
        self.path = path
        file = try Disk.open(path, O_RDONLY)
    }

    deinit { close(file) }

    package func next() throws(BackupError) -> LogEntry? {
        while true {
            let rest = bytes[consumed...]
            do throws(BackupError) {
                if !rest.isEmpty, let (record, byteCount, hash) = try RecordStream.record(rest) {
                    consumed += byteCount
                    return LogEntry(position: LogPosition(record.number), record: record, hash: hash)
                }
            } catch {
                throw .damaged("\(path): \(error)")
            }
            if isAtEnd {
                guard rest.isEmpty else { throw .damaged("\(path): ends in the midst of a record") }
                return nil
            }
            try readMore()
        }
    }

    private func readMore() throws(BackupError) {
        bytes.removeFirst(consumed)
        consumed = 0
        var part = [UInt8](repeating: 0, count: 1 << 20)
        let count = part.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress!, $0.count) }
        if count < 0, errno == EINTR { return }
        guard count >= 0 else { throw Disk.failure("read", path) }
        isAtEnd = count == 0
        bytes += part[..<count]
    }
}
