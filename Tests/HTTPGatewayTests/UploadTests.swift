import HTTPTypes
import HummingbirdTesting
import Leaderboards
import NIOCore
import NodeRuntime
import Sharding
import TestSupport
import Testing

@testable import HTTPGateway

private func line(_ user: String, _ score: Int, board: String = "career") -> String {
    #"{"leaderboard":"\#(board)","user":"\#(user)","score":\#(score)}"#
}

@Suite struct UploadTests {
    @Test("An upload enters its good lines and tells the number and the reason of each bad one")
    func mixed() async throws {
        try await Gateway().run { client in
            try await client.createSum("career")
            let answer = try await client.upload(
                [
                    line("ann", 1), "", #"{"leaderboard":"career","user":"bob","scoer":1}"#,
                    line("bob", 2, board: "none"),
                    "not json", line("ann", 0) + "\r", "[1]", line("cid", 3),
                ].joined(separator: "\n"))
            #expect(answer.status == 200)
            #expect(
                answer.body
                    == #"{"accepted":2,"unchanged":1,"rejected":4,"skipped":0,"position":"4","lines":8,"errors":[{"line":3,"code":"unknown_field","message":"scoer: A score has no field of this name."},{"line":4,"code":"unknown_leaderboard","message":"No leaderboard of this project has this id."},{"line":5,"code":"invalid_json","message":"A value can't begin with 'n'. (byte 1)"},{"line":7,"code":"wrong_type","message":"Expected an object, not an array."}],"errors_omitted":0}"#
            )
        }
    }

    @Test("A hundred errors are listed and the rest counted")
    func manyErrors() async throws {
        try await Gateway().run { client in
            let answer = try await client.upload(String(repeating: "x\n", count: 2345))
            #expect(answer.body.hasPrefix(#"{"accepted":0,"unchanged":0,"rejected":2345,"#))
            #expect(answer.body.contains(#"{"line":100,"#))
            #expect(!answer.body.contains(#"{"line":101,"#))
            #expect(answer.body.hasSuffix(#""errors_omitted":2245}"#))
        }
    }

    @Test("A line over the limit is an error of its own, and the next one is read")
    func longLine() async throws {
        var gateway = Gateway()
        gateway.configuration.lineByteCountMax = 100
        try await gateway.run { client in
            try await client.createSum("career")
            let long = line(String(repeating: "x", count: 100_000), 1)
            let answer = try await client.upload([line("ann", 1), long, line("bob", 1), long].joined(separator: "\n"))
            #expect(answer.body.contains(#""accepted":2,"unchanged":0,"rejected":2"#))
            #expect(answer.body.contains(#"{"line":2,"code":"line_too_long""#))
            #expect(answer.body.contains(#"{"line":4,"code":"line_too_long""#))
        }
    }

    @Test("Lines reach the node in parts, in order, and numbered")
    func parts() async throws {
        var gateway = Gateway()
        gateway.configuration.partLineCountMax = 10
        try await gateway.run { client in
            try await client.createSum("career")
            let lines = (1...95).map { line("user\($0)", $0) }.joined(separator: "\n")
            let answer = try await client.upload(lines)
            #expect(answer.body.contains(#""accepted":95,"#))
        }
        #expect(gateway.service.largestBatch == 10)
        #expect(gateway.service.submissions.map(\.line) == Array(1...95))
    }

    @Test("Who asks for it hears after each part how far the upload has come")
    func progress() async throws {
        var gateway = Gateway()
        gateway.configuration.partLineCountMax = 2
        try await gateway.run { client in
            try await client.createSum("career")
            let lines = (1...5).map { line("user\($0)", $0) }.joined(separator: "\n")
            let answer = try await client.upload(lines, headers: [.accept: "application/x-ndjson"])
            #expect(answer.headers[.contentType] == "application/x-ndjson")
            #expect(
                answer.body == """
                    {"line":2,"accepted":2,"unchanged":0,"rejected":0,"skipped":0,"position":"3"}
                    {"line":4,"accepted":4,"unchanged":0,"rejected":0,"skipped":0,"position":"5"}
                    {"line":5,"accepted":5,"unchanged":0,"rejected":0,"skipped":0,"position":"6"}
                    {"accepted":5,"unchanged":0,"rejected":0,"skipped":0,"position":"6","lines":5,"errors":[],"errors_omitted":0}

                    """)
        }
    }

    @Test("A named upload that was interrupted is sent again as a whole, and no line counts twice")
    func resend() async throws {
        var gateway = Gateway()
        gateway.configuration.partLineCountMax = 2
        let configured = gateway
        try await gateway.run { client in
            try await client.createSum("career")
            let lines = (1...6).map { _ in line("ann", 1) }.joined(separator: "\n")
            let headers: HTTPFields = [.idempotencyKey: "season-1"]
            configured.service.fail(nil, nil, .outcomeUnknown("The log failed."))

            let interrupted = try await client.upload(lines, headers: headers)
            #expect(interrupted.status == 503)
            #expect(interrupted.text("code") == "outcome_unknown")
            #expect(interrupted.headers[.retryAfter] == "1")
            #expect(
                interrupted.body.hasSuffix(
                    #""resume_from_line":5,"accepted":4,"unchanged":0,"rejected":0,"skipped":0}"#))

            let again = try await client.upload(lines, headers: headers)
            #expect(again.body.hasPrefix(#"{"accepted":2,"unchanged":0,"rejected":0,"skipped":4,"#))
            #expect(try await client.get("/v1/leaderboards/career/rank/ann").body.contains(#""score":6,"#))
        }
    }

    @Test("An interrupted upload goes on from a line, and errors bear the numbers of the whole")
    func resume() async throws {
        var gateway = Gateway()
        gateway.configuration.partLineCountMax = 2
        let configured = gateway
        try await gateway.run { client in
            try await client.createSum("career")
            let lines = (1...6).map { $0 == 6 ? "broken" : line("ann", 1) }
            let headers: HTTPFields = [.idempotencyKey: "season-1", .accept: "application/x-ndjson"]
            configured.service.fail(nil, .overloaded(retryAfter: 2))

            let interrupted = try await client.upload(lines.joined(separator: "\n"), headers: headers)
            #expect(interrupted.status == 200)
            let last = interrupted.body.split(separator: "\n").last!
            #expect(last.hasPrefix(#"{"accepted":2,"#))
            #expect(last.contains(#""resume_from_line":3,"error":{"code":"overloaded","#))

            let rest = try await client.upload(
                lines[2...].joined(separator: "\n"), path: "/v1/scores/bulk?from_line=3", headers: headers)
            #expect(rest.body.contains(#""accepted":3,"unchanged":0,"rejected":1,"skipped":0,"#))
            #expect(rest.body.contains(#"{"line":6,"code":"invalid_json","#))
            #expect(try await client.get("/v1/leaderboards/career/rank/ann").body.contains(#""score":5,"#))
        }
    }

    @Test("A part is full at so many bytes, whatever its lines are")
    func partBytes() {
        var reader = UploadReader(lineByteCountMax: 1000, partLineCountMax: 100, partByteCountMax: 100)
        let name = String(repeating: "n", count: 40)
        let lines = (0..<6).map { #"{"leaderboard":"a","user":"\#(name)\#($0)","score":1}"# + "\n" }.joined()
        reader.append(ByteBuffer(string: lines))
        var counts: [Int] = []
        var part = UploadPart()
        while reader.read(into: &part) {
            counts.append(part.lineCount)
            part = UploadPart()
        }
        counts.append(part.lineCount)
        #expect(counts.reduce(0, +) == 6)
        #expect(counts.dropLast().allSatisfy { $0 == 3 })
    }

    @Test("A submission that can't be entered now stops the upload at its line; one that never can doesn't")
    func failures() {
        var reader = UploadReader(lineByteCountMax: 1000, partLineCountMax: 100)
        var part = UploadPart()
        reader.append(ByteBuffer(string: (1...4).map { line("user\($0)", $0) }.joined(separator: "\n") + "\n"))
        let isFull = reader.read(into: &part)
        #expect(!isFull)
        let accepted = SubmissionAnswer(.success(SubmissionOutcome(status: .accepted)), at: LogPosition(9))
        let answers = [
            accepted, SubmissionAnswer(.failure(.corrupted("Shard 7.")), at: .start), accepted,
            SubmissionAnswer(.failure(.unavailable("It is moving.", retryAfter: 1)), at: .start),
        ]
        var tally = UploadTally()
        tally.settle(part, answers)
        #expect(tally.accepted == 2)
        #expect(tally.rejected == 1)
        #expect(tally.errors.map(\.code) == [.shardCorrupted])
        #expect(tally.interruption?.line == 4)
        #expect(tally.interruption?.problem.code == .unavailable)
        #expect(tally.position == LogPosition(9))
    }

    @Test("However a text is cut into chunks, the same lines are read", arguments: 1...6)
    func chunks(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let text = (1...200).map { $0 % 7 == 0 ? "" : line("user\($0)", $0) }.joined(separator: "\n")
        let whole = read([text])
        var pieces: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...90, using: &generator))
            pieces.append(String(piece))
            rest = rest.dropFirst(piece.count)
        }
        #expect(read(pieces) == whole)
        #expect(whole.count == 172)
    }

    private func read(_ chunks: [String]) -> [String] {
        var reader = UploadReader(lineByteCountMax: 1000, partLineCountMax: 13)
        var users: [String] = []
        var part = UploadPart()
        func take() {
            users += part.batch.submissions.map { "\($0.line) \(part.batch.string($0.user)) \($0.score.value(0))" }
            part = UploadPart()
        }
        for chunk in chunks {
            reader.append(ByteBuffer(string: chunk))
            while reader.read(into: &part) { take() }
        }
        reader.finish(&part)
        take()
        return users
    }

    @Test("A client that breaks off leaves whole lines behind and no half ones")
    func cut() async throws {
        let gateway = Gateway()
        try await gateway.run { client in
            try await client.createSum("career")
            let whole = [line("ann", 1), line("bob", 12)].joined(separator: "\n")
            let answer = try await client.upload(String(whole.dropLast(2)))
            #expect(answer.body.contains(#""accepted":1,"unchanged":0,"rejected":1"#))
        }
    }
}
