package import Admission
package import ControlPlane
package import Leaderboards
package import NodeRuntime

/// What can be done to tenants, projects, members, keys and plans.
///
/// Each use case reads what it needs, has the change decided by a function of that (in `Deciding`), and commits it with its
/// line in the audit log. If somebody else changed one of the records in between, it reads again and has it decided anew.
package struct Administration: Sendable {
    let store: any ControlStore
    let pepper: KeyPepper
    let clock: @Sendable () -> Timestamp
    /// So many bytes that nobody can guess.
    let random: @Sendable (Int) -> [UInt8]
    let hooks: Hooks

    /// What the node has to do with it.
    package struct Hooks: Sendable {
        /// Called after each change, so that it takes effect at once.
        package var didChange: @Sendable () async -> Void = {}
        /// What a project uses at this moment, by metric, such as `leaderboards`.
        package var use: @Sendable (ProjectID) async -> [String: Int64] = { _ in [:] }
        /// What was found unusual on this node, the newest first: of a project, of a tenant, or of all; at most so many.
        package var anomalies: @Sendable (ProjectID?, TenantID?, _ limit: Int) async -> [AnomalyReport] = { _, _, _ in
            []
        }

        /// What a project's request filter has found since the node started.
        package var filtered: @Sendable (ProjectID) async -> [FilterRule: FilterCounts] = { _ in [:] }

        /// What backups are taken of; nil if there is nothing.
        package var backup: BackupHooks?
        /// The node, and the cluster that it is one of.
        package var cluster: (any ClusterInspection)?
        /// The regions, if the node is in one.
        package var regions: (any RegionInspection)?

        package init() {}
    }

    package init(
        store: any ControlStore, pepper: KeyPepper, hooks: Hooks = Hooks(), clock: @escaping @Sendable () -> Timestamp,
        random: @escaping @Sendable (Int) -> [UInt8]
    ) {
        self.store = store
        self.pepper = pepper
        self.hooks = hooks
        self.clock = clock
        self.random = random
    }

    /// How often a change is decided anew when others change the same.
    static let attemptCountMax = 5
}

/// Who asks, and in which request.
package struct AdminCall: Sendable {
    package var administrator: Administrator
    package var requestID: String
    /// The version that the caller has seen: another one is not changed. Nil: whatever it is.
    package var version: Int64?

    package init(_ administrator: Administrator, requestID: String = "", version: Int64? = nil) {
        self.administrator = administrator
        self.requestID = requestID
        self.version = version
    }
}

/// A part of a list.
package struct AdminPage<Item: Sendable>: Sendable {
    package var items: [Item]
    /// The id, or revision, after which it goes on; nil: there is no more.
    package var next: String?
}

extension Administration {
    /// Has a change decided, commits it, and answers the record as it is then.
    func carryOut<Record: Versioned>(
        _ call: AdminCall, _ decide: (Timestamp) async throws -> Change<Record>
    ) async throws -> Record {
        var attempt = 1
        while true {
            let now = clock()
            let change = try await reading { try await decide(now) }
            guard !change.writes.isEmpty else { return change.record }
            do {
                var record = change.record
                record.version = try await store.commit(change.writes, note(call, change), at: now)
                await hooks.didChange()
                return record
            } catch ControlError.conflict where attempt < Self.attemptCountMax {
                attempt += 1
            } catch {
                throw AdminProblem(error, whileChanging: true)
            }
        }
    }

    /// Turns a database's failure into a problem.
    func reading<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as ControlError {
            throw AdminProblem(error, whileChanging: false)
        }
    }

    private func note<Record>(_ call: AdminCall, _ change: Change<Record>) -> AuditNote {
        note(call, change.action, change.target, tenant: change.tenant, detail: change.detail)
    }

    /// What stands in the audit log of something that whoever calls has done.
    func note(
        _ call: AdminCall, _ action: String, _ target: String, tenant: TenantID? = nil, detail: String
    ) -> AuditNote {
        AuditNote(
            actor: call.administrator.text, action: action, target: target, tenant: tenant, requestID: call.requestID,
            detail: detail)
    }

    func newID<ID: RecordID>() -> ID { ID(random: random(10)) }

    /// Reads all of a list, part by part.
    func all<Item>(_ id: (Item) -> String, _ part: (String?, Int) async throws -> [Item]) async throws -> [Item] {
        var items: [Item] = []
        while true {
            let more = try await part(items.last.map(id), Self.partCount)
            items += more
            if more.count < Self.partCount { return items }
        }
    }

    private static let partCount = 1000
}

// What has to be there. What belongs to another tenant than a member's is not there for it.
extension Administration {
    func existingTenant(_ id: TenantID, _ call: AdminCall) async throws -> Tenant {
        guard call.administrator.sees(id), let tenant = try await store.tenant(id) else {
            throw AdminProblem(unknown: id)
        }
        return tenant
    }

    func existingProject(_ id: ProjectID, _ call: AdminCall) async throws -> Project {
        guard let project = try await store.project(id), call.administrator.sees(project.tenant) else {
            throw AdminProblem(.unknownProject, "There is no project \(id).")
        }
        return project
    }

    func existingPlan(_ id: PlanID) async throws -> Plan {
        guard let plan = try await store.plan(id) else {
            throw AdminProblem(.unknownPlan, "There is no plan \(id).")
        }
        return plan
    }

    func existingKey(_ id: KeyID, _ call: AdminCall) async throws -> (KeyRecord, Project) {
        guard let key = try await store.key(id), let project = try await store.project(key.project),
            call.administrator.sees(project.tenant)
        else { throw AdminProblem(.unknownKey, "There is no key \(id).") }
        return (key, project)
    }

    func existingMember(_ id: MemberID, _ call: AdminCall) async throws -> Member {
        guard let member = try await store.member(id), call.administrator.sees(member.tenant) else {
            throw AdminProblem(.unknownMember, "There is no member \(id).")
        }
        return member
    }
}
