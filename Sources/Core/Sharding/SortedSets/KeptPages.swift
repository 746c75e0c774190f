/// Pages at an end of a board, as some front end wrote them, until an entry near that end changes.
///
/// The first page of a large board is asked for all the time and hardly ever changes: a submission changes it only if it
/// comes near the top. Writing a hundred rows takes a hundred times as long as a command.
package struct KeptPages {
    /// A page, and how it was written.
    package struct Key: Hashable, Sendable {
        package let first: Int
        package let last: Int
        package let isDescending: Bool
        package let format: UInt8

        /// - Parameter format: a number of the front end's
        package init(first: Int, last: Int, isDescending: Bool, format: UInt8) {
            self.first = first
            self.last = last
            self.isDescending = isDescending
            self.format = format
        }
    }

    private static let countMax = 8
    private static let byteCountMax = 1 << 16

    private var version: UInt64 = 0
    private var pages: [(key: Key, bytes: [UInt8])] = []
    private(set) var byteCount = 0

    func page(_ key: Key, version: UInt64) -> [UInt8]? {
        guard version == self.version else { return nil }
        return pages.first { $0.key == key }?.bytes
    }

    mutating func keep(_ bytes: [UInt8], as key: Key, version: UInt64) {
        if version != self.version || pages.count >= Self.countMax { self = KeptPages() }
        self.version = version
        guard bytes.count <= Self.byteCountMax else { return }
        pages.append((key, bytes))
        byteCount += bytes.count
    }
}

extension SortedSet {
    /// Whether a page of these places, counted from the end it begins at, may be kept.
    package static func canKeep(first: Int, last: Int) -> Bool { first >= 0 && first <= last && last < Board.edgeCount }

    /// A page that was kept, if it still says what is so.
    package func keptPage(_ key: KeptPages.Key) -> [UInt8]? {
        leaderboard.keptPages.page(key, version: leaderboard.allTime.edgeVersion)
    }

    package func keep(_ bytes: [UInt8], as key: KeptPages.Key) {
        leaderboard.keptPages.keep(bytes, as: key, version: leaderboard.allTime.edgeVersion)
    }
}
