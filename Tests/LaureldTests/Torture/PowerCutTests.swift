import Foundation
import Testing

extension RealProcess {
    @Suite("A real power cut")
    struct PowerCutTests {
        @Test("under load loses nothing acknowledged, enters nothing twice, and leaves sound files")
        func powerCut() async throws {
            guard let disk = try Disk(.ext4, megabytes: 256) else { return }
            defer { disk.remove() }
            var torture = try Torture(data: disk.path + "/data", seed: 5)
            for _ in 0..<4 {
                try await torture.round(submissionsMax: 4000) { laureld in
                    try disk.cutPower()
                    try laureld.kill()
                }
                try disk.unmount()
                try disk.mount()
            }
            try torture.finish(isCut: false)
            print("power cut: \(torture.figures)")
        }
    }
}
