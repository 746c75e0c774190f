internal import Admission
package import ControlPlane
package import Leaderboards
package import Logging
internal import Synchronization
package import Tenancy

/// A gatekeeper over a control store in memory, with a clock that a test moves.
package final class AccessPlace: Sendable {
    package static let pepper = KeyPepper(bytes: [UInt8](repeating: 7, count: KeyPepper.byteCount))

    package let store: InMemoryControlStore
    package let clock: ManualClock
    package let directory: AccessDirectory
    package let gatekeeper: Gatekeeper

    package init(
        store: InMemoryControlStore = InMemoryControlStore(), clock: ManualClock = ManualClock(),
        keySets: any KeySetFetcher = NoKeySets(), configuration: Gatekeeper.Configuration = .init(),
        logger: Logger = Logger(label: "access") { _ in SwiftLogNoOpLogHandler() },
        monthlyRequests: AccessDirectory.MonthlyRequests? = nil
    ) {
        self.store = store
        self.clock = clock
        directory = AccessDirectory(
            store: store, clock: clock.access, logger: logger,
            monthlyRequests: monthlyRequests ?? AccessDirectory.monthlyRequests(in: store))
        gatekeeper = Gatekeeper(
            directory: directory, pepper: Self.pepper, configuration: configuration, keySets: keySets, logger: logger)
    }

    // MARK: Making things

    package func insert(_ records: ControlRecord...) async throws {
        try await commit(records.map { ControlWrite.insert($0) })
    }

    package func replace(_ records: ControlRecord...) async throws {
        try await commit(records.map { ControlWrite.replace($0) })
    }

    private func commit(_ writes: [ControlWrite]) async throws {
        let note = AuditNote(actor: "operator", action: "test", target: "", tenant: nil)
        _ = try await store.commit(writes, note, at: clock.now)
        try await directory.refresh()
    }

    /// A tenant and a project of the same name.
    package func addProject(
        _ name: String, on plan: Plan = .unlimited, _ settings: ProjectSettings = ProjectSettings()
    ) async throws {
        if try await store.plan(plan.id) == nil { try await insert(.plan(plan)) }
        try await insert(
            .tenant(Tenant(id: TenantID(name)!, name: name, plan: plan.id, createdAt: clock.now)),
            .project(
                Project(
                    id: ProjectID(name)!, tenant: TenantID(name)!, name: name, settings: settings,
                    createdAt: clock.now)))
    }

    /// A key that is made of its number.
    @discardableResult
    package func addKey(
        _ number: UInt8, of project: String, _ scopes: Scopes = .all, leaderboards: [String]? = nil, rate: Rate? = nil,
        expiresAt: Timestamp? = nil
    ) async throws -> APIKey {
        let key = Self.key(number)
        try await insert(
            .key(
                KeyRecord(
                    id: KeyID("key_\(number)")!, project: ProjectID(project)!, name: "key \(number)",
                    digest: Self.pepper.digest(of: key.text), hint: key.hint,
                    grant: KeyGrant(scopes: scopes, leaderboards: leaderboards), rate: rate, createdAt: clock.now,
                    expiresAt: expiresAt)))
        return key
    }

    package static func key(_ number: UInt8) -> APIKey {
        APIKey(random: [UInt8](repeating: number, count: APIKey.seedByteCount))
    }

    // MARK: Changing them

    package func changeSettings(of project: String, _ change: (inout ProjectSettings) -> Void) async throws {
        var record = try await store.project(ProjectID(project)!)!
        change(&record.settings)
        try await replace(.project(record))
    }

    package func setStatus(_ status: Tenant.Status, of tenant: String) async throws {
        var record = try await store.tenant(TenantID(tenant)!)!
        record.status = status
        try await replace(.tenant(record))
    }

    package func revokeKey(_ number: UInt8) async throws {
        var record = try await store.key(KeyID("key_\(number)")!)!
        record.revokedAt = clock.now
        try await replace(.key(record))
    }
}

/// A clock that stands still until a test moves it.
package final class ManualClock: Sendable {
    private let state = Mutex((milliseconds: Int64(1_800_000_000_000), nanoseconds: UInt64(1_000_000_000_000)))

    package init() {}

    package var now: Timestamp { state.withLock { Timestamp(milliseconds: $0.milliseconds) } }
    package var seconds: Int64 { now.milliseconds / 1000 }

    package func advance(bySeconds seconds: Double) {
        state.withLock {
            $0.milliseconds += Int64(seconds * 1000)
            $0.nanoseconds += UInt64(seconds * 1_000_000_000)
        }
    }

    package var access: AccessClock {
        AccessClock(
            now: { self.now }, uptime: { MonotonicTime(nanoseconds: self.state.withLock { $0.nanoseconds }) },
            // Waits until it is cancelled.
            sleep: { _ in try await Task.sleep(for: .seconds(86_400)) })
    }
}
