import Foundation

/// The bytes of a stopped node's first log file, as far as a test has to know them to damage them.
struct LogFile {
    let path: String
    let bytes: [UInt8]

    /// A group of records: what one write carried.
    struct Group: Hashable {
        var offset: Int
        var byteCount: Int
        var hasRecords: Bool
    }

    init(_ data: String) throws {
        path = data + "/log/00000001.log"
        bytes = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// The groups one after the other, from behind the header; see `GroupHeader`.
    var groups: [Group] {
        var groups: [Group] = []
        var offset = 4096
        while offset + 40 <= bytes.count, Array(bytes[offset..<(offset + 4)]) == Array("LGRP".utf8) {
            let body = Int(number(at: offset + 24))
            groups.append(Group(offset: offset, byteCount: 40 + body, hasRecords: number(at: offset + 28) > 0))
            offset += 40 + body
        }
        return groups
    }

    func overwrite(from offset: Int, with bytes: some Collection<UInt8>) throws {
        try overwriteFile(path, from: offset, with: Array(bytes))
    }

    private func number(at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * $1) }
    }
}

func overwriteFile(_ path: String, from offset: Int, with bytes: [UInt8]) throws {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    defer { close(descriptor) }
    guard pwrite(descriptor, bytes, bytes.count, off_t(offset)) == bytes.count else {
        throw Failure("\(path): \(systemError())")
    }
}
