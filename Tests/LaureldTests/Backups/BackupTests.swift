import Foundation
import TestSupport
import Testing

extension RealProcess {
    @Suite("Backups of a node", .timeLimit(.minutes(10)))
    struct BackupTests {
        private static let settings = Laureld.busySettings + ["shards=8"]

        /// Runs `body` with a node that has a leaderboard "b".
        private func withBoard(_ body: (AdminNode, Client, TemporaryDirectory) async throws -> Void) async throws {
            try await TemporaryDirectory.with { directory in
                let node = try AdminNode(directory, settings: ["shards=8"])
                let client = node.laureld.client()
                try client.createLeaderboard(Client.points("b"))
                try await body(node, client, directory)
            }
        }

        /// What a node made of a backup says of the board, with a check of its files before and after.
        private func ranking(of backup: String, in directory: TemporaryDirectory, _ more: String...) throws -> [Entry] {
            let data = directory.path + "/restored-\(UUID().uuidString)"
            let made = try AdminNode.run(
                ["restore", backup, "--to-directory", data] + more, directory: directory.path)
            #expect(made.code == 0, "\(made.output)\(made.complaint)")
            for name in ["pepper", "admin.key"] {
                try FileManager.default.copyItem(
                    atPath: "\(directory.path)/laurel-data/\(name)", toPath: "\(data)/\(name)")
            }
            let before = try verify(data)
            #expect(before.status == .exited(0), "\(before.text)")
            let laureld = try Laureld(data: data, settings: Self.settings)
            let entries = try laureld.client().ranking("b")
            // It goes on.
            try laureld.client().submit("b", "new", 1)
            #expect(try laureld.stop() == .exited(0))
            let after = try verify(data)
            #expect(after.status == .exited(0), "\(after.text)")
            return entries
        }

        private func verify(_ data: String) throws -> (status: ChildProcess.Status, text: String) {
            try ChildProcess.run(
                [builtProduct("laureld"), "verify", "--data-dir", data] + Self.settings.flatMap { ["--set", $0] })
        }

        private func backUp(_ node: AdminNode, _ more: String...) throws -> AdminNode.Outcome {
            try AdminNode.run(
                ["backup", "backup"] + more, environment: ["LAUREL_ADMIN": node.address], directory: node.directory)
        }

        @Test("A backup taken under writes has all that was acknowledged before it began, and nothing twice")
        func underWrites() async throws {
            try await withBoard { node, client, directory in
                for number in 0..<150 { try client.submit("b", "u\(number % 20)", 1) }
                let sent = Flag()
                let (port, key) = (node.laureld.port, node.laureld.key)
                let writer = Task.detached {
                    let client = Client(port: port, key: key)
                    var counts: [String: Int] = [:]
                    while !sent.isUp {
                        for number in 0..<20 {
                            try client.submit("b", "u\(number)", 1)
                            counts["u\(number)", default: 0] += 1
                        }
                    }
                    return counts
                }
                let outcome = try backUp(node)
                #expect(outcome.code == 0, "\(outcome.complaint)")
                let again = try backUp(node, "--full")
                #expect(again.code == 0, "\(again.complaint)")
                sent.raise()
                let more = try await writer.value
                #expect(try node.laureld.stop() == .exited(0))
                let entries = try ranking(of: "backup", in: directory)
                #expect(entries.count == 20)
                for entry in entries {
                    #expect(Int(entry.score) >= 7, "\(entry)")
                    #expect(Int(entry.score) <= 8 + more[entry.user, default: 0], "\(entry)")
                }
                let checked = try AdminNode.run(["backup", "verify", "backup"], directory: directory.path)
                #expect(checked.code == 0, "\(checked.complaint)")
            }
        }

        @Test("What was so at a moment between two backups is restored, and so are a single shard's records")
        func pointInTime() async throws {
            try await withBoard { node, client, directory in
                var tables: [[Entry]] = []
                var moments: [String] = []
                for round in 0..<3 {
                    for user in 0..<30 { try client.submit("b", "u\(user)", (user * 7 + round * 3) % 11 + 1) }
                    tables.append(try client.ranking("b"))
                    moments.append(try passingMillisecond())
                    let outcome = try backUp(node, round == 1 ? "--full" : "--no-verify")
                    #expect(outcome.code == 0, "\(outcome.complaint)")
                }
                #expect(try node.laureld.stop() == .exited(0))
                for round in 0..<3 {
                    #expect(try ranking(of: "backup", in: directory, "--at", moments[round]) == tables[round])
                }
                #expect(try ranking(of: "backup", in: directory) == tables[2])
                let early = try AdminNode.run(
                    ["restore", "backup", "--to-directory", "r", "--at", "2001-01-01T00:00:00Z", "--dry-run"],
                    directory: directory.path)
                // A shard whose first record it has had nothing then.
                #expect(early.code == 0 || early.complaint.contains("reaches back"), "\(early)")
                let late = try AdminNode.run(
                    ["restore", "backup", "--to-directory", "r", "--at", "2901-01-01T00:00:00Z"],
                    directory: directory.path)
                #expect(late.code == 1 && late.complaint.contains("and not of"), "\(late)")
                #expect(!FileManager.default.fileExists(atPath: directory.path + "/r"))
            }
        }

