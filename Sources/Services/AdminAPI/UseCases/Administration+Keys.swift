package import ControlPlane
package import Leaderboards

/// A key that was just made: the only time that anyone sees it.
package struct FreshKey: Sendable {
    package var record: KeyRecord
    package var key: APIKey
}

extension Administration {
    package func createKey(_ new: NewKey, in project: ProjectID, _ call: AdminCall) async throws -> FreshKey {
        let environment = try await reading { try await existingProject(project, call).environment }
        let material = newMaterial(environment)
        let record = try await carryOut(call) { now in
            let owner = try await existingProject(project, call)
            try call.administrator.check(.manage, in: owner.tenant)
            let tenant = try await existingTenant(owner.tenant, call)
            let quota = try await existingPlan(tenant.plan).quota
            return try KeyRecord.create(
                new, material, in: owner, of: tenant,
                existing: quota.keys == nil ? [] : try await allKeys(of: project), quota: quota, at: now)
        }
        return FreshKey(record: record, key: material.key)
    }

    /// The old one goes on being valid for `overlapSeconds`, so that whoever has it can be given the new one.
    package func rotateKey(_ id: KeyID, overlapSeconds: Int64, _ call: AdminCall) async throws -> FreshKey {
        let environment = try await reading { try await existingKey(id, call).1.environment }
        let material = newMaterial(environment)
        let record = try await changeKey(id, call) { key, project, now in
            try key.rotated(to: material, overlapSeconds: overlapSeconds, in: project, at: now)
        }
        return FreshKey(record: record, key: material.key)
    }

    package func revokeKey(_ id: KeyID, _ call: AdminCall) async throws -> KeyRecord {
        try await changeKey(id, call) { key, project, now in key.revoked(in: project, at: now) }
    }

    package func editKey(_ id: KeyID, _ edit: KeyEdit, _ call: AdminCall) async throws -> KeyRecord {
        try await changeKey(id, call) { key, project, now in try key.edited(edit, in: project, at: now) }
    }

    /// With the time each was last used. Keys that are no longer valid are left out unless they are asked for.
    package func keys(
        of project: ProjectID, withEnded: Bool = false, after id: KeyID? = nil, limit: Int, _ call: AdminCall
    ) async throws -> AdminPage<UsedKey> {
        try await reading {
            try call.administrator.check(.look, in: try await existingProject(project, call).tenant)
            let now = clock()
            let page = try await store.keys(of: project, after: id, limit: limit)
            let keys = page.filter { withEnded || $0.isValid(at: now) }
            let uses = try await store.lastUse(of: keys.map(\.id))
            return AdminPage(
                items: keys.map { UsedKey(record: $0, lastUsedAt: uses[$0.id]) },
                next: page.count < limit ? nil : page.last?.id.text)
        }
    }

    package func key(_ id: KeyID, _ call: AdminCall) async throws -> UsedKey {
        try await reading {
            let (key, project) = try await existingKey(id, call)
            try call.administrator.check(.look, in: project.tenant)
            return UsedKey(record: key, lastUsedAt: try await store.lastUse(of: [id])[id])
        }
    }

    private func changeKey(
        _ id: KeyID, _ call: AdminCall, _ decide: (KeyRecord, Project, Timestamp) throws -> Change<KeyRecord>
    ) async throws -> KeyRecord {
        try await carryOut(call) { now in
            let (key, project) = try await existingKey(id, call)
            try call.administrator.check(.manage, in: project.tenant)
            try key.check(call.version)
            return try decide(key, project, now)
        }
    }

    private func newMaterial(_ environment: Project.Environment) -> KeyMaterial {
        let key = APIKey(random: random(APIKey.seedByteCount), environment: environment)
        return KeyMaterial(id: newID(), key: key, digest: pepper.digest(of: key.text))
    }

    func allKeys(of project: ProjectID) async throws -> [KeyRecord] {
        try await all(\.id.text) { after, limit in
            try await store.keys(of: project, after: after.map(KeyID.init(unchecked:)), limit: limit)
        }
    }
}

/// A key, and when it was last used, if it was.
package struct UsedKey: Sendable {
    package var record: KeyRecord
    package var lastUsedAt: Timestamp?
}
