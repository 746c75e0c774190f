package import Leaderboards
internal import Synchronization

/// A control store whose database is a dictionary: for tests, and the twin that SQL is compared with.
///
/// The database outlives the store: open another one on it, at the same time or later, and what was committed is there.
package final class InMemoryControlStore: ControlStore {
    package let database: InMemoryControlDatabase
    private let isClosed = Mutex(false)

    package init(database: InMemoryControlDatabase = InMemoryControlDatabase()) { self.database = database }

    package func close() async { isClosed.withLock { $0 = true } }

    private func with<Value>(
        _ body: (inout ControlTables) throws(ControlError) -> Value
    ) throws(ControlError) -> Value {
        if isClosed.withLock({ $0 }) { throw .unavailable("the store was closed") }
        return try database.with(body)
    }
}

/// What stores in memory share.
package final class InMemoryControlDatabase: Sendable {
    private struct State {
        var tables = ControlTables()
        var isReachable = true
    }

    private let state = Mutex(State())

    package init() {}

    /// While it is not, all calls throw `.unavailable`.
    package var isReachable: Bool {
        get { state.withLock { $0.isReachable } }
        set { state.withLock { $0.isReachable = newValue } }
    }

    fileprivate func with<Value>(
        _ body: (inout ControlTables) throws(ControlError) -> Value
    ) throws(ControlError) -> Value {
        var outcome: Result<Value, ControlError> = .failure(.unavailable("the database can't be reached"))
        state.withLock { state in
            guard state.isReachable else { return }
            do throws(ControlError) { outcome = .success(try body(&state.tables)) } catch { outcome = .failure(error) }
        }
        return try outcome.get()
    }
}

// MARK: - Records

extension InMemoryControlStore {
    @discardableResult
    package func commit(
        _ writes: [ControlWrite], _ note: AuditNote, at now: Timestamp
    ) async throws(ControlError) -> Int64 {
        try with { (tables) throws(ControlError) in try tables.commit(writes, note, at: now) }
    }

    package func tenant(_ id: TenantID) async throws(ControlError) -> Tenant? {
        try with { $0.tenants[id.text] }
    }

    package func project(_ id: ProjectID) async throws(ControlError) -> Project? {
        try with { $0.projects[id.text] }
    }

    package func member(_ id: MemberID) async throws(ControlError) -> Member? {
        try with { $0.members[id.text] }
    }

    package func key(_ id: KeyID) async throws(ControlError) -> KeyRecord? {
        try with { $0.keys[id.text] }
    }

    package func plan(_ id: PlanID) async throws(ControlError) -> Plan? {
        try with { $0.plans[id.text] }
    }

    package func token(_ id: TokenID) async throws(ControlError) -> TokenRecord? {
        try with { $0.tokens[id.text] }
    }

    package func token(with digest: KeyDigest) async throws(ControlError) -> TokenRecord? {
        try with { $0.tokens.values.first { $0.digest == digest } }
    }

    package func tenants(after id: TenantID?, limit: Int) async throws(ControlError) -> [Tenant] {
        try with { page($0.tenants, after: id?.text, limit) { _ in true } }
    }

    package func projects(
        of tenant: TenantID?, after id: ProjectID?, limit: Int
    ) async throws(ControlError) -> [Project] {
        try with { page($0.projects, after: id?.text, limit) { tenant == nil || $0.tenant == tenant } }
    }

    package func members(of tenant: TenantID, after id: MemberID?, limit: Int) async throws(ControlError) -> [Member] {
        try with { page($0.members, after: id?.text, limit) { $0.tenant == tenant } }
    }

    package func keys(of project: ProjectID, after id: KeyID?, limit: Int) async throws(ControlError) -> [KeyRecord] {
        try with { page($0.keys, after: id?.text, limit) { $0.project == project } }
    }

    package func tokens(
        of member: MemberID, after id: TokenID?, limit: Int
    ) async throws(ControlError) -> [TokenRecord] {
        try with { page($0.tokens, after: id?.text, limit) { $0.member == member } }
    }

    package func plans() async throws(ControlError) -> [Plan] {
        try with { page($0.plans, after: nil, .max) { _ in true } }
    }

    package func order(_ id: OrderID) async throws(ControlError) -> ClusterOrder? {
        try with { $0.orders[id.text] }
    }

    package func orders(of cluster: String) async throws(ControlError) -> [ClusterOrder] {
        try with { page($0.orders, after: nil, .max) { $0.cluster == cluster && $0.state != .lifted } }
    }

    private func page<Record>(
        _ records: [String: Record], after id: String?, _ limit: Int, where isMeant: (Record) -> Bool
    ) -> [Record] {
        let ids = records.keys.filter { $0 > id ?? "" && isMeant(records[$0]!) }.sorted()
        return ids.prefix(max(0, limit)).map { records[$0]! }
    }
}

// MARK: - Histories and counters

extension InMemoryControlStore {
    package func audit(
        of tenant: TenantID?, before: Int64?, limit: Int
    ) async throws(ControlError) -> [AuditEntry] {
        try with { tables in
            let entries = tables.audit.reversed().filter { entry in
                entry.revision < before ?? .max && (tenant == nil || entry.note.tenant == tenant)
            }
            return Array(entries.prefix(max(0, limit)))
        }
    }

    package func changes(after revision: Int64, limit: Int) async throws(ControlError) -> ControlChanges {
        try with { $0.changes(after: revision, limit: max(1, limit)) }
    }

    package func noteUse(of keys: [KeyID: Timestamp]) async throws(ControlError) {
        try with { $0.lastUses.merge(keys) { max($0, $1) } }
    }

    package func lastUse(of keys: [KeyID]) async throws(ControlError) -> [KeyID: Timestamp] {
        try with { tables in tables.lastUses.filter { keys.contains($0.key) } }
    }

    package func setUsage(_ rows: [UsageRow]) async throws(ControlError) {
        try with { (tables) throws(ControlError) in try tables.setUsage(rows) }
    }

    package func usage(of project: ProjectID, days: ClosedRange<Int>) async throws(ControlError) -> [UsageRow] {
        try with { (tables) throws(ControlError) in try tables.usage(of: project, days: days) }
    }

    package func usage(
        of project: ProjectID, metric: String, source: String
    ) async throws(ControlError) -> [Int: Int64] {
        try with { $0.usage(of: project, metric: metric, source: source) }
    }
    package func setAnomalyStates(
        _ states: [String: String], of source: String, at now: Timestamp
    ) async throws(ControlError) {
        try with { $0.anomalyStates[source] = states }
    }

    package func anomalyStates(of source: String) async throws(ControlError) -> [String: String] {
        try with { $0.anomalyStates[source] ?? [:] }
    }

    package func addAnomalies(
        _ rows: [AnomalyRow], of source: String, keeping countMax: Int
    ) async throws(ControlError) {
        try with { $0.anomalies[source] = Array((($0.anomalies[source] ?? []) + rows).suffix(countMax)) }
    }

    package func anomalies(of source: String) async throws(ControlError) -> [AnomalyRow] {
        try with { $0.anomalies[source] ?? [] }
    }
}
