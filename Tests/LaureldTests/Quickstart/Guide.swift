import Foundation

/// The commands of a guide, each with what the guide says it prints.
struct Guide {
    struct Step {
        var commands: String
        /// Nil where the guide shows nothing. `…` stands for anything without a quotation mark.
        var output: String?
    }

    let steps: [Step]

    init(path: String = "docs/quickstart.md") throws {
        let text = try String(contentsOfFile: Repository.path + "/" + path, encoding: .utf8)
        var steps: [Step] = []
        for block in text.matches(of: /(?ms)^```(sh|json|text)\n(.*?)^```$/) {
            if block.output.1 == "sh" {
                steps.append(Step(commands: String(block.output.2)))
            } else {
                steps[steps.count - 1].output = String(block.output.2)
            }
        }
        self.steps = steps
    }

    /// Runs the commands in one shell, as a reader would, and answers what each printed. `between` stands where the
    /// guide has the reader restart the server.
    static func run(_ steps: some Sequence<Step>, directory: String, port: Int) throws -> [String] {
        let end = "-- end of a step --"
        // A command that fails shows in what it prints.
        let script = steps.map { $0.commands + "echo '\(end)'\n" }.joined()
            .replacing("127.0.0.1:8080", with: "127.0.0.1:\(port)").replacing("curl ", with: "curl --max-time 60 ")
        let (status, text) = try ChildProcess.run(["/bin/bash", "-c", script], directory: directory, seconds: 120)
        guard status == .exited(0) else { throw Failure("\(status): \(text)") }
        return text.components(separatedBy: end + "\n").dropLast()
    }

    /// Whether `output` is what the guide says.
    static func matches(_ output: String, _ expected: String) -> Bool {
        var rest = output[...]
        let parts = expected.components(separatedBy: "…")
        for (index, part) in parts.enumerated() {
            guard rest.hasPrefix(part) else { return false }
            rest = rest.dropFirst(part.count)
            if index < parts.count - 1 { rest = rest.drop { $0 != "\"" } }
        }
        return rest.isEmpty
    }
}
