import ControlPlane
import HTTPTypes

extension AdminRoute {
    static let tenants: [AdminRoute] = [
        AdminRoute(.get, "tenants", [.limit, .cursor, .all]) { exchange in
            .page(
                try await exchange.administration.tenants(
                    withDeleted: exchange.withAll, after: exchange.after(), limit: exchange.limit, exchange.call),
                \.json)
        },
        AdminRoute(.post, "tenants") { exchange in
            let new = try exchange.read { body in
                NewTenant(
                    id: body.id("id"), name: body.name("name", required: true) ?? "",
                    plan: body.id("plan") ?? Plan.free.id)
            }
            let tenant = try await exchange.administration.createTenant(new, exchange.call)
            return .created(tenant.json, version: tenant.version, at: "tenants/\(tenant.id)")
        },
        AdminRoute(.get, "tenants/{tenant}") { exchange in
            AdminAnswer(try await exchange.administration.tenant(exchange.id("tenant"), exchange.call))
        },
        AdminRoute(.patch, "tenants/{tenant}") { exchange in
            let name = try exchange.read { $0.name("name", required: true) ?? "" }
            return AdminAnswer(
                try await exchange.administration.renameTenant(exchange.id("tenant"), to: name, exchange.call))
        },
        AdminRoute(.put, "tenants/{tenant}/plan") { exchange in
            let plan: PlanID = try exchange.read { $0.id("plan", required: true) ?? Plan.free.id }
            return AdminAnswer(
                try await exchange.administration.setPlan(of: exchange.id("tenant"), to: plan, exchange.call))
        },
        AdminRoute(.post, "tenants/{tenant}/suspend") { exchange in
            try exchange.readNothing()
            return AdminAnswer(
                try await exchange.administration.suspendTenant(exchange.id("tenant"), exchange.call))
        },
        AdminRoute(.post, "tenants/{tenant}/resume") { exchange in
            try exchange.readNothing()
            return AdminAnswer(
                try await exchange.administration.resumeTenant(exchange.id("tenant"), exchange.call))
        },
        AdminRoute(.delete, "tenants/{tenant}") { exchange in
            try exchange.readNothing()
            return AdminAnswer(
                try await exchange.administration.deleteTenant(exchange.id("tenant"), exchange.call))
        },
    ]
}

extension AdminAnswer {
    fileprivate init(_ tenant: Tenant) { self.init(tenant.json, version: tenant.version) }
}

extension ObjectReader {
    /// The id of a record.
    func id<ID: RecordID>(_ name: String, required: Bool = false) -> ID? {
        guard let text = text(name, byteCount: 1...ID.byteCountMax, required: required) else { return nil }
        if let id = ID(text) { return id }
        findings.add(field(name), .value, "An id has the characters a-z 0-9 _ and - only.")
        return nil
    }
}
