import Foundation
import PostgresSupport
import Testing
import TestSupport

extension RealProcess {
    @Suite("A node whose control database goes away")
    struct ControlOutageTests {
        private static let definition =
            #"{"id":"race","columns":[{"name":"points","type":"integer","order":"desc","operator":"sum"}]}"#

        @Test("Postgres is killed under load: scores and reads go on with a known key, and it heals by itself")
        func killed() async throws {
            try await TemporaryDirectory.with { directory in
                let server = try TestServer()
                defer { server.stop() }
                // The password comes by the environment: the process list has no secrets.
                let laureld = try Laureld(
                    data: directory.path + "/laurel-data", settings: Laureld.busySettings + ["admin=127.0.0.1:0"],
                    environment: ["LAUREL_CONTROL": try server.makeDatabaseURL()])
                let client = laureld.client()
                try client.createLeaderboard(Self.definition)
                let address = try AdminNode.address(of: laureld.process)
                func laurel(_ arguments: String...) throws -> AdminNode.Outcome {
                    try AdminNode.run(arguments, environment: ["LAUREL_ADMIN": address], directory: directory.path)
                }
                #expect(try laurel("keys", "list", "--project", "default").code == 0)

                var submitted = 0
                func submit(_ count: Int) throws {
                    for _ in 0..<count {
                        #expect(try client.submit("race", "ann", 1).status == 200)
                        submitted += 1
                    }
                    #expect(try client.ranking("race").first?.user == "ann")
                }
                try submit(50)
                try server.kill()
                try submit(200)
                let refused = try laurel("keys", "create", "--project", "default", "--name", "late", "--scopes", "read")
                #expect(refused.code == 5, "\(refused.complaint)")
                try submit(50)

                try server.start()
                try eventually("the admin API is back") {
                    try laurel("keys", "create", "--project", "default", "--name", "new", "--scopes", "read").code == 0
                        ? () : nil
                }
                try submit(50)
                let page = try client.get("/v1/leaderboards/race/rank/ann")
                #expect(page.text.contains(#""score":\#(submitted)"#), "\(page.text)")
                #expect(!laureld.process.output.text.contains(TestServer.password))
                #expect(try laureld.stop() == .exited(0))
            }
        }
    }
}
