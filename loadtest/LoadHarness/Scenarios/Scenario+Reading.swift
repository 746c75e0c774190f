internal import Glibc

extension Scenario {
    /// Reads a scenario, and refuses it with everything that is wrong with it.
    package init(yaml: String, file: String) throws(FileProblems) {
        self.init()
        let (top, problems) = FieldReader.top(of: yaml)
        guard var reader = top else { throw FileProblems(file: file, problems: problems) }
        for key in ScenarioKey.all { key.read(&reader, &self) }
        checkTogether(&reader)
        reader.finish()
        if !reader.problems.isEmpty { throw FileProblems(file: file, problems: reader.problems) }
    }

    package init(file: String) throws {
        self = try Scenario(yaml: try readText(file), file: file)
    }

    /// What no key can know by itself.
    private func checkTogether(_ reader: inout FieldReader) {
        if isOpenLoop, rate == 0 { reader.note("rate", "an open loop needs a rate above 0") }
        if !isOpenLoop {
            for key in ["rate", "ramp", "spikes"] where reader.has(key) {
                reader.note(key, "a closed loop has none; say arrivals: poisson")
            }
        }
        if preload > members { reader.note("preload", "is more than the \(members) members of a board") }
        let entries = Double(members) * Double(boardCount)
        if entries > 1e9 { reader.note("members", "together these are \(plain(entries)) entries; at most 1000000000") }
        var end = 0.0
        for spike in spikes {
            if spike.start < end { reader.note("spikes", "they must come one after the other") }
            end = spike.start + spike.seconds
        }
    }
}

extension FieldReader {
    mutating func mix(_ key: String) -> Mix? {
        guard var weights = mapping(key) else { return nil }
        var parts: [Mix.Part] = []
        for name in weights.keys {
            guard let operation = Operation(name: name) else {
                weights.note(
                    name, "is no operation; there are \(Operation.allCases.map(\.name).joined(separator: ", "))")
                _ = weights.node(name)
                continue
            }
            if let weight = weights.integer(name, 1...1000) { parts.append(Mix.Part(operation, weight)) }
        }
        if weights.keys.isEmpty, weights.problems.isEmpty { note(key, "must have at least one operation") }
        take(weights.problems)
        return parts.isEmpty ? nil : Mix(parts)
    }

    mutating func spikes(_ key: String) -> [Scenario.Spike] {
        mappings(key, countMax: 20).compactMap { element in
            var element = element
            let start = element.number("at", 0...86_400)
            let seconds = element.number("for", 0.1...86_400)
            let times = element.number("times", 0...1000)
            let mix = element.mix("mix")
            for required in ["at", "for", "times"] where !element.has(required) { element.note(required, "is missing") }
            element.finish()
            take(element.problems)
            guard let start, let seconds, let times else { return nil }
            return Scenario.Spike(start: start, seconds: seconds, times: times, mix: mix)
        }
    }
}

/// The text of a file of at most a mebibyte.
func readText(_ path: String) throws -> String {
    guard let file = fopen(path, "re") else { throw HarnessError("\(path) can't be read: \(systemError())") }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
}
