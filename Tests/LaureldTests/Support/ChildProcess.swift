import Foundation

/// A process that a test started: what it prints is kept, and it is ended by its id.
final class ChildProcess: Sendable {
    let id: pid_t
    let output = ProcessOutput()

    /// Starts `arguments[0]` with nothing inherited but the environment, without Laurel's own variables.
    init(_ arguments: [String], environment more: [String: String] = [:], directory: String? = nil) throws {
        let ends = try Self.channel()
        defer { close(ends[1]) }
        // A file of another test that runs in this process, such as a lock, is not the child's: bash closes what it
        // inherited and becomes the child.
        let closing = #"for f in /proc/$$/fd/*; do n=${f##*/}; [ "$n" -le 2 ] || eval "exec $n>&-"; done; "#
        let starting = #"cd -- "$1" && shift && exec "$@""#
        id = try Self.spawn(
            ["/bin/bash", "-c", closing + starting, "bash", directory ?? "."] + arguments,
            environment: Self.environment(adding: more), input: nil, output: ends[1])
        Undertaker.shared.watch(id)
        let (output, readEnd) = (output, ends[0])
        Thread.detachNewThread { output.fill(from: readEnd) }
    }

    func signal(_ number: Int32) { kill(id, number) }

    /// Waits for the end of the process, kills it if that takes too long, and answers its status.
    @discardableResult
    func wait(seconds: Double = 60) throws -> Status {
        let ended = output.waitForEnd(seconds: seconds)
        if !ended { kill(id, SIGKILL) }
        var status: Int32 = 0
        while waitpid(id, &status, 0) == -1, errno == EINTR {}
        Undertaker.shared.forget(id)
        guard ended else { throw Failure("process \(id) did not end in \(seconds) s:\n\(output.text)") }
        return status & 0x7F == 0 ? .exited((status >> 8) & 0xFF) : .killed(status & 0x7F)
    }

    enum Status: Hashable {
        case exited(Int32)
        case killed(Int32)
    }

    /// Runs a command to its end.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], directory: String? = nil, seconds: Double = 60
    ) throws -> (status: Status, text: String) {
        let process = try ChildProcess(arguments, environment: environment, directory: directory)
        let status = try process.wait(seconds: seconds)
        return (status, process.output.text)
    }

    private static func environment(adding more: [String: String]) -> [String] {
        ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LAUREL_") }
            .merging(more) { $1 }.map { "\($0)=\($1)" }
    }

    /// Two connected ends that no child inherits.
    fileprivate static func channel() throws -> [Int32] {
        var ends: [Int32] = [-1, -1]
        // Not a pipe, which can't be made so in one step from here: another test may start a process in between.
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Failure("no channel: \(systemError())") }
        return ends
    }

    fileprivate static func spawn(
        _ arguments: [String], environment: [String], input: Int32?, output: Int32?, group: Bool = false
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        if let input { posix_spawn_file_actions_adddup2(&actions, input, 0) }
        if let output { posix_spawn_file_actions_adddup2(&actions, output, 1) }
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        if group { posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP)) }
        var argumentPointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        var environmentPointers: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) }
        argumentPointers.append(nil)
        environmentPointers.append(nil)
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        var id: pid_t = 0
        let error = posix_spawn(&id, arguments[0], &actions, &attributes, argumentPointers, environmentPointers)
        guard error == 0 else { throw Failure("\(arguments[0]) can't be started: \(systemError(error))") }
        return id
    }
}

/// What a process has printed so far, on both of its outputs.
///
/// Unchecked: everything mutable is touched only while `condition` is held.
final class ProcessOutput: @unchecked Sendable {
    private let condition = NSCondition()
    private var bytes: [UInt8] = []
    private var isAtEnd = false

    var text: String { condition.withLock { String(decoding: bytes, as: UTF8.self) } }

    /// Waits until `words` was printed, and answers the line that has it; nil if the process ended without.
    func line(containing words: String, seconds: Double = 60) -> String? {
        wait(seconds: seconds) {
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            // The last one may not be complete.
            return lines.dropLast().first { $0.contains(words) }.map(String.init)
        }
    }

    /// Waits until at least so many bytes were printed.
    func waitForBytes(_ count: Int, seconds: Double = 60) {
        let _: Bool? = wait(seconds: seconds) { bytes.count >= count ? true : nil }
    }

    func waitForEnd(seconds: Double) -> Bool { wait(seconds: seconds) { isAtEnd ? true : nil } ?? false }

    private func wait<Value>(seconds: Double, _ find: () -> Value?) -> Value? {
        condition.withLock {
            let deadline = Date(timeIntervalSinceNow: seconds)
            while true {
                if let value = find() { return value }
                if isAtEnd || !condition.wait(until: deadline) { return find() }
            }
        }
    }

    fileprivate func fill(from descriptor: Int32) {
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count == -1, errno == EINTR { continue }
            condition.withLock {
                if count > 0 { bytes += buffer[..<count] } else { isAtEnd = true }
                condition.broadcast()
            }
            if count <= 0 { return }
        }
    }
}

/// Kills what the tests started if they are themselves killed: a shell that outlives them by a moment.
private final class Undertaker: Sendable {
    static let shared = Undertaker()
    private let input: Int32

    private init() {
        // Reads "+ id" and "- id" until the tests are gone, however they went.
        let script = """
            ids=' '
            while read -r sign id; do
                if [ "$sign" = + ]; then ids="$ids$id "; else ids="${ids%% $id *} ${ids#* $id }"; fi
            done
            for id in $ids; do kill -9 "$id" 2>/dev/null; done
            """
        do {
            let ends = try ChildProcess.channel()
            // In a group of its own, so that what ends the group of the tests leaves it alive.
            _ = try ChildProcess.spawn(
                ["/bin/bash", "-c", script], environment: ["PATH=/usr/bin:/bin"], input: ends[0], output: nil,
                group: true)
            close(ends[0])
            input = ends[1]
        } catch {
            fatalError("\(error)")
        }
    }

    func watch(_ id: pid_t) { tell("+ \(id)\n") }
    func forget(_ id: pid_t) { tell("- \(id)\n") }

    private func tell(_ line: String) {
        let bytes = Array(line.utf8)
        _ = write(input, bytes, bytes.count)
    }
}
