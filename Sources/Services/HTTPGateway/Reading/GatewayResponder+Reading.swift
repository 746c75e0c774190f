import HTTPTypes
import Hummingbird
import Leaderboards
import NodeRuntime
import Sharding

/// Pages of a ranking, and single users' places in it.
extension GatewayResponder {
    static let limitMax = 1000
    static let limitDefault = 10
    static let radiusMax = 100
    static let radiusDefault = 5
    static let userCountMax = 500

    /// `GET /v1/leaderboards/{id}/top`
    func top(_ inquiry: Inquiry, _ match: Route.Match, _ query: Query) async throws -> Response {
        let key = LeaderboardKey(project: inquiry.project, id: try match.leaderboardID())
        var board = try query.board()
        let options = try query.readOptions()
        let user = try query.user()
        let limit = try query.integer(.limit, in: 1...Self.limitMax) ?? Self.limitDefault
        let list = listName(key, board)
        let cursor = try query[.cursor].map { text throws(BadInput) in try Cursor(text, for: list) }
        let rows = try rows(cursor, fromRank: query.integer(.fromRank, in: 1...Int.max), limit)
        if let season = cursor?.season { board.season = season }

        var page = try await service.page(key, board, .from(offset: rows.lowerBound, limit: rows.count), options)
        let me: OwnEntry
        if let user {
            if let entry = page.value.entries.first(where: { $0.user == user }) {
                me = .entry(entry)
            } else {
                // A second look, which may be a moment later than the page.
                let own = try await service.entries(key, board, users: [user], options)
                me = .entry(own.value.entries[0])
                if let age = own.age { page.age = max(age, page.age ?? age) }
            }
        } else {
            me = .unasked
        }
        var writer = JSONWriter(capacity: 128 * page.value.entries.count + 512)
        writer.page(page, cursors: PageCursors(page.value, list: list, board: board), options, me: me)
        return answer(writer, headers: options.headers(of: page))
    }

    /// The 0-based places that are asked for.
    private func rows(_ cursor: Cursor?, fromRank: Int?, _ limit: Int) throws(BadInput) -> Range<Int> {
        guard let cursor else {
            return rows(from: (fromRank ?? 1) - 1, limit)
        }
        guard fromRank == nil else {
            throw BadInput(.invalidParameter, at: "from_rank", "Give either cursor or from_rank.")
        }
        switch cursor.place {
        case .forward(let offset): return rows(from: offset, limit)
        case .backward(let offset): return max(0, offset - limit)..<offset
        case .after: throw BadInput(.invalidCursor, at: "cursor", "The cursor does not belong to this list.")
        }
    }

    /// No ranking is as long as that a sum could overflow, but what a client sends may be.
    private func rows(from offset: Int, _ limit: Int) -> Range<Int> {
        offset..<(offset > Int.max - limit ? Int.max : offset + limit)
    }

    private func listName(_ key: LeaderboardKey, _ board: BoardSelector) -> String {
        [key.project, key.id, board.window, board.season, board.dimension, board.value].map { $0 ?? "" }
            .joined(separator: "\n")
    }

    /// `GET /v1/leaderboards/{id}/rank/{user}`
    func rank(_ inquiry: Inquiry, _ match: Route.Match, _ query: Query) async throws -> Response {
        let (page, options) = try await neighbours(inquiry, match, query, radius: 0)
        guard let entry = page.value.entries.first else { throw Problem(Refusal.unknownUser) }
        var writer = JSONWriter()
        writer.object {
            $0.entryMembers(entry, options)
            $0.member("total", page.value.total)
            $0.member("percentile", percentile(place: page.value.offset, of: page.value.total))
            $0.seasonMembers(page.value.season, page.value.nextReset)
            $0.positionMembers(page, options)
        }
        return answer(writer, headers: options.headers(of: page))
    }

    /// `GET /v1/leaderboards/{id}/around/{user}`
    func around(_ inquiry: Inquiry, _ match: Route.Match, _ query: Query) async throws -> Response {
        let radius = try query.integer(.radius, in: 0...Self.radiusMax) ?? Self.radiusDefault
        let user = try match.userName()
        let (page, options) = try await neighbours(inquiry, match, query, radius: radius)
        let board = try query.board()
        let list = listName(LeaderboardKey(project: inquiry.project, id: try match.leaderboardID()), board)
        var writer = JSONWriter(capacity: 128 * page.value.entries.count + 512)
        writer.page(
            page, cursors: PageCursors(page.value, list: list, board: board), options,
            me: .entry(page.value.entries.first { $0.user == user }))
        return answer(writer, headers: options.headers(of: page))
    }

