import Foundation
import TestSupport
import Testing

/// Rounds of load, a sudden end, a new start and a comparison with the ledger.
struct Torture {
    let data: String
    let seed: UInt64
    var random: SplitMix64
    let ledger = SharedLedger(Ledger())
    var settings = Laureld.busySettings
    private(set) var roundCount = 0

    init(data: String, seed: UInt64) throws {
        self.data = data
        self.seed = seed
        random = SplitMix64(seed: seed)
        let laureld = try Laureld(data: data, settings: settings)
        let client = laureld.client()
        for board in TortureBoard.all { try client.createLeaderboard(board.definition) }
        try laureld.kill()
    }

    /// Starts the node, holds it against the ledger, and loads it until it is ended by `end`.
    mutating func round(submissionsMax: Int = 10_000, end: @Sendable @escaping (Laureld) throws -> Void) async throws {
        let laureld = try startAndCompare()
        let moments: [Load.End.Moment] = [.afterAnswer, .afterSending, .whileSending]
        let surprises = await Load.run(
            on: laureld, ledger: ledger, round: roundCount, seed: seed,
            end: Load.End(afterSubmissions: 1 + random.below(submissionsMax), moment: moments[random.below(3)]) {
                try end(laureld)
            })
        #expect(surprises == [], "\(self): the load met something else than the end")
        try laureld.kill()
        roundCount += 1
    }

    /// The node of the last round against the ledger, and its files with nobody running.
    func finish(isCut: Bool = true) throws {
        try startAndCompare().kill()
        let (status, text) = try Laureld.verify(data)
        #expect(status == .exited(0), "\(self): \(text)")
        // Else too little was written to try what happens when the log is cut.
        if isCut { #expect(!FileManager.default.fileExists(atPath: data + "/log/00000001.log"), "\(self)") }
    }

    private func startAndCompare() throws -> Laureld {
        let laureld = try Laureld(data: data, settings: settings)
        let client = laureld.client()
        try sendAgain(client)
        let state = try TortureState(client)
        let ledger = ledger.value
        #expect(state.contradictions == [], "\(self)")
        #expect(ledger.problems(in: state).prefix(5) == [], "\(self): acknowledged and lost, or entered twice")
        self.ledger.update { $0.adopt(state) }
        return laureld
    }

    /// Requests with a key are entered once, whether the first attempt was or not.
    private func sendAgain(_ client: Client) throws {
        for request in ledger.value.pending.map(\.request) {
            let answer = LoadAnswer(request, by: client)
            #expect(answer.surprise == nil, "\(self)")
            let isSettled = answer.fates.allSatisfy { $0 == .acknowledged || $0 == .acknowledgedBefore }
            #expect(isSettled, "\(self): sent again after the start and not entered")
        }
        for request in ledger.value.answered {
            let answer = LoadAnswer(request, by: client)
            #expect(answer.surprise == nil, "\(self)")
            let isKnown = answer.fates.allSatisfy { $0 == .acknowledgedBefore }
            #expect(isKnown, "\(self): acknowledged with a key, and the key is forgotten")
        }
        ledger.update { $0.settlePending() }
    }
}

extension Torture: CustomStringConvertible {
    /// Enough to have the same again, as far as processes allow.
    var description: String { "seed \(seed), round \(roundCount)" }

    var figures: String {
        let ledger = ledger.value
        return "\(roundCount) rounds, \(ledger.acknowledgedCount) scores acknowledged, \(ledger.openCount) left open, "
            + "\(ledger.repeatedCount) requests sent again"
    }
}
