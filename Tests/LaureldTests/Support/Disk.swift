import Foundation
import TestSupport

/// A small file system in a file, which a test can fill, and whose power it can cut.
struct Disk {
    enum Kind: String {
        case ext4
        case tmpfs
    }

    let directory: TemporaryDirectory
    private let kind: Kind
    private let megabytes: Int
    var path: String { directory.path + "/mount" }
    private var image: String { directory.path + "/image" }

    /// Nil where file systems can't be mounted, which is then said.
    init?(_ kind: Kind, megabytes: Int) throws {
        self.kind = kind
        self.megabytes = megabytes
        directory = try TemporaryDirectory()
        do {
            guard getuid() == 0 else { throw Failure("not root") }
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            if kind == .ext4 {
                try Self.run(["truncate", "-s", "\(megabytes)M", image])
                try Self.run(["/sbin/mkfs.ext4", "-q", "-F", "-m", "0", image])
            }
            try mount()
        } catch {
            directory.remove()
            print("SKIPPED: this test mounts a small \(kind.rawValue), which needs root and loop devices: \(error)")
            return nil
        }
    }

    func mount() throws {
        switch kind {
        case .ext4: try Self.run(["mount", "-o", "loop", image, path])
        case .tmpfs: try Self.run(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path])
        }
    }

    func unmount() throws { try Self.run(["umount", path]) }

    /// From here on nothing reaches the disk: the file system's shutdown request, without flushing its journal.
    func cutPower() throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(descriptor) }
        var noLogFlush: UInt32 = 2
        guard ioctl(descriptor, 0x8004_587D, &noLogFlush) == 0 else { throw Failure("no power cut: \(systemError())") }
    }

    private var ballast: String { path + "/ballast" }

    /// Leaves no more than `sparing` bytes free. Can be done again with less.
    func fill(sparing: Int) throws {
        var statistics = statvfs()
        guard statvfs(path, &statistics) == 0 else { throw Failure(systemError()) }
        let free = Int(statistics.f_bavail) * Int(statistics.f_frsize)
        guard free > sparing else { return }
        let old = (try? FileManager.default.attributesOfItem(atPath: ballast)[.size] as? Int) ?? 0
        try Self.run(["fallocate", "-l", "\(old + free - sparing)", ballast])
    }

    func empty() { unlink(ballast) }

    /// Whatever happened, nothing stays mounted.
    func remove() {
        if (try? unmount()) == nil { _ = try? Self.run(["umount", "-l", path]) }
        directory.remove()
    }

    private static func run(_ arguments: [String]) throws {
        let (status, text) = try ChildProcess.run(arguments)
        guard status == .exited(0) else { throw Failure("\(arguments.joined(separator: " ")): \(status) \(text)") }
    }
}
