import Admission
import ControlPlane
import Leaderboards

// Records as clients see them.

extension JSON {
    static func time(_ time: Timestamp?) -> JSON { .optional(time?.description) }
}

extension Tenant {
    var json: JSON {
        [
            "id": .string(id.text), "name": .string(name), "plan": .string(plan.text),
            "status": .string(status.rawValue), "created_at": .time(createdAt), "version": .integer(version),
        ]
    }
}

extension Project {
    var json: JSON {
        [
            "id": .string(id.text), "tenant": .string(tenant.text), "name": .string(name),
            "environment": .string(environment.rawValue), "status": .string(isDeleted ? "deleted" : "active"),
            "created_at": .time(createdAt), "version": .integer(version),
        ]
    }

    /// Without secrets: `hidden` names what is set and not shown.
    var settingsJSON: JSON {
        [
            "project": .string(id.text), "settings": settings.shown, "hidden": .strings(settings.hidden),
            "version": .integer(version),
        ]
    }
}

extension Member {
    var json: JSON {
        [
            "id": .string(id.text), "tenant": .string(tenant.text), "email": .string(email),
            "role": .string(role.rawValue), "status": .string(isRemoved ? "removed" : "active"),
            "created_at": .time(createdAt), "version": .integer(version),
        ]
    }
}

extension KeyRecord {
    func json(lastUsedAt: Timestamp?, at now: Timestamp) -> JSON {
        [
            "id": .string(id.text), "project": .string(project.text), "name": .string(name), "hint": .string(hint),
            "status": .string(status(at: now)), "scopes": .strings(grant.scopes.names),
            "leaderboards": grant.leaderboards.map(JSON.strings) ?? .null, "rate": rate?.json ?? .null,
            "created_at": .time(createdAt), "expires_at": .time(expiresAt), "revoked_at": .time(revokedAt),
            "replaced_by": .optional(replacedBy?.text), "last_used_at": .time(lastUsedAt),
            "version": .integer(version),
        ]
    }

    private func status(at now: Timestamp) -> String {
        if revokedAt != nil { return "revoked" }
        if !isValid(at: now) { return "expired" }
        return replacedBy == nil ? "active" : "replaced"
    }
}

extension TokenRecord {
    func json(at now: Timestamp) -> JSON {
        [
            "id": .string(id.text), "member": .string(member.text), "name": .string(name), "hint": .string(hint),
            "status": .string(status(at: now)), "created_at": .time(createdAt), "expires_at": .time(expiresAt),
            "revoked_at": .time(revokedAt), "replaced_by": .optional(replacedBy?.text), "version": .integer(version),
        ]
    }

    private func status(at now: Timestamp) -> String {
        if revokedAt != nil { return "revoked" }
        if !isValid(at: now) { return "expired" }
        return replacedBy == nil ? "active" : "replaced"
    }
}

extension Plan {
    var json: JSON {
        [
            "id": .string(id.text), "name": .string(name), "quota": quota.json, "version": .integer(version),
        ]
    }
}

extension AuditEntry {
    var json: JSON {
        [
            "revision": .integer(revision), "at": .time(at), "actor": .string(note.actor),
            "action": .string(note.action), "target": .string(note.target), "tenant": .optional(note.tenant?.text),
            "request_id": .string(note.requestID), "detail": .string(note.detail),
        ]
    }
}

extension ProjectLimits {
    var json: JSON {
        let settings = project.settings
        return [
            "project": .string(project.id.text), "plan": .string(plan.id.text), "quota": plan.quota.json,
            "rates": [
                "rate": settings.rate?.json ?? .null, "key_rate": settings.keyRate?.json ?? .null,
                "user_rate": settings.userRate?.json ?? .null, "address_rate": settings.addressRate?.json ?? .null,
            ],
            "use": .counts(use), "version": .integer(project.version),
        ]
    }
}

extension FilterReport {
    /// Every rule, met or not.
    var json: JSON {
        let settings = project.settings.filter
        let rules = FilterRule.allCases.map { rule -> JSON in
            let counts = counts[rule] ?? FilterCounts()
            return [
                "id": .string(rule.id), "title": .string(rule.title), "score": .integer(Int64(rule.score)),
                "enabled": .boolean(!settings.disabledRules.contains(rule.id)), "reported": .integer(counts.reported),
                "refused": .integer(counts.refused),
            ]
        }
        return [
            "project": .string(project.id.text), "mode": .string(settings.mode.rawValue),
            "threshold": .integer(Int64(settings.threshold)), "rules": .array(rules),
            "version": .integer(project.version),
        ]
    }
}

extension JSON {
    /// In the order of the names.
    static func counts(_ counts: [String: Int64]) -> JSON {
        .object(counts.sorted { $0.key < $1.key }.map { Member($0.key, .integer($0.value)) })
    }
}
