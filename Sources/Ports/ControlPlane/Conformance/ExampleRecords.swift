import Leaderboards

/// Records for checks and tests: of each kind one that says only what it must, and one that says everything.
package enum ExampleRecords {
    package static let plan = Plan(id: PlanID(unchecked: "plan_a"), name: "A", quota: Quota())
    package static let tenant = tenant("ten_a")
    package static let project = project("prj_a")
    package static let member = member("mem_a")
    package static let key = key("key_a")
    package static let token = token("tok_a")
    package static let order = ClusterOrder(
        .quarantine, of: "a", shard: ShardID(0), by: "operator", at: Timestamp(seconds: 60))

    /// In an order in which they can be written.
    package static let smallest: [ControlRecord] = [
        .plan(plan), .tenant(tenant), .project(project), .member(member), .key(key), .token(token),
        .order(order),
    ]

    /// Of other ids than the smallest.
    package static let fullest: [ControlRecord] = {
        let at = Timestamp(milliseconds: 1_764_000_000_123)
        let plan = Plan(
            id: PlanID(unchecked: "plan_z"), name: "Zürich",
            quota: Quota(
                requestsPerMonth: .max, leaderboards: 1, entries: 2, storedBytes: 3, streams: 4, projects: 5, keys: 6,
                rate: Rate(requests: 7, seconds: 8, burst: 9)))
        var tenant = ExampleRecords.tenant("ten_z", plan: "plan_z")
        tenant.status = .suspended
        var project = ExampleRecords.project("prj_z", of: "ten_z")
        project.environment = .test
        project.isDeleted = true
        project.settings = settings
        var member = ExampleRecords.member("mem_z", of: "ten_z")
        member.role = .viewer
        member.isRemoved = true
        var key = ExampleRecords.key("key_z", of: "prj_z")
        key.grant = KeyGrant(scopes: [.read, .admin], leaderboards: ["race", "cup-*"])
        key.rate = Rate(requests: 1, seconds: 2, burst: 3)
        key.expiresAt = at
        key.revokedAt = at.advanced(by: .seconds(1))
        key.replacedBy = KeyID(unchecked: "key_y")
        var token = ExampleRecords.token("tok_z", of: "mem_z")
        token.expiresAt = at
        token.revokedAt = at.advanced(by: .seconds(1))
        token.replacedBy = TokenID(unchecked: "tok_y")
        let order = ClusterOrder(
            .pin, of: "Z", shard: ShardID(.max), node: .max, state: .preparing, reason: "it's \"here\"",
            by: "node 18446744073709551615", at: at)
        return [
            .plan(plan), .tenant(tenant), .project(project), .member(member), .key(key), .token(token), .order(order),
        ]
    }()

    package static let settings: ProjectSettings = {
        var settings = ProjectSettings()
        settings.rate = Rate(requests: 1, seconds: 1, burst: 1)
        settings.keyRate = Rate(requests: 2, seconds: 2, burst: 2)
        settings.userRate = Rate(requests: 3, seconds: 3, burst: 3)
        settings.addressRate = Rate(requests: 4, seconds: 4, burst: 4)
        settings.corsOrigins = ["https://example.com", "*"]
        settings.allowedAddresses = ["10.0.0.0/8"]
        settings.deniedAddresses = ["10.1.2.3", "fe80::/10"]
        settings.filter.mode = .block
        settings.filter.threshold = 9
        settings.filter.disabledRules = ["sql-1"]
        var tokens = PlayerTokenSettings()
        tokens.issuer = "https://id.example.com"
        tokens.audience = "race"
        tokens.lifetimeSecondsMax = 60
        tokens.keys = [
            PlayerTokenSettings.VerificationKey(id: "k1", algorithm: .hs256, material: "c2VjcmV0"),
            PlayerTokenSettings.VerificationKey(
                id: nil, algorithm: .es256, material: "-----BEGIN\n\"PUBLIC\" KEY-----"),
        ]
        tokens.keySetURL = "https://id.example.com/jwks"
        settings.playerTokens = tokens
        settings.authoritativeLeaderboards = ["cup"]
        settings.submitSecret = "\u{0}/\\\u{1F3C1}"
        return settings
    }()

    /// The same order, when it holds no more.
    package static func lifted(_ order: ClusterOrder) -> ClusterOrder {
        ClusterOrder(
            order.kind, of: order.cluster, shard: order.shard, node: order.node, state: .lifted, by: "",
            at: Timestamp(seconds: 0))
    }

    package static func tenant(_ id: String, plan: String = "plan_a") -> Tenant {
        Tenant(id: TenantID(unchecked: id), name: id, plan: PlanID(unchecked: plan), createdAt: Timestamp(seconds: 10))
    }

    package static func project(_ id: String, of tenant: String = "ten_a") -> Project {
        Project(
            id: ProjectID(unchecked: id), tenant: TenantID(unchecked: tenant), name: id,
            createdAt: Timestamp(seconds: 20))
    }

    /// His address is his id's.
    package static func member(_ id: String, of tenant: String = "ten_a") -> Member {
        Member(
            id: MemberID(unchecked: id), tenant: TenantID(unchecked: tenant), email: "\(id)@example.com",
            role: .owner, createdAt: Timestamp(seconds: 30))
    }

    /// With a digest that other ids don't have.
    package static func key(_ id: String, of project: String = "prj_a") -> KeyRecord {
        KeyRecord(
            id: KeyID(unchecked: id), project: ProjectID(unchecked: project), name: id,
            digest: KeyPepper(bytes: [UInt8](repeating: 7, count: 32)).digest(of: id), hint: "lrl_live_0123",
            grant: KeyGrant(scopes: .all), createdAt: Timestamp(seconds: 40))
    }

    /// With a digest that other ids don't have.
    package static func token(_ id: String, of member: String = "mem_a") -> TokenRecord {
        TokenRecord(
            id: TokenID(unchecked: id), member: MemberID(unchecked: member), name: id,
            digest: KeyPepper(bytes: [UInt8](repeating: 7, count: 32)).digest(of: id), hint: "lrl_member_0123",
            createdAt: Timestamp(seconds: 50))
    }
}
