package import Leaderboards

/// Where tenants, projects, members, keys and plans are kept, and what operators want of a cluster: a database.
///
/// What every implementation promises, and `ControlStoreConformance` checks:
///
/// - `commit` does all of its writes and its line in the audit log, or nothing. It gives the change the next *revision*, a
///   number that only rises, without one being seen before a smaller one: whoever has read the changes up to a revision has
///   missed none below it.
/// - A record is only replaced by whoever saw its last version. Its `version` becomes the revision of the commit.
/// - The writes of a commit are done in their order. What a record belongs to (`ControlRecord.owner`) must be there before it:
///   throws `.notFound`.
/// - No two keys have one digest, nor two tokens; no two members of a tenant who are not removed have one e-mail address, in lower case:
///   throws `.exists`.
/// - Text comes back byte for byte. One with a zero byte, which not every database can keep, is refused as `.failed`. What is
///   looked up by (ids, e-mail addresses, metrics, sources) may have 500 bytes.
/// - What a call answered is what a later call sees.
/// - A failure is told as `.unavailable` when it may be over soon. Of a commit that failed so it is not known whether it
///   was done; it may be tried again, and then meets its own doing as `.exists` or `.conflict`.
///
/// Calls don't block their caller's thread. After `close` they throw `.unavailable`.
package protocol ControlStore: Sendable {
    /// Answers the revision.
    @discardableResult
    func commit(_ writes: [ControlWrite], _ note: AuditNote, at now: Timestamp) async throws(ControlError) -> Int64

    func tenant(_ id: TenantID) async throws(ControlError) -> Tenant?
    func project(_ id: ProjectID) async throws(ControlError) -> Project?
    func member(_ id: MemberID) async throws(ControlError) -> Member?
    func key(_ id: KeyID) async throws(ControlError) -> KeyRecord?
    func plan(_ id: PlanID) async throws(ControlError) -> Plan?
    func token(_ id: TokenID) async throws(ControlError) -> TokenRecord?
    /// The member's token that has the digest.
    func token(with digest: KeyDigest) async throws(ControlError) -> TokenRecord?
    func order(_ id: OrderID) async throws(ControlError) -> ClusterOrder?

    // Lists, in the order of the ids' bytes, after one of them. What was deleted, removed or revoked is there, too.
    func tenants(after id: TenantID?, limit: Int) async throws(ControlError) -> [Tenant]
    func projects(of tenant: TenantID?, after id: ProjectID?, limit: Int) async throws(ControlError) -> [Project]
    func members(of tenant: TenantID, after id: MemberID?, limit: Int) async throws(ControlError) -> [Member]
    func keys(of project: ProjectID, after id: KeyID?, limit: Int) async throws(ControlError) -> [KeyRecord]
    func tokens(of member: MemberID, after id: TokenID?, limit: Int) async throws(ControlError) -> [TokenRecord]
    func plans() async throws(ControlError) -> [Plan]
    /// Those of a cluster that are not lifted, in the order of their ids' bytes.
    func orders(of cluster: String) async throws(ControlError) -> [ClusterOrder]

    /// The audit log, newest first: entries with revisions below `before`, of one tenant or of all.
    func audit(of tenant: TenantID?, before: Int64?, limit: Int) async throws(ControlError) -> [AuditEntry]

    /// What was changed after a revision, each record as it is now, in the order of their revisions. The changes of one
    /// revision are not divided, so there may be more than `limit`.
    func changes(after revision: Int64, limit: Int) async throws(ControlError) -> ControlChanges

    /// Keys were used at these times. Earlier ones than known change nothing. Makes no revision.
    func noteUse(of keys: [KeyID: Timestamp]) async throws(ControlError)
    func lastUse(of keys: [KeyID]) async throws(ControlError) -> [KeyID: Timestamp]

    /// Sets counters of days; what was there for the same project, day, source and metric is replaced. Makes no revision.
    func setUsage(_ rows: [UsageRow]) async throws(ControlError)
    /// The counters of a project in a range of days, summed over their sources, in the order of days and metrics. Their
    /// `source` is empty. Throws `.failed` if a sum is too large.
    func usage(of project: ProjectID, days: ClosedRange<Int>) async throws(ControlError) -> [UsageRow]
    /// What one source has set of one counter of a project, by days.
    func usage(of project: ProjectID, metric: String, source: String) async throws(ControlError) -> [Int: Int64]

    /// Keeps what a node has learned of those whose traffic it watches, instead of all that it has kept before. Makes no
    /// revision. A failure may leave some of both.
    func setAnomalyStates(
        _ states: [String: String], of source: String, at now: Timestamp
    ) async throws(ControlError)
    func anomalyStates(of source: String) async throws(ControlError) -> [String: String]

    /// Keeps anomalies that a node has found, behind those from before; of all of them the newest. Makes no revision.
    func addAnomalies(_ rows: [AnomalyRow], of source: String, keeping countMax: Int) async throws(ControlError)
    /// The oldest first.
    func anomalies(of source: String) async throws(ControlError) -> [AnomalyRow]

    /// Waits for the calls under way and lets go of files and connections.
    func close() async
}

package enum ControlWrite: Hashable, Sendable {
    /// Throws `.exists` if there is one with its id.
    case insert(ControlRecord)
    /// Replaces the one with the id. Its `version` must be the stored one: throws `.conflict` else, `.notFound` if there
    /// is none.
    case replace(ControlRecord)

    package var record: ControlRecord {
        switch self {
        case .insert(let record), .replace(let record): record
        }
    }
}

/// Records in the order of their revisions; of one revision, in that of their kinds and ids.
package struct ControlChanges: Sendable {
    package var records: [ControlRecord]
    /// Where to go on: the revision of the last one, or the newest there is.
    package var revision: Int64
    /// There is more to be read at once.
    package var hasMore: Bool

    package init(records: [ControlRecord], revision: Int64, hasMore: Bool) {
        self.records = records
        self.revision = revision
        self.hasMore = hasMore
    }
}

/// A counter of one day.
package struct UsageRow: Hashable, Sendable {
    /// Metrics that are not counted anew each day: what was counted since the beginning, and what there is.
    package enum RunningMetric: String, CaseIterable, Sendable {
        case leaderboards, entries
        case storedBytes = "stored_bytes"
        case scoresAccepted = "scores_accepted"
        case scoresUnchanged = "scores_unchanged"
        case setEntriesChanged = "set_entries_changed"
        case leaderboardsCreated = "leaderboards_created"
        case leaderboardsDeleted = "leaderboards_deleted"
        case reads
    }

    /// The metric that is counted anew each day.
    package static let requests = "requests"

    package var project: ProjectID
    /// Days since 1970-01-01, UTC.
    package var day: Int
    /// Such as `scores.accepted`.
    package var metric: String
    /// Who counted: a shard or a node. Each sets its own, so that setting twice counts once.
    package var source: String
    package var value: Int64

    package init(project: ProjectID, day: Int, metric: String, source: String, value: Int64) {
        self.project = project
        self.day = day
        self.metric = metric
        self.source = source
        self.value = value
    }
}

package enum ControlError: Error, Hashable, Sendable {
    /// There is one already: what, in words.
    case exists(String)
    case notFound(String)
    /// It was changed in the meantime: read it again.
    case conflict(String)
    /// The database can't be reached or is overloaded. Try again.
    case unavailable(String)
    /// The database was made by a newer Laurel, is damaged, or refuses what it should not.
    case failed(String)
}
