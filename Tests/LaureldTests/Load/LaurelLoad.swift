import Foundation

/// The load harness as a process.
enum LaurelLoad {
    static func binary() throws -> String { try builtProduct("laurel-load") }

    /// Runs it in the project's folder, so that the shipped scenarios are found.
    static func run(_ arguments: [String], seconds: Double = 120) throws -> (status: ChildProcess.Status, text: String)
    {
        try ChildProcess.run([binary()] + arguments, directory: Repository.path, seconds: seconds)
    }

    /// What of a report these tests look at.
    struct Report: Decodable {
        struct Operation: Decodable {
            struct Latency: Decodable {
                var p50: Double
                var max: Double
            }
            var name: String
            var count: Int
            var failed: Int
            var latency: Latency
        }
        var all: Operation
        var operations: [Operation]
        var scheduled: Int?
        var unanswered: Int

        init(_ path: String) throws {
            self = try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(filePath: path + ".json")))
        }
    }
}
