import Testing

@testable import Tenancy

@Suite struct HoldingTimesTests {
    @Test("Those refused together are not let go together")
    func spread() {
        let times = HoldingTimes(.milliseconds(100))
        let ends = (0..<64).compactMap { _ in times.next() }.sorted()
        #expect(ends.first! >= .milliseconds(50) && ends.last! < .milliseconds(150))
        for (earlier, later) in zip(ends, ends.dropFirst()) {
            #expect(later - earlier > .microseconds(500) && later - earlier < .milliseconds(4))
        }
    }

    @Test("With no time set nobody waits")
    func off() { #expect(HoldingTimes(.zero).next() == nil) }
}
