internal import Admission
internal import ControlPlane
internal import Leaderboards

/// Everything that requests are judged by, as far as it was read from the database.
///
/// Invariant: what is resolved (`ProjectAccess`, `KeyAccess`) was made of the records that are here now. A change of a plan
/// reaches its tenants' projects, one of a tenant its projects, one of a project its keys.
struct AccessTables: Sendable {
    private(set) var projects: [ProjectID: ProjectAccess] = [:]
    private(set) var keys: [KeyDigest: KeyAccess] = [:]
    /// Up to which change everything is here.
    var revision: Int64 = 0

    /// Those that every Laurel knows are there from the start.
    private var plans = Dictionary(uniqueKeysWithValues: [Plan.unlimited, .free, .studio].map { ($0.id, $0) })
    private var tenants: [TenantID: Tenant] = [:]
    private var digests: [KeyID: KeyDigest] = [:]
    /// Records of keys whose project has not come yet.
    private var orphans: [ProjectID: [KeyID: KeyRecord]] = [:]
    private var tenantsOfPlan: [PlanID: Set<TenantID>] = [:]
    private var projectsOfTenant: [TenantID: Set<ProjectID>] = [:]
    private var keysOfProject: [ProjectID: Set<KeyID>] = [:]

    mutating func apply(_ record: ControlRecord, at now: Timestamp) {
        switch record {
        case .plan(let plan):
            plans[plan.id] = plan
            for tenant in tenantsOfPlan[plan.id] ?? [] { resolveProjects(of: tenant, now) }
        case .tenant(let tenant):
            if let old = tenants[tenant.id], old.plan != tenant.plan { tenantsOfPlan[old.plan]?.remove(tenant.id) }
            tenants[tenant.id] = tenant
            tenantsOfPlan[tenant.plan, default: []].insert(tenant.id)
            resolveProjects(of: tenant.id, now)
        case .project(let project):
            projectsOfTenant[project.tenant, default: []].insert(project.id)
            resolve(project, now)
        case .key(let key):
            apply(key, now)
        // The admin API asks for them itself.
        case .member, .token, .order:
            break
        }
    }

    private mutating func resolveProjects(of tenant: TenantID, _ now: Timestamp) {
        for id in projectsOfTenant[tenant] ?? [] {
            if let access = projects[id] { resolve(access.project, now) }
        }
    }

    private mutating func resolve(_ project: Project, _ now: Timestamp) {
        let tenant = tenants[project.tenant]
        let state =
            projects[project.id]?.state ?? ProjectState(identity: RateIdentity(.project, project.id.text))
        // A plan that isn't known is no reason to let everything pass.
        let access = ProjectAccess(project, of: tenant, on: tenant.flatMap { plans[$0.plan] } ?? .free, state: state)
        projects[project.id] = access
        for id in keysOfProject[project.id] ?? [] {
            guard let digest = digests[id], let key = keys[digest] else { continue }
            keys[digest] = KeyAccess(key.record, of: access, identity: key.identity, use: key.use)
        }
        for key in (orphans.removeValue(forKey: project.id) ?? [:]).values { apply(key, now) }
    }

    private mutating func apply(_ key: KeyRecord, _ now: Timestamp) {
        guard let project = projects[key.project] else {
            orphans[key.project, default: [:]][key.id] = key
            return
        }
        var use = KeyUse()
        if let digest = digests[key.id], let known = keys[digest] {
            use = known.use
            if digest != key.digest { keys[digest] = nil }
        }
        // What is over is forgotten, so that the tables don't grow with the years: who is not known isn't let in either.
        guard key.isValid(at: now) else {
            forget(key)
            return
        }
        digests[key.id] = key.digest
        keysOfProject[key.project, default: []].insert(key.id)
        keys[key.digest] = KeyAccess(key, of: project, identity: RateIdentity(.key, key.id.text), use: use)
    }

    private mutating func forget(_ key: KeyRecord) {
        if let digest = digests.removeValue(forKey: key.id) { keys[digest] = nil }
        keysOfProject[key.project]?.remove(key.id)
    }
}

extension RateIdentity {
    /// Who is limited. Hashed with what nobody outside knows: Swift seeds its hashes anew for each process.
    init(_ subject: RateFigures.Subject, _ name: String, high: UInt64 = 0, low: UInt64 = 0) {
        var hasher = Hasher()
        hasher.combine(subject)
        hasher.combine(name)
        hasher.combine(high)
        hasher.combine(low)
        self.init(UInt64(bitPattern: Int64(hasher.finalize())))
    }

    init(user: String, of project: ProjectID) {
        var hasher = Hasher()
        hasher.combine(RateFigures.Subject.user)
        hasher.combine(project)
        hasher.combine(user)
        self.init(UInt64(bitPattern: Int64(hasher.finalize())))
    }
}
