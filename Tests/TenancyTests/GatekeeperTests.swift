import AccessSupport
import Admission
import ControlPlane
import Leaderboards
import Testing

@testable import Tenancy

extension Gatekeeper {
    /// Nil if the request is let in.
    func denial(_ key: String?, _ scope: Scopes = .read, leaderboard: String? = nil, from address: String? = nil)
        -> Denial?
    {
        let request = AccessRequest(
            credential: key, address: address.flatMap { IPAddress($0) }, scope: scope, leaderboard: leaderboard)
        switch judge(request) {
        case .admitted: return nil
        case .denied(let denial): return denial
        case .unverified: return .invalidSignature("unverified")
        }
    }
}

@Suite struct GatekeeperTests {
    @Test("A key opens its own project, for its own scopes, whatever is asked")
    func scopes() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        let key = try await place.addKey(1, of: "games", [.read])
        let gatekeeper = place.gatekeeper
        guard case .admitted(let caller, nil) = gatekeeper.judge(.init(credential: key.text, scope: .read)) else {
            Issue.record("not let in")
            return
        }
        #expect(caller.project.text == "games")
        #expect(caller.tenant.text == "games")
        #expect(gatekeeper.denial(key.text, .write) == .missingScope(.write))
        #expect(gatekeeper.denial(key.text, .admin) == .missingScope(.admin))
    }

    @Test(
        "What is no key is told apart from no key, and no more",
        arguments: ["x", String(repeating: "x", count: 47), AccessPlace.key(9).text, AccessPlace.key(1).text + "x"])
    func strangers(text: String) async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        try await place.addKey(1, of: "games")
        #expect(place.gatekeeper.denial(text) == .invalidCredential)
        #expect(place.gatekeeper.denial(nil) == .missingCredential)
        #expect(place.gatekeeper.denial("") == .missingCredential)
    }

    @Test("A key that expires is good until that very millisecond")
    func expiry() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        let key = try await place.addKey(1, of: "games", expiresAt: place.clock.now.advanced(by: .seconds(60)))
        place.clock.advance(bySeconds: 59.999)
        #expect(place.gatekeeper.denial(key.text) == nil)
        place.clock.advance(bySeconds: 0.001)
        #expect(place.gatekeeper.denial(key.text) == .invalidCredential)
    }

    @Test("A revoked key, a suspended tenant and a deleted project close at the next look, and a restored tenant opens")
    func closing() async throws {
        let place = AccessPlace()
        for (number, name) in [(UInt8(1), "one"), (2, "two"), (3, "three")] {
            try await place.addProject(name)
            try await place.addKey(number, of: name)
        }
        let keys = (1...3).map { AccessPlace.key(UInt8($0)).text }
        try await place.revokeKey(1)
        try await place.setStatus(.suspended, of: "two")
        var project = try await place.store.project(ProjectID("three")!)!
        project.isDeleted = true
        try await place.replace(.project(project))
        #expect(keys.map { place.gatekeeper.denial($0) } == [.invalidCredential, .tenantSuspended, .invalidCredential])
        try await place.setStatus(.active, of: "two")
        #expect(place.gatekeeper.denial(keys[1]) == nil)
        try await place.setStatus(.deleted, of: "two")
        #expect(place.gatekeeper.denial(keys[1]) == .invalidCredential)
    }

    @Test("A key for some leaderboards is for no others, by whole names or by how they begin")
    func leaderboards() async throws {
        let place = AccessPlace()
        try await place.addProject("games")
        let key = try await place.addKey(1, of: "games", leaderboards: ["race", "cup-*"])
        let gatekeeper = place.gatekeeper
        for id in ["race", "cup-", "cup-2026"] { #expect(gatekeeper.denial(key.text, leaderboard: id) == nil) }
        for id in ["races", "rac", "cup", "Cup-1", "*"] {
            #expect(gatekeeper.denial(key.text, leaderboard: id) == .foreignLeaderboard)
        }
    }

    @Test("Addresses that are denied, or not among the allowed, are kept out, in either form of an address")
    func addresses() async throws {
        let place = AccessPlace()
        var settings = ProjectSettings()
        settings.allowedAddresses = ["10.0.0.0/8", "2001:db8::/32"]
        settings.deniedAddresses = ["10.6.6.6"]
        try await place.addProject("games", settings)
        let key = try await place.addKey(1, of: "games").text
        for address in ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1"] {
            #expect(place.gatekeeper.denial(key, from: address) == nil)
        }
        for address in ["10.6.6.6", "::ffff:10.6.6.6", "11.0.0.1", "2001:db9::1"] {
            #expect(place.gatekeeper.denial(key, from: address) == .addressDenied)
        }
        #expect(place.gatekeeper.denial(key) == .addressDenied)
    }

    @Test("A list of allowed addresses of which none can be read lets nobody in")
    func unreadableAddresses() async throws {
        let place = AccessPlace()
        var settings = ProjectSettings()
        settings.allowedAddresses = ["everywhere"]
        try await place.addProject("games", settings)
        let key = try await place.addKey(1, of: "games").text
        #expect(place.gatekeeper.denial(key, from: "10.0.0.1") == .addressDenied)
    }

    @Test(
        "The requests of a month are counted for the project, with those of other nodes, and begin anew with the next")
    func month() async throws {
        let place = AccessPlace(monthlyRequests: { _, _ in 3 })
        let plan = Plan(id: PlanID("small")!, name: "Small", quota: Quota(requestsPerMonth: 5))
        try await place.addProject("games", on: plan)
        let keys = [try await place.addKey(1, of: "games").text, try await place.addKey(2, of: "games").text]
        #expect(place.gatekeeper.denial(keys[0]) == nil)
        await place.directory.readMonths()
        #expect(place.gatekeeper.denial(keys[1]) == nil)
        #expect(place.gatekeeper.denial(keys[0]) == nil)
        #expect(keys.map { place.gatekeeper.denial($0) } == [.monthIsUsedUp(limit: 5), .monthIsUsedUp(limit: 5)])
        place.clock.advance(bySeconds: 31 * 86_400)
        #expect(place.gatekeeper.denial(keys[0]) == nil)
    }
}
