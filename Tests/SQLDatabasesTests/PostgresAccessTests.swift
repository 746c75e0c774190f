import ControlPlane
import PostgresSupport
import Testing

@testable import SQLDatabases

/// Who gets in, and how.
struct PostgresAccessTests {
    private func outcome(_ options: String, password: String = TestServer.password) async throws -> ControlError? {
        let server = try await TestServer.shared.value
        let url = server.url(
            database: try server.makeDatabase().parameters["dbname"]!, options: options, password: password)
        do throws(ControlError) {
            let configuration: PostgresConfiguration
            do { configuration = try PostgresConfiguration(url: url) } catch { throw .failed("\(error)") }
            let store = try await SQLControlStore.postgres(configuration)
            await store.close()
            return nil
        } catch { return error }
    }

    @Test(arguments: ["sslmode=verify-full", "sslmode=verify-ca", "sslmode=require", "sslmode=prefer"])
    func `With TLS a store gets in`(_ options: String) async throws {
        #expect(try await outcome(options) == nil)
    }

    @Test func `A connection is encrypted`() async throws {
        let server = try await TestServer.shared.value
        let database = PostgresDatabase(try server.makeDatabase())
        let version = try await database.read { (connection) throws(SQLError) in
            var row = try connection.run("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")[0]
            return try row.text()
        }
        #expect(version.hasPrefix("TLSv1."))
        await database.close()
    }

    @Test func `Without TLS it does not`() async throws {
        let error = try #require(try await outcome("sslmode=disable"))
        #expect(error.isUnavailable)
        #expect("\(error)".contains("no encryption"))
    }

    @Test func `A server that shows another's certificate is refused`() async throws {
        let directory = try await TestServer.shared.value.directory
        let error = try #require(
            try await outcome("sslmode=verify-full&sslrootcert=\(directory)/stranger.crt"))
        #expect(error.isUnavailable)
        #expect("\(error)".contains("certificate"))
    }

    @Test func `A wrong password is refused and not repeated`() async throws {
        let wrong = "tr0ub4dor"
        let error = try #require(try await outcome("sslmode=verify-full", password: wrong))
        #expect("\(error)".contains("password"))
        #expect(!"\(error)".contains(wrong))
    }

    @Test func `A database of another encoding is refused`() async throws {
        let server = try await TestServer.shared.value
        let connection = try PostgresConnection(try server.configuration(database: "postgres"))
        try connection.define(
            "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'")
        let configuration = try server.configuration(database: "latin")
        await #expect { _ = try await SQLControlStore.postgres(configuration) } throws: { error in
            (error as? ControlError)?.isFailed == true && "\(error)".contains("UTF8")
        }
    }
}
