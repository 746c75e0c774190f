internal import Foundation

/// A run, or a comparison, as JSON with its keys in order.
package enum JSONReport {
    package static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }

    package static func runResult(_ text: String) throws -> RunResult {
        try JSONDecoder().decode(RunResult.self, from: Data(text.utf8))
    }
}

/// Writes a report whole.
package func writeText(_ text: String, to path: String) throws {
    do {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    } catch {
        throw HarnessError("\(path) can't be written: \(error.localizedDescription)")
    }
}
