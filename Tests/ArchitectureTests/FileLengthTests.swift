import Testing

/// A long file is where readers get lost.
enum FileLength {
    static let linesMax = 500
    /// What a longer file says, with its reason behind.
    static let excuse = "// Long because: "

    static func problems(in repository: Repository) -> [String] {
        repository.files(".swift").compactMap { path, text in
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            guard lines.count > linesMax + 1 else { return nil }
            let isExcused = lines.contains { $0.hasPrefix(excuse) && $0.count > excuse.count }
            return isExcused ? nil : "\(path): \(lines.count - 1) lines, and no line '\(excuse)…' says why"
        }
    }
}

@Suite("Length of files")
struct FileLengthTests {
    @Test("No file has more than 500 lines without a reason")
    func lengths() { #expect(FileLength.problems(in: .here) == []) }

    @Test("Canary: a long file is found, unless it says why")
    func canary() {
        let lines = String(repeating: "let a = 1\n", count: FileLength.linesMax)
        func problems(_ text: String) -> Int { FileLength.problems(in: Repository(["Sources/A.swift": text])).count }
        #expect(problems(lines) == 0)
        #expect(problems(lines + "let b = 2\n") == 1)
        #expect(problems("// Long because: \n" + lines) == 1)
        #expect(problems("// Long because: it is a table.\n" + lines) == 0)
    }
}
