import AccessSupport
import Admission
import ControlPlane
import Leaderboards
import Testing

@testable import Tenancy

@Suite struct RateTests {
    private func figures(_ verdict: Gatekeeper.Verdict) -> (isAdmitted: Bool, figures: RateFigures?) {
        switch verdict {
        case .admitted(_, let figures): (true, figures)
        case .denied(.rateLimited(let figures)): (false, figures)
        default: (false, nil)
        }
    }

    @Test("Beyond a limit a request is refused with the exact time to wait, and comes through then")
    func exactWait() async throws {
        let place = AccessPlace()
        var settings = ProjectSettings()
        settings.rate = Rate(requests: 10, seconds: 1, burst: 2)
        try await place.addProject("games", settings)
        let key = try await place.addKey(1, of: "games").text
        let request = AccessRequest(credential: key, scope: .read)
        #expect(figures(place.gatekeeper.judge(request)).figures?.remaining == 1)
        #expect(figures(place.gatekeeper.judge(request)).figures?.remaining == 0)
        let refused = figures(place.gatekeeper.judge(request))
        #expect(!refused.isAdmitted)
        #expect(refused.figures?.subject == .project)
        #expect(refused.figures?.retryAfterNanoseconds == 100_000_000)
        #expect(refused.figures?.retryAfterSeconds == 1)
        place.clock.advance(bySeconds: 0.099)
        #expect(!figures(place.gatekeeper.judge(request)).isAdmitted)
        place.clock.advance(bySeconds: 0.001)
        #expect(figures(place.gatekeeper.judge(request)).isAdmitted)
    }

    @Test("The project's own rate is never above its plan's, and a key's own comes instead of the project's for keys")
    func precedence() async throws {
        let place = AccessPlace()
        let plan = Plan(
            id: PlanID("small")!, name: "Small", quota: Quota(rate: Rate(requests: 5, seconds: 1, burst: 5)))
        var settings = ProjectSettings()
        settings.rate = Rate(requests: 100, seconds: 1, burst: 100)
        settings.keyRate = Rate(requests: 3, seconds: 1, burst: 3)
        try await place.addProject("games", on: plan, settings)
        let usual = try await place.addKey(1, of: "games").text
        let own = try await place.addKey(2, of: "games", rate: Rate(requests: 9, seconds: 1, burst: 9)).text
        for left in [2, 1, 0] {
            let answer = figures(place.gatekeeper.judge(.init(credential: usual, scope: .read)))
            #expect(answer.figures?.subject == .key)
            #expect(answer.figures?.remaining == left)
        }
        #expect(figures(place.gatekeeper.judge(.init(credential: usual, scope: .read))).figures?.subject == .key)
        for _ in 0..<2 { #expect(figures(place.gatekeeper.judge(.init(credential: own, scope: .read))).isAdmitted) }
        #expect(figures(place.gatekeeper.judge(.init(credential: own, scope: .read))).figures?.subject == .project)
    }

    @Test("Addresses are counted each by itself, and of version 6 each /64")
    func addresses() async throws {
        let place = AccessPlace()
        var settings = ProjectSettings()
        settings.addressRate = Rate(requests: 1, seconds: 1, burst: 1)
        try await place.addProject("games", settings)
        let key = try await place.addKey(1, of: "games").text
        func isAdmitted(_ address: String) -> Bool {
            figures(place.gatekeeper.judge(.init(credential: key, address: IPAddress(address), scope: .read)))
                .isAdmitted
        }
        #expect(isAdmitted("10.0.0.1"))
        #expect(!isAdmitted("::ffff:10.0.0.1"))
        #expect(isAdmitted("10.0.0.2"))
        #expect(isAdmitted("2001:db8::1"))
        #expect(!isAdmitted("2001:db8::2"))
        #expect(isAdmitted("2001:db8:0:1::2"))
    }

    @Test("What may not be done is counted as well")
    func forbiddenCounts() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        let key = try await place.addKey(1, of: "games", [.read], rate: Rate(requests: 1, seconds: 1, burst: 1)).text
        #expect(place.gatekeeper.denial(key, .admin) == .missingScope(.admin))
        guard case .rateLimited = place.gatekeeper.denial(key) else {
            Issue.record("not counted")
            return
        }
    }

    @Test("Of many commands as many are let in as there is room for, by the tightest of the limits")
    func upTo() async throws {
        let place = AccessPlace()
        var settings = ProjectSettings()
        settings.rate = Rate(requests: 100, seconds: 1, burst: 50)
        settings.keyRate = Rate(requests: 100, seconds: 1, burst: 20)
        try await place.addProject("games", settings)
        let key = try await place.addKey(1, of: "games").text
        let pass = try place.gatekeeper.open(key, from: nil).get()
        let first = place.gatekeeper.charge(pass, upTo: 15)
        #expect(first.count == 15 && first.denial == nil)
        let second = place.gatekeeper.charge(pass, upTo: 1000)
        #expect(second.count == 5)
        guard case .rateLimited(let figures) = second.denial else {
            Issue.record("nothing was said")
            return
        }
        #expect(figures.subject == .key)
        #expect(place.gatekeeper.charge(pass, upTo: 1).count == 0)
        place.clock.advance(bySeconds: 0.01)
        #expect(place.gatekeeper.charge(pass, upTo: 7).count == 1)
    }

    @Test("Rates beyond what can be counted are cut down to that, and what is no rate is none")
    func extremes() {
        #expect(Rate(requests: 10_000_000, seconds: 1, burst: 10_000_000).limit?.requests == 1_000_000)
        #expect(Rate(requests: 1, seconds: 86_400, burst: 10_000_000).limit?.burst == 30)
        #expect(Rate(requests: 0, seconds: 1, burst: 1).limit == nil)
    }
}
