import CommitLogs
import Leaderboards
import Placement
import Sharding
import TestSupport
import Testing

@testable import NodeRuntime

@Suite("How far a log may be cut")
struct TruncationBoundTests {
    private func held(_ positions: [UInt64], verified: Bool = true) -> [HeldCheckpoint] {
        positions.enumerated().map { index, position in
            HeldCheckpoint(
                generation: UInt64(index + 1),
                record: CheckpointRecord(position: LogPosition(position), number: position, hash: .zero, epoch: 1),
                isVerified: verified)
        }
    }

    private func holdings(
        _ positions: [UInt64], role: ShardHoldings.Role = .follower, applied: UInt64 = 1000, aged: UInt64 = 1000,
        floor: UInt64? = nil, verified: Bool = true
    ) -> ShardHoldings {
        ShardHoldings(
            role: role, applied: LogPosition(applied), aged: LogPosition(aged), floor: floor.map { LogPosition($0) },
            checkpoints: held(positions, verified: verified))
    }

    private func bound(
        _ own: ShardHoldings, _ others: [ShardHoldings], silent: Set<NodeID> = [], alone: Bool = false,
        full: Bool = false, consumers: [LogConsumer]? = []
    ) -> Result<LogPosition, TruncationBound.Obstacle> {
        var byNode: [NodeID: ShardHoldings] = [:]
        for (index, other) in others.enumerated() { byNode[NodeID(UInt64(index + 2))] = other }
        return TruncationBound(
            own: own, others: byNode, silent: silent, isAlone: alone, isNearlyFull: full, consumers: consumers
        ).position
    }

    @Test("The second newest verified checkpoint of this node and of one other, whichever is older")
    func twoNodes() {
        #expect(bound(holdings([10, 30]), [holdings([20, 40])]) == .success(LogPosition(10)))
        #expect(bound(holdings([25, 30]), [holdings([20, 40])]) == .success(LogPosition(20)))
        #expect(bound(holdings([25, 30]), [holdings([5, 6]), holdings([20, 40])]) == .success(LogPosition(20)))
        #expect(bound(holdings([25]), [holdings([20, 40])]) == .failure(.ownCheckpoints))
        #expect(bound(holdings([25, 30]), [holdings([20])]) == .failure(.otherCheckpoints))
        #expect(bound(holdings([25, 30]), [holdings([20, 30], verified: false)]) == .failure(.otherCheckpoints))
        #expect(bound(holdings([25, 30]), [holdings([20, 30], role: .none)]) == .failure(.otherCheckpoints))
        #expect(bound(holdings([25, 30]), []) == .failure(.otherCheckpoints))
        #expect(bound(holdings([25, 30]), [], alone: true) == .success(LogPosition(25)))
    }

