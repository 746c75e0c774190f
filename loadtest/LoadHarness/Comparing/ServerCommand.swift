internal import Foundation

/// A server that takes part in a comparison: one that runs, or a command that starts it.
package struct ServerSpecification: Hashable, Sendable {
    package enum Place: Hashable, Sendable {
        case running(Target)
        /// With `{port}` and `{dir}` in it.
        case command(String)
    }

    package var name: String
    package var place: Place
    /// A key, or `@FILE` with `{dir}` in it.
    package var key: String?

    /// `NAME=redis://…`, `NAME=http://…` or `NAME=COMMAND`.
    package init(_ text: String, keys: [String: String]) throws(HarnessError) {
        guard let match = text.wholeMatch(of: /([A-Za-z0-9_.-]{1,40})=(.+)/) else {
            throw HarnessError("'\(text)' is no server: say NAME=ADDRESS or NAME=COMMAND")
        }
        name = String(match.1)
        key = keys[name]
        let rest = String(match.2)
        if rest.contains(/^(redis|resp|http):\/\//) {
            let key: [String]
            if let text = self.key { key = [try Self.resolve(text, directory: ".")] } else { key = [] }
            place = .running(try Target(rest, keys: key))
        } else {
            guard rest.contains("{port}") else { throw HarnessError("\(name): the command does not say {port}") }
            place = .command(rest)
        }
    }

    /// `NAME=KEY` of a flag.
    package static func keys(_ texts: [String]) throws(HarnessError) -> [String: String] {
        var keys: [String: String] = [:]
        for text in texts {
            guard let match = text.wholeMatch(of: /([^=]+)=(.+)/) else {
                throw HarnessError("'\(text)' is no key of a server: say NAME=KEY or NAME=@FILE")
            }
            keys[String(match.1)] = String(match.2)
        }
        return keys
    }

    static func resolve(_ key: String, directory: String) throws(HarnessError) -> String {
        let key = key.replacing("{dir}", with: directory)
        return key.hasPrefix("@") ? try KeyFile.read(String(key.dropFirst())) : key
    }
}

/// Splits a command as a shell would, as far as quotes go, without handing it to one.
package func splitCommand(_ text: String) -> [String] {
    var words: [String] = []
    var word = ""
    var isWord = false
    var quote: Character?
    for character in text {
        if let open = quote {
            if character == open { quote = nil } else { word.append(character) }
        } else if character == "\"" || character == "'" {
            quote = character
            isWord = true
        } else if character == " " {
            if isWord { words.append(word) }
            (word, isWord) = ("", false)
        } else {
            word.append(character)
            isWord = true
        }
    }
    return isWord ? words + [word] : words
}

/// A server that the harness started and ends, by its id.
package final class ServerProcess {
    package let name: String
    package private(set) var target: Target
    private let specification: ServerSpecification
    private let command: [String]
    private let directory: String
    private let core: Int?
    private var process: Process?

    /// Starts it, and waits until it answers.
    package init(_ specification: ServerSpecification, command: String, directory: String, core: Int?) throws {
        name = specification.name
        self.specification = specification
        self.directory = directory
        self.core = core
        let port = try Socket.freePort()
        target = Target(wire: .resp, host: "127.0.0.1", port: port)
        var words = splitCommand(command).map {
            $0.replacing("{port}", with: "\(port)").replacing("{dir}", with: directory)
        }
        // It runs in a folder of its own, and is named as seen from here.
        if let program = words.first, program.contains("/"), !program.hasPrefix("/") {
            words[0] = FileManager.default.currentDirectoryPath + "/" + program
        }
        self.command = words
        try launch()
        // Not by PING, which a server may answer that still reads its data.
        try waitUntilReady { !(try $0.ask("EXISTS", "lb").isError) }
    }

    deinit { kill() }

    private var logPath: String { directory + "/output.txt" }

    package func launch() throws {
        let process = Process()
        var words = core.map { ["taskset", "-c", "\($0)"] } ?? []
        // So that it does not outlive this process, however that ends.
        words = ["setpriv", "--pdeathsig", "TERM"] + words + command
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.currentDirectoryURL = URL(filePath: directory)
        guard FileManager.default.createFile(atPath: logPath, contents: nil),
            let log = FileHandle(forWritingAtPath: logPath)
        else { throw HarnessError("\(logPath) can't be written") }
        process.standardOutput = log
        process.standardError = log
        process.standardInput = FileHandle.nullDevice
        Self.unblockSignals()
        do { try process.run() } catch { throw HarnessError("\(name) can't be started: \(error)") }
        self.process = process
    }

    /// How long a server may take until it answers; ten million members have to be read.
    static let startSecondsMax = 300.0

    /// Asks again until `isReady` says so. Errors until then mean that it is not up yet.
    package func waitUntilReady(_ isReady: (Question) throws -> Bool) throws {
        let deadline = Date(timeIntervalSinceNow: Self.startSecondsMax)
        var last = "no answer"
        while Date() < deadline {
            guard process?.isRunning == true else {
                throw HarnessError("\(name) ended: \((try? readText(logPath)).map { String($0.suffix(500)) } ?? "")")
            }
            do {
                var target = target
                if let key = specification.key {
                    target.keys = [try ServerSpecification.resolve(key, directory: directory)]
                }
                let question = try Question(target)
                while Date() < deadline {
                    if try isReady(question) {
                        self.target = target
                        return
                    }
                    usleep(2000)
                }
            } catch {
                last = "\(error)"
                usleep(2000)
            }
        }
        throw HarnessError("\(name) is not ready: \(last)")
    }

    /// Memory that it has, in bytes.
    package func residentBytes() -> Int {
        guard let id = process?.processIdentifier, let text = try? readText("/proc/\(id)/status"),
            let match = text.firstMatch(of: /VmRSS:\s+([0-9]+)/), let kibibytes = Int(match.1)
        else { return 0 }
        return kibibytes * 1024
    }

    /// Whoever started the harness may have blocked signals, and a server that inherits that can't be asked to stop.
    private static func unblockSignals() {
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
    }

    /// How long a server may take to stop; it may have a last checkpoint to take.
    static let stopSecondsMax = 120.0

    /// Asks it to stop, and waits until it has.
    package func stop() throws {
        guard let process else { return }
        process.terminate()
        let deadline = Date(timeIntervalSinceNow: Self.stopSecondsMax)
        while process.isRunning {
            guard Date() < deadline else {
                kill()
                throw HarnessError("\(name) does not stop when it is asked to")
            }
            usleep(2000)
        }
        self.process = nil
    }

    package func kill() {
        guard let process, process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }
}