        /// A moment that is over: what comes has a later time.
        private func passingMillisecond() throws -> String {
            func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
            let moment = now()
            try eventually("the next millisecond") { now() > moment + 1 ? () : nil }
            let formatter = ISO8601DateFormatter()
            formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
            // Rounded up, by less than what has passed.
            return formatter.string(from: Date(timeIntervalSince1970: Double(moment) / 1000 + 0.0004))
        }

        @Test("The data directory of a node that has stopped is backed up as well")
        func offline() async throws {
            try await withBoard { node, client, directory in
                for user in 0..<40 { try client.submit("b", "u\(user)", user) }
                let table = try client.ranking("b")
                #expect(try node.laureld.stop() == .exited(0))
                let outcome = try AdminNode.run(
                    ["backup", "backup", "--data-dir", "laurel-data"], environment: ["LAUREL_SHARDS": "8"],
                    directory: directory.path)
                #expect(outcome.code == 0, "\(outcome)")
                #expect(try ranking(of: "backup", in: directory) == table)
            }
        }

        @Test("A backup that is killed is none; the next run goes on with what is whole")
        func killedBackup() async throws {
            try await withBoard { node, client, directory in
                for board in 0..<12 {
                    try client.createLeaderboard(Client.points("b\(board)"))
                    try client.submit("b\(board)", "u", 1)
                }
                try client.submit("b", "u", 5)
                let shards = directory.path + "/backup/shards"
                try eventually("there are checkpoints") {
                    let pieces = try client.submit("b", "u", 1)
                    return pieces.status == 200 && (try? backUp(node, "--full", "--no-verify").code) == 0
                        && FileManager.default.subpaths(atPath: shards)?.contains { $0.contains("checkpoint-") } == true
                        ? () : nil
                }
                try FileManager.default.removeItem(atPath: directory.path + "/backup")
                let slow = try ChildProcess(
                    [builtProduct("laurel"), "backup", "backup", "--rate", "1"],
                    environment: ["LAUREL_ADMIN": node.address], directory: directory.path)
                try eventually("it has begun") { FileManager.default.fileExists(atPath: shards) ? () : nil }
                slow.signal(SIGKILL)
                try slow.wait()
                for command in [["backup", "verify", "backup"], ["restore", "backup", "--to-directory", "r"]] {
                    let outcome = try AdminNode.run(command, directory: directory.path)
                    #expect(outcome.code != 0, "\(outcome)")
                    #expect(outcome.complaint.contains("is no whole backup"), "\(outcome)")
                }
                #expect(try backUp(node).code == 0)
                let table = try client.ranking("b")
                #expect(try node.laureld.stop() == .exited(0))
                #expect(try ranking(of: "backup", in: directory) == table)
            }
        }

        @Test("A restoration that is killed, or meets a full disk, leaves nothing that a node would start with")
        func killedRestoration() async throws {
            try await withBoard { node, client, directory in
                for user in 0..<20 { try client.submit("b", "u\(user)", user) }
                #expect(try backUp(node).code == 0)
                let table = try client.ranking("b")
                #expect(try node.laureld.stop() == .exited(0))
                let target = directory.path + "/r"
                let restoration = try ChildProcess(
                    [builtProduct("laureld"), "restore", "backup", "--to-directory", "r"], directory: directory.path)
                try eventually("it has begun") {
                    let files = FileManager.default
                    return files.fileExists(atPath: target + ".restoring") || files.fileExists(atPath: target)
                        ? () : nil
                }
                restoration.signal(SIGKILL)
                try restoration.wait()
                if FileManager.default.fileExists(atPath: target) {
                    // It was faster.
                    #expect(try verify(target).status == .exited(0))
                    try FileManager.default.removeItem(atPath: target)
                }
                #expect(try ranking(of: "backup", in: directory) == table)

                guard let disk = try Disk(.tmpfs, megabytes: 8) else { return }
                defer { disk.remove() }
                let full = try AdminNode.run(
                    ["restore", "backup", "--to-directory", disk.path + "/data"], directory: directory.path)
                #expect(full.code != 0, "\(full)")
                #expect(!FileManager.default.fileExists(atPath: disk.path + "/data"))
            }
        }

