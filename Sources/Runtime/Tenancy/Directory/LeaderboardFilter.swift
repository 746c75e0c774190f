/// Some leaderboards of a project, by their ids; a pattern that ends in `*` means all that begin so.
struct LeaderboardFilter: Hashable, Sendable {
    private let exact: Set<[UInt8]>
    private let prefixes: [[UInt8]]

    init(_ patterns: [String]) {
        exact = Set(patterns.filter { $0.utf8.last != star }.map { Array($0.utf8) })
        prefixes = patterns.filter { $0.utf8.last == star }.map { Array($0.utf8.dropLast()) }
    }

    var isEmpty: Bool { exact.isEmpty && prefixes.isEmpty }

    func includes(_ id: some Collection<UInt8>) -> Bool {
        if prefixes.contains(where: { id.starts(with: $0) }) { return true }
        return !exact.isEmpty && exact.contains(Array(id))
    }
}

private let star = UInt8(ascii: "*")
