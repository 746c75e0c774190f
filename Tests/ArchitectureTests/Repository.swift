import Foundation

/// The package's files, as the checks see them: paths relative to its root, and the text of those that are read.
///
/// A check is a function of a repository, so that it can be shown to fail on a small made-up one.
struct Repository {
    /// The text of Swift and Markdown files and of the Makefile, by path.
    private(set) var texts: [String: String] = [:]
    /// Every file and folder.
    private(set) var paths: Set<String> = []

    /// A made-up repository.
    init(_ texts: [String: String]) {
        self.texts = texts
        for path in texts.keys {
            var parts = path.split(separator: "/")
            while !parts.isEmpty {
                paths.insert(parts.joined(separator: "/"))
                parts.removeLast()
            }
        }
    }

    /// The package that this file is part of.
    static let here = Repository(readingFrom: root)

    private static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private init(readingFrom root: URL) {
        read(root, "")
    }

    private mutating func read(_ folder: URL, _ prefix: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where !Self.isForeign(name) {
            let path = prefix + name
            let url = folder.appending(path: name)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else { continue }
            paths.insert(path)
            if isFolder.boolValue {
                read(url, path + "/")
            } else if name.hasSuffix(".swift") || name.hasSuffix(".md") || name == "Makefile" {
                texts[path] = try? String(contentsOf: url, encoding: .utf8)
            }
        }
    }

    /// What lies in a working copy without being part of the package.
    private static func isForeign(_ name: String) -> Bool {
        name == ".git" || name == ".swiftpm" || name == "laurel-data" || name.hasPrefix(".build")
    }
}

extension Repository {
    /// Files below `folder` with an ending, by path.
    func files(in folder: String = "", _ suffix: String) -> [(path: String, text: String)] {
        texts.filter { ($0.key.hasPrefix(folder + "/") || folder.isEmpty) && $0.key.hasSuffix(suffix) }
            .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
