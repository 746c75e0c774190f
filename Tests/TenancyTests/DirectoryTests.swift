import AccessSupport
import ControlPlane
import Leaderboards
import Testing

@testable import Tenancy

@Suite struct DirectoryTests {
    @Test("While the database is out of reach what is known goes on, and unknown keys are told to wait")
    func outage() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        let key = try await place.addKey(1, of: "games").text
        place.store.database.isReachable = false
        await #expect(throws: ControlError.self) { try await place.directory.refresh() }
        place.clock.advance(bySeconds: 9)
        #expect(place.directory.age == .seconds(9))
        #expect(place.gatekeeper.denial(AccessPlace.key(2).text) == .invalidCredential)
        place.clock.advance(bySeconds: 2)
        #expect(place.gatekeeper.denial(AccessPlace.key(2).text) == .unavailable)
        #expect(place.gatekeeper.denial(key) == nil)
        place.store.database.isReachable = true
        try await place.directory.refresh()
        #expect(place.gatekeeper.denial(AccessPlace.key(2).text) == .invalidCredential)
    }

    @Test("Before anything was read nobody is told that his key is wrong")
    func beginning() {
        let place = AccessPlace()
        #expect(place.directory.age == nil)
        #expect(place.gatekeeper.denial(AccessPlace.key(1).text) == .unavailable)
    }

    @Test("Changes count in whatever order the records come")
    func order() throws {
        let now = Timestamp(seconds: 1_800_000_000)
        let key = AccessPlace.key(1)
        let digest = AccessPlace.pepper.digest(of: key.text)
        let plan = Plan(id: PlanID("small")!, name: "Small", quota: Quota(requestsPerMonth: 7))
        let records: [ControlRecord] = [
            .plan(plan), .tenant(Tenant(id: TenantID("t")!, name: "T", plan: plan.id, createdAt: now)),
            .project(Project(id: ProjectID("p")!, tenant: TenantID("t")!, name: "P", createdAt: now)),
            .key(
                KeyRecord(
                    id: KeyID("k")!, project: ProjectID("p")!, name: "K", digest: digest, hint: key.hint,
                    grant: KeyGrant(scopes: .read), createdAt: now)),
        ]
        for first in 0..<4 {
            for second in 0..<4 where second != first {
                for third in 0..<4 where third != first && third != second {
                    var tables = AccessTables()
                    for index in [first, second, third, 6 - first - second - third] {
                        tables.apply(records[index], at: now)
                    }
                    let access = try #require(tables.keys[digest])
                    #expect(access.project.standing == .open)
                    #expect(access.project.requestsPerMonth == 7)
                    #expect(access.project === tables.projects[ProjectID("p")!])
                }
            }
        }
    }

    @Test("A plan that is not known is no licence")
    func unknownPlan() {
        var tables = AccessTables()
        let now = Timestamp(seconds: 1_800_000_000)
        tables.apply(.tenant(Tenant(id: TenantID("t")!, name: "T", plan: PlanID("gone")!, createdAt: now)), at: now)
        tables.apply(.project(Project(id: ProjectID("p")!, tenant: TenantID("t")!, name: "P", createdAt: now)), at: now)
        #expect(tables.projects[ProjectID("p")!]?.requestsPerMonth == Plan.free.quota.requestsPerMonth)
    }

    @Test("The times of last uses are written down in one go, kept across changes of a key, and at the end")
    func uses() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        let key = try await place.addKey(1, of: "games").text
        try await place.addKey(2, of: "games")
        let first = place.clock.now
        #expect(place.gatekeeper.denial(key) == nil)
        try await place.changeSettings(of: "games") { $0.corsOrigins = ["*"] }
        place.store.database.isReachable = false
        await place.directory.writeUses()
        place.store.database.isReachable = true
        await place.directory.writeUses()
        let ids = [KeyID("key_1")!, KeyID("key_2")!]
        #expect(try await place.store.lastUse(of: ids) == [ids[0]: first])
        place.clock.advance(bySeconds: 5)
        #expect(place.gatekeeper.denial(key) == nil)
        let running = Task { await place.directory.run() }
        running.cancel()
        await running.value
        #expect(try await place.store.lastUse(of: ids) == [ids[0]: place.clock.now])
    }

    @Test("A pass is good until its key is revoked or expires, and what the key may is what it may now")
    func pass() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        let expiry = place.clock.now.advanced(by: .seconds(60))
        let key = try await place.addKey(1, of: "games", expiresAt: expiry).text
        var pass = try place.gatekeeper.open(key, from: nil).get()
        #expect(place.gatekeeper.check(&pass) == nil)
        var record = try await place.store.key(KeyID("key_1")!)!
        record.grant.scopes = .read
        try await place.replace(.key(record))
        #expect(place.gatekeeper.check(&pass) == nil)
        #expect(pass.caller.scopes == .read)
        var other = pass
        place.clock.advance(bySeconds: 60)
        #expect(place.gatekeeper.check(&pass) == .invalidCredential)
        try await place.revokeKey(1)
        #expect(place.gatekeeper.check(&other) == .invalidCredential)
    }
}
