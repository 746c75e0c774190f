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
    private let part: ShardPart
    private let continuation: CheckedContinuation<Result<CommandReplies, ServiceError>, Never>

    init(_ part: ShardPart, _ continuation: CheckedContinuation<Result<CommandReplies, ServiceError>, Never>) {
        self.part = part
        self.continuation = continuation
    }

    var project: String { part.project }
    var cost: Int { part.cost }
    var isChanging: Bool { part.isChanging }
    func missing(in shard: Shard) -> [MissingPiece] { part.missing(in: shard) }
    func run(_ step: ShardStep, into record: inout RecordBuilder) { part.run(step, into: &record) }

    func finish(_ result: Result<Void, ServiceError>) {
        continuation.resume(returning: result.map { CommandReplies(part.repliesSoFar) })
    }
}

extension CommandsRequest {
    /// The commands where their keys are; nil if none has a key.
    func part(
        _ service: any SortedSetService, _ configuration: RedisConfiguration
    ) throws(ServiceError) -> ShardPart? {
        let batch = try batch(configuration)
        guard let place = try place(of: batch, service) else { return nil }
        let part = ShardPart(
            at: place, project: project, batch, replies: ReplyWriter(version: version),
            replyByteCountMax: configuration.replyByteCountMax)
        part.keepsEnds = true
        var keys = RequestKeys(project: project, service)
        var isScattered = false
        batch.withContents { bytes, contents in
            for index in batch.indices {
                if let (step, key) = Step.parse(contents[index], in: bytes),
                    let reference = keys.reference(UnsafeRawBufferPointer(rebasing: bytes[key.range]))
                {
                    if reference.place != place { isScattered = true }
                    part.add(step, reference)
                    continue
                }
                do throws(CommandError) {
                    let command = try PreparedCommand(Arguments(batch[index]), project: project)
                    if command.keys.contains(where: { keys.place(of: $0) != place }) { isScattered = true }
                    part.add(command)
                } catch {
                    var writer = ReplyWriter(version: version)
                    writer.error(error)
                    part.add(answer: writer.buffer)
                }
            }
        }
        if isScattered { throw .keysAreScattered }
        return part
    }

    private func place(
        of batch: CommandBatch, _ service: any SortedSetService
    ) throws(ServiceError) -> ShardPlace? {
        for index in batch.indices {
            let command = try? PreparedCommand(Arguments(batch[index]), project: project)
            if let key = command?.keys.first { return service.place(of: key) }
        }
        return nil
    }
}

/// Keys that one request names: few, and each of them often.
private struct RequestKeys {
    private let project: String
    private let service: any SortedSetService
    private var references: [KeyReference] = []
    private static let countMax = 16

    init(project: String, _ service: any SortedSetService) {
        self.project = project
        self.service = service
    }

    /// Nil if the bytes are no key.
    mutating func reference(_ bytes: UnsafeRawBufferPointer) -> KeyReference? {
        for reference in references where reference.key.id.utf8.elementsEqual(bytes) { return reference }
        guard bytes.count <= KeyCache.keyByteCountMax, let id = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        let key = LeaderboardKey(project: project, id: id)
        let reference = KeyReference(key, at: service.place(of: key))
        if references.count < Self.countMax { references.append(reference) }
        return reference
    }

    func place(of key: LeaderboardKey) -> ShardPlace {
        references.first { $0.key == key }?.place ?? service.place(of: key)
    }
}

extension ServiceError {
    static let keysAreScattered = ServiceError.unavailable("keys of one request lie in different places", retryAfter: 1)
}
