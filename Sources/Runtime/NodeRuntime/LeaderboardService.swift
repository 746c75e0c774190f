package import Leaderboards
package import Sharding

/// What the services ask of a node. Implemented by `Node`, and by stand-ins where a service is tested alone.
///
/// Every answer to a write is given once the write is durable. Every answer to a read reflects only what is durable,
/// unless the reader asked for `.relaxed`, and is fresh unless the reader said how old it may be.
package protocol LeaderboardService: Sendable {
    /// Enters scores; answers for each submission in the same order. Submissions to different shards are independent.
    func submit(
        _ batch: SubmissionBatch, project: String, upload: String?
    ) async throws(ServiceError) -> [SubmissionAnswer]

    func create(
        _ key: LeaderboardKey, _ definition: LeaderboardDefinition
    ) async throws(ServiceError) -> Positioned<LeaderboardDescription>
    /// Replaces the definition if its version is still `version`.
    func update(
        _ key: LeaderboardKey, _ definition: LeaderboardDefinition, replacing version: UInt32
    ) async throws(ServiceError) -> Positioned<LeaderboardDescription>
    func delete(_ key: LeaderboardKey) async throws(ServiceError) -> LogPosition
    func describe(_ key: LeaderboardKey) async throws(ServiceError) -> Positioned<LeaderboardDescription>
    /// The project's leaderboards in the order of their ids, after `id`.
    func list(
        project: String, after id: String?, limit: Int
    ) async throws(ServiceError) -> [LeaderboardDescription]

    func removeEntry(_ key: LeaderboardKey, user: [UInt8]) async throws(ServiceError) -> LogPosition

    func page(
        _ key: LeaderboardKey, _ board: BoardSelector, _ request: PageRequest, _ options: ReadOptions
    ) async throws(ServiceError) -> Positioned<Page>
    /// The entries of those users that have one, in the order asked; a nil for each that has none.
    func entries(
        _ key: LeaderboardKey, _ board: BoardSelector, users: [[UInt8]], _ options: ReadOptions
    ) async throws(ServiceError) -> Positioned<UserEntries>

    /// Whether the node serves, and if not, why and how far it is.
    func readiness() async -> Readiness
}

/// An answer, and the place in the log that it reflects.
package struct Positioned<Value: Sendable>: Sendable {
    package var value: Value
    package var position: LogPosition
    /// How old it is at most; nil if it is as fresh as can be.
    package var age: Duration?

    package init(_ value: Value, at position: LogPosition) {
        self.value = value
        self.position = position
    }
}

package struct SubmissionAnswer: Sendable {
    package var outcome: Result<SubmissionOutcome, ServiceError>
    package var position: LogPosition

    package init(_ outcome: Result<SubmissionOutcome, ServiceError>, at position: LogPosition) {
        self.outcome = outcome
        self.position = position
    }
}

package struct UserEntries: Sendable {
    package var entries: [Entry?]
    package var total: Int
    package var season: String?
    package var nextReset: Timestamp?

    package init(entries: [Entry?], total: Int, season: String?, nextReset: Timestamp?) {
        self.entries = entries
        self.total = total
        self.season = season
        self.nextReset = nextReset
    }
}

package struct ReadOptions: Sendable, Hashable {
    package var metadata = false
    /// Answer from memory, even if what is seen could still be lost in a crash.
    package var relaxed = false
    /// How old an answer may be. Up to that, the node that is asked answers from what it has, whoever owns the shard.
    package var ageMax: Duration?
    /// How old an answer may be if there is no fresh one.
    package var ageMaxOnError: Duration?

    package init(
        metadata: Bool = false, relaxed: Bool = false, ageMax: Duration? = nil, ageMaxOnError: Duration? = nil
    ) {
        self.metadata = metadata
        self.relaxed = relaxed
        self.ageMax = ageMax
        self.ageMaxOnError = ageMaxOnError
    }
}

/// Why a node did not do what it was asked to.
package enum ServiceError: Error, Sendable, Hashable {
    /// The command was understood and refused. Nothing changed; the same command will be refused again.
    case refused(Refusal)
    /// Too much is waiting. Nothing changed; try again after this many seconds.
    case overloaded(retryAfter: Int)
    /// The node is starting, stopping, or has lost its log. Nothing changed; try again later.
    case unavailable(String, retryAfter: Int)
    /// The log failed with the command on its way: it may or may not have been done. Repeat it with its request key.
    case outcomeUnknown(String)
    /// The disk is full: reads go on, writes don't. Nothing changed.
    case noSpace
    /// Another node owns what it is about, if any does. Nothing changed; ask that one, or try again when it is not known.
    case moved(to: UInt64?)
    /// Stored data is damaged. The shard is not served; an operator must look.
    case corrupted(String)
}

package enum Readiness: Sendable, Hashable {
    case starting(String)
    case ready
    case stopping
    case failed(String)
}
