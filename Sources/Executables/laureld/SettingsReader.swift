import Yams

/// Reads settings from a file, the environment and flags, later ones winning, and collects every mistake.
struct SettingsReader {
    private(set) var settings = Settings()
    private(set) var problems: [String] = []

    /// Answers the settings, or throws all that is wrong with them.
    static func read(
        file: (path: String, text: String)?, environment: [String: String], flags: [(key: String, value: String)]
    ) throws(SettingsError) -> Settings {
        var reader = SettingsReader()
        if let file { reader.readFile(file.text, path: file.path) }
        reader.readEnvironment(environment)
        for flag in flags { reader.take(flag.key, flag.value, from: "--\(flag.key)") }
        if reader.settings.logSegmentBytes % 4096 != 0 {
            reader.problems.append("log-segment-bytes: is not a multiple of 4096")
        }
        reader.problems += reader.settings.transportProblems + reader.settings.clusterProblems
        guard reader.problems.isEmpty else { throw SettingsError(problems: reader.problems) }
        return reader.settings
    }

    private mutating func readFile(_ text: String, path: String) {
        let document: Node?
        do {
            document = try Yams.compose(yaml: text)
        } catch {
            problems.append("\(path): is not YAML: \(error)")
            return
        }
        guard let document else { return }
        guard case .mapping(let mapping) = document else {
            problems.append("\(path): is not a list of keys and values")
            return
        }
        for (key, value) in mapping {
            guard let key = key.string, let text = value.scalar?.string else {
                problems.append("\(path): \(key.string ?? "a key") has no simple value")
                continue
            }
            take(key, text, from: "\(path): \(key)")
        }
    }

    private mutating func readEnvironment(_ environment: [String: String]) {
        let names = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.environmentName, $0.key) })
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("LAUREL_") {
            if name == "LAUREL_CONFIG" || Self.othersVariables.contains(name) { continue }
            guard let key = names[name] else {
                problems.append("\(name): there is no such setting")
                continue
            }
            take(key, value, from: name)
        }
    }

    /// Those of the command laurel.
    private static let othersVariables = ["LAUREL_CA_FILE", "LAUREL_TOKEN", "LAUREL_OPERATOR_TOKEN"]

    private mutating func take(_ key: String, _ text: String, from source: String) {
        guard let setting = Setting.all.first(where: { $0.key == key }) else {
            problems.append("\(source): there is no such setting")
            return
        }
        if let problem = setting.apply(text, &settings) {
            problems.append(setting.isSecret ? "\(source): \(problem)" : "\(source): '\(text)' \(problem)")
        }
    }
}

struct SettingsError: Error, CustomStringConvertible {
    let problems: [String]

    var description: String {
        (["The configuration has \(problems.count == 1 ? "a mistake" : "\(problems.count) mistakes"):"]
            + problems.map { "  \($0)" }).joined(separator: "\n")
    }
}
