import ControlPlane
import Leaderboards
import Testing

@testable import AdminAPI

@Suite struct KeyTests {
    private func office() async throws -> Office {
        let office = try await Office()
        _ = try await office.tenant()
        _ = try await office.project()
        return office
    }

    @Test("A new key is answered once; what is stored is its digest and its first characters")
    func create() async throws {
        let office = try await office()
        let fresh = try await office.key()
        #expect(APIKey(fresh.key.text) == fresh.key)
        #expect(fresh.key.text.hasPrefix("lrl_live_"))
        #expect(fresh.record.digest == Office.pepper.digest(of: fresh.key.text))
        #expect(fresh.record.hint == fresh.key.hint)
        #expect(fresh.record.isValid(at: office.now))
        #expect(try await office.administration.key(fresh.record.id, Office.chief).record == fresh.record)
        #expect(try await office.lastNote()?.detail == "'server', scopes read+write")
    }

    @Test("Keys of a test project begin with lrl_test_")
    func testProject() async throws {
        let office = try await office()
        let project = try await office.administration.createProject(
            NewProject(name: "Test", environment: .test), in: TenantID("acme")!, Office.chief)
        let fresh = try await office.key(in: project.id)
        #expect(fresh.key.text.hasPrefix("lrl_test_"))
        let next = try await office.administration.rotateKey(fresh.record.id, overlapSeconds: 0, Office.chief)
        #expect(next.key.text.hasPrefix("lrl_test_"))
    }

    @Test("Rotating makes another key with the same rights; the old one goes on for the overlap and no longer")
    func rotate() async throws {
        let office = try await office()
        let new = NewKey(
            name: "server", grant: KeyGrant(scopes: [.write], leaderboards: ["race-*"]),
            rate: Rate(requests: 1, seconds: 1, burst: 1))
        let first = try await office.administration.createKey(new, in: ProjectID("game")!, Office.chief)
        let second = try await office.administration.rotateKey(first.record.id, overlapSeconds: 60, Office.chief)
        #expect(second.key != first.key)
        #expect(second.record.grant == new.grant)
        #expect(second.record.rate == new.rate)
        #expect(second.record.name == "server")
        #expect(second.record.expiresAt == nil)
        let old = try await office.administration.key(first.record.id, Office.chief).record
        #expect(old.replacedBy == second.record.id)
        #expect(old.isValid(at: office.now.advanced(by: .seconds(59))))
        #expect(!old.isValid(at: office.now.advanced(by: .seconds(60))))
        #expect(try await office.lastNote()?.target == first.record.id.text)
        // Once is enough.
        let again = try await code {
            _ = try await office.administration.rotateKey(first.record.id, overlapSeconds: 60, Office.chief)
        }
        #expect(again == .keyEnded)
        let edited = try await code {
            var edit = KeyEdit()
            edit.expiresAt = .some(nil)
            _ = try await office.administration.editKey(first.record.id, edit, Office.chief)
        }
        #expect(edited == .keyEnded)
    }

