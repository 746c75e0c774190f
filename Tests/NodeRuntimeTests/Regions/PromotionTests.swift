import CommitLogs
import Leaderboards
import NodeRuntime
import Sharding
import Synchronization
import Testing

@Suite("Promoting a mirror")
struct PromotionTests {
    private static let now = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!

    private func mirror(_ name: String, last: UInt64, origin: MirrorState.Origin? = nil) -> MirrorState {
        var state = MirrorState(name: name, isMirror: true, last: last)
        state.origin = origin
        return state
    }

    private func note(fenced: Bool) -> PromotionNote {
        PromotionNote(isFenced: fenced, last: 5, lossWindow: fenced ? .zero : nil, at: Self.now)
    }

    private func next(_ logs: [MirrorState], acceptsLoss: Bool = false) throws -> PromotionStep {
        try PromotionStep.next(after: logs, acceptsLoss: acceptsLoss)
    }

    @Test("A region that can be reached is sealed, the mirror waits for the rest of it, and nothing is lost")
    func fenced() async throws {
        let logs = [FakeMirror("a", last: 5, origin: .init(last: 9, isSealed: false)), FakeMirror("b", last: 3)]
        logs[1].change { $0.origin = .init(last: 3, isSealed: true) }
        let promotion = Promotion(logs, clock: ManualClock())
        func advance(dryRun: Bool = false) async throws -> PromotionProgress {
            try await promotion.advance(acceptsLoss: false, dryRun: dryRun)
        }
        #expect(try await advance(dryRun: true).step == .seal(["a"]))
        #expect(logs.map(\.calls) == [[], []])
        #expect(try await advance().step == .seal(["a"]))
        // It has taken one more before it was sealed.
        #expect(logs[0].state.origin == .init(last: 10, isSealed: true))
        #expect(try await advance().step == .catchUp(["a"]))
        logs[0].change { $0.last = 10 }
        let noted = try await advance()
        #expect(noted.step == .note(["a", "b"]))
        #expect(noted.logs.map { $0.note?.isFenced } == [true, true])
        #expect(noted.logs.map { $0.note?.lossWindow } == [.zero, .zero])
        #expect(noted.logs.map { $0.note?.last } == [10, 3])
        #expect(noted.tails.count == 2)
        #expect(try await advance().step == .cut)
        logs[0].change { $0.origin = nil }
        #expect(try await advance().step == .cut)
        logs[1].change { $0.origin = nil }
        // It is known to be fenced: nobody need answer for that.
        #expect(try await advance().step == .takeOver(["a", "b"]))
        #expect(try await advance().step == .done)
        #expect(
            logs.map(\.calls) == [["seal", "note true", "take over"], ["note true", "take over"]])
    }

    @Test(
        "A region that can't be reached is not taken for down unless its operator answers for it; before, nothing is sealed"
    )
    func lost() async throws {
        let logs = [FakeMirror("a", last: 5), FakeMirror("b", last: 3, origin: .init(last: 3, isSealed: false))]
        logs[0].change { $0.completeFor = .seconds(7) }
        let promotion = Promotion(logs, clock: ManualClock())
        let refusal = await #expect(throws: PromotionStep.Refusal.self) {
            _ = try await promotion.advance(acceptsLoss: false, dryRun: false)
        }
        #expect(refusal?.description.contains("the origin of a can't be reached") == true)
        #expect(logs.map(\.calls) == [[], []])
        var steps: [PromotionStep] = []
        for _ in 0..<4 {
            steps.append(try await promotion.advance(acceptsLoss: true, dryRun: false).step)
        }
        #expect(steps == [.seal(["b"]), .catchUp(["b"]), .catchUp(["b"]), .catchUp(["b"])])
        logs[1].change { $0.last = 4 }
        let noted = try await promotion.advance(acceptsLoss: true, dryRun: false)
        #expect(noted.logs.map { $0.note?.isFenced } == [false, true])
        #expect(noted.logs.map { $0.note?.lossWindow } == [.seconds(7), .zero])
        logs[1].change { $0.origin = nil }
        // Who asks without answering for it is refused still: the note is no permission.
        await #expect(throws: PromotionStep.Refusal.self) {
            _ = try await promotion.advance(acceptsLoss: false, dryRun: true)
        }
        #expect(try await promotion.advance(acceptsLoss: true, dryRun: false).step == .takeOver(["a", "b"]))
    }

    @Test("An old note does not stand for a fence that there is not: who can be reached again is sealed first")
    func oldNotes() throws {
        var log = mirror("a", last: 5, origin: .init(last: 5, isSealed: false))
        log.note = note(fenced: false)
        #expect(try next([log], acceptsLoss: true) == .seal(["a"]))
        log.origin?.isSealed = true
        #expect(try next([log], acceptsLoss: true) == .note(["a"]))
        log.note = note(fenced: true)
        #expect(try next([log]) == .cut)
        log.origin = nil
        #expect(try next([log]) == .takeOver(["a"]))
    }

    @Test("What was taken over is done, and the rest goes on")
    func partly() throws {
        let promoted = MirrorState(name: "a", isMirror: false, last: 9)
        var left = mirror("b", last: 5)
        left.note = note(fenced: true)
        #expect(try next([promoted, left]) == .takeOver(["b"]))
        #expect(try next([promoted]) == .done)
    }
}

/// A mirror whose origin takes one more record whenever it is sealed.
private final class FakeMirror: MirroredLog {
    private let kept: Mutex<(state: MirrorState, calls: [String])>

    init(_ name: String, last: UInt64, origin: MirrorState.Origin? = nil) {
        var state = MirrorState(name: name, isMirror: true, last: last)
        state.origin = origin
        kept = Mutex((state, []))
    }

    var state: MirrorState { kept.withLock { $0.state } }
    var calls: [String] { kept.withLock { $0.calls } }
    func change(_ body: (inout MirrorState) -> Void) { kept.withLock { body(&$0.state) } }

    func mirrorState() async throws(PromotionProblem) -> MirrorState { state }

    func sealOrigin() async throws(PromotionProblem) {
        kept.withLock { kept in
            kept.state.origin!.last += 1
            kept.state.origin!.isSealed = true
            kept.calls.append("seal")
        }
    }

    func keep(_ note: PromotionNote) async throws(PromotionProblem) {
        kept.withLock { kept in
            kept.state.note = note
            kept.calls.append("note \(note.isFenced)")
        }
    }

    func takeOver() async throws(PromotionProblem) {
        kept.withLock { kept in
            kept.state.isMirror = false
            kept.calls.append("take over")
        }
    }

    func tails() async throws(PromotionProblem) -> [ShardID: LogTail] {
        let shard = ShardID(state.name == "a" ? 0 : 1)
        return [shard: LogTail(LogFoundation(number: 1, epoch: 1, hash: .zero))]
    }
}
