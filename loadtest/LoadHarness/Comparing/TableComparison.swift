internal import Foundation

/// Runs the rows of a table on servers that it starts and stops itself, in turns: A B A B.
package struct TableComparison {
    package var table: ComparisonTable
    package var servers: [ServerSpecification]
    package var members: Int
    package var repeats: Int
    /// Which cores the servers and the client keep to; nil for wherever.
    package var serverCore: Int?
    package var clientCore: Int?
    /// Where the servers' folders are made.
    package var directory: String
    package var say: @Sendable (String) -> Void

    package init(
        table: ComparisonTable, servers: [ServerSpecification], members: Int, repeats: Int, serverCore: Int?,
        clientCore: Int?, directory: String, say: @escaping @Sendable (String) -> Void
    ) {
        self.table = table
        self.servers = servers
        self.members = members
        self.repeats = repeats
        self.serverCore = serverCore
        self.clientCore = clientCore
        self.directory = directory
        self.say = say
    }

    package func run() throws -> Comparison {
        let folder = directory + "/laurel-load-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        if let clientCore { try Cores.pin(to: clientCore) }
        var figures = Figures()
        var peers: [ServerProcess] = []
        defer { for peer in peers { peer.kill() } }
        for server in servers {
            guard case .command(let command) = server.place else {
                throw HarnessError(
                    "\(server.name): a table is measured on servers that are started for it, by a command")
            }
            let own = folder + "/" + server.name
            do {
                try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
            } catch {
                throw HarnessError("\(own) can't be made: \(error.localizedDescription)")
            }
            say("starting \(server.name)")
            let peer = try ServerProcess(server, command: command, directory: own, core: serverCore)
            peers.append(peer)
            try load(peer, &figures)
        }
        let agree = table.probes == 0 ? nil : try answersAgree(peers)
        for turn in 0..<repeats {
            for work in table.works {
                say("turn \(turn + 1) of \(repeats): \(work.operation.name), \(work.connections) × \(work.pipeline)")
                for peer in peers { try measure(peer, work, turn, &figures) }
            }
        }
        if table.rows.contains(where: { $0.measure == .restart }) {
            for peer in peers { try restart(peer, &figures) }
        }
        for peer in peers { try peer.stop() }
        return comparison(figures, agree)
    }

    private struct Figures {
        var loads: [String: Double] = [:]
        var resident: [String: Double] = [:]
        var rates: [ComparisonTable.Row.Work: [String: [Double]]] = [:]
        var p99s: [ComparisonTable.Row.Work: [String: [Double]]] = [:]
        var restarts: [String: [Double]] = [:]
        var remarks: [String] = []
    }

    /// Every member once, in order.
    private func load(_ peer: ServerProcess, _ figures: inout Figures) throws {
        let row = table.rows.first { $0.measure == .load }
        var scenario = Scenario()
        scenario.name = "load"
        scenario.seed = 7
        scenario.members = members
        scenario.mix = .only(.enter)
        scenario.connections = row?.connections ?? 4
        scenario.pipeline = row?.pipeline ?? 500
        scenario.durationSeconds = 3600
        scenario.requestsMax = members
        let before = peer.residentBytes()
        let largest = 10_000_000
        var seconds = 0.0
        // All in one pool, which is sent once; more than ten million would not fit into memory beside the servers.
        guard members <= largest else { throw HarnessError("a table has at most \(largest) members") }
        say("entering \(members) members into \(peer.name)")
        let result = try LoadRun(scenario, peer.target).run(prepares: false)
        seconds += result.seconds
        guard result.isClean, result.all.count == members else {
            throw HarnessError(
                "\(peer.name) does not take the members: \(result.errors.first ?? result.endedEarly ?? "?")")
        }
        figures.loads[peer.name] = Double(members) / seconds
        // What the server does with its memory right after is part of how it is.
        sleep(1)
        figures.resident[peer.name] = Double(peer.residentBytes() - before) / Double(members)
    }

    private func answersAgree(_ peers: [ServerProcess]) throws -> Bool {
        say("comparing \(table.probes) answers")
        let questions = try peers.map { try Question($0.target) }
        var agree = true
        func compare(_ words: [String]) throws {
            let answers = try questions.map { try $0.ask(words) }
            guard let first = answers.first, answers.contains(where: { $0 != first || $0.isError }) else { return }
            if agree {
                let told = zip(peers, answers).map { "\($0.name): \("\($1)".prefix(200))" }
                say("answers differ: \(words.joined(separator: " ")): \(told.joined(separator: "; "))")
            }
            agree = false
        }
        for probe in 0..<table.probes {
            let member = "player-" + padded(probe * members / table.probes)
            // Servers order equal scores as they like.
            guard case .text(let score) = try questions[0].ask("ZSCORE", "lb", member),
                try questions[0].ask("ZCOUNT", "lb", score, score) == .integer(1)
            else { continue }
            try compare(["ZREVRANK", "lb", member])
        }
        try compare(["ZREVRANGE", "lb", "0", "99"])
        try compare(["ZCARD", "lb"])
        return agree
    }

    private func padded(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(8 - text.count, 0)) + text
    }

    private func measure(
        _ peer: ServerProcess, _ work: ComparisonTable.Row.Work, _ turn: Int, _ figures: inout Figures
    ) throws {
        var scenario = Scenario()
        scenario.seed = turn + 1
        scenario.members = members
        scenario.mix = .only(work.operation)
        scenario.connections = work.connections
        scenario.pipeline = work.pipeline
        scenario.topRows = work.topRows
        scenario.radius = work.radius
        scenario.durationSeconds = table.seconds
        let result = try LoadRun(scenario, peer.target).run(prepares: false)
        if !result.isClean {
            let reason = result.errors.first ?? result.endedEarly ?? "not all requests were answered"
            figures.remarks.append(
                "\(peer.name), \(work.operation.name), \(work.connections) × \(work.pipeline): \(reason)")
        }
        figures.rates[work, default: [:]][peer.name, default: []].append(result.all.perSecond)
        let latency = result.batch ?? result.all.latency
        figures.p99s[work, default: [:]][peer.name, default: []].append(latency.p99)
    }

    /// From the start of the process to the first rank, which must be the one from before it was stopped.
    private func restart(_ peer: ServerProcess, _ figures: inout Figures) throws {
        let member = "player-" + padded(members / 3)
        let question = try Question(peer.target)
        let expected = try question.ask("ZREVRANK", "lb", member)
        // One that keeps its data by itself does not know the command.
        _ = try question.ask("SAVE")
        for turn in 0..<repeats {
            say("restart \(turn + 1) of \(repeats): \(peer.name)")
            try peer.stop()
            let start = monotonicNanoseconds()
            try peer.launch()
            try peer.waitUntilReady { try $0.ask("ZREVRANK", "lb", member) == expected }
            figures.restarts[peer.name, default: []].append(Double(monotonicNanoseconds() - start) / 1e9)
        }
    }

    private func comparison(_ figures: Figures, _ agree: Bool?) -> Comparison {
        let rows = table.rows.map { row in
            let values: [String: [Double]] =
                switch row.measure {
                case .load: figures.loads.mapValues { [$0] }
                case .resident: figures.resident.mapValues { [$0] }
                case .restart: figures.restarts
                case .rate: row.work.flatMap { figures.rates[$0] } ?? [:]
                case .p99: row.work.flatMap { figures.p99s[$0] } ?? [:]
                }
            return Comparison.Row(name: row.name, unit: row.unit, values: values, goals: row.goals)
        }
        return Comparison(
            name: table.name, about: table.about, servers: servers.map(\.name), members: members, repeats: repeats,
            answersAgree: agree, rows: rows, remarks: figures.remarks)
    }
}
