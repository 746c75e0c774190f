import Foundation

/// A directory that a test has for itself, and removes.
struct TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/laureld-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure("no temporary directory: \(systemError())") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Runs `body` with a directory that is removed afterwards.
    static func with<Result>(_ body: (TemporaryDirectory) async throws -> Result) async throws -> Result {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        return try await body(directory)
    }
}

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
