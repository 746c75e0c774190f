internal import Foundation

/// The scenarios in a folder, by their names.
package struct ScenarioCatalogue {
    /// Seen from the folder of the project.
    package static let usualFolder = "loadtest/scenarios"

    private let folder: String

    package init(folder: String) { self.folder = folder }

    package func all() throws -> [Scenario] { try names().map { try Scenario(file: "\(folder)/\($0).yaml") } }

    /// A scenario by its name, or by the path of its file.
    package func scenario(_ name: String) throws -> Scenario {
        if name.contains("/") || name.hasSuffix(".yaml") { return try Scenario(file: name) }
        let names = try names()
        guard names.contains(name) else {
            throw HarnessError(
                "there is no scenario '\(name)' in \(folder); there are \(names.joined(separator: ", "))")
        }
        return try Scenario(file: "\(folder)/\(name).yaml")
    }

    private func names() throws -> [String] {
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw HarnessError("there is no folder \(folder); name one with --scenarios")
        }
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }
}
