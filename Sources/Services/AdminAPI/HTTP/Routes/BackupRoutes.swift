import HTTPTypes
import Leaderboards

extension AdminRoute {
    /// What `laurel backup` asks for: streams in the layouts of its files. The node remembers nothing between them.
    static let backup: [AdminRoute] = [
        AdminRoute(.get, "backup") { exchange in
            let backup = try exchange.administration.backup(exchange.call)
            let outline: [UInt8]
            do { outline = try await backup.outline() } catch {
                throw AdminProblem(.unavailable, "The log can't be read now.")
            }
            guard let json = try? JSON(reading: outline) else {
                throw AdminProblem(.storeFailed, "The server's log says more.")
            }
            return AdminAnswer(json)
        },
        AdminRoute(.get, "backup/shards/{shard}") { exchange in
            let backup = try exchange.administration.backup(exchange.call)
            let shard = UInt16(try exchange.number("shard", below: 4096))
            return AdminAnswer { try await backup.checkpoint(shard, $0) }
        },
        AdminRoute(.get, "backup/logs/{group}", [.position]) { exchange in
            let backup = try exchange.administration.backup(exchange.call)
            let (group, position) = (try exchange.number("group", below: 64), try exchange.position?.value ?? 0)
            return AdminAnswer { try await backup.records(group, position, $0) }
        },
        AdminRoute(.get, "backup/control") { exchange in
            let backup = try exchange.administration.backup(exchange.call)
            return AdminAnswer { try await backup.control($0) }
        },
    ]
}
