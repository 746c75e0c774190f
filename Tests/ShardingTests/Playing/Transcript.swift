import Foundation

/// A text file of commands and what they answer, after etcd's datadriven tests:
///
///     # What this is about.
///     command argument name=value
///     a line of input
///     ----
///     the answer
///
/// An empty line ends an answer. With `REWRITE_TRANSCRIPTS=1` in the environment the answers are written anew, to be read
/// before they are checked in.
struct Transcript {
    struct Step {
        var comment: String
        var command: String
        var input: [String]
        var answer: String
        var line: Int
    }

    let path: String
    private(set) var steps: [Step] = []

    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Transcripts")
    static let isRewriting = ProcessInfo.processInfo.environment["REWRITE_TRANSCRIPTS"] == "1"

    static var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return files.filter { $0.hasSuffix(".txt") }.sorted()
    }

    init(named name: String) throws {
        path = Self.directory.appendingPathComponent(name).path
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        var comment: [String] = []
        var index = 0
        while index < lines.count {
            let line = String(lines[index])
            index += 1
            if line.isEmpty { continue }
            if line.hasPrefix("#") {
                comment.append(line)
                continue
            }
            var step = Step(comment: comment.joined(separator: "\n"), command: line, input: [], answer: "", line: index)
            comment = []
            while index < lines.count, lines[index] != "----" {
                step.input.append(String(lines[index]))
                index += 1
            }
            index += 1
            var answer: [String] = []
            while index < lines.count, !lines[index].isEmpty {
                answer.append(String(lines[index]))
                index += 1
            }
            step.answer = answer.joined(separator: "\n")
            steps.append(step)
        }
    }

    mutating func rewrite(_ answers: [String]) throws {
        var text = ""
        for (step, answer) in zip(steps, answers) {
            if !step.comment.isEmpty { text += step.comment + "\n" }
            text += ([step.command] + step.input + ["----"]).joined(separator: "\n") + "\n"
            text += answer.isEmpty ? "\n" : answer + "\n\n"
        }
        if !text.isEmpty { text.removeLast() }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
}
