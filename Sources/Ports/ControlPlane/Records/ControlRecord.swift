/// One record of the control plane.
package enum ControlRecord: Hashable, Sendable {
    case tenant(Tenant)
    case project(Project)
    case member(Member)
    case key(KeyRecord)
    case plan(Plan)
    case token(TokenRecord)
    case order(ClusterOrder)

    package enum Kind: String, Hashable, Sendable, CaseIterable {
        // Owners first.
        case plan, tenant, project, member, key, token, order
    }
}

extension ControlRecord {
    /// Which record it is, of all kinds.
    package struct Identity: Hashable, Sendable, CustomStringConvertible {
        package var kind: Kind
        package var id: String

        package init(_ kind: Kind, _ id: String) {
            self.kind = kind
            self.id = id
        }

        package var description: String { "\(kind.rawValue) \(id)" }
    }

    package var identity: Identity {
        switch self {
        case .tenant(let tenant): Identity(.tenant, tenant.id.text)
        case .project(let project): Identity(.project, project.id.text)
        case .member(let member): Identity(.member, member.id.text)
        case .key(let key): Identity(.key, key.id.text)
        case .plan(let plan): Identity(.plan, plan.id.text)
        case .token(let token): Identity(.token, token.id.text)
        case .order(let order): Identity(.order, order.id.text)
        }
    }

    /// What must be there before it can be: its owner, or a tenant's plan.
    package var owner: Identity? {
        switch self {
        case .tenant(let tenant): Identity(.plan, tenant.plan.text)
        case .project(let project): Identity(.tenant, project.tenant.text)
        case .member(let member): Identity(.tenant, member.tenant.text)
        case .key(let key): Identity(.project, key.project.text)
        case .plan, .order: nil
        case .token(let token): Identity(.member, token.member.text)
        }
    }

    package var version: Int64 {
        get {
            switch self {
            case .tenant(let tenant): tenant.version
            case .project(let project): project.version
            case .member(let member): member.version
            case .key(let key): key.version
            case .plan(let plan): plan.version
            case .token(let token): token.version
            case .order(let order): order.version
            }
        }
        set {
            self = with(version: newValue)
        }
    }

    private func with(version: Int64) -> ControlRecord {
        switch self {
        case .tenant(var tenant):
            tenant.version = version
            return .tenant(tenant)
        case .project(var project):
            project.version = version
            return .project(project)
        case .member(var member):
            member.version = version
            return .member(member)
        case .key(var key):
            key.version = version
            return .key(key)
        case .plan(var plan):
            plan.version = version
            return .plan(plan)
        case .token(var token):
            token.version = version
            return .token(token)
        case .order(var order):
            order.version = version
            return .order(order)
        }
    }
}
