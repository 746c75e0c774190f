import ControlPlane
import Leaderboards

struct BrokenPlace: ControlStorePlace {
    let flaw: BrokenStore.Flaw
    let database = InMemoryControlDatabase()

    func open() -> any ControlStore { BrokenStore(flaw: flaw, store: InMemoryControlStore(database: database)) }
}

/// A store that is right but for one thing.
struct BrokenStore: ControlStore {
    enum Flaw: CaseIterable {
        case dividesCommits, replacesBlindly, hidesDeleted, descends, ignoresAfter, cutsRevisions, endsChangesEarly
        case trimsText, forgetsUses, addsUsage, opensAgain, mixesStates, keepsAllAnomalies, listsLifted
    }

    let flaw: Flaw
    let store: InMemoryControlStore

    func commit(_ writes: [ControlWrite], _ note: AuditNote, at now: Timestamp) async throws(ControlError) -> Int64 {
        switch flaw {
        case .dividesCommits:
            for write in writes.dropLast() { _ = try await store.commit([write], note, at: now) }
            return try await store.commit(Array(writes.suffix(1)), note, at: now)
        case .replacesBlindly:
            var blind = writes
            for (index, write) in writes.enumerated() {
                guard case .replace(.tenant(var tenant)) = write else { continue }
                tenant.version = try await store.tenant(tenant.id)?.version ?? 0
                blind[index] = .replace(.tenant(tenant))
            }
            return try await store.commit(blind, note, at: now)
        case .trimsText:
            var trimmed = note
            trimmed.detail = String(note.detail.drop { $0 == " " })
            return try await store.commit(writes, trimmed, at: now)
        default:
            return try await store.commit(writes, note, at: now)
        }
    }

    func tenant(_ id: TenantID) async throws(ControlError) -> Tenant? { try await store.tenant(id) }
    func project(_ id: ProjectID) async throws(ControlError) -> Project? { try await store.project(id) }
    func member(_ id: MemberID) async throws(ControlError) -> Member? { try await store.member(id) }
    func key(_ id: KeyID) async throws(ControlError) -> KeyRecord? { try await store.key(id) }
    func plan(_ id: PlanID) async throws(ControlError) -> Plan? { try await store.plan(id) }

    func token(_ id: TokenID) async throws(ControlError) -> TokenRecord? { try await store.token(id) }

    func token(with digest: KeyDigest) async throws(ControlError) -> TokenRecord? {
        try await store.token(with: digest)
    }

    func tenants(after id: TenantID?, limit: Int) async throws(ControlError) -> [Tenant] {
        let tenants = try await store.tenants(after: flaw == .ignoresAfter ? nil : id, limit: limit)
        return flaw == .descends ? tenants.reversed() : tenants
    }

    func projects(of tenant: TenantID?, after id: ProjectID?, limit: Int) async throws(ControlError) -> [Project] {
        let projects = try await store.projects(of: tenant, after: id, limit: limit)
        return flaw == .hidesDeleted ? projects.filter { !$0.isDeleted } : projects
    }

    func members(of tenant: TenantID, after id: MemberID?, limit: Int) async throws(ControlError) -> [Member] {
        try await store.members(of: tenant, after: id, limit: limit)
    }

    func keys(of project: ProjectID, after id: KeyID?, limit: Int) async throws(ControlError) -> [KeyRecord] {
        try await store.keys(of: project, after: id, limit: limit)
    }

    func tokens(of member: MemberID, after id: TokenID?, limit: Int) async throws(ControlError) -> [TokenRecord] {
        try await store.tokens(of: member, after: id, limit: limit)
    }

    func plans() async throws(ControlError) -> [Plan] { try await store.plans() }

    func order(_ id: OrderID) async throws(ControlError) -> ClusterOrder? { try await store.order(id) }

    func orders(of cluster: String) async throws(ControlError) -> [ClusterOrder] {
        guard flaw == .listsLifted else { return try await store.orders(of: cluster) }
        return try await store.changes(after: 0, limit: 1000).records.compactMap { record in
            if case .order(let order) = record, order.cluster == cluster { order } else { nil }
        }.sorted { $0.id < $1.id }
    }

    func audit(of tenant: TenantID?, before: Int64?, limit: Int) async throws(ControlError) -> [AuditEntry] {
        try await store.audit(of: tenant, before: before, limit: limit)
    }

    func changes(after revision: Int64, limit: Int) async throws(ControlError) -> ControlChanges {
        var changes = try await store.changes(after: revision, limit: limit)
        if flaw == .cutsRevisions { changes.records = Array(changes.records.prefix(limit)) }
        if flaw == .endsChangesEarly { changes.hasMore = false }
        return changes
    }

    func noteUse(of keys: [KeyID: Timestamp]) async throws(ControlError) {
        if flaw != .forgetsUses { try await store.noteUse(of: keys) }
    }

    func lastUse(of keys: [KeyID]) async throws(ControlError) -> [KeyID: Timestamp] {
        try await store.lastUse(of: keys)
    }

    func setUsage(_ rows: [UsageRow]) async throws(ControlError) {
        guard flaw == .addsUsage else { return try await store.setUsage(rows) }
        for (index, row) in rows.enumerated() {
            var other = row
            other.source += "\(index)"
            try await store.setUsage([other])
        }
    }

    func usage(of project: ProjectID, days: ClosedRange<Int>) async throws(ControlError) -> [UsageRow] {
        try await store.usage(of: project, days: days)
    }

    func usage(of project: ProjectID, metric: String, source: String) async throws(ControlError) -> [Int: Int64] {
        try await store.usage(of: project, metric: metric, source: source)
    }

    func setAnomalyStates(
        _ states: [String: String], of source: String, at now: Timestamp
    ) async throws(ControlError) {
        guard flaw == .mixesStates else { return try await store.setAnomalyStates(states, of: source, at: now) }
        let old = try await store.anomalyStates(of: source)
        try await store.setAnomalyStates(states.merging(old) { new, _ in new }, of: source, at: now)
    }

    func anomalyStates(of source: String) async throws(ControlError) -> [String: String] {
        try await store.anomalyStates(of: source)
    }

    func addAnomalies(
        _ rows: [AnomalyRow], of source: String, keeping countMax: Int
    ) async throws(ControlError) {
        try await store.addAnomalies(rows, of: source, keeping: flaw == .keepsAllAnomalies ? 1000 : countMax)
    }

    func anomalies(of source: String) async throws(ControlError) -> [AnomalyRow] {
        try await store.anomalies(of: source)
    }

    func close() async { if flaw != .opensAgain { await store.close() } }
}

extension AuditNote {
    static let example = AuditNote(actor: "operator", action: "test", target: "", tenant: nil)
}

extension Timestamp {
    static let example = Timestamp(seconds: 1_764_000_000)
}
