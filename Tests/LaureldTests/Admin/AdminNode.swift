import Foundation
import TestSupport

/// A running laureld with the admin API, and the command that talks to it.
final class AdminNode {
    let laureld: Laureld
    let directory: String
    let address: String

    init(_ directory: TemporaryDirectory, settings: [String] = []) throws {
        self.directory = directory.path
        laureld = try Laureld(
            data: directory.path + "/laurel-data", settings: Laureld.busySettings + ["admin=127.0.0.1:0"] + settings)
        address = try Self.address(of: laureld.process)
    }

    /// The address that a node has printed.
    static func address(of process: ChildProcess) throws -> String {
        let words = "Laurel is administered on "
        guard let line = process.output.line(containing: words), let place = line.range(of: words) else {
            throw Failure("no admin API: \(process.output.text)")
        }
        return String(line[place.upperBound...])
    }

    var token: String {
        get throws {
            try String(contentsOfFile: directory + "/laurel-data/operator.key", encoding: .utf8)
                .trimmingCharacters(in: .newlines)
        }
    }

    struct Outcome {
        var status: ChildProcess.Status
        var output: String
        var complaint: String

        var code: Int32? { if case .exited(let code) = status { code } else { nil } }

        /// The output, which must be JSON.
        func json() throws -> [String: Any] {
            let value = try? JSONSerialization.jsonObject(with: Data(output.utf8))
            guard let object = value as? [String: Any] else { throw Failure("no JSON: \(output) \(complaint)") }
            return object
        }

        /// The value of a line `name:  value`.
        func field(_ name: String) -> String? {
            output.split(separator: "\n").first { $0.hasPrefix(name + ":") }
                .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
    }

    /// Runs `laurel` in the node's directory, where it finds the token.
    @discardableResult
    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
        try Self.run(
            arguments, environment: ["LAUREL_ADMIN": address].merging(environment) { $1 }, directory: directory)
    }

    static func run(
        _ arguments: [String], environment: [String: String] = [:], directory: String
    ) throws -> Outcome {
        let complaints = directory + "/complaints-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: complaints) }
        let script = #"file=$1; shift; exec "$@" 2>"$file""#
        let (status, output) = try ChildProcess.run(
            ["/bin/bash", "-c", script, "bash", complaints, try builtProduct("laurel")] + arguments,
            environment: environment, directory: directory)
        let complaint = (try? String(contentsOfFile: complaints, encoding: .utf8)) ?? ""
        return Outcome(status: status, output: output, complaint: complaint)
    }
}
