import Leaderboards

extension ControlStoreConformance {
    static let changeChecks: [Check] = [
        check("changes come in the order of their revisions, each record once and as it is now") { store in
            try await expectEqual(store.changes(after: 0, limit: 9).records, [], "before the first commit")
            var records = ExampleRecords.smallest
            for index in records.indices { records[index].version = try await store.commit(.insert(records[index])) }
            guard case .tenant(var tenant) = records[1] else { return }
            tenant.name = "renamed"
            tenant.version = try await store.commit(.replace(.tenant(tenant)))
            records.remove(at: 1)
            records.append(.tenant(tenant))
            let last = Int64(records.count + 1)
            let cases = [(0, records), (1, Array(records[1...])), (last - 1, [.tenant(tenant)]), (last, [])]
            for (revision, expected) in cases {
                let changes = try await store.changes(after: revision, limit: 9)
                try expectEqual(changes.records, expected, "changes after \(revision)")
                try expectEqual(changes.revision, last, "where to go on after \(revision)")
                try expect(!changes.hasMore, "more after \(revision)")
            }
        },
        check("changes can be read in pages of any size, without dividing a revision") { store in
            var expected: [ControlRecord] = []
            let some = ExampleRecords.smallest
            for (index, records) in [some, ExampleRecords.fullest].enumerated() {
                let revision = try await store.commit(records.map(ControlWrite.insert), note, at: now)
                for var record in records {
                    record.version = revision
                    expected.append(record)
                }
                for number in 0..<3 {
                    var tenant = ExampleRecords.tenant("ten_\(index)\(number)")
                    tenant.version = try await store.commit(.insert(.tenant(tenant)))
                    expected.append(.tenant(tenant))
                }
            }
            // Commits without records are passed over.
            try await store.commit()
            for limit in 1...20 {
                var found: [ControlRecord] = []
                var revision: Int64 = 0
                var hasMore = true
                while hasMore {
                    let changes = try await store.changes(after: revision, limit: limit)
                    try expect(
                        changes.records.count <= limit
                            || Set(
                                changes.records.suffix(changes.records.count - limit + 1)
                                    .map(\.version)
                            ).count == 1,
                        "\(changes.records.count) changes of a limit of \(limit)")
                    try expect(changes.revision > revision || !changes.hasMore, "no progress from \(revision)")
                    found += changes.records
                    revision = changes.revision
                    hasMore = changes.hasMore
                }
                try expectEqual(found, expected, "changes by \(limit)")
                try expectEqual(revision, 9, "where to go on by \(limit)")
            }
        },
        check("a revision that is not there yet has no changes after it") { store in
            try await store.commit(.insert(.plan(ExampleRecords.plan)))
            let changes = try await store.changes(after: 50, limit: 9)
            try expect(changes.records.isEmpty && !changes.hasMore, "\(changes)")
        },
    ]

    static let counterChecks: [Check] = [
        check("of two uses of a key the later one is known") { store in
            let keys = ["key_a", "key_b", "key_c"].map { KeyID(unchecked: $0) }
            try await expectEqual(store.lastUse(of: keys), [:], "before any use")
            func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }
            try await store.noteUse(of: [keys[0]: time(100), keys[1]: time(200)])
            try await store.noteUse(of: [keys[0]: time(99), keys[1]: time(201)])
            try await store.noteUse(of: [:])
            try await expectEqual(store.lastUse(of: keys), [keys[0]: time(100), keys[1]: time(201)], "last uses")
            try await expectEqual(store.lastUse(of: [keys[1]]), [keys[1]: time(201)], "last use of one")
            try await expectEqual(store.lastUse(of: []), [:], "last use of none")
            try await expectEqual(store.commit(), 1, "revision after uses")
        },
        check("many uses at once are all known") { store in
            let uses = Dictionary(
                uniqueKeysWithValues: (0..<1200).map { index in
                    (KeyID(unchecked: "key_\(index)"), Timestamp(milliseconds: Int64(index)))
                })
            try await store.noteUse(of: uses)
            try await expectEqual(store.lastUse(of: Array(uses.keys)), uses, "last uses")
        },
        check("counters of a day are replaced, and summed over their sources") { store in
            let project = ProjectID(unchecked: "prj_a")
            func row(_ day: Int, _ metric: String, _ source: String, _ value: Int64, _ other: String? = nil) -> UsageRow
            {
                UsageRow(
                    project: other.map { ProjectID(unchecked: $0) } ?? project, day: day, metric: metric,
                    source: source, value: value)
            }
            try await store.setUsage([
                row(-1, "b", "s1", 1), row(0, "b", "s1", 10), row(0, "b", "s2", 20), row(0, "B", "s1", 5),
                row(1, "a", "s1", 7), row(1, "b", "s1", 8, "prj_b"), row(5, "a", "s1", .max), row(6, "a", "s1", .min),
            ])
            try await store.setUsage([row(0, "b", "s1", 11), row(0, "b", "s1", 12)])
            try await store.setUsage([])
            let all = try await store.usage(of: project, days: -10...10)
            try expectEqual(
                all,
                [
                    row(-1, "b", "", 1), row(0, "B", "", 5), row(0, "b", "", 32), row(1, "a", "", 7),
                    row(5, "a", "", .max), row(6, "a", "", .min),
                ], "all days")
            try await expectEqual(
                store.usage(of: project, days: 0...1), [row(0, "B", "", 5), row(0, "b", "", 32), row(1, "a", "", 7)],
                "two days")
            try await expectEqual(store.usage(of: project, days: 2...4), [], "days without")
            try await expectEqual(
                store.usage(of: project, metric: "b", source: "s1"), [-1: 1, 0: 12], "days of one source")
            try await expectEqual(store.usage(of: project, metric: "b", source: "s"), [:], "a source without")
            try await expectEqual(store.commit(), 1, "revision after counting")
            try await store.setUsage([row(5, "a", "s2", 1)])
            try await expectError(.failed, "a sum that is too large") { () throws(ControlError) in
                _ = try await store.usage(of: project, days: 5...5)
            }
        },
    ]
}
