import Histories
import Testing

@Suite("Accounts of operations")
struct OperationAccountsTests {
    private let accounts: OperationAccounts<String> = {
        var accounts = OperationAccounts<String>()
        accounts.enter("a", .acknowledged)
        accounts.enter("b", .unknown)
        accounts.enter("c", .refused)
        return accounts
    }()

    @Test("What was acknowledged must be there, what is unknown may be")
    func right() {
        #expect(accounts.findings(in: ["a": 1]).isClean)
        #expect(accounts.findings(in: ["a": 1, "b": 1]).isClean)
    }

    @Test("A lost write, one done twice, one that was refused and one that nobody sent are told apart")
    func wrong() {
        #expect(accounts.findings(in: [:]).lost == ["a"])
        #expect(accounts.findings(in: ["a": 2, "b": 1]).twice == ["a"])
        #expect(accounts.findings(in: ["a": 1, "b": 2]).twice == ["b"])
        #expect(accounts.findings(in: ["a": 1, "c": 1]).denied == ["c"])
        #expect(accounts.findings(in: ["a": 1, "d": 1]).strange == ["d"])
        #expect("\(accounts.findings(in: ["c": 1]))" == "1 lost (a) 1 refused and there (c) ")
    }
}

@Suite("Hashes of replicas")
struct ReplicaHashesTests {
    private func mark(_ replica: String, _ number: UInt64, _ hash: String, shard: Int = 1) -> ReplicaMark {
        ReplicaMark(replica: replica, shard: shard, number: number, hash: hash)
    }

    @Test("Replicas at equal records must have equal states; at others they may differ")
    func hashes() {
        let right = [mark("x", 1, "p"), mark("y", 1, "p"), mark("x", 2, "q"), mark("z", 2, "r", shard: 2)]
        #expect(ReplicaHashes.problems(right) == [])
        #expect(ReplicaHashes.comparedCount(right) == 1)
        #expect(ReplicaHashes.problems(right + [mark("y", 2, "r")]) == ["shard 1 at record 2: x q, y r"])
    }
}

@Suite("A scan of the log")
struct LogScanTests {
    /// Two owners, one after the other.
    private func records() -> [ScannedRecord] {
        (1...8).map { number in
            let isSecond = number > 4
            return ScannedRecord(
                shard: 1, position: UInt64(10 * number), number: UInt64(number), epoch: isSecond ? 2 : 1,
                writer: .init(node: isSecond ? 2 : 1, incarnation: 7), isClaim: number == 1 || number == 5,
                previousHash: "h\(number - 1)", hash: "h\(number)", operations: ["op\(number)"])
        }
    }

    private func problems(_ change: (inout [ScannedRecord]) -> Void) -> [String] {
        var records = records()
        change(&records)
        return LogScan(records).problems
    }

    @Test("A log in order has no problems, even if its beginning was given back")
    func right() {
        #expect(problems { _ in } == [])
        #expect(problems { $0.removeFirst(2) } == [])
        var mixed = records()
        mixed += records().map { record in
            var other = record
            other.shard = 2
            other.position += 5
            return other
        }
        #expect(LogScan(mixed.sorted { $0.position < $1.position }).problems == [])
        #expect(LogScan(records()).claimCount == 2)
    }

    @Test("I1: an epoch that falls, rises without a claim, skips one, or has another writer, is found")
    func epochs() {
        #expect(problems { $0[6].epoch = 1 }.first?.contains("I1: epoch 1 after 2") == true)
        #expect(problems { $0[2].epoch = 2 }.first?.contains("I1: epoch 2 without a claim") == true)
        #expect(problems { $0[4].epoch = 3 }.first?.contains("I1: it claims 3 after 1") == true)
        #expect(problems { $0[6].writer.node = 1 }.first?.contains("I1: ") == true)
        #expect(problems { $0[6].writer.incarnation = 8 }.first?.contains("I1: ") == true)
        #expect(problems { $0[0].isClaim = false } == ["shard 1, record 1 at 10: the first record is no claim"])
    }

    @Test("I2: a gap, a doubled record, a fork and a changed record are found")
    func chains() {
        #expect(problems { $0.remove(at: 3) }.isEmpty == false)
        #expect(problems { $0.insert($0[3], at: 4) }.isEmpty == false)
        #expect(problems { $0[6].hash = "other" } == ["shard 1, record 8 at 80: I2: it does not continue other"])
        // The deposed owner's next record, beside the claim that follows the same one.
        let fork = problems { records in
            var stale = records[3]
            stale.number = 5
            stale.position = 55
            stale.previousHash = "h4"
            stale.hash = "stale"
            records.insert(stale, at: 5)
        }
        #expect(fork.count == 2)
    }

    @Test("I3: what was acknowledged and is in no record, or in two, is found")
    func acknowledged() {
        var accounts = OperationAccounts<String>()
        for number in 1...8 { accounts.enter("op\(number)", .acknowledged) }
        accounts.enter("op9", .unknown)
        #expect(LogScan(records()).findings(accounts).isClean)
        var lossy = records()
        lossy[2].operations = []
        lossy[3].operations = ["op4", "op4"]
        let found = LogScan(lossy).findings(accounts)
        #expect(found.lost == ["op3"] && found.twice == ["op4"])
    }
}
