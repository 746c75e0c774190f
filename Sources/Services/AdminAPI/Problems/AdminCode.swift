/// Everything that can be wrong with a request to the admin API, by the stable word that clients switch on.
/// `docs/admin-api.md` has a section for each.
package enum AdminCode: String, CaseIterable, Sendable {
    // Requests that can't be understood.
    case invalidJSON = "invalid_json"
    case invalidPath = "invalid_path"
    case invalidParameter = "invalid_parameter"
    case unknownParameter = "unknown_parameter"
    case invalidHeader = "invalid_header"
    case invalidCursor = "invalid_cursor"
    case missingToken = "missing_token"
    case invalidToken = "invalid_token"
    case tooManyAttempts = "too_many_attempts"
    case forbidden
    case tenantSuspended = "tenant_suspended"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case bodyTooLarge = "body_too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case invalidFields = "invalid_fields"

    // Requests that were understood and refused.
    case unknownTenant = "unknown_tenant"
    case unknownProject = "unknown_project"
    case unknownMember = "unknown_member"
    case unknownKey = "unknown_key"
    case unknownToken = "unknown_token"
    case unknownPlan = "unknown_plan"
    case unknownNode = "unknown_node"
    case unknownShard = "unknown_shard"
    case unknownConsumer = "unknown_consumer"
    case unknownRegion = "unknown_region"
    case notClustered = "not_clustered"
    case noRegions = "no_regions"
    case notPossible = "not_possible"
    case exists
    case versionConflict = "version_conflict"
    case preconditionFailed = "precondition_failed"
    case tenantDeleted = "tenant_deleted"
    case projectDeleted = "project_deleted"
    case keyEnded = "key_ended"
    case tokenEnded = "token_ended"
    case tooManyTokens = "too_many_tokens"
    case lastOwner = "last_owner"
    case planLimit = "plan_limit"

    // What the client can do nothing about.
    case unavailable
    case outcomeUnknown = "outcome_unknown"
    case storeFailed = "store_failed"
}

extension AdminCode {
    package var status: Int {
        switch self {
        case .invalidJSON, .invalidPath, .invalidParameter, .unknownParameter, .invalidHeader, .invalidCursor: 400
        case .missingToken, .invalidToken: 401
        case .forbidden, .tenantSuspended, .planLimit: 403
        case .notFound, .unknownTenant, .unknownProject, .unknownMember, .unknownKey, .unknownToken, .unknownPlan,
            .unknownNode, .unknownShard, .unknownConsumer, .unknownRegion:
            404
        case .methodNotAllowed: 405
        case .exists, .versionConflict, .tenantDeleted, .projectDeleted, .keyEnded, .tokenEnded, .tooManyTokens,
            .lastOwner, .notClustered, .noRegions, .notPossible:
            409
        case .preconditionFailed: 412
        case .bodyTooLarge: 413
        case .unsupportedMediaType: 415
        case .invalidFields: 422
        case .tooManyAttempts: 429
        case .storeFailed: 500
        case .unavailable, .outcomeUnknown: 503
        }
    }

    /// The same for every occurrence.
    package var title: String {
        switch self {
        case .invalidJSON: "The body is not valid JSON"
        case .invalidPath: "The path is malformed"
        case .invalidParameter: "A query parameter has a wrong value"
        case .unknownParameter: "There is no such query parameter"
        case .invalidHeader: "A header has a wrong value"
        case .invalidCursor: "The cursor does not fit"
        case .missingToken: "A token is required"
        case .invalidToken: "The token is not valid"
        case .tooManyAttempts: "Too many wrong tokens were sent"
        case .forbidden: "The role does not allow it"
        case .tenantSuspended: "The tenant is suspended"
        case .notFound: "There is nothing at this path"
        case .methodNotAllowed: "The path does not take this method"
        case .bodyTooLarge: "The body is too large"
        case .unsupportedMediaType: "The content type is not supported"
        case .invalidFields: "Fields of the body are not valid"
        case .unknownTenant: "There is no such tenant"
        case .unknownProject: "There is no such project"
        case .unknownMember: "There is no such member"
        case .unknownKey: "There is no such key"
        case .unknownToken: "There is no such token"
        case .unknownPlan: "There is no such plan"
        case .unknownNode: "There is no such node"
        case .unknownShard: "There is no such shard"
        case .unknownConsumer: "There is no such consumer"
        case .unknownRegion: "There is no such region"
        case .notClustered: "The node stands alone"
        case .noRegions: "The node is in no region"
        case .notPossible: "The state of the cluster does not allow it"
        case .exists: "It exists"
        case .versionConflict: "It was changed in the meantime"
        case .preconditionFailed: "It has another version"
        case .tenantDeleted: "The tenant is deleted"
        case .projectDeleted: "The project is deleted"
        case .keyEnded: "The key is no longer valid"
        case .tokenEnded: "The token is no longer valid"
        case .tooManyTokens: "The member has too many tokens"
        case .lastOwner: "A tenant needs an owner"
        case .planLimit: "The plan does not allow more"
        case .unavailable: "The database is not available now"
        case .outcomeUnknown: "Whether it was done is not known"
        case .storeFailed: "The database has failed"
        }
    }
}
