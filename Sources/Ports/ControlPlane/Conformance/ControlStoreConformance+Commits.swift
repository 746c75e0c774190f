import Leaderboards

extension ControlStoreConformance {
    static let commitChecks: [Check] = [
        check("a record reads back as it was written, and its version is the commit's revision") { store in
            for var record in ExampleRecords.smallest + ExampleRecords.fullest {
                try await expectEqual(store.record(record.identity), nil, "before it is written")
                let revision = try await store.commit(.insert(record))
                record.version = revision
                try await expectEqual(store.record(record.identity), record, "after it was written")
            }
        },
        check("a record is replaced as a whole") { store in
            try await store.commit(.insert(.plan(ExampleRecords.plan)))
            for (small, full) in zip(ExampleRecords.smallest, ExampleRecords.fullest) {
                try await store.commit(.insert(full))
                if small.identity.kind != .plan { try await store.commit(.insert(small)) }
            }
            // The full ones refer to others that are full, so each takes the place of its like, and back.
            for target in ExampleRecords.fullest.reversed() {
                guard var emptier = smallest(of: target), let stored = try await store.record(target.identity) else {
                    throw Failure(description: "\(target.identity) is not there")
                }
                emptier.version = stored.version
                emptier.version = try await store.commit(.replace(emptier))
                try await expectEqual(store.record(target.identity), emptier, "emptied")
                var fuller = target
                fuller.version = emptier.version
                fuller.version = try await store.commit(.replace(fuller))
                try await expectEqual(store.record(target.identity), fuller, "filled again")
            }
        },
        check("revisions go up by one from 1, and what was refused takes none") { store in
            var revisions: [Int64] = []
            for (index, record) in ExampleRecords.smallest.enumerated() {
                revisions.append(try await store.commit(.insert(record)))
                try await expectError(.exists, "inserted twice") { () throws(ControlError) in
                    try await store.commit(.insert(ExampleRecords.smallest[index]))
                }
            }
            revisions.append(try await store.commit())
            try expectEqual(revisions, Array(1...Int64(ExampleRecords.smallest.count + 1)), "revisions")
        },
        check("a commit is done whole, in the order of its writes") { store in
            let revision = try await store.commit(ExampleRecords.smallest.map(ControlWrite.insert), note, at: now)
            for record in ExampleRecords.smallest {
                try await expectEqual(store.record(record.identity)?.version, revision, "version of \(record.identity)")
            }
        },
        check("of a commit of which one write is refused nothing stays") { store in
            try await store.commit(.insert(.plan(ExampleRecords.plan)))
            var old = ExampleRecords.tenant("ten_old")
            old.version = try await store.commit(.insert(.tenant(old)))
            var renamed = old
            renamed.name = "renamed"
            let writes: [ControlWrite] = [
                .insert(.tenant(ExampleRecords.tenant)), .replace(.tenant(renamed)),
                .insert(.project(ExampleRecords.project)), .insert(.plan(ExampleRecords.plan)),
            ]
            try await expectError(.exists, "the plan is there already") { () throws(ControlError) in
                _ = try await store.commit(writes, note, at: now)
            }
            try await expectEqual(store.tenant(ExampleRecords.tenant.id), nil, "tenant")
            try await expectEqual(store.tenant(old.id), old, "replaced tenant")
            try await expectEqual(store.project(ExampleRecords.project.id), nil, "project")
            try await expectEqual(store.audit(of: nil, before: nil, limit: 10).count, 2, "lines in the audit log")
            try await expectEqual(store.changes(after: 0, limit: 10).revision, 2, "newest revision")
        },
        Check(title: "what was committed is seen by other stores at once, and after all have closed") { place in
            try await with(place) { first in
                try await with(place) { second in
                    for record in ExampleRecords.smallest {
                        let revision = try await first.commit(.insert(record))
                        try await expectEqual(
                            second.record(record.identity)?.version, revision, "\(record.identity) by the other store")
                    }
                }
            }
            try await with(place) { store in
                for var record in ExampleRecords.smallest {
                    record.version = try await store.record(record.identity)?.version ?? 0
                    try await expectEqual(store.record(record.identity), record, "opened again")
                }
                let next = Int64(ExampleRecords.smallest.count + 1)
                try await expectEqual(store.commit(), next, "the next revision")
            }
        },
        Check(title: "a closed store answers that it is not available") { place in
            let store = try await place.open()
            await store.close()
            await store.close()
            try await expectError(.unavailable, "a read") { () throws(ControlError) in _ = try await store.plans() }
            try await expectError(.unavailable, "a commit") { () throws(ControlError) in try await store.commit() }
        },
    ]

    static let now = Timestamp(milliseconds: 1_764_000_000_001)
    static let note = AuditNote(
        actor: "member mem_a", action: "tenant.create", target: "ten_a", tenant: TenantID(unchecked: "ten_a"),
        requestID: "req-1", detail: "plan_a")

    /// With the id of a full record and of its owner, and as little else as it can have.
    private static func smallest(of record: ControlRecord) -> ControlRecord? {
        switch record {
        case .plan(let plan): .plan(Plan(id: plan.id, name: "", quota: Quota()))
        case .tenant(let tenant): .tenant(ExampleRecords.tenant(tenant.id.text, plan: tenant.plan.text))
        case .project(let project): .project(ExampleRecords.project(project.id.text, of: project.tenant.text))
        case .member(let member): .member(ExampleRecords.member(member.id.text, of: member.tenant.text))
        case .key(let key): .key(ExampleRecords.key(key.id.text, of: key.project.text))
        case .token(let token): .token(ExampleRecords.token(token.id.text, of: token.member.text))
        case .order(let order): .order(ExampleRecords.lifted(order))
        }
    }
}
