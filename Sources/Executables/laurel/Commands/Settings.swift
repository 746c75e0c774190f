import ArgumentParser
import Foundation

struct Settings: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How requests to a project are treated: get, set.", subcommands: [Get.self, Set.self])

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The settings, without secrets. With --json they can be sent back by settings set.")
        @Argument(help: "The project's id.") var project: String
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await options.run {
                try Settings.show(await $0.send(.get, "projects/\(escaped(project))/settings"), options)
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change settings.",
            discussion: """
                A change is NAME=VALUE, such as filter.mode=block or 'cors_origins=["https://play.example"]': the value is \
                JSON, or else text; null takes the setting away. Or it is a JSON document in a file (- for standard \
                input), of which only what it names is changed: secrets come this way.
                """)
        @Argument(help: "The project's id.") var project: String
        @Argument(help: ArgumentHelp("Changes.", valueName: "name=value")) var changes: [String] = []
        @Option(help: "A file with a JSON document of changes; - is standard input.") var file: String?
        @OptionGroup var change: ChangeOptions
        @OptionGroup var options: AdminOptions

        func run() async throws {
            let patch = try Settings.patch(changes, file: file)
            try await options.run {
                let answer = try await $0.send(
                    .patch, "projects/\(escaped(project))/settings", body: patch, version: change.ifVersion)
                try Settings.show(answer, options)
            }
        }
    }

    private static func show(_ answer: Value, _ options: AdminOptions) throws {
        if options.json { return try Output.json(answer) }
        guard case .object(let settings) = answer["settings"] else { return }
        var columns = settings.keys.sorted().map { name in
            Column(name) { record in
                name.hasSuffix("rate") ? RateArgument.text(record["settings"][name]) : record["settings"][name].text
            }
        }
        columns.append(Column("set and not shown") { $0["hidden"].text })
        columns.append(Column("version"))
        Output.say(Table.lines(of: answer, columns))
    }

    /// Those whose values must not stand among the arguments of a process.
    private static let secretNames = ["submit_secret", "player_tokens"]

    private static func patch(_ changes: [String], file: String?) throws -> Value {
        var patch = try file.map(read) ?? .object([:])
        for change in changes {
            guard let equals = change.firstIndex(of: "="), equals > change.startIndex else {
                throw Failure(.usage, "'\(change)' is not NAME=VALUE.")
            }
            let names = change[..<equals].split(separator: ".").map(String.init)
            let text = String(change[change.index(after: equals)...])
            if let first = names.first, secretNames.contains(first), text != "null" {
                throw Failure(
                    .usage, "\(first) holds secrets: put it into a document for --file, where nobody else reads it.")
            }
            let value = (try? JSONDecoder().decode(Value.self, from: Data(text.utf8))) ?? .string(text)
            patch = patch.setting(names[...], to: value)
        }
        guard patch != .object([:]) else { throw Failure(.usage, "There is nothing to change.") }
        return patch
    }

    private static func read(_ path: String) throws -> Value {
        let bytes = path == "-" ? try? FileHandle.standardInput.readToEnd() : FileManager.default.contents(atPath: path)
        guard let bytes, let document = try? JSONDecoder().decode(Value.self, from: bytes) else {
            throw Failure(.usage, "\(path == "-" ? "Standard input" : path) holds no JSON document.")
        }
        // What settings get --json prints can be sent back as it is.
        return document["settings"] == .null ? document : document["settings"]
    }
}

extension Value {
    /// The same with the member at a path set.
    fileprivate func setting(_ path: ArraySlice<String>, to value: Value) -> Value {
        guard let name = path.first else { return value }
        var members: [String: Value] = [:]
        if case .object(let own) = self { members = own }
        members[name] = self[name].setting(path.dropFirst(), to: value)
        return .object(members)
    }
}
