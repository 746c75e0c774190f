import Testing

@Suite("The Makefile")
struct MakefileTests {
    /// Targets that are listed for people and not declared phony: a file or folder of that name would make them do nothing.
    private static func unguarded(in text: String) -> [String] {
        let phony = Set(
            text.matches(of: /(?m)^\.PHONY:(.*)$/).flatMap { $0.output.1.split(separator: " ").map(String.init) })
        return text.matches(of: /(?m)^([a-z-]+):.*##/).map { String($0.output.1) }.filter { !phony.contains($0) }
    }

    @Test("Every target that is listed runs, whatever is named like it")
    func phony() throws {
        let text = try #require(Repository.here.texts["Makefile"])
        #expect(Self.unguarded(in: text).isEmpty)
        #expect(text.contains("cluster: ##"))
    }

    @Test("Canary: one that is not declared is found")
    func canary() {
        #expect(Self.unguarded(in: ".PHONY: a b\na: ## A\nb: c ## B\nc: ## C\n") == ["c"])
    }
}
