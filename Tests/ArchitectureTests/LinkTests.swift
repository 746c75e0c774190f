import Testing

/// A Markdown document: its links, and the anchors that others can point to.
struct MarkdownDocument {
    /// Targets of links and images, without titles.
    let links: [String]
    let anchors: Set<String>

    init(_ source: String) {
        var links: [String] = []
        var anchors: Set<String> = []
        var isCode = false
        for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.drop(while: { $0 == " " }).hasPrefix("```") {
                isCode.toggle()
                continue
            }
            if isCode { continue }
            if let heading = line.wholeMatch(of: /#{1,6} +(.+?) *#*/) {
                var anchor = Self.anchor(String(heading.1))
                let plain = anchor
                var count = 0
                while anchors.contains(anchor) {
                    count += 1
                    anchor = "\(plain)-\(count)"
                }
                anchors.insert(anchor)
            }
            for match in line.matches(of: /<a (?:id|name)="([^"]+)"/) { anchors.insert(String(match.1)) }
            let text = line.replacing(/`[^`]*`/, with: "")
            links += text.matches(of: /\]\(<?([^)\s>]+)[^)]*\)/).map { String($0.1) }
            links += text.matches(of: /^\[[^\]]+\]: +(\S+)/).map { String($0.1) }
        }
        self.links = links
        self.anchors = anchors
    }

    /// As GitHub makes them: lower case, punctuation dropped, a hyphen for each space.
    static func anchor(_ heading: String) -> String {
        let text = heading.replacing(/\[([^\]]*)\]\([^)]*\)/) { String($0.1) }
        return String(
            text.lowercased().compactMap { character -> Character? in
                if character == " " { return "-" }
                let isKept = character.isLetter || character.isNumber || character == "-" || character == "_"
                return isKept ? character : nil
            })
    }
}

enum Links {
    static func problems(in repository: Repository) -> [String] {
        let documents = repository.files(".md").map { ($0.path, MarkdownDocument($0.text)) }
        let byPath = Dictionary(uniqueKeysWithValues: documents)
        return documents.flatMap { path, document in
            document.links.compactMap { link in
                problem(with: link, from: path, in: repository, byPath).map { "\(path): \(link) \($0)" }
            }
        }
    }

    private static func problem(
        with link: String, from path: String, in repository: Repository, _ documents: [String: MarkdownDocument]
    ) -> String? {
        if link.contains(/^[a-z]+:/) { return nil }
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        var target = path.split(separator: "/").dropLast().map(String.init)
        if parts[0].isEmpty {
            target = [path]
        } else {
            if parts[0].hasPrefix("/") { return "is absolute" }
            for step in parts[0].split(separator: "/") where step != "." {
                if step != ".." { target.append(String(step)) } else if target.popLast() == nil { return "leads out" }
            }
        }
        let file = target.joined(separator: "/")
        guard file.isEmpty || repository.paths.contains(file) else { return "leads nowhere" }
        guard parts.count == 2 else { return nil }
        guard let document = documents[file] else { return "has an anchor, and is no Markdown" }
        return document.anchors.contains(String(parts[1])) ? nil : "names no heading"
    }
}

@Suite("Links")
struct LinkTests {
    @Test("Every relative link in the documents leads somewhere")
    func links() { #expect(Links.problems(in: .here) == []) }

    @Test(
        "Canary: a link that leads nowhere is found",
        arguments: [
            "[a](missing.md)", "![a](missing.png)", "[a](other.md#no-such-part)", "[a](#no-such-part)",
            "[a](../../up.md)", "[a](/docs/other.md)", "[a][b]\n\n[b]: missing.md", "- [`code`](missing.md \"title\")",
        ])
    func canary(text: String) {
        let files = ["docs/a.md": "# Title\n\n\(text)\n", "docs/other.md": "## Some *part*: one\n"]
        #expect(Links.problems(in: Repository(files)).count == 1)
    }

    @Test("Links to files, folders and headings resolve; addresses and code are left alone")
    func resolving() {
        let text = """
            # Title & more

            [a](../README.md) [b](decisions) [c](decisions/0001.md#what-we-chose) [d](#title--more) [e](https://a.example/b)
            `[f](missing.md)`

            ```
            [g](missing.md)
            ```
            """
        let files = ["docs/a.md": text, "README.md": "", "docs/decisions/0001.md": "## What we [chose](0001.md)\n"]
        #expect(Links.problems(in: Repository(files)) == [])
    }
}
