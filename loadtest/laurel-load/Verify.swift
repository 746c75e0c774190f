import ArgumentParser
import Glibc
import LoadHarness

/// `laurel-load verify`
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write with a ledger, and check afterwards that each acknowledged write is there.",
        discussion: """
            Kill and restart the server meanwhile as you like: connections are opened again, and what was on its way \
            counts as in doubt. With --only write and --only check the two parts are separate.
            """)

    enum Part: String, ExpressibleByArgument, CaseIterable { case write, check }

    @OptionGroup var targetOptions: TargetOptions
    @Option(help: "The ledger's file.")
    var ledger: String
    @Option(help: "Do one part only: write or check.")
    var only: Part?
    @Option(help: "How long to write.")
    var seconds = 10.0
    @Option(help: "Write at most so often.")
    var writes = 100_000_000
    @Option(help: "Members that are written, in turns.")
    var members = 10_000
    @Option(help: "Connections.")
    var connections = 8
    @Option(help: "Writes on their way on each connection.")
    var pipeline = 4
    @Option(help: "How long the server may take to come back before the check.")
    var waitSeconds = 60.0

    func validate() throws {
        guard (0.1...86_400).contains(seconds) else { throw ValidationError("--seconds is 0.1 to 86400") }
        guard (1...10_000_000_000).contains(writes) else { throw ValidationError("--writes is 1 to 10000000000") }
        guard (1...Ledger.membersMax).contains(members) else { throw ValidationError("--members is 1 to 1000000") }
        guard (1...1000).contains(connections), connections <= members else {
            throw ValidationError("--connections is 1 to 1000, and at most the members")
        }
        guard (1...1000).contains(pipeline) else { throw ValidationError("--pipeline is 1 to 1000") }
    }

    func run() throws {
        let target = try targetOptions.resolved()
        var book: Ledger
        if only != .check {
            var load = LedgerLoad(target)
            (load.members, load.connections, load.pipeline) = (members, connections, pipeline)
            (load.seconds, load.writesMax) = (seconds, writes)
            load.run = Int(time(nil))
            load.progress = { seconds, acknowledged, inDoubt in
                let line =
                    "\(Figures.seconds(seconds)): \(Figures.count(acknowledged)) acknowledged, \(Figures.count(inDoubt)) in doubt"
                Console.say(Console.isTerminal ? "\r\u{1B}[K\(line)" : line + "\n")
            }
            Interruption.listen()
            book = try load.write()
            if Console.isTerminal { Console.say("\n") }
            try writeText(book.text, to: ledger)
        } else {
            book = try Ledger(text: try readLedger(ledger))
        }
        print(
            "\(Figures.count(book.acknowledgedCount)) writes acknowledged, \(Figures.count(book.inDoubtCount)) in doubt"
        )
        if only == .write { return }
        let findings = try LedgerCheck(book, target).run(waitingSeconds: waitSeconds)
        print(
            "\(Figures.count(findings.checked)) members checked: \(findings.lost) lost, \(findings.unexpected) unexpected, "
                + "\(findings.afterDoubt) with a write that was in doubt and took effect")
        for example in findings.examples { print("  \(example)") }
        if !findings.isClean { throw ExitCode.failure }
    }
}
