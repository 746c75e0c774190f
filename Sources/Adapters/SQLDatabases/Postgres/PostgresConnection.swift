internal import CPostgres
private import Glibc

/// A connection of libpq. Its calls wait for the server, but not longer than they are told: a server that hangs is one that
/// is gone.
///
/// Used by one thread at a time: that of its session.
@safe final class PostgresConnection: SQLConnection {
    private let handle: OpaquePointer
    /// The names under which the server knows statements. There are as many as the store has statements.
    private var prepared: [String: String] = [:]
    private var patience: Duration
    /// Nothing can be done with it any more.
    private(set) var isLost = false

    init(_ configuration: PostgresConfiguration) throws(SQLError) {
        patience = configuration.statementTimeout
        guard let handle = unsafe PQconnectdb(configuration.connectionText) else {
            throw .unavailable("no memory for a connection")
        }
        unsafe self.handle = handle
        guard unsafe PQstatus(handle) == CONNECTION_OK else {
            throw .unavailable(configuration.withoutPassword(unsafe String(cString: PQerrorMessage(handle))))
        }
        unsafe PQsetNoticeProcessor(handle, { _, _ in }, nil)
        unsafe PQsetnonblocking(handle, 1)
        let encoding = unsafe PQparameterStatus(handle, "server_encoding").map { unsafe String(cString: $0) } ?? ""
        guard encoding == "UTF8" else {
            throw .failed("the database's encoding is \(encoding); it must be UTF8 (CREATE DATABASE … ENCODING 'UTF8')")
        }
    }

    deinit { unsafe PQfinish(handle) }

    // MARK: Statements

    func run(_ statement: String, _ values: [SQLValue]) throws(SQLError) -> [SQLRow] {
        try values.refuseZeroBytes()
        let name = try preparedName(statement)
        let result = try answer { send(name, values) }
        return result.rows
    }

    func define(_ statement: String) throws(SQLError) {
        _ = try answer { unsafe PQsendQuery(handle, statement) }
    }

    /// - Parameter patience: for each statement. The server is told, too, unless it is what the connection began with.
    func transaction<Value>(
        _ begin: String, patience: Duration, _ body: (any SQLConnection) throws(SQLError) -> Value
    ) throws(SQLError) -> Value {
        self.patience = patience
        try define(begin)
        let value: Value
        do throws(SQLError) {
            value = try body(self)
        } catch {
            if !isLost {
                do throws(SQLError) { try define("ROLLBACK") } catch { isLost = true }
            }
            throw error
        }
        try commit()
        return value
    }

    private func commit() throws(SQLError) {
        let command: String
        do throws(SQLError) {
            command = try answer { unsafe PQsendQuery(handle, "COMMIT") }.command
        } catch .lost(let reason) {
            throw .unavailable("\(reason); it is not known whether the change was made")
        }
        // What a transaction with an error in it is answered.
        guard command == "COMMIT" else { throw .failed("Postgres answered a COMMIT with \(command)") }
    }

    private func preparedName(_ statement: String) throws(SQLError) -> String {
        if let name = prepared[statement] { return name }
        let name = "s\(prepared.count)"
        _ = try answer { unsafe PQsendPrepare(handle, name, statement, 0, nil) }
        prepared[statement] = name
        return name
    }

    private func send(_ name: String, _ values: [SQLValue]) -> Int32 {
        // One block with a zero behind each text, and pointers into it.
        var bytes: [CChar] = []
        let starts = values.map { value -> Int? in
            let text: String
            switch value {
            case .null: return nil
            case .integer(let number): text = String(number)
            case .text(let words): text = words
            }
            defer {
                bytes.append(contentsOf: text.utf8.lazy.map { CChar(bitPattern: $0) })
                bytes.append(0)
            }
            return bytes.count
        }
        return unsafe bytes.withUnsafeBufferPointer { block in
            let pointers = unsafe starts.map { start in
                unsafe start.flatMap { unsafe block.baseAddress?.advanced(by: $0) }
            }
            return unsafe PQsendQueryPrepared(handle, name, Int32(values.count), pointers, nil, nil, 0)
        }
    }

    // MARK: Waiting

    /// Sends and waits for the answer.
    private func answer(_ send: () -> Int32) throws(SQLError) -> PostgresResult {
        guard !isLost else { throw .lost("the connection is gone") }
        guard send() == 1 else { throw lost() }
        // The server gives up first, if it lives.
        let deadline = ContinuousClock.now + patience + .seconds(1)
        while true {
            let left = unsafe PQflush(handle)
            guard left >= 0 else { throw lost() }
            if left == 0, unsafe PQisBusy(handle) == 0 { break }
            try wait(for: left == 0 ? POLLIN : POLLIN | POLLOUT, until: deadline)
            guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
        }
        guard let first = unsafe PQgetResult(handle) else { throw lost() }
        let result = unsafe PostgresResult(owning: first)
        try passOverRest(until: deadline)
        if let error = result.error {
            if case .lost = error { isLost = true }
            if unsafe PQstatus(handle) != CONNECTION_OK {
                isLost = true
                throw .lost("the connection to the database was lost")
            }
            throw error
        }
        return result
    }

    /// A statement has one result; nil comes behind it when the server is ready for the next one.
    private func passOverRest(until deadline: ContinuousClock.Instant) throws(SQLError) {
        while true {
            while unsafe PQisBusy(handle) == 1 {
                try wait(for: POLLIN, until: deadline)
                guard unsafe PQconsumeInput(handle) == 1 else { throw lost() }
            }
            guard let further = unsafe PQgetResult(handle) else { return }
            unsafe PQclear(further)
        }
    }

    private func wait(for events: Int32, until deadline: ContinuousClock.Instant) throws(SQLError) {
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else {
            // Not `.lost`: another attempt would wait as long again.
            isLost = true
            throw .unavailable("the database did not answer in time")
        }
        let (seconds, attoseconds) = left.components
        let milliseconds = Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
        var descriptor = pollfd(fd: unsafe PQsocket(handle), events: Int16(events), revents: 0)
        // Interrupted or out of time: the caller comes again.
        _ = unsafe poll(&descriptor, 1, milliseconds)
    }

    private func lost() -> SQLError {
        isLost = true
        return .lost("the connection to the database was lost")
    }
}

extension PostgresConfiguration {
    /// What libpq is given.
    var connectionText: String {
        var parameters = parameters
        parameters["client_encoding"] = "UTF8"
        parameters["connect_timeout"] = String(connectTimeoutSeconds)
        // After a failover the old primary may answer first.
        parameters["target_session_attrs"] = "primary"
        // A network that swallows everything is noticed.
        parameters["keepalives_idle"] = "10"
        parameters["keepalives_interval"] = "3"
        parameters["keepalives_count"] = "3"
        parameters["tcp_user_timeout"] = "10000"
        parameters["options"] =
            "-c synchronous_commit=on -c standard_conforming_strings=on -c default_transaction_isolation=read\\ committed"
            + " -c statement_timeout=\(statementTimeout.milliseconds) -c idle_in_transaction_session_timeout=60000"
        return parameters.sorted { $0.key < $1.key }.map { key, value in
            "\(key)='\(value.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
        }.joined(separator: " ")
    }

    /// libpq's messages don't have it in them. Should one ever do, it stays here.
    func withoutPassword(_ message: String) -> String {
        let message = message.split(separator: "\n").joined(separator: " ")
        guard let password = parameters["password"] else { return message }
        return message.replacing(password, with: "…")
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
