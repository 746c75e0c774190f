import Testing

/// The core decides and does nothing: time, randomness and what is on disk come in as arguments, so that a whole cluster
/// can be replayed from one seed.
enum Purity {
    /// What the core may import beside modules of our own, and in which files.
    static let allowed: [(module: String, below: String)] = [
        ("Swift", "Sources/Core/"),
        ("Crypto", "Sources/Core/"),
        // The rules of time zones are the toolchain's; see docs/decisions/0003.
        ("Foundation", "Sources/Core/Leaderboards/Time/TimeZoneRules.swift"),
        // For memory of its own.
        ("Glibc", "Sources/Core/RankTrees/"),
        // For what threads decide together: atomic words and locks.
        ("Synchronization", "Sources/Core/Admission/"),
        // Bytes as the network brings them, and the C library's way with doubles. Neither does any I/O here.
        ("NIOCore", "Sources/Core/RESP/"),
        ("Glibc", "Sources/Core/RESP/"),
    ]

    /// Clocks, waiting, randomness, threads and files by the names one would reach for first.
    static let forbidden: [String] = [
        "Date()", "Date.now", "ContinuousClock", "SuspendingClock", "clock_gettime", "gettimeofday", "Task.sleep",
        "Task {", "Task.detached", "SystemRandomNumberGenerator", ".random(in:", ".randomElement()", ".shuffled()",
        "getrandom", "FileHandle", "FileManager", "fopen", "ProcessInfo", "getenv", "print(",
    ]

    static func problems(in repository: Repository) -> [String] {
        let ours = Set(
            repository.paths.filter { $0.hasPrefix("Sources/") }.compactMap { path in
                path.split(separator: "/").dropFirst(2).first.map(String.init)
            })
        return repository.files(in: "Sources/Core", ".swift").flatMap { path, text -> [String] in
            let code = SwiftCode(text)
            let imports = code.imports.filter { module in
                !ours.contains(module) && !allowed.contains { $0.module == module && path.hasPrefix($0.below) }
            }
            // With a generator of the caller's, randomness is an argument.
            let seeded = code.text.replacing(/\.(random\(in:[^()]*|randomElement\(|shuffled\()[^()]*using:/, with: "")
            return imports.map { "\(path): the core must not import \($0)" }
                + forbidden.filter { uses($0, in: seeded) }.map { "\(path): the core must not use \($0)" }
        }
    }

    /// Whether `word` stands in `code`, other than as the end of a longer word.
    private static func uses(_ word: String, in code: String) -> Bool {
        code.ranges(of: word).contains { range in
            guard word.first!.isLetter, range.lowerBound > code.startIndex else { return true }
            let before = code[code.index(before: range.lowerBound)]
            return !before.isLetter && !before.isNumber && before != "_"
        }
    }
}

@Suite("Purity")
struct PurityTests {
    @Test("The core has no clock, no randomness and no files")
    func core() { #expect(Purity.problems(in: .here) == []) }

    @Test(
        "Canary: a clock, randomness, a wait and Foundation are found in the core",
        arguments: [
            "let now = Date()", "var generator = SystemRandomNumberGenerator()", "try await Task.sleep(for: wait)",
            "let seed = UInt64.random(in: 0...9)", "let first = all.shuffled()", "internal import Foundation",
            "import Dispatch", "let start = ContinuousClock.now",
        ])
    func canary(line: String) {
        func problems(_ path: String) -> Int { Purity.problems(in: Repository([path: "// Date()\n\(line)\n"])).count }
        #expect(problems("Sources/Core/Trees/A.swift") == 1)
        #expect(problems("Sources/Runtime/Node/A.swift") == 0)
    }

    @Test("Foundation is for time zones only, and a seeded generator is no randomness")
    func exceptions() {
        let files = [
            "Sources/Core/Leaderboards/Time/TimeZoneRules.swift": "private import Foundation\n",
            "Sources/Core/Trees/A.swift": "let key = fingerprint(UInt64.random(in: 0...9, using: &generator))\n",
        ]
        #expect(Purity.problems(in: Repository(files)) == [])
    }
}
