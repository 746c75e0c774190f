import Leaderboards
import Testing

@testable import AdminAPI

@Suite struct FailureLimitTests {
    private let start = Office.start

    @Test("So many failures a minute are answered as such, further ones are told when to come again")
    func limit() {
        var limit = FailureLimit(perMinute: 3)
        for _ in 0..<3 { #expect(limit.failure(from: "a", at: start) == nil) }
        #expect(limit.failure(from: "a", at: start) == 20)
        #expect(limit.failure(from: "b", at: start) == nil)
        #expect(limit.failure(from: "a", at: start.advanced(by: .seconds(19))) == 1)
        #expect(limit.failure(from: "a", at: start.advanced(by: .seconds(21))) == nil)
        #expect(limit.failure(from: "a", at: start.advanced(by: .seconds(21))) != nil)
        for _ in 0..<3 { #expect(limit.failure(from: "a", at: start.advanced(by: .seconds(600))) == nil) }
    }

    @Test("A clock that goes back gives nothing away, and takes nothing")
    func backwards() {
        var limit = FailureLimit(perMinute: 1)
        #expect(limit.failure(from: "a", at: start) == nil)
        #expect(limit.failure(from: "a", at: start.advanced(by: .seconds(-100))) == 60)
    }

    @Test("Addresses beyond the bound share one allowance, and those that rest are forgotten")
    func bound() {
        var limit = FailureLimit(perMinute: 1)
        for index in 0..<FailureLimit.addressCountMax { #expect(limit.failure(from: "a\(index)", at: start) == nil) }
        #expect(limit.failure(from: "b", at: start) == nil)
        #expect(limit.failure(from: "c", at: start) != nil)
        #expect(limit.failure(from: "c", at: start.advanced(by: .seconds(61))) == nil)
        #expect(limit.failure(from: "d", at: start.advanced(by: .seconds(61))) == nil)
    }
}
