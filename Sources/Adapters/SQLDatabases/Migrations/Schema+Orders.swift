extension Schema {
    /// What operators want of a cluster's nodes and shards.
    static let orders = Migrator.Step(
        "cluster orders",
        [
            // A node's number may need 64 bits, which a BIGINT has not: it is decimal text.
            """
            CREATE TABLE cluster_orders (
                id TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
                cluster TEXT COLLATE "binary" NOT NULL,
                kind TEXT NOT NULL,
                shard BIGINT,
                node TEXT,
                state TEXT NOT NULL,
                reason TEXT NOT NULL,
                given_by TEXT NOT NULL,
                at BIGINT NOT NULL,
                revision BIGINT NOT NULL
            )
            """,
            "CREATE INDEX cluster_orders_cluster ON cluster_orders (cluster, id)",
            "CREATE INDEX cluster_orders_revision ON cluster_orders (revision)",
        ])
}
