import Admission
import ControlPlane
import HTTPTypes
import Hummingbird
import Leaderboards
import NIOCore
import NodeRuntime
import Sharding
import Tenancy

/// Leaderboards themselves: create, list, describe, change, delete.
extension GatewayResponder {
    static let listLimitMax = 100

    /// `POST /v1/leaderboards`
    func create(_ inquiry: Inquiry) async throws -> Response {
        let document = try await document(of: inquiry.request, type: "application/json")
        var reader = DefinitionReader()
        let (id, definition) = reader.read(document)
        var problems = reader.problems
        if id == nil, document.kind == .object, !problems.contains(where: { $0.field == "id" }) {
            problems.insert(
                DefinitionProblem(
                    field: "id", code: ProblemCode.missingField.rawValue, message: "The field is required."), at: 0)
        }
        if let id, !inquiry.access.caller.mayUse(leaderboard: id.utf8) { throw Problem(Denial.foreignLeaderboard) }
        if let id { try Screen(gatekeeper, inquiry.access.caller)?.check(id, as: .leaderboard, at: "id") }
        guard let id, problems.isEmpty else { throw Problem(Refusal.invalidDefinition(problems)) }
        let created = try await service.create(LeaderboardKey(project: inquiry.project, id: id), definition)
        return answer(created, status: .created, headers: [.location: "/v1/leaderboards/\(id)"])
    }

    /// `GET /v1/leaderboards`
    func list(_ inquiry: Inquiry, _ query: Query) async throws -> Response {
        let limit = try query.integer(.limit, in: 1...Self.listLimitMax) ?? Self.listLimitMax
        let name = "\(inquiry.project)\nleaderboards"
        var id: String?
        if let text = query[.cursor] {
            guard case .after(let last) = try Cursor(text, for: name).place else {
                throw BadInput(.invalidCursor, at: "cursor", "The cursor does not belong to this list.")
            }
            id = last
        }
        // One more than asked for tells whether there are more.
        let found = try await visible(to: inquiry.access.caller, after: id, countMax: limit + 1)
        let page = found.prefix(limit)
        let next = found.count > limit ? page.last.map { Cursor(.after($0.key.id)).encoded(for: name) } : nil
        var writer = JSONWriter(capacity: 512 * page.count + 64)
        writer.object {
            $0.name("leaderboards")
            $0.array(page) { $0.value(.object($1.members)) }
            $0.member("next", next)
        }
        return answer(writer)
    }

    /// Of the project's leaderboards those that a key is for.
    private func visible(
        to caller: Caller, after id: String?, countMax: Int
    ) async throws -> [LeaderboardDescription] {
        let project = caller.project.text
        if caller.seesAllLeaderboards { return try await service.list(project: project, after: id, limit: countMax) }
        var found: [LeaderboardDescription] = []
        var last = id
        while found.count < countMax {
            let page = try await service.list(project: project, after: last, limit: Self.listLimitMax)
            found += page.filter { caller.mayUse(leaderboard: $0.key.id.utf8) }
            guard page.count == Self.listLimitMax else { break }
            last = page.last?.key.id
        }
        return Array(found.prefix(countMax))
    }

    /// `GET /v1/leaderboards/{id}`
    func describe(_ inquiry: Inquiry, _ match: Route.Match) async throws -> Response {
        let key = LeaderboardKey(project: inquiry.project, id: try match.leaderboardID())
        return answer(try await service.describe(key))
    }

    /// `PATCH /v1/leaderboards/{id}`: a merge patch, applied to the definition as `GET` shows it.
    func change(_ inquiry: Inquiry, _ match: Route.Match) async throws -> Response {
        let key = LeaderboardKey(project: inquiry.project, id: try match.leaderboardID())
        let expected = try expectedVersion(inquiry.request.headers)
        let patch = try await document(
            of: inquiry.request, type: "application/merge-patch+json", "application/json")
        guard patch.kind == .object else {
            throw BadInput(.wrongType, "Expected an object, not \(patch.kind.rawValue).")
        }
        let current = try await service.describe(key).value
        if let expected, expected != current.definition.version {
            throw Problem.precondition(current.definition.version)
        }
        if let id = patch["id"], id != .string(key.id) { throw Problem(Refusal.immutable(field: "id")) }

        var reader = DefinitionReader()
        let (_, definition) = reader.read(current.definition.json.merged(with: patch))
        guard reader.problems.isEmpty else { throw Problem(Refusal.invalidDefinition(reader.problems)) }
        do throws(ServiceError) {
            return answer(try await service.update(key, definition, replacing: current.definition.version))
        } catch {
            if expected != nil, case .refused(.versionConflict(let version)) = error {
                throw Problem.precondition(version)
            }
            throw error
        }
    }

    /// `DELETE /v1/leaderboards/{id}`
    func delete(_ inquiry: Inquiry, _ match: Route.Match) async throws -> Response {
        _ = try await service.delete(LeaderboardKey(project: inquiry.project, id: try match.leaderboardID()))
        return Response(status: .noContent)
    }

    private func document(of request: Request, type: String...) async throws -> JSONValue {
        try check(request, types: type)
        return try await body(of: request).withUnsafeReadableBytes { bytes throws(BadInput) in try JSONValue(bytes) }
    }

    /// The version in `If-Match: "3"`; nil if anything goes.
    private func expectedVersion(_ headers: HTTPFields) throws(BadInput) -> UInt32? {
        guard let tag = headers.value(of: .ifMatch), tag != "*" else { return nil }
        guard tag.first == "\"", tag.last == "\"", let version = UInt32(tag.dropFirst().dropLast()) else {
            throw BadInput(.invalidHeader, at: "If-Match", "The ETag of the leaderboard, such as \"3\".")
        }
        return version
    }

    private func answer(
        _ description: Positioned<LeaderboardDescription>, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.eTag] = "\"\(description.value.definition.version)\""
        let position = JSONValue.Member("position", .string(description.position.description))
        var writer = JSONWriter()
        writer.value(.object(description.value.members + [position]))
        return answer(writer, status: status, headers: headers)
    }
}

extension Problem {
    fileprivate static func precondition(_ version: UInt32) -> Problem {
        Problem(.preconditionFailed, "The current version is \(version). Read it, then change it again.")
    }
}
