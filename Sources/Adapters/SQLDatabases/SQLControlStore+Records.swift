package import ControlPlane

extension SQLControlStore {
    package func tenant(_ id: TenantID) async throws(ControlError) -> Tenant? { try await one(id.text) }
    package func project(_ id: ProjectID) async throws(ControlError) -> Project? { try await one(id.text) }
    package func member(_ id: MemberID) async throws(ControlError) -> Member? { try await one(id.text) }
    package func key(_ id: KeyID) async throws(ControlError) -> KeyRecord? { try await one(id.text) }
    package func plan(_ id: PlanID) async throws(ControlError) -> Plan? { try await one(id.text) }

    package func token(_ id: TokenID) async throws(ControlError) -> TokenRecord? { try await one(id.text) }

    package func token(with digest: KeyDigest) async throws(ControlError) -> TokenRecord? {
        let tokens: [TokenRecord] = try await list(Self.tokenOfDigest, .text(digest.hexadecimal))
        return tokens.first
    }

    package func tenants(after id: TenantID?, limit: Int) async throws(ControlError) -> [Tenant] {
        try await list(Tenant.table.page, .text(id?.text ?? ""), .count(limit))
    }

    package func projects(
        of tenant: TenantID?, after id: ProjectID?, limit: Int
    ) async throws(ControlError) -> [Project] {
        guard let tenant else {
            return try await list(Project.table.page, .text(id?.text ?? ""), .count(limit))
        }
        return try await list(Self.projectsOfTenant, .text(tenant.text), .text(id?.text ?? ""), .count(limit))
    }

    package func members(of tenant: TenantID, after id: MemberID?, limit: Int) async throws(ControlError) -> [Member] {
        try await list(Self.membersOfTenant, .text(tenant.text), .text(id?.text ?? ""), .count(limit))
    }

    package func keys(of project: ProjectID, after id: KeyID?, limit: Int) async throws(ControlError) -> [KeyRecord] {
        try await list(Self.keysOfProject, .text(project.text), .text(id?.text ?? ""), .count(limit))
    }

    package func tokens(
        of member: MemberID, after id: TokenID?, limit: Int
    ) async throws(ControlError) -> [TokenRecord] {
        try await list(Self.tokensOfMember, .text(member.text), .text(id?.text ?? ""), .count(limit))
    }

    package func plans() async throws(ControlError) -> [Plan] {
        try await list(Plan.table.page, .text(""), .integer(.max))
    }

    package func order(_ id: OrderID) async throws(ControlError) -> ClusterOrder? { try await one(id.text) }

    package func orders(of cluster: String) async throws(ControlError) -> [ClusterOrder] {
        try await list(ClusterOrder.ofCluster, .text(cluster), .text(ClusterOrder.State.lifted.rawValue))
    }

    private static let projectsOfTenant = Project.table.page(ofOwner: "tenant")
    private static let membersOfTenant = Member.table.page(ofOwner: "tenant")
    private static let tokensOfMember = TokenRecord.table.page(ofOwner: "member")
    private static let tokenOfDigest = "\(TokenRecord.table.select) WHERE digest = $1"
    private static let keysOfProject = KeyRecord.table.page(ofOwner: "project")

    private func one<Record: StoredRecord>(_ id: String) async throws(ControlError) -> Record? {
        let records: [Record] = try await list(Record.table.one, .text(id))
        return records.first
    }

    private func list<Record: StoredRecord>(
        _ statement: String, _ values: SQLValue...
    ) async throws(ControlError) -> [Record] {
        try await translated { () throws(SQLError) in
            try await database.read { (connection) throws(SQLError) in
                try Record.rows(try connection.run(statement, values))
            }
        }
    }
}

extension SQLValue {
    static func count(_ limit: Int) -> SQLValue { .integer(Int64(max(0, limit))) }
}
