import Testing

/// One key of the configuration, as far as its documentation can be checked.
struct DocumentedSetting: Hashable {
    var key: String
    var type: String
    var unit: String
    var range: String
    var defaultText: String
    var scope: String

    /// The line that stands under the key's heading.
    var line: String {
        let type = unit.isEmpty ? type : "\(type), \(unit)"
        return ([type] + (range.isEmpty ? [] : [range]) + ["default `\(defaultText)`", scope]).joined(separator: " · ")
    }
}

/// Reads the settings out of laureld's source, since an executable can't be imported everywhere.
struct SettingsSource {
    let settings: [DocumentedSetting]

    init(_ source: String) {
        var settings: [(place: String.Index, setting: DocumentedSetting)] = []
        let written =
            /key:\s*"([^"]*)",\s*type:\s*"([^"]*)",\s*unit:\s*"([^"]*)",\s*defaultText:\s*"([^"]*)",\s*range:\s*"([^"]*)",\s*scope:\s*"([^"]*)"/
        for match in source.matches(of: written) {
            let (_, key, type, unit, defaultText, range, scope) = match.output
            settings.append(
                (
                    match.range.lowerBound,
                    DocumentedSetting(
                        key: String(key), type: String(type), unit: String(unit), range: String(range),
                        defaultText: String(defaultText), scope: String(scope))
                ))
        }
        let number = /number\(\s*"([^"]*)",\s*\\\.(?:\w+\.)?(\w+),\s*([^,]+?)\.\.\.([^,]+),\s*"([^"]*)",\s*"([^"]*)"/
        for match in source.matches(of: number) {
            let (_, key, property, low, high, unit, scope) = match.output
            let initial = source.firstMatch(of: try! Regex<(Substring, Substring)>("var \(property) = (.+)"))
            settings.append(
                (
                    match.range.lowerBound,
                    DocumentedSetting(
                        key: String(key), type: "integer", unit: String(unit),
                        range: "\(Self.value(low)) to \(Self.value(high))",
                        defaultText: Self.value(initial?.output.1 ?? ""), scope: String(scope))
                ))
        }
        let optional = /optional\(\s*"([^"]*)",\s*"([^"]*)",\s*"([^"]*)",\s*\\\.[\w.]+,\s*"([^"]*)"/
        for match in source.matches(of: optional) {
            let (_, key, type, none, scope) = match.output
            settings.append(
                (
                    match.range.lowerBound,
                    DocumentedSetting(
                        key: String(key), type: String(type), unit: "", range: "", defaultText: String(none),
                        scope: String(scope))
                ))
        }
        let boolean = /boolean\(\s*"([^"]*)",\s*\\\.[\w.]+,\s*"([^"]*)"/
        for match in source.matches(of: boolean) {
            let (_, key, scope) = match.output
            settings.append(
                (
                    match.range.lowerBound,
                    DocumentedSetting(
                        key: String(key), type: "boolean", unit: "", range: "true, false", defaultText: "false",
                        scope: String(scope))
                ))
        }
        self.settings = settings.sorted { $0.place < $1.place }.map(\.setting)
    }

    /// `(64 << 20)` is 67108864.
    private static func value(_ expression: Substring) -> String {
        let terms = expression.filter { !"()_ ".contains($0) }.split(separator: "<<").compactMap { Int($0) }
        guard let number = terms.first, terms.count <= 2 else { return "?" }
        return String(terms.count == 2 ? number << terms[1] : number)
    }
}

enum ConfigurationDocument {
    /// The file of the first settings; more are in others beside it, `Settings+….swift`.
    static let source = "Sources/Executables/laureld/Settings.swift"
    static let document = "docs/configuration.md"

    static func problems(in repository: Repository) -> [String] {
        guard let first = repository.texts[source], let text = repository.texts[document] else {
            return ["\(source) or \(document) is missing"]
        }
        let more = repository.texts.filter { $0.key.hasPrefix("Sources/Executables/laureld/Settings+") }
        let source = ([first] + more.sorted { $0.key < $1.key }.map(\.value)).joined(separator: "\n")
        let settings = SettingsSource(source).settings
        let lines = text.split(separator: "\n").map(String.init)
        var problems: [String] = settings.isEmpty ? ["no settings were found"] : []
        // Each key is declared by one call; one that the patterns do not find would go unnoticed. `key: key` are the
        // functions that make settings of one kind.
        let calls = SwiftCode(source).text.matches(of: /(?m)^ +(?:Setting|number|optional|boolean)\(\n(?!\s+key: key,)/)
            .count
        if settings.count < calls { problems.append("of \(calls) settings only \(settings.count) were understood") }
        let headings = lines.indices.filter { lines[$0].hasPrefix("### ") }
        let documented = headings.map { lines[$0].dropFirst(4).filter { $0 != "`" } }
        for setting in settings {
            guard let place = documented.firstIndex(of: setting.key) else {
                problems.append("\(setting.key) is not documented")
                continue
            }
            let line = headings[place] + 1
            if line >= lines.count || lines[line] != setting.line {
                problems.append("\(setting.key) must be documented as '\(setting.line)'")
            }
        }
        let keys = settings.map(\.key)
        problems += documented.filter { !keys.contains($0) }.map { "\($0) is documented and does not exist" }
        return problems
    }
}

enum Changelog {
    static func problems(in repository: Repository) -> [String] {
        let lines = (repository.texts["CHANGELOG.md"] ?? "").split(separator: "\n")
        guard let start = lines.firstIndex(where: { $0.hasPrefix("## [Unreleased]") }) else {
            return ["CHANGELOG.md has no section [Unreleased]"]
        }
        let section = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }
        return section.contains { $0.hasPrefix("### ") } ? [] : ["CHANGELOG.md: [Unreleased] has no group of changes"]
    }
}

@Suite("Documents")
struct DocumentTests {
    @Test("docs/configuration.md lists the settings of laureld, all of them, with type, range, default and scope")
    func configuration() { #expect(ConfigurationDocument.problems(in: .here) == []) }

    @Test("The changelog has a section for what is not released yet")
    func changelog() { #expect(Changelog.problems(in: .here) == []) }

    private static let settings = """
        struct Settings {
            var sizeMax = 64 << 20
        }
        let all = [
            Setting(
                key: "place", type: "path", unit: "", defaultText: "./here", range: "", scope: "node", meaning: "Where."
            ) { nil },
            number(
                "size-max", \\.sizeMax, (1 << 20)...4_000_000_000, "bytes", "cluster", "How much."),
        ]
        """

    @Test(
        "Canary: a missing, a made-up and a wrongly described setting are found",
        arguments: [
            ("### `place`\n\npath · default `./here` · node\n", 1),
            ("### `place`\n\npath · default `./there` · node\n", 2),
            ("### `size-max`\n\ninteger, bytes · 1048576 to 4000000000 · default `67108864` · cluster\n", 1),
            ("### `size-max`\n\ninteger, bytes · 1048576 to 4000000000 · default `1` · cluster\n", 2),
            ("### `colour`\n\nword · default `red` · node\n", 3),
        ])
    func configurationCanary(text: String, problems: Int) {
        let files = [ConfigurationDocument.source: Self.settings, ConfigurationDocument.document: "# Keys\n\n\(text)"]
        #expect(ConfigurationDocument.problems(in: Repository(files)).count == problems)
    }

    @Test("Canary: settings that can't be read from the source are noticed")
    func unreadableSettings() {
        let source = Self.settings.replacing("key: \"place\"", with: "key: Key.place")
        let text = "### `size-max`\n\ninteger, bytes · 1048576 to 4000000000 · default `67108864` · cluster\n"
        let files = [ConfigurationDocument.source: source, ConfigurationDocument.document: text]
        #expect(ConfigurationDocument.problems(in: Repository(files)).count == 1)
    }

    @Test(
        "Canary: a changelog without the section, or with nothing in it, is found",
        arguments: ["", "## [Unreleased]\n"])
    func changelogCanary(text: String) {
        #expect(Changelog.problems(in: Repository(["CHANGELOG.md": text + "\n## [0.1.0]\n\n### Added\n"])).count == 1)
    }
}
