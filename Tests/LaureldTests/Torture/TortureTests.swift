import Foundation
import Testing
import TestSupport

extension RealProcess {
    @Suite("Torture: a node ended at random moments under load")
    struct TortureTests {
        /// `LAUREL_TORTURE_ROUNDS` for more, `LAUREL_TORTURE_SEED` for others.
        private static func number(_ name: String, _ usual: Int) -> Int {
            ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
        }

        @Test("Killed, stopped or killed while it starts, a node loses nothing acknowledged and enters nothing twice")
        func torture() async throws {
            let rounds = Self.number("LAUREL_TORTURE_ROUNDS", 20)
            try await TemporaryDirectory.with { directory in
                let data = directory.path + "/data"
                var torture = try Torture(data: data, seed: UInt64(Self.number("LAUREL_TORTURE_SEED", 2026)))
                for round in 0..<rounds {
                    try await torture.round { laureld in
                        if round % 5 == 4 {
                            #expect(try laureld.stop() == .exited(0))
                        } else {
                            try laureld.kill()
                        }
                    }
                    if round % 3 == 2 {
                        for _ in 0..<2 { try killWhileStarting(data, afterBytes: torture.random.below(200)) }
                    }
                    if (round + 1) % 50 == 0 { print("torture: \(torture.figures)") }
                }
                try torture.finish(isCut: rounds >= 20)
                print("torture: \(torture.figures)")
            }
        }

        /// Kills a node when it has printed so much, somewhere between its first word and its readiness.
        private func killWhileStarting(_ data: String, afterBytes count: Int) throws {
            let process = try Laureld.launch(data: data)
            process.output.waitForBytes(count, seconds: 0.3)
            process.signal(SIGKILL)
            try process.wait()
        }
    }
}
