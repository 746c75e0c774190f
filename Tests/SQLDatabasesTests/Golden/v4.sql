CREATE TABLE schema_version (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL
);
CREATE TABLE plans (
    id TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    quota TEXT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE TABLE tenants (
    id TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    plan TEXT COLLATE "binary" NOT NULL REFERENCES plans (id),
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE TABLE projects (
    id TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    tenant TEXT COLLATE "binary" NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    environment TEXT NOT NULL,
    settings TEXT NOT NULL,
    deleted BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE TABLE members (
    id TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    tenant TEXT COLLATE "binary" NOT NULL REFERENCES tenants (id),
    email TEXT NOT NULL,
    email_key TEXT COLLATE "binary" NOT NULL,
    role TEXT NOT NULL,
    removed BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
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
);
CREATE UNIQUE INDEX members_email ON members (tenant, email_key) WHERE removed = 0;
CREATE UNIQUE INDEX api_keys_digest ON api_keys (digest);
CREATE INDEX projects_tenant ON projects (tenant, id);
CREATE INDEX members_tenant ON members (tenant, id);
CREATE INDEX api_keys_project ON api_keys (project, id);
CREATE INDEX plans_revision ON plans (revision);
CREATE INDEX tenants_revision ON tenants (revision);
CREATE INDEX projects_revision ON projects (revision);
CREATE INDEX members_revision ON members (revision);
CREATE INDEX api_keys_revision ON api_keys (revision);
CREATE TABLE revision_counter (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    value BIGINT NOT NULL
);
CREATE TABLE audit_log (
    revision BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    tenant TEXT COLLATE "binary",
    request_id TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_log_tenant ON audit_log (tenant, revision);
CREATE TABLE key_uses (
    id TEXT COLLATE "binary" NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE TABLE usage_counters (
    project TEXT COLLATE "binary" NOT NULL,
    day BIGINT NOT NULL,
    metric TEXT COLLATE "binary" NOT NULL,
    source TEXT COLLATE "binary" NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (project, day, metric, source)
);
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
);
CREATE UNIQUE INDEX member_tokens_digest ON member_tokens (digest);
CREATE INDEX member_tokens_member ON member_tokens (member, id);
CREATE INDEX member_tokens_revision ON member_tokens (revision);
CREATE TABLE anomaly_states (
    source TEXT COLLATE "binary" NOT NULL,
    identity TEXT COLLATE "binary" NOT NULL,
    written_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (source, identity)
);
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
);
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
);
CREATE INDEX cluster_orders_cluster ON cluster_orders (cluster, id);
CREATE INDEX cluster_orders_revision ON cluster_orders (revision);
INSERT INTO schema_version (version, name) VALUES (1, 'control plane');
INSERT INTO schema_version (version, name) VALUES (2, 'member tokens');
INSERT INTO schema_version (version, name) VALUES (3, 'anomalies');
INSERT INTO schema_version (version, name) VALUES (4, 'cluster orders');
INSERT INTO plans (id, name, quota, revision) VALUES ('plan_a', 'A', '{}', 1);
INSERT INTO plans (id, name, quota, revision) VALUES ('plan_z', 'Zürich', '{"entries":2,"keys":6,"leaderboards":1,"projects":5,"rate":{"burst":9,"requests":7,"seconds":8},"requests_per_month":9223372036854775807,"stored_bytes":3,"streams":4}', 8);
INSERT INTO tenants (id, name, plan, status, created_at, revision) VALUES ('ten_a', 'ten_a', 'plan_a', 'active', 10000, 2);
INSERT INTO tenants (id, name, plan, status, created_at, revision) VALUES ('ten_z', 'ten_z', 'plan_z', 'suspended', 10000, 9);
INSERT INTO projects (id, tenant, name, environment, settings, deleted, created_at, revision) VALUES ('prj_a', 'ten_a', 'prj_a', 'live', '{"allowed_addresses":[],"authoritative_leaderboards":[],"cors_origins":[],"denied_addresses":[],"filter":{"disabled_rules":[],"mode":"detect","threshold":5}}', 0, 20000, 3);
INSERT INTO projects (id, tenant, name, environment, settings, deleted, created_at, revision) VALUES ('prj_z', 'ten_z', 'prj_z', 'test', '{"address_rate":{"burst":4,"requests":4,"seconds":4},"allowed_addresses":["10.0.0.0/8"],"authoritative_leaderboards":["cup"],"cors_origins":["https://example.com","*"],"denied_addresses":["10.1.2.3","fe80::/10"],"filter":{"disabled_rules":["sql-1"],"mode":"block","threshold":9},"key_rate":{"burst":2,"requests":2,"seconds":2},"player_tokens":{"audience":"race","issuer":"https://id.example.com","key_set_url":"https://id.example.com/jwks","keys":[{"algorithm":"HS256","id":"k1","material":"c2VjcmV0"},{"algorithm":"ES256","material":"-----BEGIN\n\"PUBLIC\" KEY-----"}],"lifetime_seconds_max":60},"rate":{"burst":1,"requests":1,"seconds":1},"submit_secret":"\u0000/\\🏁","user_rate":{"burst":3,"requests":3,"seconds":3}}', 1, 20000, 10);
INSERT INTO members (id, tenant, email, email_key, role, removed, created_at, revision) VALUES ('mem_a', 'ten_a', 'mem_a@example.com', 'mem_a@example.com', 'owner', 0, 30000, 4);
INSERT INTO members (id, tenant, email, email_key, role, removed, created_at, revision) VALUES ('mem_z', 'ten_z', 'mem_z@example.com', 'mem_z@example.com', 'viewer', 1, 30000, 11);
INSERT INTO api_keys (id, project, name, digest, hint, scopes, leaderboards, rate, created_at, expires_at, revoked_at, replaced_by, revision) VALUES ('key_a', 'prj_a', 'key_a', '32283223d6933f0891fb7483a3cb8b867334f0098e9e8f2c771bb49f6d394b57', 'lrl_live_0123', 7, NULL, NULL, 40000, NULL, NULL, NULL, 5);
INSERT INTO api_keys (id, project, name, digest, hint, scopes, leaderboards, rate, created_at, expires_at, revoked_at, replaced_by, revision) VALUES ('key_z', 'prj_z', 'key_z', 'bf61ef30ca817304072be32d758c42bd6115f0b01e180925c190141b4dbf752c', 'lrl_live_0123', 5, '["race","cup-*"]', '{"burst":3,"requests":1,"seconds":2}', 40000, 1764000000123, 1764000001123, 'key_y', 12);
INSERT INTO revision_counter (id, value) VALUES (1, 14);
INSERT INTO audit_log (revision, at, actor, action, target, tenant, request_id, detail) VALUES (1, 1764000000000, 'operator', 'plan.create', 'plan_a', NULL, 'r0', 'it''s "new"');
INSERT INTO audit_log (revision, at, actor, action, target, tenant, request_id, detail) VALUES (2, 1764000000000, 'operator', 'tenant.create', 'ten_a', 'ten_a', 'r1', 'it''s "new"');
INSERT INTO audit_log (revision, at, actor, action, target, tenant, request_id, detail) VALUES (3, 1764000000000, 'operator', 'project.create', 'prj_a', NULL, 'r2', 'it''s "new"');
INSERT INTO audit_log (revision, at, actor, action, target, tenant, request_id, detail) VALUES (4, 1764000000000, 'operator', 'member.create', 'mem_a', 'ten_a', 'r3', 'it''s "new"');
INSERT INTO audit_log (revision, at, actor, action, target, tenant, request_id, detail) VALUES (5, 1764000000000, 'operator', 'key.create', 'key_a', NULL, 'r4', 'it''s "new"');
INSERT INTO audit_log (revision, at, actor, action, target, tenant, request_id, detail) VALUES (6, 1764000000000, 'operator', 'token.create', 'tok_a', 'ten_a', 'r5', 'it''s "new"');
INSERT INTO audit_log (revision, at, actor, action, target, tenant, request_id, detail) VALUES (7, 1764000000000, 'operator', 'order.create', 'a/quarantine/0', NULL, 'r6', 'it''s "new"');
INSERT INTO audit_log (revision, at, actor, action, target, tenant, request_id, detail) VALUES (8, 1764000000000, 'operator', 'plan.create', 'plan_z', 'ten_a', 'r7', 'it''s "new"');
INSERT INTO audit_log (revision, at, actor, action, target, tenant, request_id, detail) VALUES (9, 1764000000000, 'operator', 'tenant.create', 'ten_z', NULL, 'r8', 'it''s "new"');
INSERT INTO audit_log (revision, at, actor, action, target, tenant, request_id, detail) VALUES (10, 1764000000000, 'operator', 'project.create', 'prj_z', 'ten_a', 'r9', 'it''s "new"');
INSERT INTO audit_log (revision, at, actor, action, target, tenant, request_id, detail) VALUES (11, 1764000000000, 'operator', 'member.create', 'mem_z', NULL, 'r10', 'it''s "new"');
INSERT INTO audit_log (revision, at, actor, action, target, tenant, request_id, detail) VALUES (12, 1764000000000, 'operator', 'key.create', 'key_z', 'ten_a', 'r11', 'it''s "new"');
INSERT INTO audit_log (revision, at, actor, action, target, tenant, request_id, detail) VALUES (13, 1764000000000, 'operator', 'token.create', 'tok_z', NULL, 'r12', 'it''s "new"');
INSERT INTO audit_log (revision, at, actor, action, target, tenant, request_id, detail) VALUES (14, 1764000000000, 'operator', 'order.create', 'Z/pin/65535', 'ten_a', 'r13', 'it''s "new"');
INSERT INTO key_uses (id, at) VALUES ('key_a', 1764000000000);
INSERT INTO usage_counters (project, day, metric, source, value) VALUES ('prj_a', 20000, 'm', 'shard 1', 5);
INSERT INTO usage_counters (project, day, metric, source, value) VALUES ('prj_a', 20000, 'm', 'shard 2', 6);
INSERT INTO member_tokens (id, member, name, digest, hint, created_at, expires_at, revoked_at, replaced_by, revision) VALUES ('tok_a', 'mem_a', 'tok_a', '08bff3aa7628053066d0e7570ceb37d4e915f29feb05448c6abec82aec295b48', 'lrl_member_0123', 50000, NULL, NULL, NULL, 6);
INSERT INTO member_tokens (id, member, name, digest, hint, created_at, expires_at, revoked_at, replaced_by, revision) VALUES ('tok_z', 'mem_z', 'tok_z', '55b84db8f60d8b1ffaa400e99b0f3d7c5c4df6879bf2da1b53c760ceaf8f4b6e', 'lrl_member_0123', 50000, 1764000000123, 1764000001123, 'tok_y', 13);
INSERT INTO anomaly_states (source, identity, written_at, state) VALUES ('node 1', 'key:key_a', 1764000000000, '01ff');
INSERT INTO anomaly_states (source, identity, written_at, state) VALUES ('node 1', 'project:prj_a', 1764000000000, '02');
INSERT INTO found_anomalies (source, number, at, tenant, project, api_key, leaderboard, kind, observed, expected, deviation, country, explanation) VALUES ('node 2', 1, 1764000000000, 'ten_a', 'prj_a', NULL, NULL, 'error-share', '0.75', '0.1', '12.5', NULL, '30 of 40 requests failed.');
INSERT INTO found_anomalies (source, number, at, tenant, project, api_key, leaderboard, kind, observed, expected, deviation, country, explanation) VALUES ('node 2', 2, 1764000000000, 'ten_a', 'prj_a', 'key_a', 'it''s', 'error-share', '0.75', '0.1', '12.5', 'NO', '30 of 40 requests failed.');
INSERT INTO cluster_orders (id, cluster, kind, shard, node, state, reason, given_by, at, revision) VALUES ('a/quarantine/0', 'a', 'quarantine', 0, NULL, 'in_force', '', 'operator', 60000, 7);
INSERT INTO cluster_orders (id, cluster, kind, shard, node, state, reason, given_by, at, revision) VALUES ('Z/pin/65535', 'Z', 'pin', 65535, '18446744073709551615', 'preparing', 'it''s "here"', 'node 18446744073709551615', 1764000000123, 14);
