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

    /// Whether anything of the tenant is there for this one. For a member only its own is.
    func sees(_ tenant: TenantID) -> Bool {
        guard case .member(_, let own, _) = self else { return true }
        return tenant == own
    }

    /// Throws unless this one has the right in the tenant; nil is what belongs to the service.
    package func check(_ right: Right, in tenant: TenantID?) throws(AdminProblem) {
        guard case .member(_, let own, let role) = self else { return }
        guard let tenant else { throw AdminProblem(.forbidden, "Only an operator may do it.") }
        guard tenant == own else { throw AdminProblem(unknown: tenant) }
        guard right.roles.contains(role) else {
            let roles = Member.Role.allCases.filter(right.roles.contains).map(\.rawValue).joined(separator: ", ")
            throw AdminProblem(
                .forbidden, roles.isEmpty ? "Only an operator may do it." : "It takes one of the roles \(roles).")
        }
    }
}

extension Administrator {
    /// Whose records a list has that can be asked for those of a tenant or of all; for a member, all are those of its own. Others
    /// it may not even name, whether they are there or not.
    func scope(_ tenant: TenantID?) throws(AdminProblem) -> TenantID? {
        guard case .member(_, let own, _) = self else { return tenant }
        guard tenant == nil || tenant == own else {
            throw AdminProblem(.forbidden, "A member lists what its own tenant has.")
        }
        return own
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
