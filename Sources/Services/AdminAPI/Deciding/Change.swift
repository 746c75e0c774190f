import ControlPlane

/// What is to be written, decided on what was read: nothing was done yet.
struct Change<Record: Versioned> {
    /// None: it is already as it should be.
    var writes: [ControlWrite]
    var action: String
    var target: String
    var tenant: TenantID?
    /// For people: what changed into what. No secrets.
    var detail: String
    /// The record as it is afterwards, but for its version.
    var record: Record

    init(
        _ action: String, _ record: Record, of tenant: TenantID?, writes: [ControlWrite], detail: String = ""
    ) {
        self.writes = writes
        self.action = action
        target = record.idText
        self.tenant = tenant
        self.detail = Change.bounded(detail)
        self.record = record
    }

    /// Nothing has to be done.
    static func none(_ record: Record) -> Change {
        Change("", record, of: nil, writes: [])
    }

    private static func bounded(_ detail: String) -> String {
        detail.count <= 1000 ? detail : detail.prefix(999) + "…"
    }
}

/// A record that is only replaced by whoever has seen its last version.
package protocol Versioned: Sendable {
    var version: Int64 { get set }
    var idText: String { get }
}

extension Tenant: Versioned { package var idText: String { id.text } }
extension Project: Versioned { package var idText: String { id.text } }
extension Member: Versioned { package var idText: String { id.text } }
extension KeyRecord: Versioned { package var idText: String { id.text } }
extension TokenRecord: Versioned { package var idText: String { id.text } }
extension Plan: Versioned { package var idText: String { id.text } }

extension Versioned {
    /// Throws if the caller has seen another version.
    func check(_ version: Int64?) throws(AdminProblem) {
        guard let version, version != self.version else { return }
        throw AdminProblem(.preconditionFailed, "The version is \(self.version) and not \(version).")
    }
}
