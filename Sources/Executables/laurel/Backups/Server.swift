import Foundation

/// `laureld`, which does what needs the engine. It lies beside this command, or in the PATH.
enum Server {
    /// Becomes laureld.
    static func become(_ arguments: [String]) throws -> Never {
        let path = try path()
        var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        argv.append(nil)
        execv(path, argv)
        throw Failure(.unavailable, "\(path) can't be run: \(String(cString: strerror(errno)))")
    }

    /// Runs it to its end.
    static func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: try path())
        process.arguments = arguments
        do { try process.run() } catch { throw Failure(.unavailable, "laureld can't be run: \(error)") }
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw Failure(.refused, "laureld \(arguments[0]) has failed; see above.")
        }
    }

    private static func path() throws -> String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let folders =
            [URL(filePath: own).deletingLastPathComponent().path()]
            + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        for folder in folders where FileManager.default.isExecutableFile(atPath: folder + "/laureld") {
            return folder + "/laureld"
        }
        throw Failure(.unavailable, "laureld is neither beside this command nor in the PATH, and it does this part.")
    }
}
