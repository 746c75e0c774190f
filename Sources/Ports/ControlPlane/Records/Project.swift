package import Leaderboards

/// One of a tenant's environments: leaderboards, keys and limits of its own. Its id is what stands in the log.
package struct Project: Hashable, Sendable {
    package var id: ProjectID
    package var tenant: TenantID
    package var name: String
    package var environment: Environment
    package var settings: ProjectSettings
    package var isDeleted: Bool
    package var createdAt: Timestamp
    package var version: Int64 = 0

    /// What its keys begin with, so that a test key in a shipped game is seen at once.
    package enum Environment: String, Hashable, Sendable, Codable, CaseIterable {
        case live, test
    }

    package init(
        id: ProjectID, tenant: TenantID, name: String, environment: Environment = .live,
        settings: ProjectSettings = ProjectSettings(), isDeleted: Bool = false, createdAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.environment = environment
        self.settings = settings
        self.isDeleted = isDeleted
        self.createdAt = createdAt
    }
}
