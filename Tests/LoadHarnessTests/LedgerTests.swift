import LoadHarness
import Testing

@Suite("The ledger")
struct LedgerTests {
    private func ledger(_ body: (inout Ledger) -> Void) -> Ledger {
        var ledger = Ledger(board: "b", members: 4)
        body(&ledger)
        return ledger
    }

    @Test("What was acknowledged last is there, or it is lost")
    func acknowledged() {
        let ledger = ledger {
            $0.acknowledge(1, 5)
            $0.acknowledge(1, 9)
        }
        #expect(ledger.judge(1, found: 9) == .fine)
        // Canary: the checker fails where a write is lost.
        #expect(ledger.judge(1, found: 5) == .lost(expected: 9, found: 5))
        #expect(ledger.judge(1, found: nil) == .lost(expected: 9, found: nil))
        #expect(ledger.judge(1, found: 10) == .unexpected(found: 10))
        #expect(ledger.judge(2, found: nil) == .fine)
        #expect(ledger.judge(2, found: 3) == .unexpected(found: 3))
        #expect(ledger.acknowledgedCount == 2)
    }

    @Test("A write in doubt may be there or not, and a later acknowledged one settles it")
    func doubt() {
        var ledger = ledger {
            $0.acknowledge(1, 5)
            $0.doubt(1, 7)
            $0.doubt(1, 8)
        }
        #expect(ledger.judge(1, found: 5) == .fine)
        #expect(ledger.judge(1, found: 7) == .fineAfterDoubt)
        #expect(ledger.judge(1, found: 8) == .fineAfterDoubt)
        #expect(ledger.judge(1, found: 6) == .unexpected(found: 6))
        ledger.acknowledge(1, 9)
        #expect(ledger.inDoubt.isEmpty)
        #expect(ledger.judge(1, found: 8) == .lost(expected: 9, found: 8))
    }

    @Test("A member with too many open questions is written no more")
    func bounded() {
        var ledger = ledger { _ in }
        for score in 1...Ledger.inDoubtMax { ledger.doubt(2, score) }
        #expect(!ledger.canWrite(2))
        #expect(ledger.canWrite(1))
        ledger.acknowledge(2, 1000)
        #expect(ledger.canWrite(2))
    }

    @Test("Members of a later generation leave those of an earlier one as they were")
    func generations() {
        var ledger = ledger { $0.acknowledge(1, 5) }
        ledger.extend(by: 4)
        ledger.acknowledge(5, 8)
        #expect(ledger.acknowledged == [0, 5, 0, 0, 0, 8, 0, 0])
        #expect(ledger.judge(1, found: nil) == .lost(expected: 5, found: nil))
        #expect(ledger.judge(5, found: 8) == .fine)
    }

    @Test("A ledger survives in its file")
    func file() throws {
        let ledger = ledger {
            $0.acknowledge(0, 3)
            $0.acknowledge(2, 4)
            $0.doubt(2, 6)
            $0.doubt(2, 8)
            $0.doubt(3, 9)
        }
        let text = "laurel-ledger 1\nboard b\nmembers 4\nwrites 2 3\n0 3\n2 4 6,8\n3 0 9\n"
        #expect(ledger.text == text)
        #expect(try Ledger(text: text) == ledger)
    }

    @Test(
        "A damaged file is refused",
        arguments: [
            "", "hello", "laurel-ledger 2\nboard b\nmembers 4\nwrites 0 0\n",
            "laurel-ledger 1\nboard b\nmembers 0\nwrites 0 0\n",
            "laurel-ledger 1\nboard b\nmembers 4\nwrites 0\n", "laurel-ledger 1\nboard b\nmembers 4\nwrites 0 0\n4 1\n",
            "laurel-ledger 1\nboard b\nmembers 4\nwrites 0 0\n1 1 2,x\n",
            "laurel-ledger 1\nboard b\nmembers 4\nwrites 0 0\n1\n",
        ])
    func damaged(text: String) {
        #expect(throws: HarnessError.self) { try Ledger(text: text) }
    }

    @Test("Findings count, and keep the first examples only")
    func findings() {
        var findings = LedgerFindings()
        for member in 0..<30 { findings.note(member, .lost(expected: 5, found: nil)) }
        findings.note(30, .unexpected(found: 1))
        findings.note(31, .fineAfterDoubt)
        findings.note(32, .fine)
        #expect((findings.checked, findings.lost, findings.unexpected, findings.afterDoubt) == (33, 30, 1, 1))
        #expect(findings.examples.count == LedgerFindings.examplesMax)
        #expect(findings.examples[0] == "ledger-0: 5 was acknowledged, nothing is there")
        #expect(!findings.isClean)
    }
}