    private func neighbours(
        _ inquiry: Inquiry, _ match: Route.Match, _ query: Query, radius: Int
    ) async throws -> (Positioned<Page>, ReadOptions) {
        let key = LeaderboardKey(project: inquiry.project, id: try match.leaderboardID())
        let user = try match.userName()
        let options = try query.readOptions()
        let page = try await service.page(key, query.board(), .around(user: user, radius: radius), options)
        return (page, options)
    }

    /// `POST /v1/leaderboards/{id}/ranks`
    func ranks(_ inquiry: Inquiry, _ match: Route.Match, _ query: Query) async throws -> Response {
        let key = LeaderboardKey(project: inquiry.project, id: try match.leaderboardID())
        let board = try query.board()
        let options = try query.readOptions()
        let body = try await body(of: inquiry.request, type: "application/json")
        let users = try body.withUnsafeReadableBytes { bytes throws(BadInput) in try userList(bytes) }
        let answers = try await service.entries(key, board, users: users, options)
        var writer = JSONWriter(capacity: 128 * users.count + 256)
        writer.object {
            $0.name("entries")
            $0.array(answers.value.entries.lazy.compactMap(\.self)) { $0.entry($1, options) }
            $0.name("not_found")
            $0.array(zip(users, answers.value.entries).lazy.filter { $0.1 == nil }) { $0.string($1.0) }
            $0.member("total", answers.value.total)
            $0.seasonMembers(answers.value.season, answers.value.nextReset)
            $0.positionMembers(answers, options)
        }
        return answer(writer, headers: options.headers(of: answers))
    }

    /// `{"users":["ann","bob"]}`
    private func userList(_ bytes: UnsafeRawBufferPointer) throws(BadInput) -> [[UInt8]] {
        var scanner = JSONScanner(bytes)
        var users: [[UInt8]]?
        var isFirst = true
        try scanner.beginObject()
        while let name = try scanner.nextName(&isFirst) {
            guard name.equals("users") else {
                throw BadInput(.unknownField, at: name.string, "The body is {\"users\":[…]}.")
            }
            guard users == nil else { throw BadInput(.duplicateField, at: "users", "The field occurs twice.") }
            users = try userNames(&scanner)
        }
        try scanner.finish()
        guard let users else { throw BadInput(.missingField, at: "users", "The field is required.") }
        return users
    }

    private func userNames(_ scanner: inout JSONScanner) throws(BadInput) -> [[UInt8]] {
        var users: [[UInt8]] = []
        var isFirst = true
        do {
            try scanner.beginArray()
        } catch {
            throw error.isUnreadable ? error : error.within("users")
        }
        while try scanner.nextElement(&isFirst) {
            guard users.count < Self.userCountMax else {
                throw BadInput(.tooMany, at: "users", "One request takes at most \(Self.userCountMax) users.")
            }
            do throws(BadInput) {
                let user = try scanner.string().decoded()
                guard user.withUnsafeBytes(UserName.isValid) else { throw UserName.problem }
                users.append(user)
            } catch {
                throw error.isUnreadable ? error : error.within("users[\(users.count)]")
            }
        }
        return users
    }

    /// `DELETE /v1/leaderboards/{id}/entries/{user}`
    func removeEntry(_ inquiry: Inquiry, _ match: Route.Match) async throws -> Response {
        let key = LeaderboardKey(project: inquiry.project, id: try match.leaderboardID())
        _ = try await service.removeEntry(key, user: match.userName())
        return Response(status: .noContent)
    }
}

extension ReadOptions {
    /// How old an answer is at most, for who has said that it may be old.
    func milliseconds<Value>(of answer: Positioned<Value>) -> Int? {
        if ageMax == nil, ageMaxOnError == nil { return nil }
        // Never less than it is.
        let (seconds, attoseconds) = (answer.age ?? .zero).components
        return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    func headers<Value>(of answer: Positioned<Value>) -> HTTPFields {
        milliseconds(of: answer).map { [.laurelAge: String($0)] } ?? [:]
    }
}

/// The share of a ranking's entries, in percent, that stand at this 0-based place or below: 100 for the first, 100/n for
/// the last of n. Rounded to four decimals.
func percentile(place: Int, of total: Int) -> Double {
    guard total > 0 else { return 0 }
    return (Double(total - place) / Double(total) * 1_000_000).rounded() / 10_000
}
