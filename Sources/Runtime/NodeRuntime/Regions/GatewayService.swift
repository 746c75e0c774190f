package import Leaderboards
internal import Regions
internal import Sharding

/// Carries out what other regions ask of this one, on whichever of its nodes owns the shard.
package struct GatewayService: PeerHandler {
    /// Knows of no other regions: what was forwarded once goes no further.
    private let routed: RoutedService
    private let regions: RegionRouting
    private let checkpoints: CheckpointGateway

    package init(_ routed: RoutedService, _ regions: RegionRouting) {
        precondition(routed.regions == nil, "a gateway routes within its region")
        self.routed = routed
        self.regions = regions
        checkpoints = CheckpointGateway(routed)
    }

    package func answer(_ operation: PeerOperation, _ request: [UInt8]) async -> [UInt8]? {
        let (routed, regions, checkpoints) = (routed, regions, checkpoints)
        switch operation {
        case .regionGreeting:
            return await carryOut(request) { (greeting: RegionGreeting) async throws(ServiceError) in
                regions.note(epoch: greeting.epoch, of: greeting.region)
                return RegionGreeting(region: regions.me, epoch: regions.map.epoch)
            }
        case .submit:
            return await carryOut(request) { (request: SubmissionRequest) async throws(ServiceError) in
                for submission in request.batch.submissions {
                    let id = request.batch.string(submission.leaderboard)
                    try regions.expectHome(LeaderboardKey(project: request.project, id: id))
                }
                return PeerList(
                    try await routed.submit(request.batch, project: request.project, upload: request.upload))
            }
        case .create:
            return await carryOut(request) { (request: DefinitionRequest) async throws(ServiceError) in
                try regions.expectHome(request.key)
                return try await routed.create(request.key, request.definition)
            }
        case .update:
            return await carryOut(request) { (request: DefinitionRequest) async throws(ServiceError) in
                try regions.expectHome(request.key)
                return try await routed.update(request.key, request.definition, replacing: request.replacedVersion)
            }
        case .delete:
            return await carryOut(request) { (key: LeaderboardKey) async throws(ServiceError) in
                try regions.expectHome(key)
                return try await routed.delete(key)
            }
        case .describe:
            return await carryOut(request) { (key: LeaderboardKey) async throws(ServiceError) in
                try regions.expectHome(key)
                return try await routed.describe(key)
            }
        case .removeEntry:
            return await carryOut(request) { (request: RemovalRequest) async throws(ServiceError) in
                try regions.expectHome(request.key)
                return try await routed.removeEntry(request.key, user: request.user)
            }
        case .page:
            return await carryOut(request) { (question: PageQuestion) async throws(ServiceError) in
                try regions.expectHome(question.key)
                return try await routed.page(question.key, question.board, question.request, question.options)
            }
        case .entries:
            return await carryOut(request) { (question: EntriesQuestion) async throws(ServiceError) in
                try regions.expectHome(question.key)
                return try await routed.entries(question.key, question.board, users: question.users, question.options)
            }
        case .projectKeys:
            return await carryOut(request) { (question: ProjectQuestion) async throws(ServiceError) in
                PeerList(try await routed.keys(of: question.project))
            }
        case .originCheckpoints:
            return await carryOut(request) { (question: OriginQuestion) async throws(ServiceError) in
                try await checkpoints.offers(question)
            }
        case .originChunk:
            return await carryOut(request) { (question: OriginChunkQuestion) async throws(ServiceError) in
                try await checkpoints.chunk(question)
            }
        default: return nil
        }
    }

    /// Throws unless all of a request's leaderboards are at home here.
    package func expectHome(_ keys: [LeaderboardKey]) throws(ServiceError) {
        for key in keys { try regions.expectHome(key) }
    }
}
