import Foundation
import Testing
import TestSupport

extension RealProcess {
    @Suite("The guide to tenants")
    struct TenantGuideTests {
        @Test("The guide's commands print what the guide says")
        func guide() async throws {
            let steps = try Guide(path: "docs/guides/tenants.md").steps
            #expect(steps.count > 10)
            try await TemporaryDirectory.with { directory in
                let node = try AdminNode(directory)
                let tools = (try builtProduct("laurel") as NSString).deletingLastPathComponent
                let start = Guide.Step(
                    commands: "export PATH=\(tools):$PATH LAUREL_ADMIN=\(node.address)\n", output: nil)
                let outputs = try Guide.run([start] + steps, directory: node.directory, port: node.laureld.port)
                #expect(outputs.count == steps.count + 1)
                for (output, step) in zip(outputs.dropFirst(), steps) {
                    #expect(
                        Self.matches(output, step.output ?? ""), "\(step.commands)\nprinted\n\(output)")
                }
                #expect(try node.laureld.stop() == .exited(0))
            }
        }

        /// Whether `output` is what the guide says, line by line: `…` stands for anything in a line.
        static func matches(_ output: String, _ expected: String) -> Bool {
            let (lines, patterns) = (output.split(separator: "\n"), expected.split(separator: "\n"))
            return lines.count == patterns.count && zip(lines, patterns).allSatisfy(matches)
        }

        private static func matches(_ line: Substring, _ pattern: Substring) -> Bool {
            let parts = pattern.components(separatedBy: "…")
            guard parts.count > 1 else { return line == pattern }
            return line.hasPrefix(parts[0]) && line.hasSuffix(parts.last!)
                && parts.allSatisfy { $0.isEmpty || line.contains($0) }
        }

        @Test(
            "Canary: a difference is seen",
            arguments: [("a …\nb\n", "a x\nc\n"), ("a\n", ""), ("a … c\n", "a b d\n"), ("", "a\n"), ("a\nb\n", "a\n")])
        func canary(expected: String, output: String) {
            #expect(!Self.matches(output, expected))
            #expect(Self.matches(expected.replacing("…", with: "12"), expected))
        }
    }
}
