import Leaderboards

extension ControlStoreConformance {
    /// In the order of their bytes, which is not that of a dictionary of any language.
    private static let suffixes = ["-", "--", "-a", "0", "00", "9", "_", "__", "a", "a-b", "a_b", "aa", "ab", "z"]

    static let listChecks: [Check] = [
        check("lists are in the order of the ids' bytes and can be read in pages of any size") { store in
            try await fill(store)
            for limit in [1, 2, 5, 100] {
                let tenants = try await pages(limit) { last throws(ControlError) in
                    try await store.tenants(after: last?.id, limit: limit)
                }
                try expectEqual(tenants.map(\.id.text), ["ten_a", "ten_b"] + suffixes.map { "ten_c\($0)" }, "tenants")
                let projects = try await pages(limit) { last throws(ControlError) in
                    try await store.projects(of: TenantID(unchecked: "ten_a"), after: last?.id, limit: limit)
                }
                try expectEqual(projects.map(\.id.text), ["prj_a"] + suffixes.map { "prj_c\($0)" }, "projects")
                let all = try await pages(limit) { last throws(ControlError) in
                    try await store.projects(of: nil, after: last?.id, limit: limit)
                }
                try expectEqual(
                    all.map(\.id.text), ["prj_a", "prj_b"] + suffixes.map { "prj_c\($0)" }, "projects of all tenants")
                let members = try await pages(limit) { last throws(ControlError) in
                    try await store.members(of: TenantID(unchecked: "ten_a"), after: last?.id, limit: limit)
                }
                try expectEqual(members.map(\.id.text), ["mem_a"] + suffixes.map { "mem_c\($0)" }, "members")
                let keys = try await pages(limit) { last throws(ControlError) in
                    try await store.keys(of: ProjectID(unchecked: "prj_a"), after: last?.id, limit: limit)
                }
                try expectEqual(keys.map(\.id.text), ["key_a"] + suffixes.map { "key_c\($0)" }, "keys")
                let tokens = try await pages(limit) { last throws(ControlError) in
                    try await store.tokens(of: MemberID(unchecked: "mem_a"), after: last?.id, limit: limit)
                }
                try expectEqual(tokens.map(\.id.text), ["tok_a"] + suffixes.map { "tok_c\($0)" }, "tokens")
            }
            try await expectEqual(
                store.plans().map(\.id.text), ["plan_a"] + suffixes.map { "plan_c\($0)" }, "plans")
        },
        check("what was deleted, removed or revoked stays in the lists") { store in
            try await store.commit(
                (ExampleRecords.smallest + ExampleRecords.fullest).map(ControlWrite.insert), note, at: now)
            let tenant = TenantID(unchecked: "ten_z")
            try await expectEqual(store.tenants(after: nil, limit: 9).map(\.status), [.active, .suspended], "tenants")
            try await expectEqual(store.projects(of: tenant, after: nil, limit: 9).map(\.isDeleted), [true], "projects")
            try await expectEqual(store.members(of: tenant, after: nil, limit: 9).map(\.isRemoved), [true], "members")
            let keys = try await store.keys(of: ProjectID(unchecked: "prj_z"), after: nil, limit: 9)
            try expectEqual(keys.count, 1, "keys")
            let tokens = try await store.tokens(of: MemberID(unchecked: "mem_z"), after: nil, limit: 9)
            try expectEqual(tokens.count, 1, "tokens")
        },
        check("a list of nothing is empty, and so is one without a limit's worth") { store in
            try await fill(store)
            let nobody = TenantID(unchecked: "ten_x")
            try await expectEqual(store.projects(of: nobody, after: nil, limit: 9), [], "projects of nobody")
            try await expectEqual(store.members(of: nobody, after: nil, limit: 9), [], "members of nobody")
            try await expectEqual(
                store.keys(of: ProjectID(unchecked: "x"), after: nil, limit: 9), [], "keys of nothing")
            try await expectEqual(
                store.tokens(of: MemberID(unchecked: "x"), after: nil, limit: 9), [], "tokens of nobody")
            try await expectEqual(store.tenants(after: nil, limit: 0), [], "no tenants asked for")
        },
        check("the audit log is read from its end, of one tenant or of all") { store in
            try await store.commit(.insert(.plan(ExampleRecords.plan)))
            var entries = try await store.audit(of: nil, before: nil, limit: 9)
            let tenants = [TenantID(unchecked: "ten_a"), TenantID(unchecked: "ten_b"), nil]
            for index in 0..<30 {
                let note = AuditNote(
                    actor: "operator", action: "act.\(index)", target: "t\(index)", tenant: tenants[index % 3],
                    requestID: "r\(index)", detail: "d\(index)")
                let at = Timestamp(milliseconds: Int64(1000 - index))
                let revision = try await store.commit([], note, at: at)
                entries.insert(AuditEntry(revision: revision, at: at, note: note), at: 0)
            }
            for tenant in [nil, tenants[0], tenants[1]] {
                let expected = entries.filter { tenant == nil || $0.note.tenant == tenant }
                for limit in [1, 4, 100] {
                    let found = try await pages(limit) { last throws(ControlError) in
                        try await store.audit(of: tenant, before: last?.revision, limit: limit)
                    }
                    try expectEqual(found, expected, "audit log of \(tenant?.text ?? "all") by \(limit)")
                }
            }
        },
    ]

    private static func fill(_ store: any ControlStore) async throws {
        var records = ExampleRecords.smallest
        records.append(.tenant(ExampleRecords.tenant("ten_b")))
        records.append(.project(ExampleRecords.project("prj_b", of: "ten_b")))
        records.append(.member(ExampleRecords.member("mem_b", of: "ten_b")))
        records.append(.key(ExampleRecords.key("key_b", of: "prj_b")))
        records.append(.token(ExampleRecords.token("tok_b", of: "mem_b")))
        for suffix in suffixes.reversed() {
            records.append(.plan(Plan(id: PlanID(unchecked: "plan_c\(suffix)"), name: suffix, quota: Quota())))
            records.append(.tenant(ExampleRecords.tenant("ten_c\(suffix)")))
            records.append(.project(ExampleRecords.project("prj_c\(suffix)")))
            records.append(.member(ExampleRecords.member("mem_c\(suffix)")))
            records.append(.key(ExampleRecords.key("key_c\(suffix)")))
            records.append(.token(ExampleRecords.token("tok_c\(suffix)")))
        }
        try await store.commit(records.map(ControlWrite.insert), note, at: now)
    }

    /// All of a list, read in pages; none may be longer than asked for.
    private static func pages<Item>(
        _ limit: Int, _ next: (Item?) async throws(ControlError) -> [Item]
    ) async throws -> [Item] {
        var items: [Item] = []
        while true {
            let page = try await next(items.last)
            try expect(page.count <= limit, "\(page.count) items in a page of \(limit)")
            items += page
            if page.isEmpty { return items }
            try expect(items.count < 1000, "a list without an end")
        }
    }
}
