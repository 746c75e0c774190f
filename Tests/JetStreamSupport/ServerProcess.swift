import Foundation
import Synchronization

/// A program that a test started below a shell that reads from us: if this process ends in whatever way, so does the
/// program. It is stopped, continued and killed by its id.
package final class ServerProcess: Sendable {
    private let shell: pid_t
    private let channel: Int32
    private let id: pid_t
    private let isEnded = Mutex(false)

    /// - Parameters:
    ///   - output: the file that it writes its log to.
    ///   - directory: removed if this process ends before the program.
    package init(
        _ arguments: [String], environment: [String: String], output: String, directory: String
    ) throws {
        // The program must hold none of our files: a socket of another test would stay open.
        let script = """
            trap '' TERM INT HUP
            output=$1; directory=$2; shift 2
            for f in /proc/$$/fd/*; do n=${f##*/}; [ "$n" -le 2 ] || eval "exec $n>&-" 2>/dev/null; done
            (trap - TERM INT HUP; exec "$@") >>"$output" 2>&1 </dev/null & server=$!
            echo $server
            read -r word
            [ "$word" = term ] && kill -TERM $server && kill -CONT $server || kill -KILL $server
            wait $server
            # Servers that share the directory may still be on their way out.
            [ -n "$word" ] || for i in {1..50}; do rm -rf "$directory" 2>/dev/null; [ -e "$directory" ] || break; done
            """
        var ends: [Int32] = [-1, -1]
        // Not a pipe, which can't be made in one step so that no other child inherits it.
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw SupportError("no channel") }
        channel = ends[0]
        defer { close(ends[1]) }
        let environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        shell = try Self.spawn(
            ["/bin/bash", "-c", script, "bash", output, directory] + arguments, environment, channel: ends[1])
        guard let id = Self.number(from: channel) else {
            close(channel)
            throw SupportError("\(arguments[0]) did not start")
        }
        self.id = id
    }

    deinit { kill() }

    package var isRunning: Bool { !isEnded.withLock { $0 } && Foundation.kill(id, 0) == 0 }

    package func pause() { _ = Foundation.kill(id, SIGSTOP) }
    package func resume() { _ = Foundation.kill(id, SIGCONT) }

    /// As a crash ends it. Returns once it is gone.
    package func kill() { end(saying: "kill\n") }

    /// Asks it to stop. Returns once it has.
    package func terminate() { end(saying: "term\n") }

    private func end(saying word: String) {
        let wasEnded = isEnded.withLock { isEnded in
            defer { isEnded = true }
            return isEnded
        }
        guard !wasEnded else { return }
        let bytes = Array(word.utf8)
        _ = send(channel, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        var status: Int32 = 0
        while waitpid(shell, &status, 0) == -1, errno == EINTR {}
        close(channel)
    }

    private static func spawn(_ arguments: [String], _ environment: [String], channel: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, channel, 0)
        posix_spawn_file_actions_adddup2(&actions, channel, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var argumentPointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        var environmentPointers: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) }
        argumentPointers.append(nil)
        environmentPointers.append(nil)
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        var id: pid_t = 0
        guard posix_spawn(&id, arguments[0], &actions, nil, argumentPointers, environmentPointers) == 0 else {
            throw SupportError("\(arguments[0]) can't be started")
        }
        return id
    }

    /// A line with a number.
    private static func number(from channel: Int32) -> pid_t? {
        var text = ""
        var byte: UInt8 = 0
        while read(channel, &byte, 1) == 1, byte != 0x0A { text.unicodeScalars.append(Unicode.Scalar(byte)) }
        return pid_t(text)
    }
}

/// Why a test can't go on.
package struct SupportError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Asks again until `body` answers something, for so long at most.
///
/// The pause only keeps an answer of "not yet" from taking the processor away from the process that is asked.
package func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(30), _ body: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now + limit
    while true {
        if let value = try await body() { return value }
        if ContinuousClock.now > end { throw SupportError("never happened: \(what)") }
        try? await Task.sleep(for: .milliseconds(20))
    }
}
