import Foundation
import Testing
import TestSupport

extension RealProcess {
    @Suite("Start and stop")
    struct StartUpTests {
        @Test("A second process on the same directory is refused and told who has it")
        func secondProcess() async throws {
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/data"
                let laureld = try Laureld(data: data)
                let refusal = try #require(try Laureld.refusal(data: data))
                #expect(refusal.status == .exited(1))
                #expect(refusal.text.contains("the log is open in process \(laureld.process.id)"), "\(refusal)")
                let (status, text) = try Laureld.verify(data)
                #expect(status == .exited(1))
                #expect(text.contains("process \(laureld.process.id)"), "\(text)")
                #expect(try laureld.client().get("/v1/leaderboards").status == 200)
            }
        }

        @Test("All mistakes of file, environment and flags are reported together, and nothing starts")
        func mistakes() async throws {
            try await TemporaryDirectory.with { directory in
                let file = directory.path + "/laurel.yaml"
                try "shards: many\ncolour: red\n".write(toFile: file, atomically: false, encoding: .utf8)
                let data = directory.path + "/data"
                let process = try ChildProcess(
                    [
                        try Laureld.binary(), "--config", file, "--data-dir", data, "--http", "nowhere", "--set",
                        "checkpoint-seconds=0", "--set", "tea=green",
                    ], environment: ["LAUREL_SHARDZ": "4", "LAUREL_HTTP_IDLE_SECONDS": "-1"])
                #expect(try process.wait() == .exited(1))
                let text = process.output.text
                #expect(text.contains("7 mistakes"), "\(text)")
                for mistake in [
                    "laurel.yaml: shards: 'many'", "laurel.yaml: colour: there is no such setting", "--http: 'nowhere'",
                    "--checkpoint-seconds: '0'", "--tea: there is no such setting",
                    "LAUREL_SHARDZ: there is no such setting", "LAUREL_HTTP_IDLE_SECONDS: '-1'",
                ] {
                    #expect(text.contains(mistake), "\(text)")
                }
                #expect(!FileManager.default.fileExists(atPath: data))
            }
        }

        @Test("A flag wins over the environment, and that over the file")
        func precedence() async throws {
            try await TemporaryDirectory.with { directory in
                let file = directory.path + "/laurel.yaml"
                let folders = ["file", "environment", "flag"].map { directory.path + "/" + $0 }
                try "data-dir: \(folders[0])\nshards: 2\n".write(toFile: file, atomically: false, encoding: .utf8)
                var arguments = [try Laureld.binary(), "--config", file, "--http", "127.0.0.1:0"]
                for (index, folder) in folders.enumerated() {
                    if index == 2 { arguments += ["--data-dir", folder] }
                    let process = try ChildProcess(
                        arguments, environment: index == 0 ? [:] : ["LAUREL_DATA_DIR": folders[1]])
                    #expect(process.output.line(containing: "data in \(folder)") != nil, "\(process.output.text)")
                    process.signal(SIGTERM)
                    #expect(try process.wait() == .exited(0))
                    let identity = try String(contentsOfFile: folder + "/node.yaml", encoding: .utf8)
                    #expect(identity.contains("shards: 2\n"))
                }
            }
        }

