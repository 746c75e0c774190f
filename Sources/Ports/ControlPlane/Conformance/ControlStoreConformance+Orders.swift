import Leaderboards

extension ControlStoreConformance {
    static let orderChecks: [Check] = [
        check("orders of a cluster are listed while they hold, each once, in the order of their ids") { store in
            func pin(_ shard: UInt16, to node: UInt64, of cluster: String = "a") -> ClusterOrder {
                ClusterOrder(.pin, of: cluster, shard: ShardID(shard), node: node, by: "operator", at: now)
            }
            let drain = ClusterOrder(.drain, of: "a", node: .max, by: "operator", at: now)
            let removal = ClusterOrder(.removal, of: "a", node: 3, by: "operator", at: now)
            try await store.commit(
                .insert(.order(pin(2, to: 9))), .insert(.order(drain)), .insert(.order(removal)),
                .insert(.order(pin(2, to: 1, of: "b"))))
            try await expectEqual(
                store.orders(of: "a").map(\.id.text), ["a/drain/18446744073709551615", "a/pin/2", "a/removal/3"],
                "orders")
            try await expectEqual(store.orders(of: "b").map(\.node), [1], "orders of another cluster")
            try await expectEqual(store.orders(of: "c"), [], "orders of a cluster that is not there")
            var lifted = pin(2, to: 9)
            lifted.state = .lifted
            lifted.version = 1
            let revision = try await store.commit(.replace(.order(lifted)))
            try await expectEqual(store.orders(of: "a").map(\.kind), [.drain, .removal], "orders that hold")
            try await expectEqual(store.order(lifted.id)?.state, .lifted, "state of a lifted order")
            var again = pin(2, to: 4)
            again.version = revision
            try await store.commit(.replace(.order(again)))
            try await expectEqual(store.orders(of: "a").map(\.node), [.max, 4, 3], "orders given anew")
            try await expectError(.exists, "an order that is there") { () throws(ControlError) in
                try await store.commit(.insert(.order(drain)))
            }
        },
        check("losses of a shard are kept beside each other, with their points") { store in
            let losses = [UInt64(9), 1003].map { epoch in
                ClusterOrder(
                    .loss, of: "a", shard: ShardID(2),
                    reason: LossPoint(
                        number: 7, position: .max, hash: String(repeating: "a", count: 32), epoch: epoch
                    ).text, by: "operator", at: now)
            }
            try await store.commit(.insert(.order(losses[0])), .insert(.order(losses[1])))
            try await expectEqual(store.orders(of: "a").map(\.loss?.epoch), [1003, 9], "epochs of losses")
            try await expectEqual(store.order(losses[0].id)?.loss, losses[0].loss, "point of a loss")
        },
    ]
}
