extension Schema {
    /// What each node has learned of the traffic that it watches, and what it found.
    static let anomalies = Migrator.Step(
        "anomalies",
        [
            // `state` is hexadecimal. Rows with an older `written_at` than the newest of the source are left over.
            """
            CREATE TABLE anomaly_states (
                source TEXT COLLATE "binary" NOT NULL,
                identity TEXT COLLATE "binary" NOT NULL,
                written_at BIGINT NOT NULL,
                state TEXT NOT NULL,
                PRIMARY KEY (source, identity)
            )
            """,
            // Numbered by each source; the three figures are doubles in decimal, as short as tells them apart.
            """
            CREATE TABLE found_anomalies (
                source TEXT COLLATE "binary" NOT NULL,
                number BIGINT NOT NULL,
                at BIGINT NOT NULL,
                tenant TEXT COLLATE "binary" NOT NULL,
                project TEXT COLLATE "binary" NOT NULL,
                api_key TEXT,
                leaderboard TEXT,
                kind TEXT NOT NULL,
                observed TEXT NOT NULL,
                expected TEXT NOT NULL,
                deviation TEXT NOT NULL,
                country TEXT,
                explanation TEXT NOT NULL,
                PRIMARY KEY (source, number)
            )
            """,
        ])
}
