internal import CPostgres

/// Owns what the server answered to one statement.
@safe struct PostgresResult: ~Copyable {
    private let result: OpaquePointer

    init(owning result: OpaquePointer) { unsafe self.result = result }

    deinit { unsafe PQclear(result) }

    /// All values as texts, as the server wrote them.
    var rows: [SQLRow] {
        let (rowCount, columnCount) = unsafe (PQntuples(result), PQnfields(result))
        return (0..<rowCount).map { row in
            SQLRow((0..<columnCount).map { column in value(row, column) })
        }
    }

    private func value(_ row: Int32, _ column: Int32) -> SQLValue {
        guard unsafe PQgetisnull(result, row, column) == 0, let bytes = unsafe PQgetvalue(result, row, column) else {
            return .null
        }
        let count = unsafe Int(PQgetlength(result, row, column))
        let text = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
        return unsafe .text(String(decoding: text, as: UTF8.self))
    }

    /// Such as `COMMIT`.
    var command: String { unsafe String(cString: PQcmdStatus(result)) }

    /// What went wrong, by what the caller can do.
    var error: SQLError? {
        switch unsafe PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: nil
        default: Self.error(state: field("C"), message: field("M"))
        }
    }

    /// The details, which would have values in them, are left out.
    private func field(_ code: Unicode.Scalar) -> String {
        guard let text = unsafe PQresultErrorField(result, Int32(code.value)) else { return "" }
        return unsafe String(cString: text)
    }

    static func error(state: String, message: String) -> SQLError {
        let words = "Postgres: \(message) (\(state))"
        switch state {
        case "23505": return .exists
        case "23503": return .ownerMissing
        case "40001", "40P01": return .collision
        // Stopped by an administrator or by a crash of another connection, starting up, or a former primary.
        case "57P01", "57P02", "57P03", "57P05", "25006", "": return .lost(words)
        // A statement that took too long, a lock that was not to be had.
        case "57014", "55P03": return .unavailable(words)
        default: break
        }
        switch state.prefix(2) {
        case "08": return .lost(words)
        // No memory, no disk space, no connections.
        case "53": return .unavailable(words)
        default: return .failed(words)
        }
    }
}
