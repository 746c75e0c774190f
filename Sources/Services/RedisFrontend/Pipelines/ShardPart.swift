internal import Leaderboards
internal import NIOCore
internal import NodeRuntime
internal import RESP
internal import Sharding

/// The commands of a run whose keys are at one place.
///
/// A connection fills it, hands it to the shard, and has it back when it is finished; whoever has it is the only one to touch
/// it, and that makes it Sendable. Its memory serves one run after the other.
final class ShardPart: ShardWork, @unchecked Sendable {
    private(set) var place: ShardPlace
    private(set) var project: String
    /// The bytes that direct steps lie in.
    private let commands: CommandBatch
    /// What direct steps name.
    private var keys = KeyTable()
    private(set) var steps: [Step] = []
    private var prepared: [PreparedCommand] = []
    private var answered: [ByteBuffer] = []
    private var lastKey: Int32 = -1
    private(set) var isChanging = false
    var ageMax: Duration?
    private var filledCost = 0

    /// The steps whose replies were taken, those carried out, and where the reply of each behind the former ends.
    private var takenCount = 0
    private(set) var doneCount = 0
    private var ends: [Int] = []
    /// Whether replies are taken one by one.
    var keepsEnds = false
    private var replies: ReplyWriter
    /// Told when a round has ended.
    var run: CommandRun?

    /// Replies of more than this are sent before more is done.
    static let roundByteCount = 1 << 20
    private let replyByteCountMax: Int
    let forwarder: CommandForwarder?

    init(
        at place: ShardPlace, project: String, _ commands: CommandBatch, replies: ReplyWriter, replyByteCountMax: Int,
        _ forwarder: CommandForwarder? = nil
    ) {
        self.forwarder = forwarder
        self.place = place
        self.project = project
        self.commands = commands
        self.replies = replies
        self.replyByteCountMax = replyByteCountMax
    }

    /// Makes an empty one ready for another run.
    func prepare(at place: ShardPlace, project: String, version: ProtocolVersion) {
        self.place = place
        self.project = project
        replies.version = version
    }

    /// Makes room for that many steps.
    func reserve(_ count: Int) {
        steps.reserveCapacity(count)
        ends.reserveCapacity(count)
    }

    /// Lets go of everything but a little memory.
    func reset() {
        keys.removeAll()
        steps.removeAll(keepingCapacity: steps.capacity <= Self.keptStepCount)
        if replies.buffer.capacity > Self.keptReplyByteCount {
            replies.buffer = ByteBuffer()
        } else {
            replies.buffer.clear()
        }
        if !ends.isEmpty { ends = [] }
        if !prepared.isEmpty { prepared = [] }
        if !answered.isEmpty { answered = [] }
        lastKey = -1
        (isChanging, keepsEnds) = (false, false)
        filledCost = 0
        (takenCount, doneCount) = (0, 0)
        replies.errorCount = 0
    }

    /// Errors among the replies that were written here. Those of a round that could not be kept are told again as what it
    /// failed with.
    var errorCount: Int { replies.errorCount }

    /// Thousands of connections keep as many steps in memory.
    private static let keptStepCount = 64
    private static let keptReplyByteCount = 1 << 12

    /// Every step was carried out.
    var isDone: Bool { doneCount == steps.count }

    // MARK: Filling

    /// The key is that of the step before if `reference` is nil.
    func add(_ step: Step, _ reference: KeyReference?) {
        if step.isDirectWrite { isChanging = true }
        filledCost += step.cost
        if let reference { lastKey = keys.add(reference) }
        var step = step
        step.key = lastKey
        steps.append(step)
    }

    func add(_ command: PreparedCommand) {
        if command.isWrite { isChanging = true }
        filledCost += command.command.cost
        steps.append(.prepared(prepared.count))
        prepared.append(command)
    }

    func add(answer: ByteBuffer) {
        steps.append(.answered(answered.count))
        answered.append(answer)
    }

    // MARK: At the shard

    /// In the rounds behind the first one, what is left.
    var cost: Int { max(1, doneCount == 0 ? filledCost : steps.count - doneCount) }

    func missing(in shard: Shard) -> [MissingPiece] {
        guard shard.hasStored else { return [] }
        var missing: [MissingPiece] = []
        var last: Int32 = -1
        for step in steps[doneCount...] {
            if step.isDirect {
                guard step.key != last else { continue }
                last = step.key
                missing += shard.missing(for: keys[step.key].key)
            } else if step.kind == .prepared {
                for key in prepared[Int(step.index)].keys { missing += shard.missing(for: key) }
            }
        }
        return missing
    }

    func run(_ step: ShardStep, into record: inout RecordBuilder) {
        var runner = CommandRunner(
            step.shard, at: record.time, project: project, seed: step.seed, replies: replies,
            replyByteCountMax: replyByteCountMax)
        // The runner has the only reference to the buffer, so that it is written to in place.
        replies.buffer = ByteBuffer()
        commands.withContents { bytes, _ in
            let first = doneCount
            // A full record goes first; what does not fit into it is for another round.
            while doneCount < steps.count, runner.reply.buffer.readableBytes < Self.roundByteCount,
                doneCount == first || !record.isFull
            {
                if steps[doneCount].isDirect {
                    // Whoever waits for entries is served between any two commands.
                    runDirectSteps(countMax: step.isWaitedAt ? 1 : Int.max, in: bytes, &runner, &record)
                } else {
                    runOther(steps[doneCount], &runner, &record)
                    doneCount += 1
                    if keepsEnds { ends.append(runner.reply.buffer.writerIndex) }
                }
                if step.isWaitedAt { step.commandEnded(&record) }
            }
        }
        replies = runner.reply
    }

