internal import NIOCore
internal import NodeRuntime
internal import RESP
internal import Synchronization

/// Commands of one client that follow each other and are carried out together, each where its keys are.
///
/// Goes in rounds: when a round has ended its replies are taken, and while commands are left that had to wait until there
/// was room for more replies, it goes on. Belongs to its connection's event loop, which is what makes it Sendable.
///
/// A connection has one run at a time, and one object for all of them: at one command a run, allocations would be a good part
/// of a command.
final class CommandRun: @unchecked Sendable {
    private var project = ""
    private var version = ProtocolVersion.v2
    private var ageMax: Duration?
    private let commands: CommandBatch
    private let replyByteCountMax: Int
    private let forwarder: CommandForwarder?
    private var parts: [ShardPart] = []
    private var spare: ShardPart?
    /// With several parts: whose the commands are, in their order, and up to where their replies were taken.
    private var order: [Int32] = []
    private var takenCount = 0
    private var current = 0
    private var lastKey = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Parts that the round waits for.
    private let pendingCount = Atomic(0)
    private var connection: RedisConnection?
    private var eventLoop: (any EventLoop)?

    /// - Parameter commands: where the commands of every run lie
    init(_ commands: CommandBatch, replyByteCountMax: Int, _ forwarder: CommandForwarder? = nil) {
        self.commands = commands
        self.forwarder = forwarder
        self.replyByteCountMax = replyByteCountMax
    }

    /// Begins another run. Precondition: the one before was ended.
    func begin(project: String, version: ProtocolVersion, ageMax: Duration? = nil) {
        self.project = project
        self.version = version
        self.ageMax = ageMax
    }

    /// Nothing of the run may see what is old, whatever was said before.
    func readFresh() {
        guard ageMax != nil else { return }
        ageMax = nil
        for part in parts { part.ageMax = nil }
    }

    /// Lets go of everything but a little memory.
    func end() {
        connection = nil
        if let part = parts.first {
            part.reset()
            spare = part
            parts.removeAll(keepingCapacity: true)
        }
        if !order.isEmpty { order = [] }
        (takenCount, current) = (0, 0)
        lastKey = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    var isEmpty: Bool { parts.isEmpty }

    // MARK: Filling

    /// Adds a direct step. False if it names no key that there could be. `key` must stay valid while the run is filled.
    ///
    /// - Parameter index: of the command among those of the run
    func add(_ step: Step, at index: Int, key: UnsafeRawBufferPointer, _ cache: KeyCache) -> Bool {
        var step = step
        step.index = Int32(truncatingIfNeeded: index)
        if key.count == lastKey.count, key.count > 0, key.elementsEqual(lastKey) {
            add(to: current).add(step, nil)
            return true
        }
        guard let reference = cache.reference(key, project: project) else { return false }
        lastKey = key
        add(to: part(at: reference.place)).add(step, reference)
        return true
    }

    func add(_ command: PreparedCommand, at place: ShardPlace) {
        add(to: part(at: place)).add(command)
        lastKey = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Precondition: the run is not empty.
    func add(answer: ByteBuffer) { add(to: current).add(answer: answer) }

    private func add(to part: Int) -> ShardPart {
        current = part
        if parts.count > 1 { order.append(Int32(part)) }
        return parts[part]
    }

    private func part(at place: ShardPlace) -> Int {
        if let part = parts.firstIndex(where: { $0.place == place }) { return part }
        if parts.count == 1 {
            order = Array(repeating: 0, count: parts[0].steps.count)
            parts[0].keepsEnds = true
        }
        let part = makePart(at: place)
        part.ageMax = ageMax
        part.keepsEnds = !parts.isEmpty
        parts.append(part)
        return parts.count - 1
    }

    private func makePart(at place: ShardPlace) -> ShardPart {
        guard let part = spare else {
            return ShardPart(
                at: place, project: project, commands, replies: ReplyWriter(version: version),
                replyByteCountMax: replyByteCountMax, forwarder)
        }
        spare = nil
        part.prepare(at: place, project: project, version: version)
        return part
    }

    // MARK: Rounds

    func start(_ service: any SortedSetService, for connection: RedisConnection, on eventLoop: any EventLoop) {
        self.connection = connection
        self.eventLoop = eventLoop
        goOn(service)
    }

    /// Begins another round. Precondition: the one before has ended, and its replies were taken.
    func goOn(_ service: any SortedSetService) {
        // Ends no sooner than every part was handed over.
        pendingCount.store(1, ordering: .relaxed)
        for part in parts where !part.isDone && part.isTaken {
            pendingCount.add(1, ordering: .relaxed)
            part.run = self
            if !part.isBegunElsewhere { service.enqueue(part, at: part.place) }
        }
        finished()
    }

    /// Called by a part, wherever it was carried out.
    func finished() {
        guard pendingCount.subtract(1, ordering: .acquiringAndReleasing).newValue == 0, let eventLoop else { return }
        if eventLoop.inEventLoop { return roundEnded() }
        eventLoop.execute { self.roundEnded() }
    }

    private func roundEnded() { connection?.roundEnded() }

    var isDone: Bool { parts.count == 1 ? parts[0].isDone : takenCount == order.count }

    /// Errors among the replies, without answers that were ready before.
    var errorCount: Int { parts.reduce(0) { $0 + $1.errorCount } }

    /// Takes the replies that are there, up to the first that is not.
    func takeReplies(into output: inout ByteBuffer) {
        if parts.count == 1 {
            parts[0].takeAllReplies(into: &output)
        } else {
            while takenCount < order.count, parts[Int(order[takenCount])].takeReply(into: &output) { takenCount += 1 }
        }
    }
}
