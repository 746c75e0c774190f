import Leaderboards
import Sharding
import Synchronization

/// Measures a whole shard in this process: submissions with records and outcomes, questions, checkpoint and load.
///
/// What stands between the bare trees (`EngineBench`) and a server: the price of being a deterministic state machine.
struct ShardBench {
    let members: Int
    let options: Options

    private static let key = LeaderboardKey(project: "default", id: "bench")
    private static let batchSize = 1000

    func run() {
        let report = Report(members: members, scores: "shard")
        let shard = Shard(id: ShardID(0))
        create(in: shard)
        var workload = Workload(members: members, scores: .spread, seed: 1)
        report.rate("submit, every member once", fill(shard))
        let updates = medianRate(runs: options.runs, count: options.commands) { _ in
            update(shard, &workload, count: options.commands)
        }
        report.rate("submit, batches of 1000, with rank before and after", updates)
        let ranks = medianRate(runs: options.runs, count: options.commands / 10) { _ in
            for _ in 0..<(options.commands / 10) { ask(shard, user: workload.member()) }
        }
        report.rate("rank by name", ranks)
        let tops = medianRate(runs: options.runs, count: 10_000) { _ in
            for _ in 0..<10_000 { page(shard, .from(offset: 0, limit: 100)) }
        }
        report.rate("top 100", tops)
        let around = medianRate(runs: options.runs, count: 50_000) { _ in
            for _ in 0..<50_000 { page(shard, .around(user: name(workload.member()), radius: 5)) }
        }
        report.rate("around 11", around)
        report.bytes("memory of the shard", shard.memoryBytes)
        checkpoint(shard, report)
    }

    private func create(in shard: Shard) {
        var record = shard.makeRecord(at: Timestamp(milliseconds: 0))
        let column = Column(name: "score", type: .integer, order: .descending, operator: .latest)
        _ = try? shard.create(Self.key, LeaderboardDefinition(columns: [column]), seed: 7, into: &record)
    }

    private func name(_ member: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Workload.nameBytes) { buffer, count in
            Workload.write(nameOf: member, to: buffer.baseAddress!)
            count = Workload.nameBytes
        }
    }

    private func batch(_ members: some Sequence<Int>, _ workload: inout Workload) -> SubmissionBatch {
        var batch = SubmissionBatch()
        let id = batch.append("bench".utf8)
        for member in members {
            var submission = Submission()
            submission.leaderboard = id
            submission.user = batch.append(name(member))
            submission.score.append(.integer(Int64(workload.score())))
            batch.submissions.append(submission)
        }
        return batch
    }

    private func submit(_ batch: SubmissionBatch, to shard: Shard) {
        var record = shard.makeRecord(at: Timestamp(milliseconds: 1))
        _ = shard.submit(batch, at: batch.submissions.indices, project: "default", upload: nil, into: &record)
        _ = record.payload.count
    }

    private func fill(_ shard: Shard) -> Double {
        var workload = Workload(members: members, scores: .spread, seed: 2)
        var time = 0.0
        for start in stride(from: 0, to: members, by: Self.batchSize) {
            let batch = batch(start..<min(start + Self.batchSize, members), &workload)
            time += seconds { submit(batch, to: shard) }
        }
        return Double(members) / time
    }

    private func update(_ shard: Shard, _ workload: inout Workload, count: Int) {
        for _ in 0..<(count / Self.batchSize) {
            submit(batch((0..<Self.batchSize).map { _ in workload.member() }, &workload), to: shard)
        }
    }

    private func ask(_ shard: Shard, user: Int) {
        _ = try? shard.entries(
            Self.key, BoardSelector(), users: [name(user)], metadata: false, now: Timestamp(milliseconds: 1))
    }

    private func page(_ shard: Shard, _ request: PageRequest) {
        _ = try? shard.page(Self.key, BoardSelector(), request, metadata: false, now: Timestamp(milliseconds: 1))
    }

    private func checkpoint(_ shard: Shard, _ report: Report) {
        let pieces = Mutex<[StoredPiece: [UInt8]]>([:])
        var manifest: ShardManifest?
        var longest = 0.0
        let begin = seconds {
            shard.beginCheckpoint(generation: 1, position: LogPosition(1), number: 1, hash: .zero, epoch: 1)
        }
        var taken = 0.0
        while true {
            var slice: [(piece: StoredPiece, bytes: [UInt8])] = []
            let time = seconds { slice = shard.takePieces(byteCount: 256 << 10) }
            taken += time
            longest = max(longest, time)
            if slice.isEmpty { break }
            pieces.withLock { for (piece, bytes) in slice { $0[piece] = bytes } }
        }
        let finish = seconds {
            let (shardManifest, leaderboards, _) = shard.finishCheckpoint()
            manifest = shardManifest
            pieces.withLock { for (piece, bytes) in leaderboards { $0[piece] = bytes } }
            shard.completeCheckpoint()
        }
        func milliseconds(_ seconds: Double) -> String { "\(report.rounded(seconds * 1000, 2)) ms" }
        report.line("checkpoint: begin", milliseconds(begin))
        report.line("checkpoint: longest of the slices, all slices", "\(milliseconds(longest)), \(milliseconds(taken))")
        report.line("checkpoint: manifests", milliseconds(finish))
        report.line("checkpoint: bytes", "\(pieces.withLock { $0.values.reduce(0) { $0 + $1.count } })")
        load(manifest!, pieces.withLock { $0 }, report)
    }

    private func load(_ manifest: ShardManifest, _ pieces: [StoredPiece: [UInt8]], _ report: Report) {
        let loader = LeaderboardLoader { piece, body throws(LoadError) in
            guard let bytes = pieces[piece] else { throw .missing(piece) }
            let problem = bytes.withUnsafeBytes { bytes -> LoadError? in
                do throws(LoadError) { try body(bytes) } catch { return error }
                return nil
            }
            if let problem { throw problem }
        }
        for stored in manifest.leaderboards {
            let start = ContinuousClock.now
            do throws(LoadError) {
                let loaded = try loader.load(stored)
                let time = start.duration(to: .now)
                report.line("load from checkpoint in memory, wall clock", "\(time)")
                withExtendedLifetime(loaded) {}
            } catch {
                report.line("load from checkpoint", "failed: \(error)")
            }
        }
    }
}