        @Test("A backup that meets a full disk is none, and says so")
        func fullDisk() async throws {
            try await withBoard { node, client, _ in
                guard let disk = try Disk(.tmpfs, megabytes: 2) else { return }
                defer { disk.remove() }
                let ballast = String(repeating: "x", count: 900)
                let lines = (0..<4000).map {
                    #"{"leaderboard":"b","user":"u\#($0)","score":1,"metadata":{"ballast":"\#(ballast)"}}"#
                }
                #expect(try client.upload(lines).status == 200)
                let outcome = try node.run("backup", disk.path + "/backup")
                #expect(outcome.code == 1, "\(outcome)")
                #expect(outcome.complaint.contains("No space left"), "\(outcome)")
                #expect(!FileManager.default.fileExists(atPath: disk.path + "/backup/manifest.json"))
                #expect(try node.laureld.stop() == .exited(0))
            }
        }

        @Test("A backup is not divided anew: who wants another number of shards is told what to do")
        func otherShards() async throws {
            try await withBoard { node, client, directory in
                try client.submit("b", "u", 1)
                #expect(try backUp(node).code == 0)
                #expect(try node.laureld.stop() == .exited(0))
                let file = directory.path + "/cluster.yaml"
                let lines = [
                    "cluster: test", "cluster-log: 127.0.0.1:1", "cluster-gossip: 127.0.0.1:1",
                    "cluster-listen: 127.0.0.1:2", "cluster-keys: none", "cluster-cleartext: true", "shards: 16",
                ]
                try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
                for more in [["--set", "shards=16"], ["--to-cluster", file]] {
                    let refused = try AdminNode.run(
                        ["restore", "backup", "--to-directory", "r"] + more, directory: directory.path)
                    #expect(refused.code == 1, "\(refused)")
                    #expect(refused.complaint.contains("Restore it with shards 8"), "\(refused)")
                    #expect(!FileManager.default.fileExists(atPath: directory.path + "/r"))
                }
                let made = try AdminNode.run(
                    ["restore", "backup", "--to-directory", "r", "--set", "shards=8"], directory: directory.path)
                #expect(made.code == 0, "\(made)")
                let started = try Laureld.refusal(data: directory.path + "/r", settings: ["shards=16"])
                #expect(started?.text.contains("set shards to 8") == true, "\(String(describing: started))")
            }
        }

        @Test("A changed byte in any file is found; nothing is restored over something, nor added to another's backup")
        func refusals() async throws {
            try await withBoard { node, client, directory in
                for user in 0..<20 { try client.submit("b", "u\(user)", user) }
                #expect(try backUp(node).code == 0)
                let backup = directory.path + "/backup/"
                let files = FileManager.default.subpaths(atPath: backup)!.sorted().filter {
                    (try? FileManager.default.attributesOfItem(atPath: backup + $0)[.type] as? FileAttributeType)
                        == .typeRegular
                }
                var random = SplitMix64(seed: 77)
                for file in files {
                    let whole = try Data(contentsOf: URL(filePath: backup + file))
                    for _ in 0..<3 {
                        var bytes = whole
                        bytes[random.below(bytes.count)] ^= UInt8(1 << random.below(8))
                        try bytes.write(to: URL(filePath: backup + file))
                        let outcome = try AdminNode.run(["backup", "verify", "backup"], directory: directory.path)
                        #expect(outcome.code == 1, "\(file): \(outcome)")
                    }
                    try whole.write(to: URL(filePath: backup + file))
                }
                #expect(try AdminNode.run(["backup", "verify", "backup"], directory: directory.path).code == 0)

                let over = try AdminNode.run(
                    ["restore", "backup", "--to-directory", "laurel-data"], directory: directory.path)
                #expect(over.code == 1 && over.complaint.contains("is not empty"), "\(over)")
                let foreign = try AdminNode.run(
                    ["backup", "laurel-data"], environment: ["LAUREL_ADMIN": node.address], directory: directory.path)
                #expect(foreign.code == 1 && foreign.complaint.contains("no directory of a backup"), "\(foreign)")
                #expect(try node.laureld.stop() == .exited(0))
                try FileManager.default.moveItem(
                    atPath: directory.path + "/laurel-data", toPath: directory.path + "/old")
                let other = try AdminNode(directory, settings: ["shards=8"])
                let mixed = try backUp(other)
                #expect(mixed.code == 1 && mixed.complaint.contains("is a backup of node"), "\(mixed)")
                #expect(try other.laureld.stop() == .exited(0))
            }
        }
    }
}

/// Goes up once.
private final class Flag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false
    var isUp: Bool { lock.withLock { value } }
    func raise() { lock.withLock { value = true } }
}
