import ArgumentParser
import LoadHarness

/// `laurel-load run`
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run a scenario against one server, and report.")

    @OptionGroup var scenarioOptions: ScenarioOptions
    @OptionGroup var targetOptions: TargetOptions
    @Option(help: "Write PATH.json, PATH.md and PATH.html as well.")
    var report: String?
    @Option(help: "Keep to this processor core.")
    var core: Int?
    @Flag(help: "Boards and members are there from an earlier run.")
    var skipPreparation = false

    func run() throws {
        let target = try targetOptions.resolved()
        let scenario = try scenarioOptions.resolved()
        if let core { try Cores.pin(to: core) }
        Interruption.listen()
        let display = ProgressDisplay()
        let result = try LoadRun(scenario, target) { display.show($0) }.run(prepares: !skipPreparation)
        display.finish()
        let markdown = MarkdownReport(result).text
        print(markdown, terminator: "")
        if let report {
            try writeText(try JSONReport.text(result), to: report + ".json")
            try writeText(markdown, to: report + ".md")
            try writeText(HTMLReport(result).text, to: report + ".html")
        }
        if !result.isClean { throw ExitCode.failure }
    }
}
