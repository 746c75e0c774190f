import Leaderboards
import NodeRuntime
import Sharding

/// What the node's refusals and failures are to a client.
extension Problem {
    init(_ error: ServiceError) {
        switch error {
        case .refused(let refusal): self.init(refusal)
        case .overloaded(let retryAfter):
            self.init(.overloaded, "Nothing was changed. Try again after the time given.", retryAfter: retryAfter)
        case .unavailable(let reason, let retryAfter):
            self.init(.unavailable, "\(reason) Nothing was changed.", retryAfter: retryAfter)
        case .outcomeUnknown(let reason):
            self.init(
                .outcomeUnknown,
                "\(reason) Repeat the request with the same Idempotency-Key: it is then done once, or was done before.",
                retryAfter: 1)
        case .moved:
            self.init(.unavailable, "Another node is about to take over. Nothing was changed.", retryAfter: 1)
        case .noSpace: self.init(.noSpace, "Scores can be read but not written. Nothing was changed.", retryAfter: 2)
        case .corrupted(let what): self.init(.shardCorrupted, "\(what) Nothing was changed; an operator must look.")
        }
    }

    init(_ refusal: Refusal) {
        switch refusal {
        case .unknownLeaderboard: self.init(.unknownLeaderboard, "No leaderboard of this project has this id.")
        case .leaderboardExists: self.init(.leaderboardExists, "A leaderboard of this project has this id.")
        case .versionConflict(let current):
            self.init(.versionConflict, "The current version is \(current). Read it, then change it again.")
        case .invalidDefinition(let problems):
            self.init(.invalidDefinition, "See errors.")
            fields = problems
        case .immutable(let field):
            self.init(.immutableField, "\(field) can't be changed once there are scores.")
            fields = [DefinitionProblem(field: field, code: code.rawValue, message: "It can't be changed.")]
        case .unknownUser: self.init(.unknownUser, "The user has no entry in this ranking.")
        case .unknownWindow: self.init(.unknownWindow, "The leaderboard's definition lists its windows.")
        case .unknownSeason: self.init(.unknownSeason, "The window has no season of this id.")
        case .unknownDimension: self.init(.unknownDimension, "The leaderboard's definition lists its dimensions.")
        case .score(let error): self.init(error)
        case .seasonClosed(let window, let season):
            self.init(.seasonClosed, "Season \(season) of window \(window) takes no more scores.")
        case .timeInFuture: self.init(.timeInFuture, "`at` is more than five minutes ahead of the server's clock.")
        case .requestKeyReused:
            self.init(.idempotencyKeyReused, "The key was used for a submission that is not the same as this one.")
        case .planLimit(let what, let limit):
            self.init(.planLimit, "The project's plan has at most \(limit) \(what).")
        case .limitReached(let what, let limit): self.init(.limitReached, "There are at most \(limit) \(what).")
        case .alreadyUploaded: self.init(.alreadyUploaded, "An earlier part of the upload covers this line.")
        }
    }

    private init(_ error: ScoreError) {
        switch error {
        case .columnCount(let expected):
            self.init(
                .scoreColumnCount,
                expected == 1 ? "The leaderboard takes one value." : "The leaderboard takes \(expected) values.")
        case .type(let column): self.init(.scoreType, column: column, "The value is not of the column's type.")
        case .bounds(let column):
            self.init(.scoreOutOfBounds, column: column, "The value is out of the column's bounds.")
        case .overflow(let column):
            self.init(.scoreOverflow, column: column, "The sum is beyond what the column holds.")
        }
    }

    private init(_ code: ProblemCode, column: Int, _ message: String) {
        self.init(code, message)
        fields = [DefinitionProblem(field: "scores[\(column)]", code: code.rawValue, message: message)]
    }
}

extension Problem {
    /// Whether the same submission may succeed if it is sent again: the rest of an upload then waits for this one.
    var isTransient: Bool {
        switch code {
        case .overloaded, .unavailable, .outcomeUnknown, .noSpace: true
        default: false
        }
    }
}
