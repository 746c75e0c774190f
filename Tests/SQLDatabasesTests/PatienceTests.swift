import ControlPlane
import Testing

@testable import SQLDatabases

struct BackoffTests {
    private let start = ContinuousClock.now

    @Test func `While all is well, any number of connections may be made`() {
        var backoff = Backoff(bounds: .milliseconds(100) ... .seconds(5))
        let answers = (0..<10).map { _ in backoff.mayTry(at: start) }
        #expect(!answers.contains(false))
        backoff.succeeded()
        let later = backoff.mayTry(at: start)
        #expect(later)
    }

    @Test func `After failures one attempt at a time is made, further and further apart`() {
        var backoff = Backoff(bounds: .milliseconds(100) ... .seconds(1))
        var now = start
        for wait in [100, 200, 400, 800, 1000, 1000] {
            backoff.failed(at: now, chance: 1)
            let tooEarly = backoff.mayTry(at: now + .milliseconds(wait - 1))
            now += .milliseconds(wait)
            let inTime = backoff.mayTry(at: now)
            let besideAnother = backoff.mayTry(at: now)
            #expect([tooEarly, inTime, besideAnother] == [false, true, false], "\(wait)")
        }
        backoff.succeeded()
        let afterSuccess = backoff.mayTry(at: now)
        backoff.failed(at: now, chance: 1)
        let anew = backoff.mayTry(at: now + .milliseconds(100))
        #expect([afterSuccess, anew] == [true, true])
    }

    @Test func `Nodes that failed together don't come back together`() {
        let waits = [0, 0.5, 1].map { chance in
            var backoff = Backoff(bounds: .milliseconds(100) ... .seconds(1))
            backoff.failed(at: start, chance: chance)
            return (0...100).first { backoff.mayTry(at: start + .milliseconds($0)) }
        }
        #expect(waits == [50, 75, 100])
    }
}

struct AttemptsTests {
    @Test func `Collisions are tried again so many times, with longer pauses`() {
        var attempts = Attempts()
        let pauses = (0..<6).map { _ in attempts.pause(after: .collision, chance: 1) }
        #expect(
            pauses == [.milliseconds(10), .milliseconds(20), .milliseconds(40), .milliseconds(80), nil, nil])
    }

    @Test func `A lost connection is replaced once`() {
        var attempts = Attempts()
        let pauses = (0..<2).map { _ in attempts.pause(after: .lost(""), chance: 1) }
        #expect(pauses == [.zero, nil])
    }

    @Test(arguments: [SQLError.exists, .ownerMissing, .unavailable(""), .failed(""), .refused(.conflict(""))])
    func `Other errors stand`(_ error: SQLError) {
        var attempts = Attempts()
        let pause = attempts.pause(after: error, chance: 1)
        #expect(pause == nil)
    }
}

struct SQLErrorTests {
    @Test(arguments: [
        ("23505", SQLError.exists), ("23503", .ownerMissing), ("40001", .collision), ("40P01", .collision),
        ("57P01", .lost("Postgres: m (57P01)")), ("08006", .lost("Postgres: m (08006)")),
        ("25006", .lost("Postgres: m (25006)")), ("57014", .unavailable("Postgres: m (57014)")),
        ("53100", .unavailable("Postgres: m (53100)")), ("42P01", .failed("Postgres: m (42P01)")),
        ("22003", .failed("Postgres: m (22003)")),
    ])
    func `Postgres's errors say what the caller can do`(_ state: String, _ error: SQLError) {
        #expect(PostgresResult.error(state: state, message: "m") == error)
    }

    @Test func `What a row does not hold is told`() throws {
        var row = SQLRow([.text("12"), .integer(13), .null, .text("x"), .integer(1)])
        let numbers = [try row.integer(), try row.integer()]
        #expect(numbers == [12, 13])
        #expect(throws: SQLError.failed("column 3 of a row is null")) { _ = try row.text() }
        #expect(throws: SQLError.failed("column 4 of a row is no number")) { _ = try row.integer() }
        let flag = try row.flag()
        #expect(flag)
        #expect(throws: SQLError.failed("column 6 of a row is missing")) { _ = try row.optionalText() }
    }
}
