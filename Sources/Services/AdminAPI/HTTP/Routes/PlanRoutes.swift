import ControlPlane
import HTTPTypes

extension AdminRoute {
    static let plans: [AdminRoute] = [
        AdminRoute(.get, "plans") { exchange in
            let plans = try await exchange.administration.plans(exchange.call)
            return .page(AdminPage(items: plans, next: nil), \.json)
        },
        AdminRoute(.post, "plans") { exchange in
            let plan = try exchange.read { body in
                Plan(
                    id: body.id("id", required: true) ?? Plan.free.id, name: body.name("name", required: true) ?? "",
                    quota: body.object("quota").map(Quota.read) ?? Quota())
            }
            let made = try await exchange.administration.createPlan(plan, exchange.call)
            return .created(made.json, version: made.version, at: "plans/\(made.id)")
        },
        AdminRoute(.get, "plans/{plan}") { exchange in
            let plan = try await exchange.administration.plan(exchange.id("plan"), exchange.call)
            return AdminAnswer(plan.json, version: plan.version)
        },
        AdminRoute(.patch, "plans/{plan}") { exchange in
            let (name, quota) = try exchange.read { body in
                (body.has("name") ? body.name("name", required: true) : nil, body.take("quota"))
            }
            let plan = try await exchange.administration.changePlan(
                exchange.id("plan"), name: name, quota: quota, exchange.call)
            return AdminAnswer(plan.json, version: plan.version)
        },
    ]
}
