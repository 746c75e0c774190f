import Leaderboards

/// The checks that every `ControlStore` must pass, whatever keeps its rows.
///
/// Each runs on a place of its own, empty at the start, and throws a `Failure` that says what was expected.
///
/// ```swift
/// @Test(arguments: ControlStoreConformance.checks)
/// func `A store in memory keeps the promises`(_ check: ControlStoreConformance.Check) async throws {
///     try await check.run(on: InMemoryControlDatabase())
/// }
/// ```
package enum ControlStoreConformance {
    /// One promise.
    package struct Check: Sendable, CustomStringConvertible {
        package let title: String
        let body: @Sendable (any ControlStorePlace) async throws -> Void

        package var description: String { title }

        package func run(on place: any ControlStorePlace) async throws { try await body(place) }
    }

    /// A promise not kept.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package static let checks: [Check] =
        commitChecks + ruleChecks + listChecks + changeChecks + counterChecks + textChecks + concurrencyChecks
        + anomalyChecks + orderChecks + modelChecks
}

/// One database, opened again and again, by several stores at once if need be.
package protocol ControlStorePlace: Sendable {
    func open() async throws -> any ControlStore
}

extension InMemoryControlDatabase: ControlStorePlace {
    package func open() -> any ControlStore { InMemoryControlStore(database: self) }
}

// MARK: - What checks are written with

extension ControlStoreConformance {
    /// A check with a store, which is closed at its end.
    static func check(_ title: String, _ body: @escaping @Sendable (any ControlStore) async throws -> Void) -> Check {
        Check(title: title) { place in try await with(place, body) }
    }

    static func with<Value>(_ place: any ControlStorePlace, _ body: (any ControlStore) async throws -> Value)
        async throws
        -> Value
    {
        let store = try await place.open()
        do {
            let value = try await body(store)
            await store.close()
            return value
        } catch {
            await store.close()
            throw error
        }
    }

    static func expect(_ condition: Bool, _ promise: @autoclosure () -> String) throws {
        guard condition else { throw Failure(description: promise()) }
    }

    static func expectEqual<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws {
        try expect(found == expected, "\(what): found \(found), expected \(expected)")
    }

    static func expectError(
        _ kind: ControlErrorKind, _ occasion: String, _ body: () async throws(ControlError) -> Void
    ) async throws {
        do throws(ControlError) {
            try await body()
        } catch {
            return try expect(ControlErrorKind(error) == kind, "\(occasion): threw \(error), expected .\(kind)")
        }
        throw Failure(description: "\(occasion): threw nothing, expected .\(kind)")
    }
}

/// An error without its words.
enum ControlErrorKind {
    case exists, notFound, conflict, unavailable, failed

    init(_ error: ControlError) {
        switch error {
        case .exists: self = .exists
        case .notFound: self = .notFound
        case .conflict: self = .conflict
        case .unavailable: self = .unavailable
        case .failed: self = .failed
        }
    }
}

extension ControlStore {
    /// A commit of which only the writes matter.
    @discardableResult
    func commit(_ writes: ControlWrite..., at now: Timestamp = Timestamp(seconds: 1)) async throws(ControlError)
        -> Int64
    {
        try await commit(writes, AuditNote(actor: "operator", action: "test", target: "", tenant: nil), at: now)
    }

    func record(_ identity: ControlRecord.Identity) async throws(ControlError) -> ControlRecord? {
        switch identity.kind {
        case .tenant: try await tenant(TenantID(unchecked: identity.id)).map(ControlRecord.tenant)
        case .project: try await project(ProjectID(unchecked: identity.id)).map(ControlRecord.project)
        case .member: try await member(MemberID(unchecked: identity.id)).map(ControlRecord.member)
        case .key: try await key(KeyID(unchecked: identity.id)).map(ControlRecord.key)
        case .plan: try await plan(PlanID(unchecked: identity.id)).map(ControlRecord.plan)
        case .token: try await token(TokenID(unchecked: identity.id)).map(ControlRecord.token)
        case .order: try await order(OrderID(unchecked: identity.id)).map(ControlRecord.order)
        }
    }
}
