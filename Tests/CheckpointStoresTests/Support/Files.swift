import Foundation

enum Files {
    static func list(_ directory: String, suffix: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(suffix) }.sorted()
            .map { "\(directory)/\($0)" }
    }

    /// Copies a file or a directory. RocksDB may remove files that nothing names any more at any moment: a copy that
    /// lost one on the way would be no moment of the directory at all, and is made again.
    static func copy(_ source: String, to target: String) throws {
        for _ in 1..<20 {
            do {
                return try FileManager.default.copyItem(atPath: source, toPath: target)
            } catch let error as CocoaError where [.fileNoSuchFile, .fileReadNoSuchFile].contains(error.code) {
                try? FileManager.default.removeItem(atPath: target)
            }
        }
        try FileManager.default.copyItem(atPath: source, toPath: target)
    }

    static func copyMissing(from directory: String, to target: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            guard !FileManager.default.fileExists(atPath: "\(target)/\(name)") else { continue }
            try copy("\(directory)/\(name)", to: "\(target)/\(name)")
        }
    }

    static func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

    static func read(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

    static func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// Where `needle` begins in the file.
    static func offset(of needle: [UInt8], in path: String) throws -> Int? {
        try Data(contentsOf: URL(fileURLWithPath: path)).range(of: Data(needle))?.lowerBound
    }

    static func flipByte(at offset: Int, of path: String) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(offset))
        let byte = try file.read(upToCount: 1)!.first!
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: [byte ^ 0x10])
    }
}
