import Sharding
import Testing

@testable import NodeRuntime

@Suite("Routes")
struct RouteTests {
    private func route(isRepeatable: Bool = false, seconds: Int64 = 5) -> Route {
        Route(from: 1, deadline: .seconds(seconds), isRepeatable: isRepeatable)
    }

    @Test("A request is forwarded at most twice in a row, then it waits and begins at home")
    func hops() {
        var route = route()
        #expect(route.step(after: .moved(to: 2), from: nil, at: .zero, spread: 0) == .node(2))
        #expect(route.step(after: .moved(to: 3), from: 2, at: .zero, spread: 0) == .node(3))
        #expect(route.step(after: .moved(to: 4), from: 3, at: .zero, spread: 0) == .wait(.milliseconds(10)))
        #expect(route.step(after: .moved(to: 2), from: nil, at: .zero, spread: 0) == .node(2))
    }

    @Test("Nodes that name each other, or this one, or themselves, make no loop")
    func loops() {
        for named: UInt64 in [1, 2] {
            var route = route()
            #expect(route.step(after: .moved(to: 2), from: nil, at: .zero, spread: 0) == .node(2))
            #expect(route.step(after: .moved(to: named), from: 2, at: .zero, spread: 0) == .wait(.milliseconds(10)))
        }
        var route = route()
        #expect(route.step(after: .moved(to: 1), from: nil, at: .zero, spread: 0) == .wait(.milliseconds(10)))
    }

    @Test("Waits double up to a bound, with a spread, and end with the deadline")
    func waits() {
        var route = route(seconds: 1)
        var waits: [Duration] = []
        for _ in 0..<7 {
            guard case .wait(let time) = route.step(after: .moved(to: nil), from: nil, at: .zero, spread: 1) else {
                break
            }
            waits.append(time)
        }
        #expect(waits == [20, 40, 80, 160, 320, 400, 400].map { .milliseconds($0) })
        #expect(
            route.step(after: .moved(to: nil), from: nil, at: .milliseconds(990), spread: 1) == .wait(.milliseconds(10))
        )
        let end = route.step(after: .moved(to: nil), from: nil, at: .seconds(1), spread: 1)
        #expect(end == .fail(.unavailable("no node owns the shard at the moment", retryAfter: 1)))
    }

    @Test("What may have been done is done again only if that makes no difference")
    func unknownOutcomes() {
        var once = route()
        #expect(
            once.step(after: .outcomeUnknown("lost"), from: 2, at: .zero, spread: 0) == .fail(.outcomeUnknown("lost")))
        var often = route(isRepeatable: true)
        #expect(
            often.step(after: .outcomeUnknown("lost"), from: 2, at: .zero, spread: 0) == .wait(.milliseconds(10)))
        #expect(
            often.step(after: .outcomeUnknown("lost"), from: 2, at: .seconds(5), spread: 0)
                == .fail(.outcomeUnknown("lost")))
    }

    @Test("What an earlier attempt may have done is not denied because a later one was turned away")
    func doubt() {
        let turnedAway = [
            ServiceError.unavailable("x", retryAfter: 1), .overloaded(retryAfter: 1), .noSpace, .moved(to: 2),
        ]
        var doubt = Doubt()
        for error in turnedAway { #expect(doubt.last(doubt.noting(error)) == error) }
        let lost = ServiceError.outcomeUnknown("lost")
        #expect(doubt.noting(lost) == lost)
        for error in turnedAway { #expect(doubt.last(doubt.noting(error)) == lost) }
        #expect(doubt.last(.refused(.unknownUser)) == .refused(.unknownUser))
    }

    @Test("A refusal, a full node and a damaged shard are answers; another node that stops is a reason to wait")
    func answers() {
        for error in [
            ServiceError.refused(.unknownUser), .overloaded(retryAfter: 1), .noSpace, .corrupted("x"),
        ] {
            var route = route(isRepeatable: true)
            #expect(route.step(after: error, from: 2, at: .zero, spread: 0) == .fail(error))
        }
        let stopping = ServiceError.unavailable("stopping", retryAfter: 2)
        var route = route()
        #expect(route.step(after: stopping, from: 2, at: .zero, spread: 0) == .wait(.milliseconds(10)))
        #expect(route.step(after: stopping, from: nil, at: .zero, spread: 0) == .fail(stopping))
    }

    @Test("The budget for what is sent again is bounded, and grows with what is sent at all")
    func budget() {
        var budget = RetryBudget()
        var count = 0
        while budget.takeOne() { count += 1 }
        #expect(count == 1000)
        for _ in 0..<50 { budget.noteFirst() }
        count = 0
        while budget.takeOne() { count += 1 }
        #expect((9...10).contains(count))
        for _ in 0..<3 { budget.giveBack() }
        count = 0
        while budget.takeOne() { count += 1 }
        #expect(count == 3)
    }
}
