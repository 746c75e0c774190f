import Foundation
import JetStreamSupport
import NATSClient
import Testing
import TestSupport

extension RealClusters {
    /// Real nodes on a real log that is much smaller than what they write.
    @Suite("A cluster whose log is cut", .timeLimit(.minutes(30)))
    struct LogCuttingTests {
        private static let board = Client.points("b")
        /// Where the board lies.
        private static let shard = 2
        private static let logBytes = 2 << 20
        private static let settings = [
            "cluster-log-bytes=\(logBytes)", "cluster-log-groups=1", "cluster-log-keep=0", "checkpoint-seconds=2",
        ]
        private static let ballast = String(repeating: "x", count: 900)

        /// One score for each of some users, in submissions of about 90 KiB; each is repeated until it is taken.
        private func fill(_ cluster: LaureldCluster, _ rounds: Range<Int>, refusals: inout Int) throws {
            for round in rounds {
                let entries = (0..<100).map {
                    #"{"leaderboard":"b","user":"u\#($0)","score":1,"metadata":{"ballast":"\#(Self.ballast)"}}"#
                }
                let body = #"{"updates":[\#(entries.joined(separator: ","))]}"#
                var refused = 0
                _ = try cluster.ask(first: round) { client in
                    let response = try client.post(
                        "/v1/scores/update", body, headers: [("Idempotency-Key", "round-\(round)")])
                    if response.status == 507 { refused += 1 }
                    return response
                }
                refusals += refused
            }
        }

        private func table(_ client: Client) throws -> String? {
            let found = try client.get("/v1/leaderboards/b/top?limit=100")
            guard found.status == 200 else { return nil }
            let page: Page = try found.decoded()
            return page.entries.map { "\($0.user) \(Int($0.score))" }.joined(separator: ", ")
        }

        /// What the stream has, as JetStream says.
        private func logBytes(_ cluster: LaureldCluster) throws -> Int {
            let connection = try RawConnection(port: cluster.log.addresses[0].port)
            _ = try connection.receiveLine()
            try connection.send(
                #"CONNECT {"verbose":false,"user":"laurel","pass":"log pass","lang":"test","version":"1"}"# + "\r\n"
                    + "SUB _INBOX.test 1\r\nPUB $JS.API.STREAM.INFO.LRL-test-0 _INBOX.test 0\r\n\r\n")
            _ = try connection.receiveLine()
            let info = try connection.receiveLine()
            guard let found = info.firstMatch(of: /"state":\{"messages":\d+,"bytes":(\d+)/), let bytes = Int(found.1)
            else {
                throw Failure("no state in \(info.prefix(200))")
            }
            return bytes
        }

        @Test(
            "Several times the log's size is taken; owners that are killed, and nodes whose disks are emptied, find all of it"
        )
        func smallLog() throws {
            let cluster = try LaureldCluster(nodes: 3, settings: Self.settings)
            defer { cluster.stop() }
            #expect(try cluster.ask { try $0.post("/v1/leaderboards", Self.board) }.response.status == 201)
            var refusals = 0
            var rounds = 0
            func fill(_ count: Int) throws {
                try self.fill(cluster, rounds..<(rounds + count), refusals: &refusals)
                rounds += count
            }
            // Four times what the log holds.
            try fill(4 * Self.logBytes / (100 * 1000))
            // The owner dies, most likely soon after a cut.
            let owner = try cluster.ask { try $0.get("/v1/leaderboards/b/top?limit=1") }.node
            cluster.nodes[owner].kill()
            try fill(10)
            try cluster.add(owner)
            try fill(10)
            // A node is replaced by one of the same name with nothing on its disk; then it is the only one.
            let emptied = owner == 1 ? 2 : 1
            cluster.nodes[emptied].kill()
            try cluster.empty(emptied)
            try fill(10)
            try cluster.add(emptied)
            try fill(10)
            // To stop the others before it has what they have would leave it with nothing to serve, until they come back.
            _ = try eventually("the emptied node follows the leaderboard's shard, or owns it") {
                let node = cluster.nodes[emptied]
                let answer = try node.client.get("/v1/leaderboards/b/top?limit=1&max_age_ms=60000")
                let isOwner = cluster.owner(of: Self.shard) == emptied
                return answer.status == 200 && (isOwner || answer.headers["laurel-age"] != nil) ? true : nil
            }
            // A node that is left alone cuts nothing, and can claim only as long as there is room.
            _ = try eventually("the log was cut") { try logBytes(cluster) < Self.logBytes / 4 * 3 ? true : nil }
            for index in 0..<3 where index != emptied { #expect(try cluster.nodes[index].stop() == .exited(0)) }
            let all = (0..<100).map { $0 }
            let expected = Set(all.map { "u\($0) \(rounds)" })
            let found = try eventually("the emptied node serves alone") { try table(cluster.nodes[emptied].client) }
            #expect(Set(found.components(separatedBy: ", ")) == expected)
        }
    }
}
