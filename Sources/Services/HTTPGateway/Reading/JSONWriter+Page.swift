import Leaderboards
import NodeRuntime
import Sharding

/// Where a page's neighbours begin, as clients hand it back; nil where there are none.
struct PageCursors {
    var next: String?
    var previous: String?

    /// `list` names what the request asked for, and `board` is that with the season resolved.
    init(_ page: Page, list: String, board: BoardSelector) {
        let season = board.window == nil ? nil : page.season
        let end = page.offset + page.entries.count
        if end < page.total, !page.entries.isEmpty {
            next = Cursor(.forward(offset: end), season: season).encoded(for: list)
        }
        if page.offset > 0 {
            // Beyond the end the previous page is the last.
            let start = min(page.offset, page.total)
            previous = start == 0 ? nil : Cursor(.backward(offset: start), season: season).encoded(for: list)
        }
    }
}

/// The asking user's own entry in a page.
enum OwnEntry {
    case unasked
    case entry(Entry?)
}

extension JSONWriter {
    mutating func page(_ page: Positioned<Page>, cursors: PageCursors, _ options: ReadOptions, me: OwnEntry) {
        object {
            $0.name("entries")
            $0.array(page.value.entries) { $0.entry($1, options) }
            $0.member("total", page.value.total)
            $0.seasonMembers(page.value.season, page.value.nextReset)
            $0.member("next", cursors.next)
            $0.member("prev", cursors.previous)
            if case .entry(let entry) = me {
                $0.name("me")
                if let entry { $0.entry(entry, options) } else { $0.null() }
            }
            $0.positionMembers(page, options)
        }
    }

    mutating func entry(_ entry: Entry, _ options: ReadOptions) {
        object { $0.entryMembers(entry, options) }
    }

    @inline(__always)
    mutating func entryMembers(_ entry: Entry, _ options: ReadOptions) {
        member("rank", entry.rank)
        name("user")
        string(entry.user)
        score(entry.score)
        member("updated_at", entry.updatedAt)
        guard options.metadata else { return }
        name("metadata")
        if let metadata = entry.metadata { json(metadata) } else { null() }
    }

    mutating func seasonMembers(_ season: String?, _ nextReset: Timestamp?) {
        member("season", season)
        member("next_reset", nextReset)
    }

    mutating func positionMembers<Value>(_ answer: Positioned<Value>, _ options: ReadOptions) {
        member("position", answer.position)
        if let age = options.milliseconds(of: answer) { member("age_ms", age) }
    }

    mutating func member(_ name: StaticString, _ value: Double) {
        self.name(name)
        double(value)
    }
}
