import ArgumentParser
import LoadHarness

/// Which server is loaded, and as whom.
struct TargetOptions: ParsableArguments {
    @Option(help: "The server: http://127.0.0.1:8080 or redis://127.0.0.1:6380.")
    var target: String
    @Option(help: "An API key, or @FILE that has it. Over HTTP it may be given several times, for the tenants in turn.")
    var key: [String] = []
    @Flag(help: "Load a server on another machine. Do so only where you may.")
    var allowRemote = false

    func resolved() throws -> Target {
        do {
            let target = try Target(self.target, keys: try key.map(Keys.read))
            try target.check(allowsRemote: allowRemote)
            return target
        } catch {
            throw ValidationError("\(error)")
        }
    }
}

enum Keys {
    /// A key, or the first line of the file that `@` names.
    static func read(_ text: String) throws(HarnessError) -> String {
        guard text.hasPrefix("@") else { return text }
        return try KeyFile.read(String(text.dropFirst()))
    }
}

/// A scenario, and what of it is to be different this time.
struct ScenarioOptions: ParsableArguments {
    @Argument(help: "A file, or the name of a scenario that `laurel-load scenarios` lists.")
    var scenario: String
    @Option(name: .customLong("scenarios"), help: "Where the named ones lie.")
    var folder = ScenarioCatalogue.usualFolder
    @Option(help: "Instead of the scenario's duration, in seconds.")
    var duration: Double?
    @Option(help: "Instead of the scenario's members; the preload shrinks with them.")
    var members: Int?
    @Option(help: "Instead of the scenario's rate, in requests a second.")
    var rate: Double?
    @Option(help: "Instead of the scenario's seed.")
    var seed: Int?

    func resolved() throws -> Scenario {
        var scenario = try named(self.scenario, in: folder)
        if let duration {
            guard (0.1...86_400).contains(duration) else { throw ValidationError("--duration is 0.1 to 86400") }
            scenario.durationSeconds = duration
        }
        if let members {
            guard (1...100_000_000).contains(members) else { throw ValidationError("--members is 1 to 100000000") }
            scenario.members = members
            scenario.preload = min(scenario.preload, members)
        }
        if let rate {
            guard scenario.isOpenLoop, (1...5_000_000).contains(rate) else {
                throw ValidationError("--rate is 1 to 5000000, and for open loops")
            }
            scenario.rate = rate
        }
        if let seed {
            guard (0...1_000_000_000).contains(seed) else { throw ValidationError("--seed is 0 to 1000000000") }
            scenario.seed = seed
        }
        return scenario
    }
}

/// A scenario by name or path; one that is not there is a mistake in the command.
func named(_ scenario: String, in folder: String) throws -> Scenario {
    do {
        return try ScenarioCatalogue(folder: folder).scenario(scenario)
    } catch let problem as HarnessError {
        throw ValidationError("\(problem)")
    }
}
