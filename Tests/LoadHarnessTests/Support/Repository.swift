import Foundation

/// The files that the tests need of the project itself.
enum Repository {
    /// The folder with Package.swift in it.
    static let path: String = {
        var folder = (#filePath as NSString).deletingLastPathComponent
        while folder.count > 1, !FileManager.default.fileExists(atPath: folder + "/Package.swift") {
            folder = (folder as NSString).deletingLastPathComponent
        }
        return folder
    }()

    static func text(_ file: String) throws -> String { try String(contentsOfFile: path + "/" + file, encoding: .utf8) }

    static func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + "/" + folder).filter { $0.hasSuffix(".yaml") }
            .sorted()
            .map { "\(path)/\(folder)/\($0)" }
    }
}
