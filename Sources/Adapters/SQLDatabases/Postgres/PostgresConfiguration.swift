/// Which Postgres, and how patient we are with it.
package struct PostgresConfiguration: Sendable {
    /// What libpq is told, by its own names.
    var parameters: [String: String]
    /// So many statements run at once.
    package var connectionCount = 4
    /// So many calls may wait for a connection; further ones are refused at once.
    package var waiterCountMax = 256
    /// So long one waits for a connection.
    package var waitMax: Duration = .seconds(2)
    package var connectTimeoutSeconds = 3
    /// The server ends a statement after this. One that takes a second longer has lost its connection.
    package var statementTimeout: Duration = .seconds(5)
    /// Of a step of a migration.
    package var migrationTimeout: Duration = .seconds(300)
    /// While the server can't be reached, new attempts are so far apart: at first, and at last.
    package var backoff: ClosedRange<Duration> = .milliseconds(100) ... .seconds(5)

    /// `postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=/path`
    ///
    /// Parts that are left out have libpq's defaults, its environment variables (`PGPASSWORD`) and password file included.
    /// With a host that is not this machine, `sslmode` is `verify-full` unless it is given. A socket's directory is given as
    /// `?host=/run/postgresql`.
    ///
    /// Throws what is wrong with it, without the URL itself: there is a password in it.
    package init(url: String) throws(PostgresURLError) {
        parameters = try Self.parameters(of: url)
        let host = parameters["host"] ?? ""
        let isHere = host.isEmpty || host.hasPrefix("/") || ["localhost", "127.0.0.1", "::1"].contains(host)
        if parameters["sslmode"] == nil, !isHere { parameters["sslmode"] = "verify-full" }
        if parameters["sslmode"]?.hasPrefix("verify-") == true, parameters["sslrootcert"] == nil {
            // libpq would look in the home directory only. These are the machine's.
            parameters["sslrootcert"] = Self.systemCertificates
        }
    }

    static let systemCertificates = "/etc/ssl/certs/ca-certificates.crt"
    private static let tlsModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
    private static let options = ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "application_name"]

    private static func parameters(of url: String) throws(PostgresURLError) -> [String: String] {
        guard let parts = URLParts(url), ["postgres", "postgresql"].contains(parts.scheme) else {
            throw PostgresURLError("is not of the form postgres://user:password@host:port/database")
        }
        var parameters: [String: String] = ["application_name": "laurel"]
        parameters["host"] = parts.host
        parameters["port"] = parts.port
        parameters["user"] = parts.user
        parameters["password"] = parts.password
        if let port = parts.port, !(1...65_535 ~= Int(port) ?? 0) {
            throw PostgresURLError("has a port that is none")
        }
        guard let database = parts.path, !database.contains("/") else {
            throw PostgresURLError("does not name a database")
        }
        parameters["dbname"] = database
        for (name, value) in parts.options {
            guard options.contains(name) else {
                throw PostgresURLError("has the option '\(name)'; there are \(options.joined(separator: ", "))")
            }
            parameters[name] = value
        }
        if let mode = parameters["sslmode"], !tlsModes.contains(mode) {
            throw PostgresURLError("has an sslmode other than \(tlsModes.joined(separator: ", "))")
        }
        return parameters
    }
}

package struct PostgresURLError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ problem: String) { description = "the database's URL \(problem)" }
}

extension PostgresConfiguration: CustomStringConvertible, CustomReflectable {
    /// Where it is, and not how one gets in: descriptions end in logs.
    package var description: String {
        "\(parameters["dbname"] ?? "") on \(parameters["host"] ?? "this machine")"
    }

    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
