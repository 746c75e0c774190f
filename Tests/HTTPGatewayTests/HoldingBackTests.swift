import Synchronization
import Testing

@testable import HTTPGateway

@Suite struct HoldingBackTests {
    @Test("Refusals are held back for the time that is set, and no more of them at once than may be")
    func bounded() async {
        let (held, release) = AsyncStream.makeStream(of: Duration.self)
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let holding = HoldingBack(.milliseconds(100), countMax: 1) { time in
            release.yield(time)
            for await _ in ends { break }
        }
        await withDiscardingTaskGroup { group in
            group.addTask { await holding.hold() }
            var times = held.makeAsyncIterator()
            #expect(await times.next() == .milliseconds(50))
            // One is held: the next goes out at once, or this would never return.
            await holding.hold()
            end.finish()
        }
        release.finish()
    }

    @Test("With no time set nothing waits")
    func off() async {
        let count = Mutex(0)
        await HoldingBack(.zero, countMax: 1) { _ in count.withLock { $0 += 1 } }.hold()
        #expect(count.withLock { $0 } == 0)
    }
}
