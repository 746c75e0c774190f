import Foundation
import TestSupport

/// A real redis-server without persistence, on a free port.
final class RedisServer {
    let port: Int
    private let process: ChildProcess

    init(directory: String, port chosen: Int? = nil) throws {
        port = try chosen ?? freePort()
        process = try ChildProcess(
            [
                "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir",
                directory,
            ],
            environment: [:], directory: nil)
        guard process.output.line(containing: "Ready to accept connections") != nil else {
            throw Failure("redis-server did not start: \(process.output.text)")
        }
    }

    /// It has nothing to lose, and may have inherited that other signals wait.
    func stop() throws {
        process.signal(SIGKILL)
        try process.wait()
    }

    deinit { process.signal(SIGKILL) }
}

extension Laureld {
    /// Where it speaks Redis.
    func redisPort() throws -> Int {
        guard let line = process.output.line(containing: "Laurel speaks Redis on "),
            let port = line.firstMatch(of: /:([0-9]+)/).flatMap({ Int($0.1) })
        else { throw Failure("it does not speak Redis") }
        return port
    }

    /// What redis-cli prints.
    func cli(_ arguments: String...) throws -> String { try cli(arguments, key: key) }

    func cli(_ arguments: [String], key: String?) throws -> String {
        let login = key.map { ["-a", $0, "--no-auth-warning"] } ?? []
        return try ChildProcess.run(["redis-cli", "-p", "\(try redisPort())"] + login + arguments).text
    }

    /// What redis-cli prints if it reads `input`.
    func cli(input: String, _ arguments: [String]) throws -> String {
        let file = dataDirectory + "-input"
        try input.write(toFile: file, atomically: false, encoding: .utf8)
        defer { unlink(file) }
        let command = ["redis-cli", "-p", "\(try redisPort())", "-a", key, "--no-auth-warning"] + arguments
        return try ChildProcess.run(["/bin/bash", "-c", #"exec "${@:2}" <"$1""#, "bash", file] + command).text
    }

    /// Connected Redis clients, the one that asks for it among them.
    func clientCount() throws -> Int {
        let text = try cli("info")
        guard let count = text.firstMatch(of: /connected_clients:([0-9]+)/).flatMap({ Int($0.1) }) else {
            throw Failure("no count of clients in '\(text)'")
        }
        return count
    }

    /// Bytes of memory it takes, and has taken at most.
    func memory() throws -> (now: Int, peak: Int) {
        let text = try String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)
        guard let now = text.firstMatch(of: /VmRSS:\s+([0-9]+) kB/).flatMap({ Int($0.1) }),
            let peak = text.firstMatch(of: /VmHWM:\s+([0-9]+) kB/).flatMap({ Int($0.1) })
        else { throw Failure("no sizes in '\(text)'") }
        return (now << 10, peak << 10)
    }
}
