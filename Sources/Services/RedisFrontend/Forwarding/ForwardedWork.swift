internal import Leaderboards
internal import NIOCore
internal import NodeRuntime
internal import RESP
internal import Sharding

/// Commands of another node's client, at work where their keys are: carried out as those of a client of this node are. What one
/// step has no room for is not carried out, and not answered.
///
/// Whoever has it is the only one to touch it, and that makes it Sendable.
final class ForwardedWork: ShardWork, @unchecked Sendable {
    typealias Ended = @Sendable (Result<CommandReplies, ServiceError>) -> Void

    private let part: ShardPart
    private let ended: Ended

    init(_ part: ShardPart, _ ended: @escaping Ended) {
        self.part = part
        self.ended = ended
    }

    var project: String { part.project }
    var cost: Int { part.cost }
    var isChanging: Bool { part.isChanging }
    func missing(in shard: Shard) -> [MissingPiece] { part.missing(in: shard) }
    func run(_ step: ShardStep, into record: inout RecordBuilder) { part.run(step, into: &record) }
    func finish(_ result: Result<Void, ServiceError>) { ended(result.map { part.repliesSoFar }) }
}

extension CommandsRequest {
    /// The commands where their keys are; nil if none has a key.
    func part(
        _ service: any SortedSetService, _ configuration: RedisConfiguration, _ keys: KeyCache
    ) throws(ServiceError) -> ShardPart? {
        let batch = try batch(configuration)
        let part = ShardPart(
            at: ShardPlace(index: 0), project: project, batch, replies: ReplyWriter(version: version),
            replyByteCountMax: configuration.replyByteCountMax)
        part.keepsEnds = true
        part.reserve(batch.count)
        var place: ShardPlace?
        var last: KeyReference?
        var isScattered = false
        func note(_ other: ShardPlace) {
            if let place, place != other { isScattered = true } else { place = other }
        }
        batch.withContents { bytes, contents in
            for index in batch.indices {
                if let (step, key) = Step.parse(contents[index], in: bytes),
                    let reference = keys.reference(
                        UnsafeRawBufferPointer(rebasing: bytes[key.range]), project: project)
                {
                    note(reference.place)
                    // Consecutive commands on one key are carried out together.
                    part.add(step, reference === last ? nil : reference)
                    last = reference
                    continue
                }
                do throws(CommandError) {
                    let command = try PreparedCommand(Arguments(batch[index]), project: project)
                    for key in command.keys { note(service.place(of: key)) }
                    part.add(command)
                } catch {
                    var writer = ReplyWriter(version: version)
                    writer.error(error)
                    part.add(answer: writer.buffer)
                }
            }
        }
        if isScattered { throw .keysAreScattered }
        guard let place else { return nil }
        part.prepare(at: place, project: project, version: version)
        return part
    }
}

extension ServiceError {
    static let keysAreScattered = ServiceError.unavailable("keys of one request lie in different places", retryAfter: 1)
}
