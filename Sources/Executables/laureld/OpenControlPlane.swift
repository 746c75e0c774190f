import ControlPlane
import Foundation
import HTTPGateway
import Leaderboards
import Logging
import SQLDatabases
import Tenancy

/// Where tenants, projects and keys are kept, opened: made at the first start, with a tenant and a project `default`.
struct OpenControlPlane {
    let store: any ControlStore
    let directory: AccessDirectory
    let gatekeeper: Gatekeeper

    /// - Parameters:
    ///   - key: opens project `default` for everything; entered if it is not there
    init(
        _ settings: Settings, in data: DataDirectory, key: APIKey, keySets: any KeySetFetcher,
        _ logger: Logger
    ) async throws {
        let pepper = try data.pepper(settings)
        store = try await Self.store(settings, in: data)
        directory = AccessDirectory(
            store: store, logger: logger, monthlyRequests: AccessDirectory.monthlyRequests(in: store))
        gatekeeper = Gatekeeper(directory: directory, pepper: pepper, keySets: keySets, logger: logger)
        do {
            try await Self.makeDefaults(in: store, key, pepper.digest(of: key.text))
            try await directory.refresh()
        } catch let error as ControlError {
            await store.close()
            throw StartError("the control database: \(error)")
        }
    }

    /// Which web pages may read answers, as the projects' settings say.
    var crossOrigin: CrossOrigin {
        CrossOrigin(
            origins: { [directory] in ProjectID($0).map(directory.corsOrigins) ?? [] },
            isKnownOrigin: { [directory] in directory.isKnownOrigin($0) })
    }

    static func store(_ settings: Settings, in data: DataDirectory) async throws -> any ControlStore {
        do {
            guard let url = settings.controlURL else {
                return try await SQLControlStore.sqlite(path: data.path + "/control.sqlite")
            }
            if url.hasPrefix("sqlite:") {
                return try await SQLControlStore.sqlite(path: String(url.dropFirst("sqlite:".count)))
            }
            return try await SQLControlStore.postgres(try PostgresConfiguration(url: url))
        } catch let error as ControlError {
            throw StartError("the control database can't be opened: \(error)")
        } catch let error as PostgresURLError {
            throw StartError("control: \(error)")
        }
    }

    /// Enters what a node needs to be used at once. Several nodes may do so at the same time.
    private static func makeDefaults(in store: any ControlStore, _ key: APIKey, _ digest: KeyDigest) async throws {
        let now = AccessClock.system.now()
        let tenant = Tenant(id: Self.tenant, name: "Default", plan: Plan.unlimited.id, createdAt: now)
        let project = Project(id: Self.project, tenant: tenant.id, name: "Default", createdAt: now)
        for plan in [Plan.free, .studio, .unlimited] where try await store.plan(plan.id) == nil {
            try await insert(.plan(plan), plan.id.text, in: store, now)
        }
        if try await store.tenant(tenant.id) == nil {
            try await insert(.tenant(tenant), tenant.id.text, in: store, now)
        }
        if try await store.project(project.id) == nil {
            try await insert(.project(project), project.id.text, in: store, now)
        }
        // One that was revoked stays so.
        if try await isKnown(digest, in: store) { return }
        let record = KeyRecord(
            id: KeyID(random: (0..<10).map { _ in UInt8.random(in: 0...255) }), project: project.id,
            name: "admin.key", digest: digest, hint: key.hint, grant: KeyGrant(scopes: .all), createdAt: now)
        try await insert(.key(record), record.id.text, in: store, now)
    }

    private static func insert(
        _ record: ControlRecord, _ target: String, in store: any ControlStore, _ now: Timestamp
    ) async throws {
        let note = AuditNote(
            actor: "laureld", action: "\(record.identity.kind.rawValue).create", target: target,
            tenant: record.identity.kind == .plan ? nil : tenant, detail: "made at the start of a node")
        do throws(ControlError) {
            try await store.commit([.insert(record)], note, at: now)
        } catch {
            // Another node was faster.
            guard case .exists = error else { throw error }
        }
    }

    private static func isKnown(_ digest: KeyDigest, in store: any ControlStore) async throws -> Bool {
        var last: KeyID?
        while true {
            let page = try await store.keys(of: project, after: last, limit: 1000)
            if page.contains(where: { $0.digest == digest }) { return true }
            guard page.count == 1000 else { return false }
            last = page.last?.id
        }
    }

    private static let tenant = TenantID(unchecked: "default")
    private static let project = ProjectID(unchecked: "default")
}
