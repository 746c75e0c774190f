/// Everything that can be wrong, by the stable word that clients switch on. `docs/errors.md` has a section for each.
package enum ProblemCode: String, CaseIterable, Sendable {
    // Requests that can't be understood.
    case invalidJSON = "invalid_json"
    case invalidUTF8 = "invalid_utf8"
    case jsonTooDeep = "json_too_deep"
    case invalidPath = "invalid_path"
    case invalidParameter = "invalid_parameter"
    case unknownParameter = "unknown_parameter"
    case invalidHeader = "invalid_header"
    case invalidCursor = "invalid_cursor"
    case missingAPIKey = "missing_api_key"
    case invalidAPIKey = "invalid_api_key"
    case signatureInvalid = "signature_invalid"
    case signatureReplayed = "signature_replayed"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case bodyTooLarge = "body_too_large"
    case pathTooLong = "uri_too_long"
    case unsupportedMediaType = "unsupported_media_type"
    case invalidEncoding = "invalid_encoding"
    case slowBody = "slow_body"

    // Requests of those who may not.
    case missingScope = "missing_scope"
    case foreignLeaderboard = "foreign_leaderboard"
    case foreignUser = "foreign_user"
    case tenantSuspended = "tenant_suspended"
    case addressDenied = "address_denied"
    case planLimit = "plan_limit"
    case requestBlocked = "request_blocked"
    case rateLimited = "rate_limited"

    // Bodies that are JSON but not what was asked for.
    case unknownField = "unknown_field"
    case missingField = "missing_field"
    case duplicateField = "duplicate_field"
    case wrongType = "wrong_type"
    case numberOutOfRange = "number_out_of_range"
    case invalidName = "invalid_name"
    case invalidTime = "invalid_time"
    case invalidValue = "invalid_value"
    case tooLong = "too_long"
    case tooMany = "too_many"
    case lineTooLong = "line_too_long"

    // Commands that were understood and refused.
    case unknownLeaderboard = "unknown_leaderboard"
    case unknownUser = "unknown_user"
    case unknownWindow = "unknown_window"
    case unknownSeason = "unknown_season"
    case unknownDimension = "unknown_dimension"
    case leaderboardExists = "leaderboard_exists"
    case versionConflict = "version_conflict"
    case preconditionFailed = "precondition_failed"
    case invalidDefinition = "invalid_definition"
    case immutableField = "immutable_field"
    case scoreColumnCount = "score_column_count"
    case scoreType = "score_type"
    case scoreOutOfBounds = "score_out_of_bounds"
    case scoreOverflow = "score_overflow"
    case seasonClosed = "season_closed"
    case timeInFuture = "time_in_future"
    case idempotencyKeyReused = "idempotency_key_reused"
    case limitReached = "limit_reached"
    case alreadyUploaded = "already_uploaded"

    // What the client can do nothing about but wait.
    case overloaded
    case unavailable
    case outcomeUnknown = "outcome_unknown"
    case noSpace = "no_space"
    case shardCorrupted = "shard_corrupted"
}

extension ProblemCode {
    package var status: Int {
        switch self {
        case .invalidJSON, .invalidUTF8, .jsonTooDeep, .invalidPath, .invalidParameter, .unknownParameter,
            .invalidHeader, .invalidCursor, .invalidEncoding:
            400
        case .missingAPIKey, .invalidAPIKey, .signatureInvalid, .signatureReplayed: 401
        case .missingScope, .foreignLeaderboard, .foreignUser, .tenantSuspended, .addressDenied, .planLimit,
            .requestBlocked:
            403
        case .notFound, .unknownLeaderboard, .unknownUser, .unknownWindow, .unknownSeason, .unknownDimension: 404
        case .methodNotAllowed: 405
        case .slowBody: 408
        case .leaderboardExists, .versionConflict, .limitReached, .alreadyUploaded: 409
        case .preconditionFailed: 412
        case .bodyTooLarge: 413
        case .pathTooLong: 414
        case .unsupportedMediaType: 415
        case .unknownField, .missingField, .duplicateField, .wrongType, .numberOutOfRange, .invalidName, .invalidTime,
            .invalidValue, .tooLong, .tooMany, .lineTooLong, .invalidDefinition, .immutableField, .scoreColumnCount,
            .scoreType, .scoreOutOfBounds, .scoreOverflow, .seasonClosed, .timeInFuture, .idempotencyKeyReused:
            422
        case .rateLimited: 429
        case .shardCorrupted: 500
        case .overloaded, .unavailable, .outcomeUnknown: 503
        case .noSpace: 507
        }
    }

