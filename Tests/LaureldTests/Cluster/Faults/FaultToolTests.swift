import Foundation
import JetStreamSupport
import Testing

extension RealClusters {
    @Suite("The launcher of faults, cluster/faults", .timeLimit(.minutes(20)))
    struct FaultTool {
        private func python(_ arguments: String...) throws -> (status: ChildProcess.Status, text: String) {
            try ChildProcess.run(
                ["/usr/bin/python3", "-B"] + arguments, directory: NATSServer.repository, seconds: 300)
        }

        @Test("Its check sees what is lost, there twice, refused and there, and read stale")
        func check() throws {
            let (status, text) = try python("-m", "unittest", "discover", "-s", "cluster/faults")
            #expect(status == .exited(0), "\(text)")
        }

        @Test(
            "Scenarios 17, 28 and 29: gossip that is cut off or loses a third, and a power cut of everything, lose nothing"
        )
        func play() throws {
            let (status, text) = try python(
                "cluster/faults/play.py", try Laureld.binary(), NATSServer.program, "--fault", "kill-owner",
                "--fault", "partition:seconds=10", "--fault", "loss:seconds=5", "--power-cuts", "1")
            print(text)
            #expect(status == .exited(0), "\(text)")
            #expect(text.contains("lost 0, twice 0, refused and there 0, stale reads 0"))
        }
    }
}