        @Test("The admin key is for its owner's eyes only, printed once, and stays the same")
        func adminKey() async throws {
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/data"
                let first = try Laureld(data: data)
                var status = stat()
                #expect(stat(data + "/admin.key", &status) == 0)
                #expect(status.st_mode & 0o777 == 0o600)
                #expect(first.key.wholeMatch(of: /lrl_live_[0-9A-Za-z]{38}/) != nil)
                #expect(first.process.output.text.components(separatedBy: first.key).count == 2)
                try first.kill()
                let second = try Laureld(data: data)
                #expect(second.key == first.key)
                #expect(!second.process.output.text.contains("lrl_live_"))
                #expect(try second.client().get("/v1/leaderboards").status == 200)
            }
        }

        @Test("The pepper is for its owner's eyes only, and neither it nor the key is ever printed again")
        func pepper() async throws {
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/data"
                let first = try Laureld(data: data, settings: Laureld.busySettings + ["log-level=trace"])
                let pepper = try String(contentsOfFile: data + "/pepper", encoding: .utf8).prefix(64)
                #expect(pepper.wholeMatch(of: /[0-9a-f]{64}/) != nil)
                var status = stat()
                #expect(stat(data + "/pepper", &status) == 0)
                #expect(status.st_mode & 0o777 == 0o600)
                #expect(try first.client().get("/v1/leaderboards").status == 200)
                #expect(try Client(port: first.port, key: first.key + "x").get("/v1/leaderboards").status == 401)
                #expect(try first.stop() == .exited(0))
                let output = first.process.output.text
                #expect(!output.contains(pepper))
                #expect(output.components(separatedBy: first.key).count == 2)

                let mistake = try #require(
                    try Laureld.refusal(data: data, settings: ["pepper=\(pepper)0", "control=mysql://u:secret@h/d"]))
                #expect(mistake.text.contains("2 mistakes"))
                #expect(!mistake.text.contains(pepper))
                #expect(!mistake.text.contains("secret@"))
            }
        }

        @Test("A key of an older Laurel is named, with what to do, and another is made once it is moved away")
        func olderKey() async throws {
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/data"
                let first = try Laureld(data: data)
                try first.client().createLeaderboard(#"{"id":"a"}"#)
                #expect(try first.stop() == .exited(0))
                let old = "lb_live_" + String(repeating: "A", count: 38)
                try old.write(toFile: data + "/admin.key", atomically: false, encoding: .utf8)
                let refusal = try #require(try Laureld.refusal(data: data))
                #expect(refusal.status == .exited(1))
                #expect(refusal.text.contains("holds a key of an older Laurel"))
                #expect(refusal.text.contains("Move the file away"))
                #expect(!refusal.text.contains(old))
                try FileManager.default.removeItem(atPath: data + "/admin.key")
                let second = try Laureld(data: data)
                #expect(try second.client().get("/v1/leaderboards/a").status == 200)
                // Both are valid until one is revoked.
                #expect(try Client(port: second.port, key: first.key).get("/v1/leaderboards/a").status == 200)
            }
        }

        @Test("A port in use and another number of shards are named, and there is no start")
        func refusals() async throws {
            try await TemporaryDirectory.with { directory in
                let first = try Laureld(data: directory.path + "/first")
                let other = directory.path + "/other"
                let process = try ChildProcess(
                    [try Laureld.binary(), "--data-dir", other, "--http", "127.0.0.1:\(first.port)"])
                #expect(try process.wait() == .exited(1))
                let text = process.output.text
                #expect(text.contains("Address already in use"), "\(text)")
                try first.kill()

                let shards = try Laureld.refusal(
                    data: directory.path + "/first", settings: Laureld.busySettings + ["shards=8"])
                let refusal = try #require(shards)
                #expect(refusal.status == .exited(1))
                #expect(refusal.text.contains("was made with 256 shards, and 8 are configured"), "\(refusal)")
            }
        }

        @Test("A start that is refused while clients already knock says why")
        func refusedUnderLoad() async throws {
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/data"
                let laureld = try Laureld(data: data)
                try laureld.client().createLeaderboard(#"{"id":"a"}"#)
                try laureld.client().submit("a", "ann", 1)
                #expect(try laureld.stop() == .exited(0))
                // Checkpoints without their log: found out after the node listens.
                try FileManager.default.removeItem(atPath: data + "/log")
                for _ in 0..<6 {
                    let process = try Laureld.launch(data: data, environment: ["SWIFT_BACKTRACE": "enable=no"])
                    let port = try Laureld.port(of: process)
                    await withTaskGroup { group in
                        for _ in 0..<4 {
                            group.addTask {
                                for _ in 0..<100_000 { guard (try? HTTPConnection(port: port)) != nil else { return } }
                            }
                        }
                    }
                    let status = try process.wait()
                    let text = process.output.text
                    // The reason must not be lost in a crash of the server that is stopped while it accepts.
                    #expect(status == .exited(1))
                    #expect(text.contains("the log ends before position"), "\(text.prefix(1000))")
                }
            }
        }

        @Test("SIGTERM and SIGINT end it with 0 while requests are in flight", arguments: [SIGTERM, SIGINT])
        func stop(signal: Int32) async throws {
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/data"
                _ = try Torture(data: data, seed: 1)
                let laureld = try Laureld(data: data)
                let ledger = SharedLedger(Ledger())
                let surprises = await Load.run(
                    on: laureld, ledger: ledger, round: 0, seed: 9,
                    end: Load.End(afterSubmissions: 1500, moment: .afterSending) { laureld.process.signal(signal) })
                #expect(surprises == [])
                #expect(try laureld.process.wait() == .exited(0))
                #expect(laureld.process.output.text.contains("Laurel has stopped."))

                let again = try Laureld(data: data)
                let state = try TortureState(again.client())
                #expect(state.contradictions == [])
                // What was sent with a key and not answered is of no interest here.
                let keyed = Set(ledger.value.pending.flatMap(\.request.submissions).map { Ledger.Account($0) })
                #expect(ledger.value.problems(in: state, exceptFor: keyed) == [])
            }
        }
    }
}
