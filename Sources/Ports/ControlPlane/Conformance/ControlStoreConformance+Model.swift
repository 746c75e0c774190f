import Leaderboards

extension ControlStoreConformance {
    /// The store in memory is so simple that it serves as the twin.
    static let modelChecks: [Check] = [UInt64(1), 2, 3].map { seed in
        Check(title: "random commits and reopenings give what plain dictionaries give (seed \(seed))") { place in
            var generator = SeededGenerator(seed: seed)
            let twin = InMemoryControlStore()
            var store = try await place.open()
            for round in 0..<60 {
                let occasion = "seed \(seed), round \(round)"
                let writes = await randomWrites(&generator, twin)
                let at = Timestamp(milliseconds: Int64(generator.next() % 1000))
                let expected = await outcome { () throws(ControlError) in try await twin.commit(writes, note, at: at) }
                let found = await outcome { () throws(ControlError) in try await store.commit(writes, note, at: at) }
                try expectEqual(found, expected, "\(occasion), \(writes)")
                if generator.next() % 10 == 0 {
                    await store.close()
                    store = try await place.open()
                }
                if round % 5 == 4 { try await compare(store, twin, Int64(generator.next() % 20), occasion) }
            }
            await store.close()
        }
    }

    private static func outcome(
        _ body: () async throws(ControlError) -> Int64
    ) async -> Result<Int64, ControlErrorKindError> {
        do throws(ControlError) {
            return .success(try await body())
        } catch { return .failure(ControlErrorKindError(kind: ControlErrorKind(error))) }
    }

    private static func compare(
        _ store: any ControlStore, _ twin: any ControlStore, _ revision: Int64, _ occasion: String
    ) async throws {
        let (found, expected) = (
            try await store.changes(after: revision, limit: 25), try await twin.changes(after: revision, limit: 25)
        )
        try expectEqual(found.records, expected.records, "\(occasion): changes after \(revision)")
        try expectEqual(found.revision, expected.revision, "\(occasion): revision after \(revision)")
        try await expectEqual(
            store.tenants(after: nil, limit: 99), twin.tenants(after: nil, limit: 99), "\(occasion): tenants")
        try await expectEqual(
            store.projects(of: nil, after: nil, limit: 99), twin.projects(of: nil, after: nil, limit: 99),
            "\(occasion): projects")
        for tenant in try await twin.tenants(after: nil, limit: 99) {
            try await expectEqual(
                store.members(of: tenant.id, after: nil, limit: 99), twin.members(of: tenant.id, after: nil, limit: 99),
                "\(occasion): members of \(tenant.id)")
        }
        for project in try await twin.projects(of: nil, after: nil, limit: 99) {
            try await expectEqual(
                store.keys(of: project.id, after: nil, limit: 99), twin.keys(of: project.id, after: nil, limit: 99),
                "\(occasion): keys of \(project.id)")
        }
        for member in ["mem_00", "mem_11", "mem_23"].map({ MemberID(unchecked: $0) }) {
            try await expectEqual(
                store.tokens(of: member, after: nil, limit: 99), twin.tokens(of: member, after: nil, limit: 99),
                "\(occasion): tokens of \(member)")
        }
        try await expectEqual(
            store.audit(of: nil, before: nil, limit: 99), twin.audit(of: nil, before: nil, limit: 99),
            "\(occasion): audit log")
    }
}

private struct ControlErrorKindError: Error, Equatable {
    let kind: ControlErrorKind
}

// MARK: - Random commits

extension ControlStoreConformance {
    /// Of few ids, so that they meet; one write in several is wrong in some way.
    private static func randomWrites(
        _ generator: inout SeededGenerator, _ twin: InMemoryControlStore
    ) async -> [ControlWrite] {
        var writes: [ControlWrite] = []
        for _ in 0..<Int(1 + generator.next() % 3) {
            var record = randomRecord(&generator)
            let stored = try? await twin.record(record.identity)
            if let stored, generator.next() % 6 != 0 {
                record.version = generator.next() % 8 == 0 ? stored.version - 1 : stored.version
                writes.append(.replace(record))
            } else {
                writes.append(generator.next() % 8 == 0 ? .replace(record) : .insert(record))
            }
        }
        return writes
    }

    private static func randomRecord(_ generator: inout SeededGenerator) -> ControlRecord {
        func digit() -> String { String(generator.next() % 4) }
        switch ControlRecord.Kind.allCases[Int(generator.next() % 7)] {
        case .plan:
            return .plan(Plan(id: PlanID(unchecked: "plan_\(digit())"), name: digit(), quota: Quota(entries: 4)))
        case .tenant:
            var tenant = ExampleRecords.tenant("ten_\(digit())", plan: "plan_\(digit())")
            tenant.status = Tenant.Status.allCases[Int(generator.next() % 3)]
            return .tenant(tenant)
        case .project:
            var project = ExampleRecords.project("prj_\(digit())", of: "ten_\(digit())")
            project.isDeleted = generator.next() % 2 == 0
            return .project(project)
        case .member:
            var member = ExampleRecords.member("mem_\(digit())\(digit())", of: "ten_\(digit())")
            member.email = "\(digit())@Example.com"
            member.isRemoved = generator.next() % 3 == 0
            return .member(member)
        case .key:
            var key = ExampleRecords.key("key_\(digit())\(digit())", of: "prj_\(digit())")
            key.digest = ExampleRecords.key("key_\(digit())\(digit())").digest
            return .key(key)
        case .token:
            var token = ExampleRecords.token("tok_\(digit())\(digit())", of: "mem_\(digit())\(digit())")
            token.digest = ExampleRecords.token("tok_\(digit())\(digit())").digest
            return .token(token)
        case .order:
            let kind = ClusterOrder.Kind.allCases[Int(generator.next() % 4)]
            let number = generator.next() % 3
            return .order(
                ClusterOrder(
                    kind, of: "c\(digit())", shard: ShardID(UInt16(number)), node: number,
                    state: ClusterOrder.State.allCases[Int(generator.next() % 3)], by: digit(),
                    at: Timestamp(seconds: 1)))
        }
    }
}

/// SplitMix64.
private struct SeededGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
