import Testing

@Suite("Reading the sources")
struct SourceReadingTests {
    @Test("The package's own files are found: a check of nothing would always pass")
    func here() {
        #expect(Repository.here.paths.contains("Package.swift"))
        #expect(Repository.here.files(in: "Sources", ".swift").count > 100)
        #expect(Repository.here.files(in: "docs", ".md").count > 5)
    }

    @Test("Comments and string literals are no code")
    func stripping() {
        let source = ##"""
            a // import B
            /* import C /* D */
            E */ b "import \" F" c #"import "G"#
            let text = """
                import H
                """
            d
            """##
        #expect(SwiftCode(source).text == "a \n\n b \"\" c \"\"\nlet text = \"\n\n\"\nd")
    }

    @Test("Imports are found whatever stands before and behind the word")
    func imports() {
        let source = """
            import A
            package import B
            @testable internal import C
            @preconcurrency import struct D.E
            let important = F
            """
        #expect(SwiftCode(source).imports == ["A", "B", "C", "D"])
    }
}
