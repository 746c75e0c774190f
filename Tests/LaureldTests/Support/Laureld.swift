import Foundation
import Synchronization

/// A running laureld.
final class Laureld: Sendable {
    let process: ChildProcess
    let port: Int
    let dataDirectory: String
    let key: String

    /// Files and times so small that checkpoints are taken and the log is cut while a test runs. A stop waits for
    /// requests that never become whole, so it does not wait long.
    static let busySettings = [
        "checkpoint-bytes=1048576", "checkpoint-seconds=1", "log-segment-bytes=16777216", "shutdown-seconds=2",
    ]
    /// All is in the log, and only there, until the node is asked to stop.
    static let logOnly = ["log-segment-bytes=16777216"]

    /// Starts a node and waits until it serves.
    init(
        data: String, settings: [String] = busySettings, environment: [String: String] = [:], directory: String? = nil
    ) throws {
        process = try Self.launch(data: data, settings: settings, environment: environment, directory: directory)
        dataDirectory = data
        port = try Self.port(of: process)
        key = try String(contentsOfFile: data + "/admin.key", encoding: .utf8).trimmingCharacters(in: .newlines)
        let (port, process) = (port, process)
        // It listens before it has recovered, and may find out only then that it can't serve.
        if process.output.line(containing: "Recovered: ") == nil {
            throw Refusal(status: try process.wait(), text: process.output.text)
        }
        try eventually("laureld is ready") {
            do {
                let connection = try HTTPConnection(port: port)
                try connection.send(HTTPConnection.request("GET", "/readyz", headers: [], body: nil))
                return try connection.receive().status == 200 ? () : nil
            } catch {
                throw Refusal(status: try process.wait(), text: process.output.text)
            }
        }
    }

    deinit { try? kill() }

    /// Starts a node and waits for nothing.
    ///
    /// - Parameter command: a program that becomes the node, such as `unshare`
    static func launch(
        data: String, settings: [String] = busySettings, environment: [String: String] = [:], directory: String? = nil,
        command: [String] = []
    ) throws -> ChildProcess {
        try ChildProcess(
            command + [binary(), "--data-dir", data, "--http", "127.0.0.1:0"] + settings.flatMap { ["--set", $0] },
            environment: environment, directory: directory)
    }

    /// The port that a node has printed.
    static func port(of process: ChildProcess) throws -> Int {
        guard let line = process.output.line(containing: "Laurel listens on http://") else {
            let status = try process.wait()
            throw Refusal(status: status, text: process.output.text)
        }
        guard let port = line.firstMatch(of: /:([0-9]+),/).flatMap({ Int($0.1) }) else {
            throw Failure("no port in '\(line)'")
        }
        return port
    }

    /// A start that ended before any leaderboard was served.
    struct Refusal: Error, CustomStringConvertible {
        let status: ChildProcess.Status
        let text: String

        var description: String { "laureld did not start (\(status)): \(text)" }
    }

    /// Starts a node that is expected not to start, and answers what it says; nil if it starts all the same.
    static func refusal(data: String, settings: [String] = busySettings) throws -> Refusal? {
        do {
            let laureld = try Laureld(data: data, settings: settings)
            try laureld.kill()
            return nil
        } catch let refusal as Refusal {
            return refusal
        }
    }

    static func verify(_ data: String) throws -> (status: ChildProcess.Status, text: String) {
        let settings = busySettings.flatMap { ["--set", $0] }
        return try ChildProcess.run([binary(), "verify", "--data-dir", data] + settings)
    }

    func client() -> Client { Client(port: port, key: key) }

    /// `kill -9`.
    func kill() throws {
        try hasEnded.onlyOnce {
            process.signal(SIGKILL)
            try process.wait()
        }
    }

    /// Asks it to stop, and answers its status.
    func stop() throws -> ChildProcess.Status {
        var status: ChildProcess.Status?
        try hasEnded.onlyOnce {
            process.signal(SIGTERM)
            status = try process.wait()
        }
        guard let status else { throw Failure("it had ended") }
        return status
    }

    private let hasEnded = Once()

    /// The `laureld` of the same build as the tests, or `LAURELD_BINARY`.
    static func binary() throws -> String {
        try ProcessInfo.processInfo.environment["LAURELD_BINARY"] ?? builtProduct("laureld")
    }
}

/// An executable of the same build as the tests.
func builtProduct(_ name: String) throws -> String {
    let running = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    var folder = (running as NSString).deletingLastPathComponent
    while folder.count > 1 {
        let candidate = folder + "/" + name
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue {
            return candidate
        }
        folder = (folder as NSString).deletingLastPathComponent
    }
    throw Failure("\(name) is not built: run swift build")
}

/// Something that must not be done twice, such as ending a process whose id may since belong to another.
private final class Once: Sendable {
    private let isDone = Mutex(false)

    func onlyOnce(_ body: () throws -> Void) throws {
        let isFirst = isDone.withLock { isDone in
            defer { isDone = true }
            return !isDone
        }
        if isFirst { try body() }
    }
}
