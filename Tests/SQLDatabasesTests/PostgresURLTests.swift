import Testing

@testable import SQLDatabases

struct PostgresURLTests {
    @Test func `A URL says where and as whom`() throws {
        let configuration = try PostgresConfiguration(
            url: "postgresql://ann:p%40ss%2Fw%27%5C@db.example.com:6432/control?sslmode=verify-ca&sslrootcert=/ca.pem")
        #expect(
            configuration.parameters == [
                "host": "db.example.com", "port": "6432", "user": "ann", "password": "p@ss/w'\\", "dbname": "control",
                "sslmode": "verify-ca", "sslrootcert": "/ca.pem", "application_name": "laurel",
            ])
        #expect(configuration.connectionText.contains(#"password='p@ss/w\'\\'"#))
    }

    @Test(arguments: [
        ("postgres://db.example.com/control", "verify-full"), ("postgres://10.0.0.1/control", "verify-full"),
        ("postgres://[2001:db8::1]:5432/control", "verify-full"), ("postgres://localhost/control", nil),
        ("postgres://127.0.0.1/control", nil), ("postgres://[::1]/control", nil), ("postgres:///control", nil),
        ("postgres:///control?host=/run/postgresql", nil), ("postgres:///control?host=db.example.com", "verify-full"),
        ("postgres://db.example.com/control?sslmode=disable", "disable"),
    ])
    func `Over a network the server must prove who it is, unless told otherwise`(_ url: String, _ mode: String?) throws
    {
        let parameters = try PostgresConfiguration(url: url).parameters
        #expect(parameters["sslmode"] == mode)
        #expect(
            parameters["sslrootcert"] == (mode == "verify-full" ? PostgresConfiguration.systemCertificates : nil))
    }

    @Test(arguments: [
        "", "control", "mysql://h/d", "postgres://h", "postgres://h/", "postgres://h/a/b", "postgres://h:0/d",
        "postgres://u:p@h/d?sslmode=maybe", "postgres://u:secret@h/d?options=-c", "postgres://u:se#cret@h/d",
        "postgres://h:99999/d",
    ])
    func `What is no such URL is refused, without repeating it`(_ url: String) {
        #expect { try PostgresConfiguration(url: url) } throws: { error in
            error is PostgresURLError && !"\(error)".contains("secret") && !"\(error)".contains("cret@")
        }
    }

    @Test func `A configuration does not tell its password, however it is printed`() throws {
        let configuration = try PostgresConfiguration(url: "postgres://ann:secret@db.example.com/control")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped, "\([configuration])"] {
            #expect(!text.contains("secret"), "\(text)")
        }
        #expect("\(configuration)" == "control on db.example.com")
        #expect(configuration.withoutPassword("no secret\nhere") == "no … here")
    }
}
