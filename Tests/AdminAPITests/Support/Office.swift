import Admission
import ControlPlane
import Leaderboards
import Synchronization
import TestSupport

@testable import AdminAPI

/// An administration over a database in memory, with a clock that only tests move and seeded randomness.
struct Office: Sendable {
    let database = InMemoryControlDatabase()
    let store: InMemoryControlStore
    let administration: Administration
    private let state: State

    static let start = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!
    static let pepper = KeyPepper(bytes: Array(0..<32))
    static let chief = AdminCall(.operator, requestID: "req-1")

    private final class State: Sendable {
        let now = Mutex(Office.start)
        let random: Mutex<SplitMix64>
        let changes = Mutex(0)

        init(seed: UInt64) { random = Mutex(SplitMix64(seed: seed)) }
    }

    /// With the plans that every node has.
    init(
        seed: UInt64 = 7, use: [String: Int64] = [:], anomalies: [AnomalyReport] = [],
        filtered: [FilterRule: FilterCounts] = [:], cluster: FakeCluster? = nil, regions: FakeRegions? = nil
    ) async throws {
        let state = State(seed: seed)
        self.state = state
        store = InMemoryControlStore(database: database)
        var hooks = Administration.Hooks()
        hooks.didChange = { state.changes.withLock { $0 += 1 } }
        hooks.use = { _ in use }
        hooks.anomalies = { project, tenant, limit in
            Array(
                anomalies.filter { report in
                    (project == nil || report.project == project) && (tenant == nil || report.tenant == tenant)
                }.prefix(limit))
        }
        hooks.filtered = { _ in filtered }
        hooks.cluster = cluster
        hooks.regions = regions
        hooks.backup = BackupHooks(
            outline: { Array(#"{"shardCount":1}"#.utf8) },
            checkpoint: { shard, send in try await send(Array("checkpoint \(shard)".utf8)) },
            records: { group, position, send in
                try await send(Array("records \(group) ".utf8))
                try await send(Array("\(position)".utf8))
            }, control: { send in try await send(Array("{}".utf8)) })
        administration = Administration(
            store: store, pepper: Office.pepper, hooks: hooks, clock: { state.now.withLock { $0 } },
            random: { count in
                state.random.withLock { random in
                    (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                }
            })
        let note = AuditNote(actor: "laureld", action: "service.start", target: "-", tenant: nil)
        _ = try await store.commit(
            [.insert(.plan(.unlimited)), .insert(.plan(.free)), .insert(.plan(.studio))], note, at: Office.start)
    }

    var now: Timestamp { state.now.withLock { $0 } }
    func advance(seconds: Int64) { state.now.withLock { $0 = $0.advanced(by: .seconds(seconds)) } }
    /// How often the node was told of a change.
    var changeCount: Int { state.changes.withLock { $0 } }

    func tenant(_ id: String = "acme", plan: Plan = .unlimited) async throws -> Tenant {
        try await administration.createTenant(
            NewTenant(id: TenantID(id), name: "Acme", plan: plan.id), Office.chief)
    }

    func project(_ id: String = "game", in tenant: TenantID = TenantID("acme")!) async throws -> Project {
        try await administration.createProject(NewProject(id: ProjectID(id), name: "Game"), in: tenant, Office.chief)
    }

    func key(in project: ProjectID = ProjectID("game")!, name: String = "server") async throws -> FreshKey {
        try await administration.createKey(
            NewKey(name: name, grant: KeyGrant(scopes: [.read, .write])), in: project, Office.chief)
    }

    func member(
        _ email: String, _ role: Member.Role, of tenant: TenantID = TenantID("acme")!
    ) async throws -> Member {
        try await administration.addMember(email, as: role, to: tenant, Office.chief)
    }

    func configure(_ patch: JSON, _ id: ProjectID = ProjectID("game")!) async throws -> Project {
        try await administration.configureProject(id, by: patch, Office.chief)
    }

    /// The newest line of the audit log.
    func lastNote() async throws -> AuditNote? {
        try await administration.audit(of: nil, limit: 1, Office.chief).items.first?.note
    }
}

/// What a call is refused with; nil if it is not.
func refusal(_ body: () async throws -> Void) async throws -> AdminProblem? {
    do {
        try await body()
        return nil
    } catch let problem as AdminProblem {
        return problem
    }
}

/// The code of it.
func code(_ body: () async throws -> Void) async throws -> AdminCode? { try await refusal(body)?.code }
