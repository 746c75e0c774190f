import ArgumentParser
import LoadHarness

/// `laurel-load scenarios`
struct Scenarios: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the scenarios, or check files of your own.")

    @Option(name: .customLong("scenarios"), help: "Where they lie.")
    var folder = ScenarioCatalogue.usualFolder
    @Argument(help: "Files to check instead.")
    var files: [String] = []

    func run() throws {
        if !files.isEmpty {
            for file in files { print("\(file): \(try Scenario(file: file).name) is well-formed") }
            return
        }
        for scenario in try ScenarioCatalogue(folder: folder).all() {
            print(scenario.name)
            print("    \(scenario.about)")
        }
    }
}
