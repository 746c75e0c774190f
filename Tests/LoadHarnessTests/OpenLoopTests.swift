import LoadHarness
import Testing

/// A server on paper: a millisecond for each request, and once a second in which it does nothing.
private struct StallingServer {
    static let service: Int64 = 1_000_000
    static let stall: ClosedRange<Int64> = 5_000_000_000...6_000_000_000

    func answerTime(_ sent: Int64) -> Int64 {
        (Self.stall.contains(sent) ? Self.stall.upperBound : sent) + Self.service
    }
}

@Suite("Coordinated omission")
struct OpenLoopTests {
    private func queue(rate: Double, seconds: Double, waitingMax: Int = OpenLoopQueue.waitingMax) -> OpenLoopQueue {
        var scenario = Scenario()
        scenario.arrivals = .constant
        scenario.rate = rate
        scenario.durationSeconds = seconds
        return OpenLoopQueue(ArrivalSchedule(scenario), waitingMax: waitingMax)
    }

    @Test("A server that stalls for a second shows it in the percentiles, since requests are due all the same")
    func openLoop() {
        var queue = queue(rate: 500, seconds: 20)
        var latencies = LatencyHistogram()
        var now: Int64 = 0
        // One connection: the next request leaves when the last one is answered.
        while !queue.isFinished {
            queue.advance(to: now)
            guard let request = queue.take() else {
                now = queue.nextDue ?? now
                continue
            }
            now = StallingServer().answerTime(now)
            latencies.record(now - request.scheduled)
        }
        #expect(latencies.count == 10_000)
        // Half a thousand requests fell due in the stall, and as many again while the queue was worked off.
        #expect(latencies.percentile(95) > 400_000)
        #expect(latencies.percentile(99) > 800_000)
        #expect(latencies.percentile(50) < 1100)
    }

    @Test("Canary: the same server, asked only when it has answered, hides its stall")
    func closedLoop() {
        var latencies = LatencyHistogram()
        var now: Int64 = 0
        while now < 20_000_000_000 {
            let answered = StallingServer().answerTime(now)
            latencies.record(answered - now)
            now = answered
        }
        #expect(latencies.percentile(99.9) < 1100)
        #expect(latencies.percentile(100) > 900_000)
    }

    @Test("Requests leave in the order of their times, each once")
    func order() {
        var queue = queue(rate: 1000, seconds: 5)
        queue.advance(to: 2_000_000_000)
        #expect(queue.waiting == 2000)
        var taken: [Int] = []
        for _ in 0..<1500 { taken.append(queue.take()!.number) }
        queue.advance(to: 5_000_000_000)
        while let request = queue.take() { taken.append(request.number) }
        #expect(taken == Array(0..<5000))
        #expect(queue.isFinished)
        #expect(queue.scheduledCount == 5000)
    }

    @Test("What finds the queue full is counted, and never sent")
    func full() {
        var queue = queue(rate: 1000, seconds: 5, waitingMax: 100)
        queue.advance(to: 1_000_000_000)
        #expect(queue.waiting == 100)
        #expect(queue.droppedCount == 900)
        _ = queue.take()
        queue.advance(to: 1_002_000_000)
        #expect(queue.waiting == 100)
        #expect(queue.take()?.number == 1)
    }
}
