import Foundation

/// Why a test can't go on.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

func systemError(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

/// Asks again until `body` answers something, for half a minute at most.
///
/// The pause only keeps an answer of "not yet" from taking the processor away from the process that is asked.
func eventually<Value>(_ what: String, _ body: () throws -> Value?) throws -> Value {
    for _ in 0..<1500 {
        if let value = try body() { return value }
        usleep(20_000)
    }
    throw Failure("never happened: \(what)")
}
