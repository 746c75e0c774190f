import NIOCore
import TestSupport
import Testing

@testable import NodeLink

@Suite("Calls under way")
struct CallTableTests {
    private let request = ByteBuffer(string: "x")

    private func table(countMax: Int = 4, byteCountMax: Int = 100) -> CallTable<Int> {
        CallTable(countMax: countMax, byteCountMax: byteCountMax)
    }

    private func time(_ milliseconds: UInt64) -> NIODeadline { .uptimeNanoseconds(milliseconds * 1_000_000) }

    @Test("Calls are bounded in number and bytes")
    func bounds() {
        var calls = table()
        for number in 0..<4 { #expect(calls.add(number, byteCount: 10, until: time(9)) { _ in request }) }
        #expect(!calls.add(4, byteCount: 10, until: time(9)) { _ in request })
        #expect(calls.end(1) == 0)
        #expect(!calls.add(5, byteCount: 71, until: time(9)) { _ in request })
        #expect(calls.add(6, byteCount: 70, until: time(9)) { _ in request })
        #expect(calls.byteCount == 100)
    }

    @Test("A call alone may be larger than all together, or it could never be made")
    func largeCall() {
        var calls = table()
        #expect(calls.add(1, byteCount: 1000, until: time(9)) { _ in request })
        #expect(!calls.add(2, byteCount: 1, until: time(9)) { _ in request })
    }

    @Test("Who was not sent when its time was up is never sent")
    func expiry() {
        var calls = table()
        _ = calls.add(1, byteCount: 1, until: time(10)) { _ in request }
        #expect(calls.takeUnsent().count == 1)
        _ = calls.add(2, byteCount: 1, until: time(10)) { _ in request }
        _ = calls.add(3, byteCount: 1, until: time(20)) { _ in request }
        #expect(calls.nextDeadline == time(10))
        let ended = calls.expire(at: time(10))
        #expect(ended.map(\.token) == [1, 2])
        #expect(ended.map(\.wasSent) == [true, false])
        #expect(calls.takeUnsent().count == 1)
        // The answer comes late: nobody waits for it.
        #expect(calls.end(1) == nil)
        #expect(calls.endAll().map(\.token) == [3])
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
            let isTaken = calls.add(token, byteCount: random.below(200), until: time(now + UInt64(random.below(30)))) {
                numbers.append($0)
                return request
            }
            if !isTaken { endings[token, default: 0] += 1 }
            switch random.below(8) {
            case 0: _ = calls.takeUnsent()
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