    private func runOther(_ step: Step, _ runner: inout CommandRunner, _ record: inout RecordBuilder) {
        if step.kind == .answered {
            runner.reply.buffer.writeImmutableBuffer(answered[Int(step.index)])
        } else {
            runner.run(prepared[Int(step.index)].command, &record)
        }
    }

    /// Consecutive direct steps on the same key.
    private func runDirectSteps(
        countMax: Int, in bytes: UnsafeRawBufferPointer, _ runner: inout CommandRunner, _ record: inout RecordBuilder
    ) {
        let first = doneCount
        let key = steps[first].key
        var end = first + 1
        while end < steps.count, end - first < countMax, steps[end].isDirect, steps[end].key == key { end += 1 }
        steps.withUnsafeBufferPointer { steps in
            runner.run(
                UnsafeBufferPointer(rebasing: steps[first..<end]), of: keys[key].key, in: bytes, &record
            ) { reply in
                doneCount += 1
                if keepsEnds { ends.append(reply.writerIndex) }
                return reply.readableBytes < Self.roundByteCount
            }
        }
    }

    func finish(_ result: Result<Void, ServiceError>) {
        if case .failure(let error) = result {
            if error.isRouted, forwarder != nil {
                startAnew()
                if forward(after: error) { return }
            }
            answerAll(CommandError(error))
        }
        end()
    }

    /// The round has ended.
    func end() {
        let run = run
        self.run = nil
        run?.finished()
    }

    // MARK: At another node

    /// What was done in this round was lost, if anything was.
    func startAnew() {
        replies.buffer.clear()
        ends = []
        doneCount = takenCount
    }

    var version: ProtocolVersion { replies.version }
    var roundIsOpen: Bool { replies.buffer.readableBytes < Self.roundByteCount }
    /// What is left to be carried out.
    var rest: ArraySlice<Step> { steps[doneCount...] }
    func preparedCommand(_ step: Step) -> PreparedCommand { prepared[Int(step.index)] }

    /// Lends the bytes that direct steps lie in, and where.
    func withContents<Result>(_ body: (UnsafeRawBufferPointer, BatchContents) -> Result) -> Result {
        commands.withContents(body)
    }

    /// The next step was answered before the run began.
    var isNextAnswered: Bool { steps[doneCount].kind == .answered }
    func addAnswered() { add(reply: answered[Int(steps[doneCount].index)]) }

    func add(reply: ByteBuffer) {
        replies.buffer.writeImmutableBuffer(reply)
        doneCount += 1
        if keepsEnds { ends.append(replies.buffer.writerIndex) }
    }

    /// Replies to the next commands.
    func add(_ other: CommandReplies) {
        if keepsEnds {
            let start = replies.buffer.writerIndex
            for end in other.ends { ends.append(start + end) }
        }
        replies.buffer.writeImmutableBuffer(other.bytes)
        doneCount += other.count
    }

    /// Answers with an error all that is left.
    func fail(_ reply: ByteBuffer) {
        while !isDone { if isNextAnswered { addAnswered() } else { add(reply: reply) } }
    }

    /// Nothing was done, or what was done may be lost: every command of the round and after it is told so.
    private func answerAll(_ error: CommandError) {
        replies.buffer.clear()
        ends = []
        for step in steps[takenCount...] {
            if step.kind == .answered {
                replies.buffer.writeImmutableBuffer(answered[Int(step.index)])
            } else {
                replies.error(error)
            }
            if keepsEnds { ends.append(replies.buffer.writerIndex) }
        }
        doneCount = steps.count
    }

    /// The replies to what was carried out. Precondition: ends are kept, and no reply was taken.
    var repliesSoFar: CommandReplies { CommandReplies(replies.buffer, endingAt: ends) }

    // MARK: Back at the connection

    /// No reply is left to be taken.
    var isTaken: Bool { takenCount == doneCount }

    func takeAllReplies(into output: inout ByteBuffer) {
        takenCount = doneCount
        if output.readableBytes == 0 {
            // What was sent before may be written to again.
            swap(&output, &replies.buffer)
        } else {
            output.writeImmutableBuffer(replies.buffer)
            replies.buffer.clear()
        }
    }

    /// Takes the next reply, if it is there.
    func takeReply(into output: inout ByteBuffer) -> Bool {
        guard takenCount < doneCount else { return false }
        let place = ends.count - (doneCount - takenCount)
        var reply = replies.buffer.readSlice(length: ends[place] - replies.buffer.readerIndex)!
        output.writeBuffer(&reply)
        takenCount += 1
        if isTaken {
            ends = []
            replies.buffer = ByteBuffer()
        }
        return true
    }
}

/// The keys that the direct steps of a run name, each once for a stretch of commands.
struct KeyTable: Sendable {
    private var references: [KeyReference] = []

    subscript(index: Int32) -> KeyReference { references[Int(index)] }

    mutating func removeAll() { references.removeAll(keepingCapacity: references.capacity <= 16) }

    mutating func add(_ reference: KeyReference) -> Int32 {
        references.append(reference)
        return Int32(references.count - 1)
    }
}
