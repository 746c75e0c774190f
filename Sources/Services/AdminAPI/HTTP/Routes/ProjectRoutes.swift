import ControlPlane
import HTTPTypes

extension AdminRoute {
    static let projects: [AdminRoute] = [
        AdminRoute(.get, "projects", [.limit, .cursor, .all, .tenant]) { exchange in
            .page(
                try await exchange.administration.projects(
                    of: exchange.tenant, withDeleted: exchange.withAll, after: exchange.after(),
                    limit: exchange.limit, exchange.call),
                \.json)
        },
        AdminRoute(.post, "tenants/{tenant}/projects") { exchange in
            let new = try exchange.read { body in
                NewProject(
                    id: body.id("id"), name: body.name("name", required: true) ?? "",
                    environment: body.choice("environment") ?? .live)
            }
            let project = try await exchange.administration.createProject(
                new, in: exchange.id("tenant"), exchange.call)
            return .created(project.json, version: project.version, at: "projects/\(project.id)")
        },
        AdminRoute(.get, "projects/{project}") { exchange in
            AdminAnswer(try await exchange.administration.project(exchange.id("project"), exchange.call))
        },
        AdminRoute(.patch, "projects/{project}") { exchange in
            let name = try exchange.read { $0.name("name", required: true) ?? "" }
            return AdminAnswer(
                try await exchange.administration.renameProject(exchange.id("project"), to: name, exchange.call))
        },
        AdminRoute(.delete, "projects/{project}") { exchange in
            try exchange.readNothing()
            return AdminAnswer(
                try await exchange.administration.deleteProject(exchange.id("project"), exchange.call))
        },
        AdminRoute(.get, "projects/{project}/settings") { exchange in
            let project = try await exchange.administration.project(exchange.id("project"), exchange.call)
            return AdminAnswer(project.settingsJSON, version: project.version)
        },
        AdminRoute(.patch, "projects/{project}/settings") { exchange in
            let project = try await exchange.administration.configureProject(
                exchange.id("project"), by: exchange.patch, exchange.call)
            return AdminAnswer(project.settingsJSON, version: project.version)
        },
        AdminRoute(.get, "projects/{project}/limits") { exchange in
            let limits = try await exchange.administration.limits(of: exchange.id("project"), exchange.call)
            return AdminAnswer(limits.json, version: limits.project.version)
        },
        AdminRoute(.get, "projects/{project}/filter") { exchange in
            let report = try await exchange.administration.filter(of: exchange.id("project"), exchange.call)
            return AdminAnswer(report.json, version: report.project.version)
        },
    ]
}

extension AdminAnswer {
    fileprivate init(_ project: Project) { self.init(project.json, version: project.version) }
}
