import Foundation
package import NATSClient
import Synchronization
package import TestSupport

/// One real nats-server of a test, on ports of its own. `.ci/install-nats` has laid the program into `.build-nats`.
package final class NATSServer: Sendable {
    package let name: String
    package let port: Int
    package let directory: String
    package let configuration: String
    private let environment: [String: String]
    private let process = Mutex<ServerProcess?>(nil)

    package static let program = repository + "/.build-nats/nats-server"
    package static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// - Parameter configuration: text of a configuration file, which names its port `$PORT`.
    package convenience init(_ configuration: String, in directory: TemporaryDirectory, name: String = "server") throws
    {
        let path = "\(directory.path)/\(name).conf"
        let port = try freePort()
        try configuration.replacing("$PORT", with: "\(port)").write(toFile: path, atomically: true, encoding: .utf8)
        try self.init(name: name, port: port, configuration: path, environment: [:], directory: directory.path)
    }

    package init(
        name: String, port: Int, configuration: String, environment: [String: String], directory: String
    ) throws {
        (self.name, self.port, self.directory) = (name, port, directory)
        (self.configuration, self.environment) = (configuration, environment)
        guard FileManager.default.isExecutableFile(atPath: Self.program) else {
            throw SupportError("there is no \(Self.program): .ci/install-nats fetches it")
        }
        try start()
    }

    package var address: ServerAddress { ServerAddress(host: "127.0.0.1", port: port) }
    package var log: String {
        (try? String(contentsOfFile: "\(directory)/\(name).log", encoding: .utf8)) ?? ""
    }
    package var isRunning: Bool { process.withLock { $0?.isRunning ?? false } }

    /// Starts it again after its end. It takes connections a moment later.
    package func start() throws {
        let new = try ServerProcess(
            [Self.program, "-c", configuration], environment: environment, output: "\(directory)/\(name).log",
            directory: directory)
        process.withLock { $0 = new }
    }

    package func kill() { process.withLock { $0.take() }?.kill() }
    package func terminate() { process.withLock { $0.take() }?.terminate() }
    package func pause() { process.withLock { $0?.pause() } }
    package func resume() { process.withLock { $0?.resume() } }
}
