package import ControlPlane
package import Leaderboards

/// Why something was not done, as whoever asked is told.
package struct AdminProblem: Error, Hashable, Sendable {
    package var code: AdminCode
    /// What is special about this occurrence. No secrets.
    package var detail: String
    /// The fields concerned.
    package var fields: [DefinitionProblem] = []
    package var retryAfterSeconds: Int?
    /// The methods that the path takes, where another was used.
    package var allowed: [String] = []

    package init(_ code: AdminCode, _ detail: String, retryAfterSeconds: Int? = nil) {
        self.code = code
        self.detail = detail
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// Precondition: there are some.
    package init(fields: [DefinitionProblem]) {
        code = .invalidFields
        detail = fields.map { $0.field.isEmpty ? $0.message : "\($0.field): \($0.message)" }.joined(separator: " ")
        self.fields = fields
    }

    package init(_ code: AdminCode, at field: String, _ message: String) {
        self.code = code
        detail = "\(field): \(message)"
        fields = [DefinitionProblem(field: field, code: code.rawValue, message: message)]
    }

    init(unknown tenant: TenantID) { self.init(.unknownTenant, "There is no tenant \(tenant).") }

    /// What a database's failure is to whoever asked.
    package init(_ error: ControlError, whileChanging: Bool) {
        switch error {
        case .exists(let what): self.init(.exists, "There is already \(what).")
        // Whoever looks it up first has told already what is missing: it went while it was changed.
        case .notFound(let what), .conflict(let what):
            self.init(.versionConflict, "Somebody else changed \(what). Read it again, then decide anew.")
        case .unavailable(let what) where whileChanging:
            self.init(.outcomeUnknown, "\(what). Look whether it was done before you try again.", retryAfterSeconds: 1)
        case .unavailable(let what): self.init(.unavailable, "\(what). Try again.", retryAfterSeconds: 1)
        case .failed(let what): self.init(.storeFailed, "\(what). An operator must look.")
        }
    }
}

extension AdminProblem: CustomStringConvertible {
    package var description: String { "\(code.rawValue): \(detail)" }
}