    @Test("An overlap does not lengthen a key's life, and the new key lives as long as the old one was to")
    func rotateExpiring() async throws {
        let office = try await office()
        let new = NewKey(
            name: "k", grant: KeyGrant(scopes: .read), expiresAt: office.now.advanced(by: .seconds(100)))
        let first = try await office.administration.createKey(new, in: ProjectID("game")!, Office.chief)
        office.advance(seconds: 70)
        let second = try await office.administration.rotateKey(first.record.id, overlapSeconds: 60, Office.chief)
        #expect(
            try await office.administration.key(first.record.id, Office.chief).record.expiresAt == new.expiresAt)
        #expect(second.record.expiresAt == office.now.advanced(by: .seconds(100)))
    }

    @Test("A revoked key ends at once and for good")
    func revoke() async throws {
        let office = try await office()
        let id = try await office.key().record.id
        let revoked = try await office.administration.revokeKey(id, Office.chief)
        #expect(!revoked.isValid(at: office.now))
        #expect(try await office.administration.revokeKey(id, Office.chief) == revoked)
        #expect(
            try await code { _ = try await office.administration.rotateKey(id, overlapSeconds: 1, Office.chief) }
                == .keyEnded)
        #expect(
            try await code { _ = try await office.administration.editKey(id, KeyEdit(), Office.chief) } == .keyEnded)
        #expect(try await office.administration.keys(of: ProjectID("game")!, limit: 9, Office.chief).items.isEmpty)
        #expect(
            try await office.administration.keys(of: ProjectID("game")!, withEnded: true, limit: 9, Office.chief)
                .items.count == 1)
    }

    @Test("Name, grant, rate and expiry can be changed, and rate and expiry taken away")
    func edit() async throws {
        let office = try await office()
        let id = try await office.key().record.id
        var edit = KeyEdit()
        edit.name = "client"
        edit.grant = KeyGrant(scopes: .read, leaderboards: ["race"])
        edit.rate = Rate(requests: 1, seconds: 2, burst: 3)
        edit.expiresAt = office.now.advanced(by: .seconds(10))
        let edited = try await office.administration.editKey(id, edit, Office.chief)
        #expect(edited.name == "client")
        #expect(edited.grant == edit.grant)
        #expect(edited.rate?.burst == 3)
        #expect(edited.expiresAt == office.now.advanced(by: .seconds(10)))
        edit = KeyEdit()
        edit.rate = .some(nil)
        edit.expiresAt = .some(nil)
        let bare = try await office.administration.editKey(id, edit, Office.chief)
        #expect(bare.rate == nil)
        #expect(bare.expiresAt == nil)
        #expect(bare.name == "client")
    }

    @Test("An expiry lies in the future, and an expired key can't be changed")
    func expiry() async throws {
        let office = try await office()
        let past = NewKey(name: "k", grant: KeyGrant(scopes: .read), expiresAt: office.now)
        let made = try await refusal {
            _ = try await office.administration.createKey(past, in: ProjectID("game")!, Office.chief)
        }
        #expect(made?.fields.map(\.field) == ["expires_at"])
        let short = NewKey(
            name: "k", grant: KeyGrant(scopes: .read), expiresAt: office.now.advanced(by: .seconds(1)))
        let key = try await office.administration.createKey(short, in: ProjectID("game")!, Office.chief)
        office.advance(seconds: 1)
        let changed = try await code {
            _ = try await office.administration.editKey(key.record.id, KeyEdit(), Office.chief)
        }
        #expect(changed == .keyEnded)
    }

    @Test("A plan bounds the valid keys of a project; a key can be rotated all the same")
    func quota() async throws {
        let office = try await Office()
        _ = try await office.tenant(plan: .free)
        _ = try await office.project()
        var keys: [FreshKey] = []
        for index in 0..<10 { keys.append(try await office.key(name: "k\(index)")) }
        #expect(try await code { _ = try await office.key() } == .planLimit)
        _ = try await office.administration.rotateKey(keys[0].record.id, overlapSeconds: 60, Office.chief)
        #expect(try await code { _ = try await office.key() } == .planLimit)
        _ = try await office.administration.revokeKey(keys[1].record.id, Office.chief)
        _ = try await office.key()
        _ = try await office.administration.setPlan(of: TenantID("acme")!, to: Plan.studio.id, Office.chief)
        _ = try await office.key()
    }

    @Test("When a key was last used stands beside it")
    func lastUse() async throws {
        let office = try await office()
        let id = try await office.key().record.id
        #expect(try await office.administration.key(id, Office.chief).lastUsedAt == nil)
        try await office.store.noteUse(of: [id: office.now])
        #expect(try await office.administration.key(id, Office.chief).lastUsedAt == office.now)
        let page = try await office.administration.keys(of: ProjectID("game")!, limit: 1, Office.chief)
        #expect(page.items.map(\.lastUsedAt) == [office.now])
        #expect(page.next == id.text)
    }
}
