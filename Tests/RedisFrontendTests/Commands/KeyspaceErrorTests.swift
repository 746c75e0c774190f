import Testing

@testable import RedisFrontend

/// Every text here was given by a Redis 7.0.15.
@Suite("Errors of the key commands")
struct KeyspaceErrorTests {
    private static let syntax = "ERR syntax error"
    private static let integer = "ERR value is not an integer or out of range"

    @Test(
        "Expiring",
        arguments: [
            ("EXPIRE k x", integer), ("EXPIRE k x FOO", "ERR Unsupported option FOO"),
            (#"EXPIRE k 1 a\r\nb\n"#, "ERR Unsupported option a  b"), (#"EXPIRE k 1 a\0b"#, "ERR Unsupported option a"),
            ("EXPIRE k 1 NX XX", "ERR NX and XX, GT or LT options at the same time are not compatible"),
            ("EXPIRE k x NX GT LT", "ERR NX and XX, GT or LT options at the same time are not compatible"),
            ("EXPIRE k 1 GT LT", "ERR GT and LT options at the same time are not compatible"),
            ("EXPIRE k 9223372036854776", "ERR invalid expire time in 'expire' command"),
            ("ExpireAt k -9223372036854776", "ERR invalid expire time in 'expireat' command"),
            ("PEXPIREAT k 9223372036854775808", integer),
        ])
    func expiring(line: String, text: String) { #expect(problem(line) == text) }

    @Test(
        "Copying, scanning, flushing",
        arguments: [
            ("COPY a b DB", syntax), ("COPY a b DB x", integer), ("COPY a b DB 16 FOO", "ERR DB index is out of range"),
            ("COPY a b DB -1", "ERR DB index is out of range"), ("COPY a b REPLACE FOO", syntax),
            (
                "COPY a b DB 2147483648",
                "ERR value is out of range, value must between -2147483648 and 2147483647"
            ),
            ("SCAN x FOO", "ERR invalid cursor"), ("SCAN 0 FOO", syntax), ("SCAN 0 COUNT 0", syntax),
            ("SCAN 0 COUNT x", integer), ("SCAN 0 TYPE", syntax), ("FLUSHDB FOO", syntax),
            ("FLUSHDB SYNC ASYNC", syntax),
        ])
    func others(line: String, text: String) { #expect(problem(line) == text) }

    @Test("A deadline beyond 64 bits is refused once the time is known")
    func deadlines() throws {
        guard case .keyspace(.expire(_, let late, _)) = try parse("PEXPIRE k 9223372036854775807"),
            case .keyspace(.expire(_, let past, _)) = try parse("EXPIRE k -10"),
            case .keyspace(.expire(_, let absolute, _)) = try parse("EXPIREAT k 10")
        else { return #expect(Bool(false), "not parsed as EXPIRE") }
        #expect(throws: CommandError("ERR invalid expire time in 'pexpire' command")) { try late.deadline(now: 1) }
        #expect(try late.deadline(now: 0) == .max)
        #expect(try past.deadline(now: 25_000) == 15_000)
        #expect(try absolute.deadline(now: 25_000) == 10_000)
    }
}
