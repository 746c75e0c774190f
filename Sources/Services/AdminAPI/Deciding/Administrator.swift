package import ControlPlane

/// Who asks for a change.
package enum Administrator: Hashable, Sendable {
    /// Whoever runs the service: may do everything.
    case `operator`
    /// Someone of a tenant: may do what the role says, and nothing outside of that tenant.
    case member(MemberID, of: TenantID, Member.Role)

    /// As the audit log names them.
    package var text: String {
        switch self {
        case .operator: "operator"
        case .member(let id, _, _): "member \(id)"
        }
    }

    /// Throws unless this one has the right in the tenant; nil is what belongs to the service.
    package func check(_ right: Right, in tenant: TenantID?) throws(AdminProblem) {
        guard case .member(_, let own, let role) = self else { return }
        guard tenant == own else { throw AdminProblem(.forbidden, "A member acts within its own tenant only.") }
        guard right.roles.contains(role) else {
            let roles = Member.Role.allCases.filter(right.roles.contains).map(\.rawValue).joined(separator: ", ")
            throw AdminProblem(
                .forbidden, roles.isEmpty ? "Only an operator may do it." : "It takes one of the roles \(roles).")
        }
    }
}

/// Kinds of things that are allowed or not.
package enum Right: Hashable, Sendable, CaseIterable {
    case look
    /// Settings of projects.
    case configure
    /// Projects, keys, and members that are no owners.
    case manage
    /// Owners, and the end of the tenant.
    case own
    /// Plans, and what a tenant may not decide about itself.
    case operate

    var roles: Set<Member.Role> {
        switch self {
        case .look: [.owner, .admin, .developer, .viewer]
        case .configure: [.owner, .admin, .developer]
        case .manage: [.owner, .admin]
        case .own: [.owner]
        case .operate: []
        }
    }
}
