import HTTPTypes

extension AdminRoute {
    static let regions: [AdminRoute] = [
        AdminRoute(.get, "regions") { exchange in
            AdminAnswer(try await exchange.administration.regionsState(exchange.call).json)
        },
        AdminRoute(.get, "regions/{region}") { exchange in
            let name = exchange.path["region"] ?? ""
            let state = try await exchange.administration.regionsState(showing: name, exchange.call)
            return AdminAnswer(try state.region(name).fullJSON(state))
        },
        AdminRoute(.post, "regions/{region}/promote") { exchange in
            let name = exchange.path["region"] ?? ""
            let (acceptsLoss, dryRun) = try exchange.read { ($0.flag("accept_loss"), $0.flag("dry_run")) }
            return AdminAnswer(
                try await exchange.administration.promote(
                    name, acceptsLoss: acceptsLoss, dryRun: dryRun, exchange.call
                ).json)
        },
    ]
}
