import Dispatch
import Glibc
import Synchronization
import TestSupport
import UringLog

/// A file system in memory that can fail any call, lose power at any call, and forgets then what was not synced.
///
/// Files remember what is cached, what is durable, and which 512-byte sectors differ because they were written and not
/// synced. A failed sync leaves its sectors cached but no longer waiting to be written, as Linux does. Names are
/// durable once their directory was synced.
final class SimulatedDisk: LogFileSystem {
    static let sectorByteCount = 512

    struct Inode {
        var cached: [UInt8] = []
        var durable: [UInt8] = []
        var dirtySectors: Set<Int> = []
    }

    /// What a call does when its number has come.
    enum Fault {
        case none
        /// That one call answers an error and does nothing; a sync drops what it had to write.
        case error(call: Int, code: Int32)
        /// That call and all after it fail.
        case powerCut(call: Int)
    }

    /// What a power cut leaves of what was not synced.
    enum Survival: CaseIterable {
        case nothing, everything, someSectors
    }

    struct State {
        var inodes: [Int: Inode] = [:]
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        /// Names changed since the directory was synced, oldest first; nil for a removal.
        var pendingNames: [(name: String, inode: Int?)] = []
        var nextInode = 1
        var calls = 0
        var fault = Fault.none
        var isFull = false
        var writeByteCountMax = Int.max
        var locked: Set<String> = []
        var hasRing = true
        var isPaused = false
    }

    let state: Mutex<State>
    private let pause = DispatchSemaphore(value: 0)
    private let paused = DispatchSemaphore(value: 0)

    init(_ state: State = State()) { self.state = Mutex(state) }

    /// A disk on which everything is durable.
    convenience init(files: [String: [UInt8]]) {
        var state = State()
        for (path, bytes) in files {
            state.inodes[state.nextInode] = Inode(cached: bytes, durable: bytes)
            state.names[path] = state.nextInode
            state.nextInode += 1
        }
        state.durableNames = state.names
        self.init(state)
    }

    var calls: Int { state.withLock { $0.calls } }
    var files: [String: [UInt8]] { state.withLock { state in state.names.mapValues { state.inodes[$0]!.cached } } }
    func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    /// The disk as the next process finds it: nothing lost, locks gone.
    func afterKill() -> SimulatedDisk {
        var next = state.withLock { $0 }
        next.locked = []
        next.fault = .none
        return SimulatedDisk(next)
    }

    /// The disk as the next boot finds it.
    func afterPowerCut(_ survival: Survival, seed: UInt64 = 1) -> SimulatedDisk {
        var random = SplitMix64(seed: seed)
        return afterPowerCut { _, _ in
            switch survival {
            case .nothing: false
            case .everything: true
            case .someSectors: Bool.random(using: &random)
            }
        }
    }

    /// `keeps` decides for each unsynced sector, by path and number.
    func afterPowerCut(_ keeps: (String, Int) -> Bool) -> SimulatedDisk {
        let old = state.withLock { $0 }
        var names = old.durableNames
        // A journal keeps the order of changes to names, and may or may not have got to them.
        for change in old.pendingNames {
            guard keeps(change.name, -1) else { break }
            names[change.name] = change.inode
        }
        var files: [String: [UInt8]] = [:]
        for (name, number) in names.sorted(by: { $0.key < $1.key }) {
            let inode = old.inodes[number]!
            var bytes = inode.durable
            for sector in inode.dirtySectors.sorted() where keeps(name, sector) {
                let start = sector * Self.sectorByteCount
                let end = min(start + Self.sectorByteCount, inode.cached.count)
                guard start < end else { continue }
                if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
                bytes.replaceSubrange(start..<end, with: inode.cached[start..<end])
            }
            files[name] = bytes
        }
        return SimulatedDisk(files: files)
    }

    // MARK: Pausing

    /// Makes the next write wait.
    func pauseWrites() { set { $0.isPaused = true } }
    /// Returns once a write waits.
    func waitUntilPaused() { paused.wait() }
    func resumeWrites() {
        set { $0.isPaused = false }
        pause.signal()
    }

    func waitIfPaused() {
        guard state.withLock({ $0.isPaused }) else { return }
        paused.signal()
        pause.wait()
    }

    // MARK: LogFileSystem

    func createDirectory(_ path: String) throws(SystemError) {}

    func contents(of directory: String) throws(SystemError) -> [String] {
        state.withLock { $0.names.keys.map { String($0.dropFirst(directory.count + 1)) } }
    }

    func open(_ path: String, _ mode: LogFileMode) throws(SystemError) -> any LogFile {
        if mode == .create { try call("open", path) }
        let number: Int? = state.withLock { state in
            if mode == .create {
                state.names[path] = state.nextInode
                state.inodes[state.nextInode] = Inode()
                state.pendingNames.append((path, state.nextInode))
                state.nextInode += 1
            }
            return state.names[path]
        }
        guard let number else { throw SystemError("open", path, code: ENOENT) }
        return SimulatedFile(disk: self, inode: number, path: path)
    }

    func rename(_ path: String, to newPath: String) throws(SystemError) {
        try call("rename", path)
        let isFound = state.withLock { state in
            guard let number = state.names.removeValue(forKey: path) else { return false }
            state.names[newPath] = number
            state.pendingNames.append((newPath, number))
            state.pendingNames.append((path, nil))
            return true
        }
        if !isFound { throw SystemError("rename", path, code: ENOENT) }
    }

