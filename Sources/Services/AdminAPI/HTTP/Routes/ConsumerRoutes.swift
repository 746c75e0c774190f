import CommitLogs
import HTTPTypes
import Leaderboards

extension AdminRoute {
    static let consumers: [AdminRoute] = [
        AdminRoute(.get, "log/consumers") { exchange in
            let (found, problems) = try await exchange.administration.consumers(exchange.call)
            return AdminAnswer([
                "items": .array(found.map(\.json)), "next": .null,
                "unanswered": .array(problems.map { ["log": .string($0.log), "problem": .string($0.text)] }),
            ])
        },
        AdminRoute(.post, "log/consumers/remove") { exchange in
            let (name, log, dryRun) = try exchange.read {
                (
                    $0.text("consumer", byteCount: 1...255, required: true) ?? "",
                    $0.text("log", byteCount: 1...255), $0.flag("dry_run")
                )
            }
            let found = try await exchange.administration.removeConsumer(
                name, of: log, dryRun: dryRun, exchange.call)
            return AdminAnswer(["done": .boolean(!dryRun), "consumers": .array(found.map(\.json))])
        },
    ]
}

extension ConsumerState {
    var json: JSON {
        [
            "name": .string(consumer.name), "log": .string(log),
            "shards": consumer.shards.map { shards in
                .array(shards.map { Int($0.number) }.sorted().map { JSON.integer($0) })
            } ?? .null,
            "unacknowledged": .number(consumer.unacknowledgedCount), "oldest": .number(oldest?.value),
            "holds_cut": .boolean(holdsCut),
        ]
    }
}
