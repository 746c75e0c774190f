import CommitLogs
import Leaderboards
import NIOCore
import Testing

@testable import JetStreamLog

@Suite("The list of a stream's consumers")
struct ConsumerListTests {
    private let group = LogGroup(cluster: "t", number: 1, count: 3)!

    private func page(_ text: String) throws -> ConsumerPage {
        try #require(JetStreamAPI.decode(ConsumerPage.self, ByteBuffer(string: text)))
    }

    private func entry(_ name: String, _ more: String = "") -> String {
        #"{"name":"\#(name)","config":{"durable_name":"\#(name)"\#(more)},"ack_floor":{"stream_seq":7},"num_pending":2,"num_ack_pending":3}"#
    }

    private func list(_ texts: String...) throws -> ConsumerList.Step {
        var list = ConsumerList(of: group)
        var step = ConsumerList.Step.again
        for text in texts { step = list.take(try page(text)) }
        return step
    }

    @Test("Durable ones, with what each reads and has acknowledged; others need nothing kept")
    func durables() throws {
        let step = try list(
            """
            {"total":5,"offset":0,"limit":256,"consumers":[
            \(entry("all")),\(entry("whole", #","filter_subject":"lrl.t.1.*""#)),
            \(entry("some", #","filter_subjects":["lrl.t.1.4","lrl.t.1.7"]"#)),\(entry("one", #","filter_subject":"lrl.t.1.1""#)),
            {"name":"X2bK","config":{"name":"X2bK"},"ack_floor":{"stream_seq":0},"num_pending":9,"num_ack_pending":0}]}
            """)
        func consumer(_ name: String, _ shards: Set<ShardID>?) -> LogConsumer {
            LogConsumer(name, shards: shards, floor: LogPosition(8), unacknowledgedCount: 5)
        }
        #expect(
            step
                == .complete([
                    consumer("all", nil), consumer("one", [ShardID(1)]), consumer("some", [ShardID(4), ShardID(7)]),
                    consumer("whole", nil),
                ]))
        #expect(try list(#"{"total":0,"offset":0,"limit":256,"consumers":[]}"#) == .complete([]))
    }

    @Test(
        "Of one that did not answer nothing is known, however it is written down; one that is certainly not durable is left out"
    )
    func silent() throws {
        #expect(
            try list(#"{"limit":256,"consumers":[\#(entry("a"))],"missing":["b"],"offline":{"c":"a newer server's"}}"#)
                == .complete([
                    LogConsumer("a", floor: LogPosition(8), unacknowledgedCount: 5), LogConsumer("b", floor: nil),
                    LogConsumer("c", floor: nil),
                ]))
        // All servers that run it are away: what stands there is its configuration, and zeros.
        #expect(
            try list(
                #"""
                {"limit":256,"consumers":[
                {"name":"","config":{"durable_name":"b","filter_subject":"lrl.t.1.4"},"ack_floor":{"stream_seq":0},"num_pending":0,"num_ack_pending":0},
                {"name":"","config":{"name":"e"},"ack_floor":{"stream_seq":0}}],"missing":["b","e"]}
                """#) == .complete([LogConsumer("b", shards: [ShardID(4)], floor: nil)]))
        #expect(
            try list(#"{"limit":256,"consumers":[{"ack_floor":{"stream_seq":0}}],"missing":["b"]}"#)
                == .complete([LogConsumer("b", floor: nil)]))
        #expect(try list(#"{"limit":256,"consumers":[{"name":"b"}]}"#) == .complete([LogConsumer("b", floor: nil)]))
    }

    @Test(
        "Pages overlap by one name, so that a change between them is seen; whatever total says, the list ends with a short page"
    )
    func pages() throws {
        let first = #"{"total":3,"offset":0,"limit":3,"consumers":[\#(entry("b")),\#(entry("a"))],"missing":["c"]}"#
        #expect(try list(first) == .ask(offset: 2))
        let rest = #"{"total":2,"offset":2,"limit":3,"consumers":[\#(entry("c")),\#(entry("d"))]}"#
        guard case .complete(let all) = try list(first, rest) else {
            Issue.record("not complete")
            return
        }
        // It has answered meanwhile.
        #expect(all.map(\.name) == ["a", "b", "c", "d"] && all.allSatisfy { $0.floor == LogPosition(8) })
        // Somebody was removed, or came, before the end of the first page.
        #expect(try list(first, #"{"offset":2,"limit":3,"consumers":[\#(entry("d"))]}"#) == .again)
        #expect(try list(first, #"{"offset":2,"limit":3,"consumers":[\#(entry("b")),\#(entry("c"))]}"#) == .again)
        #expect(try list(first, #"{"offset":2,"limit":3,"consumers":[]}"#) == .again)
    }

    @Test("So many consumers as a log is never meant to have are not listed")
    func bound() throws {
        var list = ConsumerList(of: group)
        var next = 0
        var step = ConsumerList.Step.ask(offset: 0)
        while case .ask(let offset) = step {
            #expect(offset == next)
            let names = (next..<(next + 256)).map { entry("c\(10_000 + $0)") }
            step = list.take(try page(#"{"limit":256,"consumers":[\#(names.joined(separator: ","))]}"#))
            next += 255
        }
        #expect(step == .tooMany)
    }
}