    func remove(_ path: String) throws(SystemError) {
        try call("unlink", path)
        state.withLock { state in
            state.names[path] = nil
            state.pendingNames.append((path, nil))
        }
    }

    func syncDirectory(_ path: String) throws(SystemError) {
        try call("fsync", path)
        state.withLock { state in
            state.durableNames = state.names
            state.pendingNames = []
        }
    }

    func lock(_ path: String) throws(LogLockError) -> any LogLock {
        let isTaken = state.withLock { $0.locked.insert(path).inserted }
        guard isTaken else { throw .held(by: 4711) }
        return SimulatedLock(disk: self, path: path)
    }

    func makeRing() throws(SystemError) -> any SubmissionRing {
        guard state.withLock({ $0.hasRing }) else { throw SystemError("io_uring_setup", "", code: EPERM) }
        return SimulatedRing()
    }

    /// Counts a call, and fails it if its turn has come.
    func call(_ name: String, _ path: String) throws(SystemError) {
        let code: Int32? = state.withLock { state in
            defer { state.calls += 1 }
            switch state.fault {
            case .none: return nil
            case .error(let call, let code): return call == state.calls ? code : nil
            case .powerCut(let call): return call <= state.calls ? EIO : nil
            }
        }
        if let code { throw SystemError(name, path, code: code) }
    }
}

private final class SimulatedLock: LogLock {
    let disk: SimulatedDisk
    let path: String

    init(disk: SimulatedDisk, path: String) {
        self.disk = disk
        self.path = path
    }

    func release() { disk.set { $0.locked.remove(path) } }
}

private final class SimulatedFile: LogFile {
    let disk: SimulatedDisk
    let inode: Int
    let path: String

    init(disk: SimulatedDisk, inode: Int, path: String) {
        self.disk = disk
        self.inode = inode
        self.path = path
    }

    var descriptor: Int32? { nil }
    func close() {}

    func byteCount() throws(SystemError) -> Int { disk.state.withLock { $0.inodes[inode]!.cached.count } }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        disk.state.withLock { state in
            let bytes = state.inodes[inode]!.cached
            guard offset < bytes.count else { return 0 }
            let count = min(buffer.count, bytes.count - offset)
            bytes.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count]))
            }
            return count
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        disk.waitIfPaused()
        try disk.call("pwrite", path)
        return disk.state.withLock { state in
            let count = min(bytes.count, state.writeByteCountMax)
            let end = offset + count
            let missing = end - state.inodes[inode]!.cached.count
            if missing > 0 { state.inodes[inode]!.cached += [UInt8](repeating: 0, count: missing) }
            state.inodes[inode]!.cached.replaceSubrange(offset..<end, with: bytes[..<count])
            let sectors = (offset / SimulatedDisk.sectorByteCount)...((end - 1) / SimulatedDisk.sectorByteCount)
            state.inodes[inode]!.dirtySectors.formUnion(sectors)
            return count
        }
    }

    func allocate(byteCount: Int) throws(SystemError) {
        try disk.call("fallocate", path)
        let isFull = disk.state.withLock { state in
            if state.isFull { return true }
            let missing = byteCount - state.inodes[inode]!.cached.count
            if missing > 0 { state.inodes[inode]!.cached += [UInt8](repeating: 0, count: missing) }
            return false
        }
        if isFull { throw SystemError("fallocate", path, code: ENOSPC) }
    }

    func syncData() throws(SystemError) { try sync() }

    func sync() throws(SystemError) {
        do throws(SystemError) {
            try disk.call("fdatasync", path)
        } catch {
            // The pages are clean now, and the disk never got them. A power cut is another matter.
            disk.set { state in
                if case .error = state.fault { state.inodes[inode]!.dirtySectors = [] }
            }
            throw error
        }
        disk.set { state in
            var file = state.inodes[inode]!
            let old = file.durable
            var durable = old + [UInt8](repeating: 0, count: max(0, file.cached.count - old.count))
            for sector in file.dirtySectors {
                let start = sector * SimulatedDisk.sectorByteCount
                let end = min(start + SimulatedDisk.sectorByteCount, file.cached.count)
                durable.replaceSubrange(start..<end, with: file.cached[start..<end])
            }
            file.durable = durable
            file.dirtySectors = []
            state.inodes[inode] = file
        }
    }
}

/// Does at `wait` what the kernel would have done meanwhile.
private final class SimulatedRing: SubmissionRing {
    private var submitted: (bytes: UnsafeRawBufferPointer, file: any LogFile, offset: Int)?

    func submit(_ bytes: UnsafeRawBufferPointer, to file: any LogFile, at offset: Int) throws(SystemError) {
        submitted = (bytes, file, offset)
    }

    func wait() throws(SystemError) -> RingCompletion {
        let (bytes, file, offset) = submitted!
        submitted = nil
        let written: Int
        do throws(SystemError) {
            written = try file.write(bytes, at: offset)
        } catch {
            return RingCompletion(written: -error.code, synced: -ECANCELED)
        }
        if written < bytes.count { return RingCompletion(written: Int32(written), synced: -ECANCELED) }
        do throws(SystemError) {
            try file.syncData()
        } catch {
            return RingCompletion(written: Int32(written), synced: -error.code)
        }
        return RingCompletion(written: Int32(written), synced: 0)
    }
}
