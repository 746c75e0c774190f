internal import Admission
internal import ControlPlane
internal import Leaderboards
internal import Synchronization

/// A key as requests are judged by it, worked out once for each change of it or of its project.
final class KeyAccess: Sendable {
    let record: KeyRecord
    let project: ProjectAccess
    let caller: Caller
    let limit: RateLimit?
    let identity: RateIdentity
    let use: KeyUse

    init(_ record: KeyRecord, of project: ProjectAccess, identity: RateIdentity, use: KeyUse) {
        self.record = record
        self.project = project
        self.identity = identity
        self.use = use
        limit = record.rate?.limit ?? project.keyLimit
        caller = Caller(
            tenant: project.project.tenant, project: record.project, key: record.id, scopes: record.grant.scopes,
            leaderboards: record.grant.leaderboards.map(LeaderboardFilter.init),
            mustSign: project.project.settings.submitSecret != nil, filter: project.filter,
            traffic: [project.state.traffic, use.traffic])
    }
}

/// When a key was used last, and how much of late, kept across its changes.
final class KeyUse: Sendable {
    let traffic = TrafficCounter()
    private let milliseconds = Atomic<Int64>(0)
    private let written = Atomic<Int64>(0)

    /// To the second: a key in constant use is not worth a write to memory for each request.
    func note(_ now: Timestamp) {
        let last = milliseconds.load(ordering: .relaxed)
        if now.milliseconds - last >= 1000 { milliseconds.store(now.milliseconds, ordering: .relaxed) }
    }

    /// The last use, if it was not written down.
    var unwritten: Timestamp? {
        let last = milliseconds.load(ordering: .relaxed)
        return last > written.load(ordering: .relaxed) ? Timestamp(milliseconds: last) : nil
    }

    func noteWritten(_ use: Timestamp) { written.store(use.milliseconds, ordering: .relaxed) }
}
