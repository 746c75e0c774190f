import Foundation

/// Why a test can't go on.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

func systemError(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

/// Asks again until `body` answers something, for three minutes at most, on a machine that may be busy.
///
/// The pause only keeps an answer of "not yet" from taking the processor away from the process that is asked.
func eventually<Value>(_ what: String, _ body: () throws -> Value?) throws -> Value {
    let end = ContinuousClock.now + .seconds(180)
    while true {
        if let value = try body() { return value }
        if ContinuousClock.now > end { throw Failure("never happened: \(what)") }
        usleep(20_000)
    }
}
