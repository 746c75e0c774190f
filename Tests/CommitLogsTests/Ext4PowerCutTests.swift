import CommitLogs
import Glibc
import Leaderboards
import Sharding
import TestSupport
import Testing
import UringLog

/// A small ext4 in a file, whose power can be cut.
private struct Ext4Image {
    let directory: TemporaryDirectory
    let size: String
    var mountPoint: String { directory.path + "/mount" }
    private var image: String { directory.path + "/image" }

    init?(size: String = "96M") throws {
        self.size = size
        directory = try TemporaryDirectory()
        guard getuid() == 0, access("/sbin/mkfs.ext4", X_OK) == 0 else {
            directory.remove()
            return nil
        }
        mkdir(mountPoint, 0o755)
        guard try run("/usr/bin/truncate", ["-s", size, image]) == 0,
            try run("/sbin/mkfs.ext4", ["-q", "-F", image]) == 0, try mount()
        else {
            try remove()
            return nil
        }
    }

    func mount() throws -> Bool { try run("/usr/bin/mount", ["-o", "loop", image, mountPoint]) == 0 }
    func unmount() throws { try run("/usr/bin/umount", ["-q", mountPoint]) }

    /// EXT4_IOC_SHUTDOWN without flushing the journal: from here on nothing reaches the disk.
    func cutPower() {
        let descriptor = open(mountPoint, O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        var noLogFlush: UInt32 = 2
        #expect(ioctl(descriptor, 0x8004_587D, &noLogFlush) == 0)
    }

    func remove() throws {
        try unmount()
        rmdir(mountPoint)
        directory.remove()
    }
}

@Suite("A real power cut of ext4", .serialized)
struct Ext4PowerCutTests {
    @Test(
        "under load keeps all that was acknowledged",
        arguments: [SegmentedLogOptions.WriteMethod.plain, .ring, .automatic])
    func underLoad(_ method: SegmentedLogOptions.WriteMethod) async throws {
        guard let image = try Ext4Image() else {
            print("skipped: a real power cut needs root, loop devices and mkfs.ext4")
            return
        }
        defer { try? image.remove() }
        var options = SegmentedLogOptions()
        options.segmentByteCount = 1 << 20
        options.writeMethod = method
        options.ringByteCountMin = 2000
        var chains = (0..<24).map { RecordChain(shard: ShardID(UInt16($0))) }
        var last = [LogPosition?](repeating: nil, count: chains.count)
        var history = LogHistory()
        for round in 0..<4 {
            let log = try SegmentedLog.open(directory: image.mountPoint + "/log", options: options)
            #expect(history.problems(in: log).isEmpty, "round \(round)")
            try await restore(&chains, &last, &history, from: log)
            let writers = zip(chains, last).map { LoadWriter(chain: $0, last: $1) }
            let cutAfter = 300 + 450 * round
            let acknowledged = Results()
            let written = await withTaskGroup(of: LoadWriter.self) { group in
                for writer in writers {
                    group.addTask {
                        var writer = writer
                        await writer.write(to: log, counting: acknowledged)
                        return writer
                    }
                }
                await acknowledged.waitFor(cutAfter)
                image.cutPower()
                return await group.reduce(into: []) { $0.append($1) }
            }
            for writer in written {
                history.acknowledged += writer.acknowledged
                history.unknown += writer.unknown
            }
            #expect(written.reduce(0) { $0 + $1.acknowledged.count } >= cutAfter)
            await log.close()
            try image.unmount()
            #expect(try image.mount())
        }
        let log = try SegmentedLog.open(directory: image.mountPoint + "/log", options: options)
        #expect(history.problems(in: log).isEmpty)
        await log.close()
    }

    @Test("a full file system refuses appends until there is space")
    func full() async throws {
        guard let image = try Ext4Image(size: "24M") else {
            print("skipped: a full file system needs root, loop devices and mkfs.ext4")
            return
        }
        defer { try? image.remove() }
        var options = SegmentedLogOptions()
        options.segmentByteCount = 1 << 20
        let log = try SegmentedLog.open(directory: image.mountPoint + "/log", options: options)
        #expect(try run("/usr/bin/fallocate", ["-l", "8M", image.mountPoint + "/ballast"]) == 0)
        var chain = RecordChain(shard: ShardID(1))
        var last: LogPosition?
        var refusals = 0
        var count = 0
        while count < 30 || refusals < 2 {
            let before = chain
            let record = chain.next([UInt8](repeating: 1, count: 300_000))
            do throws(AppendError) {
                last = try await log.append(record, after: last)
                count += 1
            } catch {
                try #require(error == .noSpace)
                chain = before
                refusals += 1
                if refusals == 2 { unlink(image.mountPoint + "/ballast") }
                try #require(refusals < 10)
            }
        }
        #expect(refusals >= 2)
        await log.close()
        let reopened = try SegmentedLog.open(directory: image.mountPoint + "/log", options: options)
        #expect(reopened.recovery.records == count)
        await reopened.close()
    }

    /// Takes the chains up where the log ends. What nobody knew is known now.
    private func restore(
        _ chains: inout [RecordChain], _ last: inout [LogPosition?], _ history: inout LogHistory,
        from log: SegmentedLog
    ) async throws {
        let unknown = Set(history.unknown.map(\.bytes))
        for entry in try await collect(log, from: .start) {
            chains[Int(entry.record.shard.number)] = RecordChain(after: entry)
            last[Int(entry.record.shard.number)] = entry.position
            let record = entry.record.encoded()
            if unknown.contains(record.bytes) { history.acknowledged.append((entry.position, record)) }
        }
        history.unknown = []
        for index in chains.indices where last[index] == nil { chains[index] = RecordChain(shard: chains[index].shard) }
    }
}

/// Appends for one shard until the log fails.
private struct LoadWriter {
    var chain: RecordChain
    var last: LogPosition?
    var acknowledged: [(position: LogPosition, record: EncodedRecord)] = []
    var unknown: [EncodedRecord] = []

    init(chain: RecordChain, last: LogPosition?) {
        self.chain = chain
        self.last = last
    }

    mutating func write(to log: SegmentedLog, counting: Results) async {
        while true {
            let record = chain.next([UInt8](repeating: UInt8(truncatingIfNeeded: chain.number), count: 200))
            do throws(AppendError) {
                let position = try await log.append(record, after: last)
                last = position
                acknowledged.append((position, record))
                counting.add(.success(position))
            } catch {
                if case .outcomeUnknown = error { unknown.append(record) }
                return
            }
        }
    }
}
