import ControlPlane
import HTTPTypes
import Hummingbird
import Leaderboards
import NIOCore

/// A request that was let in, taken apart.
struct Exchange: Sendable {
    let administration: Administration
    let call: AdminCall
    /// Nil if there is no body.
    private let body: JSON?
    let path: [String: String]
    let query: [String: String]

    init(
        _ request: Request, _ context: AdminContext, route: AdminRoute, call: AdminCall,
        administration: Administration, bodyByteCountMax: Int
    ) async throws {
        self.administration = administration
        self.call = call
        path = Dictionary(
            context.parameters.map { (String($0.key), String($0.value)) }, uniquingKeysWith: { first, _ in first })
        query = try Exchange.query(of: request, route)
        body = try await Exchange.body(of: request, byteCountMax: bodyByteCountMax)
    }

    private static func query(of request: Request, _ route: AdminRoute) throws -> [String: String] {
        var query: [String: String] = [:]
        for (name, value) in request.uri.queryParameters {
            guard route.parameters.contains(where: { $0.rawValue == name }) else {
                let known = route.parameters.map(\.rawValue).joined(separator: ", ")
                throw AdminProblem(
                    .unknownParameter, "The path takes \(known.isEmpty ? "no parameters" : known).")
            }
            guard query.updateValue(String(value), forKey: String(name)) == nil else {
                throw AdminProblem(.invalidParameter, at: String(name), "It stands there twice.")
            }
        }
        return query
    }

    private static func body(of request: Request, byteCountMax: Int) async throws -> JSON? {
        var bytes: [UInt8] = []
        for try await part in request.body {
            guard bytes.count + part.readableBytes <= byteCountMax else {
                throw AdminProblem(.bodyTooLarge, "A body takes at most \(byteCountMax) bytes.")
            }
            bytes += part.readableBytesView
        }
        guard !bytes.isEmpty else { return nil }
        let type = request.headers[.contentType]?.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard type == "application/json" || type == "application/merge-patch+json" else {
            throw AdminProblem(.unsupportedMediaType, "Content-Type must be application/json.")
        }
        do throws(JSONProblem) {
            return try JSON(reading: bytes)
        } catch {
            switch error {
            case .malformed: throw AdminProblem(.invalidJSON, "The body is not JSON as RFC 8259 defines it.")
            case .duplicates(let fields):
                let findings = Findings()
                for field in fields { findings.add(field, .duplicate, "The field occurs twice.") }
                try findings.check()
                return nil
            }
        }
    }
}

extension Exchange {
    /// The id in the path.
    func id<ID: RecordID>(_ name: String) throws -> ID {
        guard let text = path[name], let id = ID(text) else {
            throw AdminProblem(.invalidPath, "An id is 1 to 64 of the characters a-z 0-9 _ and -.")
        }
        return id
    }

    /// The number in the path.
    func number(_ name: String, below bound: Int) throws -> Int {
        guard let text = path[name], let number = Int(text), (0..<bound).contains(number), String(number) == text else {
            throw AdminProblem(.invalidPath, "A number of 0 to \(bound - 1) is expected.")
        }
        return number
    }

    /// Reads the body's fields; all that is wrong is told at once, unknown ones too.
    func read<Value>(_ fields: (ObjectReader) -> Value) throws -> Value {
        let findings = Findings()
        let reader = ObjectReader(body ?? [:], findings)
        let value = fields(reader)
        reader.end()
        try findings.check()
        return value
    }

    /// For paths that take none.
    func readNothing() throws { try read { _ in () } }

    var patch: JSON { body ?? [:] }

    var limit: Int { get throws { try integer(.limit, in: 1...1000) ?? 100 } }

    var withAll: Bool {
        get throws {
            switch query[AdminParameter.all.rawValue] {
            case nil, "false": false
            case "true": true
            default: throw AdminProblem(.invalidParameter, at: "all", "true and false are allowed.")
            }
        }
    }

    /// The id after which the list goes on.
    func after<ID: RecordID>() throws -> ID? {
        guard let text = query[AdminParameter.cursor.rawValue] else { return nil }
        guard let id = ID(text) else {
            throw AdminProblem(.invalidCursor, at: "cursor", "A cursor is the value of next in an answer of this list.")
        }
        return id
    }

    var tenant: TenantID? {
        get throws {
            guard let text = query[AdminParameter.tenant.rawValue] else { return nil }
            guard let id = TenantID(text) else {
                throw AdminProblem(.invalidParameter, at: "tenant", "The id of a tenant is expected.")
            }
            return id
        }
    }

    var revision: Int64? {
        get throws {
            guard let text = query[AdminParameter.cursor.rawValue] else { return nil }
            guard let revision = Int64(text), revision > 0 else {
                throw AdminProblem(
                    .invalidCursor, at: "cursor", "A cursor is the value of next in an answer of this list.")
            }
            return revision
        }
    }

    func day(_ parameter: AdminParameter) throws -> Int? {
        guard let text = query[parameter.rawValue] else { return nil }
        guard text.utf8.count == 10, let time = Timestamp(rfc3339: text + "T00:00:00Z") else {
            throw AdminProblem(.invalidParameter, at: parameter.rawValue, "A day is written 2026-11-23.")
        }
        return CivilTime(time).date.dayNumber
    }

    func integer(_ parameter: AdminParameter, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = query[parameter.rawValue] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw AdminProblem(
                .invalidParameter, at: parameter.rawValue, "\(range.lowerBound) to \(range.upperBound) is allowed.")
        }
        return number
    }
}