    @Test("Where the log is nearly full one of two nodes may have a single checkpoint, and neither none")
    func newcomer() {
        #expect(bound(holdings([25, 30]), [holdings([20])], full: true) == .success(LogPosition(20)))
        #expect(bound(holdings([25, 30]), [holdings([28])], full: true) == .success(LogPosition(25)))
        #expect(bound(holdings([25]), [holdings([20, 40])], full: true) == .success(LogPosition(20)))
        #expect(bound(holdings([25]), [holdings([20])], full: true) == .failure(.ownCheckpoints))
        #expect(bound(holdings([]), [holdings([20, 40])], full: true) == .failure(.ownCheckpoints))
        #expect(bound(holdings([25, 30]), [holdings([])], full: true) == .failure(.otherCheckpoints))
        #expect(
            bound(holdings([25, 30]), [holdings([20], verified: false)], full: true) == .failure(.otherCheckpoints))
        #expect(bound(holdings([25]), [], alone: true, full: true) == .failure(.ownCheckpoints))
    }

    @Test("A floor holds always; age, living followers and nodes that don't answer until the log is nearly full")
    func floors() {
        let own = holdings([50, 60])
        let silent: Set<NodeID> = [NodeID(9)]
        for full in [false, true] {
            #expect(bound(own, [holdings([50, 60], floor: 7)], full: full) == .success(LogPosition(7)))
            #expect(
                bound(holdings([50, 60], floor: 8), [holdings([50, 60])], full: full) == .success(LogPosition(8)))
        }
        #expect(bound(own, [holdings([50, 60]), holdings([], applied: 33)]) == .success(LogPosition(33)))
        #expect(bound(own, [holdings([50, 60]), holdings([], applied: 33)], full: true) == .success(LogPosition(50)))
        #expect(bound(own, [holdings([50, 60])], silent: silent) == .failure(.silence))
        #expect(bound(own, [holdings([50, 60])], silent: silent, full: true) == .success(LogPosition(50)))
        // Whoever has seen most of it knows best how old it is.
        #expect(
            bound(holdings([50, 60], aged: 0), [holdings([50, 60], aged: 20)]) == .success(LogPosition(20)))
        #expect(bound(holdings([50, 60], aged: 0), [holdings([50, 60], aged: 0)]) == .success(.start))
        #expect(
            bound(holdings([50, 60], aged: 0), [holdings([50, 60], aged: 0)], full: true) == .success(LogPosition(50)))
    }

    @Test("What a consumer has not acknowledged stays, however full the log; and all of it, if that is not known")
    func consumers() {
        func consumer(_ floor: UInt64?) -> LogConsumer {
            LogConsumer("rows", floor: floor.map { LogPosition($0) }, unacknowledgedCount: floor.map { _ in 3 })
        }
        let (own, others) = (holdings([50, 60]), [holdings([50, 60])])
        for full in [false, true] {
            func bound(_ consumers: [LogConsumer]?) -> Result<LogPosition, TruncationBound.Obstacle> {
                self.bound(own, others, full: full, consumers: consumers)
            }
            #expect(bound([consumer(70)]) == .success(LogPosition(50)))
            #expect(bound([consumer(70), consumer(7), consumer(9)]) == .success(LogPosition(7)))
            #expect(bound([consumer(70), consumer(nil)]) == .failure(.consumers))
            #expect(bound(nil) == .failure(.consumers))
            // Why nodes can't be cut for comes first.
            #expect(self.bound(own, [], full: full, consumers: nil) == .failure(.otherCheckpoints))
        }
        var bound = TruncationBound(
            own: own, others: [NodeID(2): others[0]], isAlone: false, isNearlyFull: true,
            consumers: [consumer(70), consumer(7), consumer(nil), consumer(50)])
        #expect(bound.holders.map(\.floor) == [LogPosition(7), nil])
        bound.others = [:]
        #expect(bound.holders == [], "nothing could be cut anyway")
    }

    @Test("Who keeps a log from being cut is said once a minute, and only where it matters")
    func warnings() {
        var warnings = ConsumerWarnings()
        func line(_ second: Int, _ problem: String? = nil) -> String? {
            warnings.line(log: "log group 1", problem: problem, at: .seconds(second))
        }
        #expect(line(0) == nil)
        for floor: UInt64 in [5, 7] {
            warnings.note([
                LogConsumer("rows", floor: LogPosition(floor), unacknowledgedCount: 3),
                LogConsumer("hooks", floor: nil),
            ])
        }
        #expect(
            line(1)
                == "log group 1 is nearly full and can't be cut further: what consumer hooks has acknowledged is not known; consumer rows has not acknowledged 3 records, from position 7 on"
        )
        warnings.note([LogConsumer("rows", floor: nil)])
        #expect(line(60) == nil)
        #expect(line(61) == nil, "that was a round ago")
        #expect(
            line(62, "nobody answers")
                == "the consumers of log group 1 can't be listed, and nothing of it is cut: nobody answers")
    }

    @Test(
        "Whatever nodes have, two of them keep two checkpoints at or above the cut, or two and one if it is nearly full"
    )
    func invariant() {
        var generator = SplitMix64(seed: 17)
        func random(_ bound: UInt64) -> UInt64 { generator.next() % bound }
        for _ in 0..<20_000 {
            func anyone() -> ShardHoldings {
                var checkpoints = held((0..<random(4)).map { _ in random(100) }.sorted())
                for index in checkpoints.indices { checkpoints[index].isVerified = random(3) > 0 }
                return ShardHoldings(
                    role: ShardHoldings.Role(rawValue: UInt8(random(3)))!, applied: LogPosition(random(100)),
                    aged: LogPosition(random(100)), floor: random(4) == 0 ? LogPosition(random(100)) : nil,
                    checkpoints: checkpoints)
            }
            let own = anyone()
            let others = (0..<random(4)).map { _ in anyone() }
            let full = random(2) == 0
            guard case .success(let cut) = bound(own, others, full: full) else { continue }
            let counts = ([own] + others).map { holdings in
                holdings.checkpoints.count { $0.isVerified && $0.record.position >= cut }
            }
            #expect(counts.count { $0 >= 2 } >= (full ? 1 : 2))
            #expect(counts.count { $0 >= 1 } >= 2)
            #expect(([own] + others).allSatisfy { $0.floor.map { cut <= $0 } ?? true })
            if !full { #expect(others.allSatisfy { $0.role != .follower || cut <= $0.applied }) }
        }
    }

    @Test("The log is as old as it was seen to be")
    func ages() {
        var ages = LogAges(keep: .seconds(100))
        #expect(ages.aged(at: .seconds(500)) == nil)
        for second in 500..<2000 {
            ages.note(end: LogPosition(UInt64(second) * 10), at: .seconds(second))
            guard let aged = ages.aged(at: .seconds(second)) else {
                #expect(second < 600)
                continue
            }
            let age = second - Int(aged.value) / 10
            #expect((100...104).contains(age), "\(age)")
        }
        var none = LogAges(keep: .zero)
        none.note(end: LogPosition(5), at: .seconds(1))
        none.note(end: LogPosition(7), at: .seconds(1))
        #expect(none.aged(at: .seconds(1)) == LogPosition(7))
    }

    @Test("A group is nearly full at three quarters, and full where a sixteenth is left")
    func pressure() {
        #expect(LogPressure(byteCount: 74, of: 100) == .none)
        #expect(LogPressure(byteCount: 75, of: 100) == .nearlyFull)
        #expect(LogPressure(byteCount: 94, of: 100) == .full)
        #expect(LogPressure(byteCount: 1 << 40, of: nil) == .none)
    }
}
