package import Leaderboards

/// A customer.
package struct Tenant: Hashable, Sendable {
    package var id: TenantID
    /// Shown to people; need not be unique.
    package var name: String
    package var plan: PlanID
    package var status: Status
    package var createdAt: Timestamp
    /// The revision of its last change; 0 before it is stored.
    package var version: Int64 = 0

    package enum Status: String, Hashable, Sendable, CaseIterable {
        case active
        /// All its keys answer `tenant_suspended`; its data stays.
        case suspended
        /// All its keys are invalid. Its data goes with its projects.
        case deleted
    }

    package static let nameByteCountMax = 200

    package init(id: TenantID, name: String, plan: PlanID, status: Status = .active, createdAt: Timestamp) {
        self.id = id
        self.name = name
        self.plan = plan
        self.status = status
        self.createdAt = createdAt
    }
}

/// Someone who may act for a tenant.
package struct Member: Hashable, Sendable {
    package var id: MemberID
    package var tenant: TenantID
    /// Unique within the tenant, compared in lower case.
    package var email: String
    package var role: Role
    package var isRemoved: Bool
    package var createdAt: Timestamp
    package var version: Int64 = 0

    /// What a member may do; each may do what those below may.
    package enum Role: String, Hashable, Sendable, CaseIterable {
        /// Everything, the end of the tenant included. A tenant has at least one.
        case owner
        /// Members, projects, keys.
        case admin
        /// Leaderboards, settings of projects.
        case developer
        /// Looks only.
        case viewer
    }

    package init(
        id: MemberID, tenant: TenantID, email: String, role: Role, isRemoved: Bool = false, createdAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.email = email
        self.role = role
        self.isRemoved = isRemoved
        self.createdAt = createdAt
    }
}
