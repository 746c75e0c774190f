import Leaderboards

extension ControlStoreConformance {
    /// What has been known to come back changed, or to do something on the way.
    package static let strangeTexts = [
        "", " ", "  both  ", "'", "''", "\"", "\\", "\\'", "%_", "$1", "?", ":name", "@name", ";", "--", "/* */",
        "NULL",
        "'); DROP TABLE tenants; --", "' OR '1'='1", "$$; DELETE FROM keys; $$", "E'\\000'", "\\x00", "{a,b}", "0x41",
        "line\nline\r\nline\ttab", "\u{1}\u{7F}\u{85}\u{200B}\u{FEFF}", "é", "e\u{301}", "ß", "İ", "ﬃ", "日本語",
        "\u{1F3C1}\u{1F1E8}\u{1F1ED}",
        "\u{202E}txet", "\u{10FFFF}", "\u{FFFD}", "1e999", "-0", "t", "9223372036854775808",
    ]

    static let textChecks: [Check] = [
        check("any text comes back byte for byte, wherever it stands") { store in
            for (index, text) in strangeTexts.enumerated() {
                let records = records(number: index, text: text)
                let note = AuditNote(
                    actor: text, action: text, target: text, tenant: TenantID(unchecked: text), requestID: text,
                    detail: text)
                let revision = try await store.commit(records.map(ControlWrite.insert), note, at: now)
                for var record in records {
                    record.version = revision
                    let found = try await store.record(record.identity)
                    try expect(
                        found.map(bytes) == bytes(record),
                        "a \(record.identity.kind) with \(text.prefix(80).debugDescription)")
                }
                let entries = try await store.audit(of: TenantID(unchecked: text), before: nil, limit: 1)
                try expect(
                    entries.map { bytes($0.note) } == [bytes(note)],
                    "the audit log with \(text.prefix(80).debugDescription)")
                let usage = UsageRow(
                    project: ProjectID(unchecked: "u\(index)"), day: 1, metric: text, source: text, value: 1)
                try await store.setUsage([usage])
                let counted = try await store.usage(of: usage.project, days: 1...1)
                try expect(
                    counted.map { Array($0.metric.utf8) } == [Array(text.utf8)],
                    "a counter with \(text.prefix(80).debugDescription)")
            }
        },
        check("long texts are kept whole") { store in
            let long = String(repeating: "Laurel's \"\\\u{1F33F}", count: 60_000)
            var plan = ExampleRecords.plan
            plan.name = long
            var tenant = ExampleRecords.tenant
            tenant.name = long
            var project = ExampleRecords.project
            project.settings.corsOrigins = [long]
            try await store.commit(.insert(.plan(plan)), .insert(.tenant(tenant)), .insert(.project(project)))
            try await expect(store.plan(plan.id)?.name == long, "a plan's name")
            try await expect(store.tenant(tenant.id)?.name == long, "a tenant's name")
            try await expect(store.project(project.id)?.settings == project.settings, "settings")
        },
        check("a zero byte is refused and leaves nothing") { store in
            try await store.commit(.insert(.plan(ExampleRecords.plan)))
            var tenant = ExampleRecords.tenant
            tenant.name = "a\u{0}b"
            try await expectError(.failed, "in a name") { [tenant] () throws(ControlError) in
                try await store.commit(.insert(.tenant(tenant)))
            }
            var zero = note
            zero.detail = "\u{0}"
            try await expectError(.failed, "in a note") { [zero] () throws(ControlError) in
                _ = try await store.commit([.insert(.tenant(ExampleRecords.tenant))], zero, at: now)
            }
            try await expectEqual(store.tenants(after: nil, limit: 9), [], "tenants")
            try await expectEqual(store.commit(), 2, "the next revision")
        },
        check("times and numbers are kept to their ends") { store in
            try await store.commit(.insert(.plan(ExampleRecords.plan)))
            for (index, milliseconds) in [Int64.min, -1, 0, 1, .max].enumerated() {
                var tenant = ExampleRecords.tenant("ten_\(index)")
                tenant.createdAt = Timestamp(milliseconds: milliseconds)
                tenant.version = try await store.commit(.insert(.tenant(tenant)), at: tenant.createdAt)
                try await expectEqual(store.tenant(tenant.id), tenant, "\(milliseconds)")
                try await expectEqual(
                    store.audit(of: nil, before: nil, limit: 1).map(\.at), [tenant.createdAt], "\(milliseconds)")
            }
        },
    ]

    /// One of each kind, with the text wherever it can be.
    private static func records(number: Int, text: String) -> [ControlRecord] {
        var plan = ExampleRecords.plan
        plan.id = PlanID(unchecked: "plan_\(number)")
        plan.name = text
        var tenant = ExampleRecords.tenant("ten_\(number)", plan: plan.id.text)
        tenant.name = text
        var project = ExampleRecords.project("prj_\(number)", of: tenant.id.text)
        project.name = text
        project.settings.submitSecret = text
        project.settings.corsOrigins = [text, text]
        var member = ExampleRecords.member("mem_\(number)", of: tenant.id.text)
        member.email = text
        var key = ExampleRecords.key("key_\(number)", of: project.id.text)
        key.name = text
        key.hint = text
        key.grant.leaderboards = [text]
        key.replacedBy = KeyID(unchecked: text)
        var token = ExampleRecords.token("tok_\(number)", of: member.id.text)
        token.name = text
        token.hint = text
        token.replacedBy = TokenID(unchecked: text)
        return [.plan(plan), .tenant(tenant), .project(project), .member(member), .key(key), .token(token)]
    }

    /// All that a record says, as bytes: two strings are equal, too, if they only look the same.
    private static func bytes(_ value: some Any) -> [UInt8] {
        var text = ""
        dump(value, to: &text)
        return Array(text.utf8)
    }
}
