import HTTPTypes
import Testing

@testable import AdminAPI

@Suite struct BackupTests {
    @Test("What backups are made of comes as bytes, part by part, and an outline as JSON")
    func streams() async throws {
        let site = try await AdminSite()
        try await site.run { client in
            let outline = try await client.send(.get, "backup")
            #expect(outline.status == 200 && outline.body == #"{"shardCount":1}"#, "\(outline)")
            let shard = try await client.send(.get, "backup/shards/7")
            #expect(shard.body == "checkpoint 7")
            #expect(shard.headers[.contentType] == "application/octet-stream")
            #expect(shard.headers[.cacheControl] == "no-store")
            #expect(
                try await client.send(.get, "backup/logs/2?position=18446744073709551615").body
                    == "records 2 18446744073709551615")
            #expect(try await client.send(.get, "backup/control").body == "{}")
        }
    }

    @Test(
        "Numbers that are none are refused",
        arguments: ["backup/shards/x", "backup/shards/4096", "backup/shards/-1", "backup/logs/64", "backup/logs/07"])
    func refusals(path: String) async throws {
        let site = try await AdminSite()
        try await site.run { client in
            let answer = try await client.send(.get, path)
            #expect(answer.status == 400 && answer.code == "invalid_path", "\(answer)")
            let position = try await client.send(.get, "backup/logs/0?position=x")
            #expect(position.code == "invalid_parameter")
        }
    }
}
