import Foundation
import Synchronization
import Testing

extension RealClusters {
    /// Nodes of which more is asked than they have.
    @Suite("Too little memory, and too much to do", .timeLimit(.minutes(10)))
    struct ResourceFaults {
        @Test("Scenario 32: an owner that gets no more memory ends; others take over, and nothing acknowledged is lost")
        func outOfMemory() async throws {
            let cluster = try LaureldCluster(nodes: 3, settings: LaureldCluster.oneShard)
            defer { cluster.stop() }
            try cluster.makeBoard()
            let load = ClusterLoad(cluster, seed: 7)
            try await load.run(clients: 3) {
                try load.progress(30)
                let owner = try eventually("an owner") { cluster.owner() }
                let node = cluster.nodes[owner]
                try node.limitMemory(to: try node.memory("VmData") + 1 << 20)
                // Entries that it has to keep.
                for round in 0... {
                    if node.process.output.waitForEnd(seconds: 0) { break }
                    guard round < 100 else { throw Failure("it goes on with the memory that it has") }
                    _ = try? node.client.upload(Self.entries(500, round))
                }
                // It has not been waited for yet, so that its number is still its own.
                let end = try node.stop()
                #expect(end != .exited(0))
                load.ask(cluster)
                #expect(try cluster.waitForOwner(otherThan: owner) != owner)
                try load.progress(30)
                try cluster.add(owner)
                load.ask(cluster)
                try load.progress(30)
            }
            let findings = try await load.check(cluster, groups: 1)
            #expect(findings.problems == [])
            print("out of memory: \(findings)")
        }

        private static func entries(_ count: Int, _ round: Int) -> [String] {
            let ballast = String(repeating: "x", count: 900)
            return (0..<count).map {
                #"{"leaderboard":"b","user":"r\#(round)-\#($0)","score":1,"metadata":{"ballast":"\#(ballast)"}}"#
            }
        }

        @Test(
            "Scenario 34: more than a shard takes is refused at once, with when to come back, and costs no memory; when there is room all is taken, once"
        )
        func overload() async throws {
            let log = try LogPaths.servers()
            let paths = try await LogPaths(nodes: 1, to: log)
            let cluster = try LaureldCluster(
                nodes: 1, settings: LaureldCluster.oneShard, log: log, surroundings: paths.surroundings)
            defer { cluster.stop() }
            try cluster.makeBoard()
            let node = cluster.nodes[0]
            let before = try node.memory("VmRSS")
            paths.hold(0)
            let crowd = Crowd(16, at: node.client)
            // While the log takes nothing: none of these has waited for it.
            try eventually("many are refused") { crowd.refusals.count >= 30 ? () : nil }
            let grown = try node.memory("VmRSS") - before
            paths.mend(0)
            try eventually("all are taken") { crowd.takenCount == 16 ? () : nil }
            #expect(crowd.problems == [])
            for refusal in crowd.refusals {
                #expect(refusal.status == 503 && Int(refusal.headers["retry-after"] ?? "") ?? 0 > 0)
            }
            #expect(crowd.refusals.count { $0.code == "overloaded" } >= 20)
            print("overload: \(crowd.refusals.count) refused, \(grown >> 20) MiB more")
            #expect(grown < 64 << 20)
            let page = try node.client.get("/v1/leaderboards/b/top?limit=1000").decoded(Page.self)
            #expect(page.entries.count == Crowd.entryCount && page.entries.allSatisfy { $0.score == 16 })
            cluster.stop()
            await paths.close()
        }
    }
}

/// Clients on threads of their own, each with a large batch that it sends until it is taken.
private final class Crowd: Sendable {
    static let entryCount = 40

    private struct State {
        var refusals: [HTTPConnection.Response] = []
        var takenCount = 0
        var problems: [String] = []
    }

    private let state = Mutex(State())

    init(_ count: Int, at client: Client) {
        let ballast = String(repeating: "x", count: 900)
        let entries = (0..<Self.entryCount).map {
            #"{"leaderboard":"b","user":"u\#($0)","score":1,"metadata":{"ballast":"\#(ballast)"}}"#
        }
        let body = Array(#"{"updates":[\#(entries.joined(separator: ","))]}"#.utf8)
        for number in 0..<count {
            let request = client.request(
                "POST", "/v1/scores/update", body: body, headers: [("Idempotency-Key", "crowd-\(number)")])
            let port = client.port
            Thread.detachNewThread { self.send(request, to: port) }
        }
    }

    var refusals: [HTTPConnection.Response] { state.withLock { $0.refusals } }
    var takenCount: Int { state.withLock { $0.takenCount } }
    var problems: [String] { state.withLock { $0.problems } }

    private func send(_ request: [UInt8], to port: Int) {
        do {
            let connection = try HTTPConnection(port: port)
            while true {
                try connection.send(request)
                let response = try connection.receive()
                if response.status == 200 { return state.withLock { $0.takenCount += 1 } }
                state.withLock { $0.refusals.append(response) }
                usleep(5000)
            }
        } catch {
            state.withLock { $0.problems.append("\(error)") }
        }
    }
}

extension ClusterNode {
    /// What the kernel says of its memory, in bytes.
    func memory(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        guard let count = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Failure("no \(name) in \(status)")
        }
        return count << 10
    }

    /// From now on it gets no more.
    func limitMemory(to byteCount: Int) throws {
        let answer = try ChildProcess.run(["prlimit", "--pid", "\(process.id)", "--data=\(byteCount)"])
        guard answer.status == .exited(0) else { throw Failure(answer.text) }
    }
}
