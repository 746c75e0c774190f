import NIOCore
import TestSupport
import Testing

@testable import NodeLink

@Suite("Calls under way")
struct CallTableTests {
    private func table(countMax: Int = 4, byteCountMax: Int = 100) -> CallTable<Int, Int> {
        CallTable(countMax: countMax, byteCountMax: byteCountMax)
    }

    private func time(_ milliseconds: UInt64) -> NIODeadline { .uptimeNanoseconds(milliseconds * 1_000_000) }

    private func sent(_ calls: inout CallTable<Int, Int>) -> [Int64] {
        var numbers: [Int64] = []
        calls.takeUnsent { number, _ in numbers.append(number) }
        return numbers
    }

    @Test("Calls are bounded in number and bytes")
    func bounds() {
        var calls = table()
        let first = (0..<5).map { calls.add($0, 0, byteCount: 10, until: time(9)) }
        #expect(first == [true, true, true, true, false])
        let ended = calls.end(1)
        #expect(ended == 0)
        let more = [71, 70].map { calls.add(6, 0, byteCount: $0, until: time(9)) }
        #expect(more == [false, true])
        #expect(calls.byteCount == 100)
    }

    @Test("A call alone may be larger than all together, or it could never be made")
    func largeCall() {
        var calls = table()
        let taken = [1000, 1].map { calls.add(1, 0, byteCount: $0, until: time(9)) }
        #expect(taken == [true, false])
    }

    @Test("Who was not sent when its time was up is never sent")
    func expiry() {
        var calls = table()
        _ = calls.add(1, 0, byteCount: 1, until: time(10))
        var numbers = sent(&calls)
        #expect(numbers == [1])
        _ = calls.add(2, 0, byteCount: 1, until: time(10))
        _ = calls.add(3, 0, byteCount: 1, until: time(20))
        #expect(calls.nextDeadline == time(10))
        let ended = calls.expire(at: time(10))
        #expect(ended.map(\.token) == [1, 2])
        #expect(ended.map(\.wasSent) == [true, false])
        numbers = sent(&calls)
        #expect(numbers == [3])
        // The answer comes late: nobody waits for it.
        let late = calls.end(1)
        #expect(late == nil)
        let rest = calls.endAll().map(\.token)
        #expect(rest == [3])
        #expect(calls.count == 0)
        #expect(calls.byteCount == 0)
    }

    @Test("Whatever happens, each call ends exactly once", arguments: 0..<20)
    func exactlyOnce(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var calls = table(countMax: 50, byteCountMax: 5000)
        var endings: [Int: Int] = [:]
        var now: UInt64 = 0
        var numbers: [Int64] = []
        for token in 0..<500 {
            let deadline = time(now + UInt64(random.below(30)))
            if calls.add(token, token, byteCount: random.below(200), until: deadline) {
                numbers.append(Int64(numbers.count + 1))
            } else {
                endings[token, default: 0] += 1
            }
            switch random.below(8) {
            case 0: _ = sent(&calls)
            case 1: for call in calls.endAll() { endings[call.token, default: 0] += 1 }
            case 2...4:
                if let number = numbers.randomElement(using: &random), let token = calls.end(number) {
                    endings[token, default: 0] += 1
                }
            default:
                now += UInt64(random.below(5))
                for call in calls.expire(at: time(now)) { endings[call.token, default: 0] += 1 }
            }
        }
        for call in calls.endAll() { endings[call.token, default: 0] += 1 }
        #expect(endings.count == 500)
        #expect(endings.values.allSatisfy { $0 == 1 })
        #expect(calls.byteCount == 0)
    }
}
