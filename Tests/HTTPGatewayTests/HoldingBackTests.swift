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

    @Test("Those refused together are not let go together")
    func spread() async {
        let times = Mutex<[Duration]>([])
        let holding = HoldingBack(.milliseconds(100), countMax: 64) { time in times.withLock { $0.append(time) } }
        for _ in 0..<64 { await holding.hold() }
        let ends = times.withLock { $0.sorted() }
        #expect(ends.first! >= .milliseconds(50) && ends.last! < .milliseconds(150))
        for (earlier, later) in zip(ends, ends.dropFirst()) {
            #expect(later - earlier > .microseconds(500) && later - earlier < .milliseconds(4))
        }
    }

    @Test("With no time set nothing waits")
    func off() async {
        let count = Mutex(0)
        await HoldingBack(.zero, countMax: 1) { _ in count.withLock { $0 += 1 } }.hold()
        #expect(count.withLock { $0 } == 0)
    }
}
