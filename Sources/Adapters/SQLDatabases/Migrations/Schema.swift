/// The schema, as the steps that lead to it. What is here was released: changes come as further steps, each with a dump of
/// a database that it meets in Tests/SQLDatabasesTests/Golden.
///
/// The collation `"binary"`, the order of bytes, is SQLite's own; in Postgres the migration makes it first. Without it lists
/// would be in the order of whatever language a database was made for.
enum Schema {
    static let steps: [Migrator.Step] = [
        Migrator.Step("control plane", records + indexes + histories + counters),
        Migrator.Step("member tokens", memberTokens),
        anomalies,
        orders,
    ]

    private static let records = [
        """
        CREATE TABLE plans (
            id TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            quota TEXT NOT NULL,
            revision BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE tenants (
            id TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            plan TEXT COLLATE "binary" NOT NULL REFERENCES plans (id),
            status TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            revision BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE projects (
            id TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
            tenant TEXT COLLATE "binary" NOT NULL REFERENCES tenants (id),
            name TEXT NOT NULL,
            environment TEXT NOT NULL,
            settings TEXT NOT NULL,
            deleted BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            revision BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE members (
            id TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
            tenant TEXT COLLATE "binary" NOT NULL REFERENCES tenants (id),
            email TEXT NOT NULL,
            email_key TEXT COLLATE "binary" NOT NULL,
            role TEXT NOT NULL,
            removed BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            revision BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE api_keys (
            id TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
            project TEXT COLLATE "binary" NOT NULL REFERENCES projects (id),
            name TEXT NOT NULL,
            digest TEXT COLLATE "binary" NOT NULL,
            hint TEXT NOT NULL,
            scopes BIGINT NOT NULL,
            leaderboards TEXT,
            rate TEXT,
            created_at BIGINT NOT NULL,
            expires_at BIGINT,
            revoked_at BIGINT,
            replaced_by TEXT,
            revision BIGINT NOT NULL
        )
        """,
    ]

    private static let indexes = [
        "CREATE UNIQUE INDEX members_email ON members (tenant, email_key) WHERE removed = 0",
        "CREATE UNIQUE INDEX api_keys_digest ON api_keys (digest)",
        "CREATE INDEX projects_tenant ON projects (tenant, id)",
        "CREATE INDEX members_tenant ON members (tenant, id)",
        "CREATE INDEX api_keys_project ON api_keys (project, id)",
        "CREATE INDEX plans_revision ON plans (revision)",
        "CREATE INDEX tenants_revision ON tenants (revision)",
        "CREATE INDEX projects_revision ON projects (revision)",
        "CREATE INDEX members_revision ON members (revision)",
        "CREATE INDEX api_keys_revision ON api_keys (revision)",
    ]

    private static let histories = [
        // One row. Every commit raises it first, and so waits for the one before: revisions are in the order of commits.
        """
        CREATE TABLE revision_counter (
            id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
            value BIGINT NOT NULL
        )
        """,
        "INSERT INTO revision_counter (id, value) VALUES (1, 0)",
        """
        CREATE TABLE audit_log (
            revision BIGINT NOT NULL PRIMARY KEY,
            at BIGINT NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            target TEXT NOT NULL,
            tenant TEXT COLLATE "binary",
            request_id TEXT NOT NULL,
            detail TEXT NOT NULL
        )
        """,
        "CREATE INDEX audit_log_tenant ON audit_log (tenant, revision)",
    ]

    private static let counters = [
        """
        CREATE TABLE key_uses (
            id TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
            at BIGINT NOT NULL
        )
        """,
        """
        CREATE TABLE usage_counters (
            project TEXT COLLATE "binary" NOT NULL,
            day BIGINT NOT NULL,
            metric TEXT COLLATE "binary" NOT NULL,
            source TEXT COLLATE "binary" NOT NULL,
            value BIGINT NOT NULL,
            PRIMARY KEY (project, day, metric, source)
        )
        """,
    ]

    private static let memberTokens = [
        """
        CREATE TABLE member_tokens (
            id TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
            member TEXT COLLATE "binary" NOT NULL REFERENCES members (id),
            name TEXT NOT NULL,
            digest TEXT COLLATE "binary" NOT NULL,
            hint TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            expires_at BIGINT,
            revoked_at BIGINT,
            replaced_by TEXT,
            revision BIGINT NOT NULL
        )
        """,
        "CREATE UNIQUE INDEX member_tokens_digest ON member_tokens (digest)",
        "CREATE INDEX member_tokens_member ON member_tokens (member, id)",
        "CREATE INDEX member_tokens_revision ON member_tokens (revision)",
    ]
}
