extension RocksDBCheckpointStore {
    /// What a store is opened with. All of it may differ between nodes.
    package struct Configuration: Sendable {
        /// The directory of the store. Made if it isn't there; its parent must be.
        package var directory: String

        /// Memory for the indices and filters of files and for the listing, in bytes. Default 32 MiB. Pieces are not
        /// cached: each is read once, when its leaderboard is loaded. A store of 100 GB has some 120 MB of indices, and
        /// is slower with less. A commit takes twice its batch besides, so at most 128 MiB.
        package var blockCacheBytes = 32 << 20

        /// How many files are held open. Default 256.
        package var openFilesMax = 256

        /// What a commit leaves free on the disk, in bytes, for compaction to work with; otherwise it is refused with
        /// `.noSpace`. Default 64 MiB. The node's log may live on the same disk, and has more need of the rest.
        package var freeBytesMin = 64 << 20

        /// What is checked when a piece is read. Only tests check less than all.
        package var checks = Checks.all

        /// The format version of a new store, and the newest that is opened. Only tests write another.
        package var storeVersion = StoreVersion.current

        package init(directory: String) { self.directory = directory }
    }

    /// The two checks that a stored piece passes on its way to the reader.
    package struct Checks: OptionSet, Sendable {
        package let rawValue: Int

        package init(rawValue: Int) { self.rawValue = rawValue }

        /// RocksDB's checksum of the block that it read.
        package static let blocks = Checks(rawValue: 1)
        /// Our own, from writer to reader.
        package static let envelopes = Checks(rawValue: 2)
        package static let all: Checks = [.blocks, .envelopes]
    }
}
