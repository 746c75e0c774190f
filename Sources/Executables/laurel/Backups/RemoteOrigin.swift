import AsyncHTTPClient
import BackupFiles
import Foundation
import Leaderboards
import NIOCore
import NIOHTTP1

/// A node that runs, asked over its admin API.
struct RemoteOrigin: BackupOrigin {
    let client: AdminClient

    func outline() async throws -> BackupOutline {
        let bytes = try await whole("backup")
        guard let outline = try? JSONDecoder().decode(BackupOutline.self, from: Data(bytes)) else {
            throw BackupError.unavailable(
                "\(client.address) is no node that can be backed up: it is of another version")
        }
        return outline
    }

    func checkpoint(of shard: ShardID, _ body: ([UInt8]) async throws -> Void) async throws {
        try await stream("backup/shards/\(escaped(shard.description))", [], body)
    }

    func records(group: Int, from position: LogPosition, _ body: ([UInt8]) async throws -> Void) async throws {
        let number = String(group)
        try await stream("backup/logs/\(escaped(number))", [("position", position.description)], body)
    }

    func control(_ body: ([UInt8]) async throws -> Void) async throws { try await stream("backup/control", [], body) }

    private func whole(_ path: String) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await stream(path, []) { bytes += $0 }
        return bytes
    }

    private func stream(
        _ path: String, _ query: [(String, String?)], _ body: ([UInt8]) async throws -> Void
    ) async throws {
        var request = HTTPClientRequest(url: client.address + "/admin/v1/" + path + AdminClient.text(of: query))
        request.headers.add(name: "Authorization", value: "Bearer \(client.token)")
        let response: HTTPClientResponse
        do {
            // A slow backup takes hours.
            response = try await client.client.execute(request, timeout: .hours(48))
        } catch {
            throw Failure(.unavailable, "\(client.address) can't be reached: \(AdminClient.reason(error))")
        }
        guard response.status == .ok else {
            let bytes = Data(try await response.body.collect(upTo: 1 << 20).readableBytesView)
            guard let problem = try? JSONDecoder().decode(Value.self, from: bytes) else {
                throw Failure(.unavailable, "\(client.address) answers \(response.status.code) and no JSON.")
            }
            throw Failure(status: Int(response.status.code), problem: problem)
        }
        var parts = response.body.makeAsyncIterator()
        while true {
            let part: ByteBuffer?
            do { part = try await parts.next() } catch {
                throw Failure(.unavailable, "\(client.address) has broken off: \(AdminClient.reason(error))")
            }
            guard let part else { return }
            try await body(Array(part.readableBytesView))
        }
    }
}
