import Foundation
import TestSupport
import Testing

extension RealProcess {
    @Suite("A full disk")
    struct FullDiskTests {
        @Test("refuses writes with 507, serves reads, and takes writes again once there is space")
        func fullDisk() async throws {
            guard let disk = try Disk(.ext4, megabytes: 160) else { return }
            defer { disk.remove() }
            let data = disk.path + "/data"
            // Room for two files of the log and little more.
            try disk.fill(sparing: 56 << 20)
            _ = try Torture(data: data, seed: 1)
            var ledger = Ledger()
            let laureld = try Laureld(data: data)
            let client = laureld.client()
            try disk.fill(sparing: 0)

            var random = SplitMix64(seed: 21)
            // What is refused depends on how much room the log has left, so small submissions may go on for a while.
            for count in [1000, 1] { try fill(client, &ledger, &random, count) }
            #expect(try ledger.problems(in: TortureState(client)).prefix(5) == [])
            #expect(try TortureState(client).contradictions == [])

            disk.empty()
            let request = LoadRequest(form: .single, submissions: [.random(using: &random)])
            try eventually("writes are taken again") {
                let answer = LoadAnswer(request, by: client)
                ledger.enter(request, answer.fates)
                return answer.fates == [.acknowledged] ? () : nil
            }
            let more = LoadRequest(form: .batch, submissions: (0..<500).map { _ in .random(using: &random) })
            let answer = LoadAnswer(more, by: client)
            #expect(Set(answer.fates) == [.acknowledged])
            ledger.enter(more, answer.fates)
            try laureld.kill()
            let again = try Laureld(data: data)
            #expect(try ledger.problems(in: TortureState(again.client())).prefix(5) == [])
            #expect(try again.stop() == .exited(0))
            let (status, text) = try Laureld.verify(data)
            #expect(status == .exited(0), "\(text)")
        }

        /// Submits so many at a time until the log has no room for them.
        private func fill(
            _ client: Client, _ ledger: inout Ledger, _ random: inout SplitMix64, _ count: Int
        ) throws {
            for _ in 0..<100_000 / count {
                let request = LoadRequest(
                    form: count == 1 ? .single : .upload,
                    submissions: (0..<count).map { _ in .random(using: &random) })
                let answer = LoadAnswer(request, by: client)
                ledger.enter(request, answer.fates)
                if let surprise = answer.surprise { throw Failure(surprise) }
                guard let response = answer.response else { throw Failure("no answer") }
                if count > 1, answer.isLast {
                    #expect(response.text.contains(#""code":"no_space""#), "\(response.text)")
                    return
                }
                if response.status != 200 {
                    #expect(response.status == 507)
                    #expect(response.code == "no_space")
                    return
                }
            }
            throw Failure("100,000 scores went onto a full disk")
        }
    }
}