    /// The same for every occurrence.
    package var title: String {
        switch self {
        case .invalidJSON: "The body is not valid JSON"
        case .invalidUTF8: "The text is not valid UTF-8"
        case .jsonTooDeep: "The JSON is nested too deeply"
        case .invalidPath: "The path is malformed"
        case .invalidParameter: "A query parameter has a wrong value"
        case .unknownParameter: "There is no such query parameter"
        case .invalidHeader: "A header has a wrong value"
        case .invalidCursor: "The cursor does not fit"
        case .missingAPIKey: "An API key is required"
        case .invalidAPIKey: "The API key is not valid"
        case .signatureInvalid: "The signature is not valid"
        case .signatureReplayed: "The signature was used before"
        case .missingScope: "The key is not for this"
        case .foreignLeaderboard: "The key is not for this leaderboard"
        case .foreignUser: "The token is not for this user"
        case .tenantSuspended: "The tenant is suspended"
        case .addressDenied: "The address may not call"
        case .planLimit: "The plan's limit is reached"
        case .requestBlocked: "The text looks like an attack"
        case .rateLimited: "There are too many requests"
        case .notFound: "There is nothing at this path"
        case .methodNotAllowed: "The path does not take this method"
        case .bodyTooLarge: "The body is too large"
        case .pathTooLong: "The path and query are too long"
        case .unsupportedMediaType: "The content type is not supported"
        case .invalidEncoding: "The packed body can't be read"
        case .slowBody: "The body comes too slowly"
        case .unknownField: "There is no such field"
        case .missingField: "A field is missing"
        case .duplicateField: "A field occurs twice"
        case .wrongType: "A value has the wrong type"
        case .numberOutOfRange: "A number is out of range"
        case .invalidName: "A name is not allowed"
        case .invalidTime: "A time is malformed"
        case .invalidValue: "A value is not allowed"
        case .tooLong: "A value is too long"
        case .tooMany: "There are too many elements"
        case .lineTooLong: "A line is too long"
        case .unknownLeaderboard: "There is no such leaderboard"
        case .unknownUser: "The user has no entry"
        case .unknownWindow: "The leaderboard has no such window"
        case .unknownSeason: "The window has no such season"
        case .unknownDimension: "The leaderboard has no such dimension"
        case .leaderboardExists: "The leaderboard exists"
        case .versionConflict: "The leaderboard was changed in the meantime"
        case .preconditionFailed: "The leaderboard has another version"
        case .invalidDefinition: "The definition is not valid"
        case .immutableField: "The field can't be changed"
        case .scoreColumnCount: "The score has the wrong number of values"
        case .scoreType: "The score is not of the column's type"
        case .scoreOutOfBounds: "The score is out of bounds"
        case .scoreOverflow: "The sum is beyond what the column holds"
        case .seasonClosed: "The season is closed"
        case .timeInFuture: "The time lies in the future"
        case .idempotencyKeyReused: "The idempotency key was used for something else"
        case .limitReached: "A limit is reached"
        case .alreadyUploaded: "The line was uploaded before"
        case .overloaded: "Too much is waiting"
        case .unavailable: "The service is not available now"
        case .outcomeUnknown: "Whether it was done is not known"
        case .noSpace: "The disk is full"
        case .shardCorrupted: "Stored data is damaged"
        }
    }
}
