import Leaderboards

extension ControlStoreConformance {
    static let concurrencyChecks: [Check] = [
        Check(title: "two stores that write at once give every revision once, and a reader misses none") { place in
            try await with(place) { first in
                try await with(place) { second in
                    try await first.commit(.insert(.plan(ExampleRecords.plan)))
                    let (writers, each) = (6, 15)
                    let last = Int64(1 + writers * each)
                    let (revisions, seen) = try await withThrowingTaskGroup(of: [Int64].self) { group in
                        for writer in 0..<writers {
                            group.addTask {
                                var revisions: [Int64] = []
                                for number in 0..<each {
                                    let tenant = ExampleRecords.tenant("ten_\(writer)_\(number)")
                                    let store = (writer + number) % 2 == 0 ? first : second
                                    revisions.append(try await store.commit(.insert(.tenant(tenant))))
                                }
                                return revisions
                            }
                        }
                        async let seen = follow(second, from: 1, to: last)
                        let revisions = try await group.reduce(into: []) { $0 += $1 }
                        return (revisions, try await seen)
                    }
                    try expectEqual(revisions.sorted(), Array(2...last), "revisions")
                    try expectEqual(seen, Array(2...last), "revisions that the reader saw")
                }
            }
        },
        Check(title: "changes made at once to one record are all made, after as many conflicts as it takes") { place in
            try await with(place) { first in
                try await with(place) { second in
                    try await first.commit(.insert(.plan(ExampleRecords.plan)))
                    var project = ExampleRecords.tenant
                    project.name = "0"
                    try await first.commit(.insert(.tenant(project)))
                    let (writers, each) = (4, 8)
                    try await withThrowingTaskGroup { group in
                        for writer in 0..<writers {
                            group.addTask {
                                for _ in 0..<each { try await increment(writer % 2 == 0 ? first : second) }
                            }
                        }
                        try await group.waitForAll()
                    }
                    try await expectEqual(first.tenant(project.id)?.name, "\(writers * each)", "the sum")
                }
            }
        },
        Check(title: "of two inserts of the same id one is done") { place in
            try await with(place) { first in
                try await with(place) { second in
                    for number in 0..<10 {
                        let plan = Plan(id: PlanID(unchecked: "plan_\(number)"), name: "", quota: Quota())
                        let outcomes = await withTaskGroup(of: ControlErrorKind?.self) { group in
                            for store in [first, second, first, second] {
                                group.addTask {
                                    do throws(ControlError) {
                                        try await store.commit(.insert(.plan(plan)))
                                        return nil
                                    } catch { return ControlErrorKind(error) }
                                }
                            }
                            return await group.reduce(into: []) { $0.append($1) }
                        }
                        try expectEqual(outcomes.count { $0 == nil }, 1, "inserts of \(plan.id) that were done")
                        try expectEqual(outcomes.count { $0 == .exists }, 3, "inserts of \(plan.id) that were refused")
                    }
                }
            }
        },
    ]

    /// Reads changes until one has the last revision; each is of a revision larger than all before.
    private static func follow(_ store: any ControlStore, from start: Int64, to last: Int64) async throws -> [Int64] {
        var (seen, revision): ([Int64], Int64) = ([], start)
        while revision < last {
            let changes = try await store.changes(after: revision, limit: 3)
            try expect(changes.records.allSatisfy { $0.version > revision }, "a change at or before \(revision)")
            seen += changes.records.map(\.version)
            revision = changes.revision
            await Task.yield()
        }
        return seen
    }

    private static func increment(_ store: any ControlStore) async throws {
        while var tenant = try await store.tenant(ExampleRecords.tenant.id) {
            tenant.name = "\(Int(tenant.name)! + 1)"
            do throws(ControlError) {
                try await store.commit(.replace(.tenant(tenant)))
                return
            } catch {
                guard case .conflict = error else { throw error }
            }
        }
    }
}
