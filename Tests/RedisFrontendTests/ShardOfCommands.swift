import Leaderboards
import NIOCore
import RESP
import Sharding

@testable import RedisFrontend

/// A shard, the time, and a client.
final class ShardOfCommands {
    let shard = Shard(id: ShardID(0))
    var now = Timestamp(seconds: 1_800_000_000)
    private(set) var recordCount = 0

    func create(_ id: String) {
        var record = shard.makeRecord(at: now)
        let definition = LeaderboardDefinition(
            columns: [Column(name: "points", type: .integer, order: .descending, operator: .best)])
        _ = try? shard.create(LeaderboardKey(project: "p", id: id), definition, seed: 1, into: &record)
    }

    /// Runs commands in one record; their replies on one line, without the lengths of bulk strings that follow.
    func replies(_ lines: String...) -> String {
        var record = shard.makeRecord(at: now)
        var runner = CommandRunner(
            shard, at: record.time, project: "p", seed: 1, replies: ReplyWriter(), replyByteCountMax: 1 << 28)
        var text = ""
        for line in lines {
            do throws(CommandError) {
                text += String(buffer: runner.reply(to: try parse(line), &record))
            } catch {
                text += "-\(error.text)\r\n"
            }
        }
        if !record.isEmpty { recordCount += 1 }
        return text.split(separator: "\r\n").joined(separator: " ")
    }
}
