import ArgumentParser
import Foundation
import Leaderboards
import NIOPosix
import NodeRuntime
import Logging
import RocksDBCheckpoints
import UringLog

/// `laureld verify`: checks every record, every hash chain and every checkpoint of a node that does not run.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check every record, hash chain and checkpoint. The node must not run.")

    @OptionGroup var options: CommonOptions

    func run() throws {
        let settings = try options.settings()
        let isSound = try runBlocking { try await verify(settings) }
        if !isSound { throw ExitCode(1) }
    }

    private func verify(_ settings: Settings) async throws -> Bool {
        let console = Console()
        guard FileManager.default.fileExists(atPath: settings.dataDirectory + "/node.yaml") else {
            throw StartError("\(settings.dataDirectory) is not a data directory of Laurel")
        }
        let directory = try DataDirectory(settings)
        let log = try SegmentedLog.verify(directory: directory.logPath)
        for damage in log.damages { console.say("log: \(damage)") }
        console.say(
            "log: \(log.summary.records) records of \(log.lastPositions.count) shards, \(log.damages.count) damages")
        let store = try directory.openStore()
        defer { store.close() }
        let pieces = try store.verify()
        for problem in pieces.problems { console.say("checkpoints: \(problem.description)") }
        console.say("checkpoints: \(pieces.pieceCount) pieces, \(pieces.problemCount) damages")
        guard log.damages.isEmpty, pieces.problemCount == 0 else {
            console.say("The data is damaged.")
            return false
        }
        let opened = try directory.openLog(settings) { _ in }
        let report = await OfflineVerification(
            log: opened, store: store,
            configuration: directory.nodeConfiguration(settings, incarnation: opened.openCount)
        ).run { console.say($0) }
        await opened.close()
        console.say(report.isSound ? "The data is sound." : "The data is damaged.")
        return report.isSound
    }
}
