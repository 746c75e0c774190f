internal import NIOCore
internal import NodeRuntime
internal import RESP

// What goes over a link, all of it RESP. First, and once:
//
//   LAUREL.HELLO <lowest version> <highest version> <cluster> <own number> <number of the node that is meant>
//     *2 :version :number       the highest version that both speak; the number of who answers
//     -NOPROTO, -WRONGCLUSTER, -WRONGNODE …   and the connection is closed
//
// Then any number of calls, without waiting for answers, which come in whatever order they are ready:
//
//   LAUREL.CALL <number> <operation> <request>
//     *2 :number $answer
//     *2 :number -NOTDONE unknown operation
//     *2 :number -TOOLARGE …             it was carried out, and its answer can't be sent
//
// A node that is about to stop says so. It answers what was sent before that was read, and the other side closes the connection when
// nothing is under way:
//
//     +LAUREL.BYE
enum PeerProtocol {
    /// What this version of Laurel speaks. To change a layout, add a version and go on speaking those before it for one release.
    static let versions: ClosedRange<Int64> = 1...1

    static let farewell = "LAUREL.BYE"
    static let notDone = "NOTDONE unknown operation"
    static let tooLarge = "TOOLARGE the answer is larger than nodes send each other"

    /// What an error in place of an answer means.
    static func error(_ text: String) -> ServiceError {
        text.hasPrefix("NOTDONE ") ? .unavailable(text, retryAfter: 5) : .outcomeUnknown(text)
    }

    static func greeting(_ configuration: NodeLinkConfiguration, to node: UInt64) -> ByteBuffer {
        command([
            "LAUREL.HELLO", "\(versions.lowerBound)", "\(versions.upperBound)", configuration.cluster,
            "\(configuration.node)", "\(node)",
        ])
    }

    private static func command(_ words: [String]) -> ByteBuffer {
        var writer = ReplyWriter()
        writer.arrayHeader(words.count)
        for word in words { writer.bulk(word) }
        return writer.buffer
    }

    static func write(_ number: Int64, _ operation: String, _ request: [UInt8], to output: inout ByteBuffer) {
        var writer = ReplyWriter()
        swap(&writer.buffer, &output)
        writer.buffer.reserveCapacity(minimumWritableBytes: request.count + 96)
        writer.arrayHeader(4)
        writer.bulk("LAUREL.CALL")
        writer.bulk(String(number))
        writer.bulk(operation)
        writer.bulk(request)
        swap(&writer.buffer, &output)
    }
}

/// A greeting, as it arrived.
struct Greeting: Hashable {
    var versions: ClosedRange<Int64>
    var cluster: String
    var node: UInt64
    var meant: UInt64

    init(versions: ClosedRange<Int64>, cluster: String, node: UInt64, meant: UInt64) {
        self.versions = versions
        self.cluster = cluster
        self.node = node
        self.meant = meant
    }

    /// Nil if it is none.
    init?(_ arguments: CommandArguments) {
        guard arguments.isNamed("laurel.hello"), arguments.count >= 6, let lowest = arguments.integer(at: 1),
            let highest = arguments.integer(at: 2), lowest <= highest, let node = UInt64(arguments.string(at: 4)),
            let meant = UInt64(arguments.string(at: 5))
        else { return nil }
        versions = lowest...highest
        cluster = arguments.string(at: 3)
        self.node = node
        self.meant = meant
    }

    /// The version to go on with, or what is wrong.
    func version(for configuration: NodeLinkConfiguration) -> Result<Int64, GreetingProblem> {
        guard cluster == configuration.cluster else {
            return .failure(GreetingProblem("WRONGCLUSTER this node belongs to another cluster than '\(cluster)'"))
        }
        guard meant == configuration.node else {
            return .failure(GreetingProblem("WRONGNODE this is node \(configuration.node), not \(meant)"))
        }
        let common = versions.clamped(to: PeerProtocol.versions)
        guard versions.overlaps(PeerProtocol.versions) else {
            let ours = PeerProtocol.versions
            return .failure(
                GreetingProblem(
                    "NOPROTO this node speaks versions \(ours.lowerBound) to \(ours.upperBound) of the protocol between nodes, not "
                        + "\(versions.lowerBound) to \(versions.upperBound)"))
        }
        return .success(common.upperBound)
    }
}

struct GreetingProblem: Error, Hashable {
    let text: String
    init(_ text: String) { self.text = text }
}
