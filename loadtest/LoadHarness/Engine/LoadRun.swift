internal import Glibc

/// One run of a scenario against one server: boards made, members entered, requests made ready, clock started.
package struct LoadRun: Sendable {
    package var scenario: Scenario
    package var target: Target
    /// Called at the end of each interval.
    package var progress: @Sendable (RunProgress) -> Void

    package init(
        _ scenario: Scenario, _ target: Target, progress: @escaping @Sendable (RunProgress) -> Void = { _ in }
    ) {
        self.scenario = scenario
        self.target = target
        self.progress = progress
    }

    /// - Parameter prepares: whether boards are made and members entered first.
    package func run(prepares: Bool = true) throws -> RunResult {
        if prepares { try Preparation(scenario, target, progress: progress).run() }
        switch target.wire {
        case .resp:
            var run = TypedRun<RESPReplyReader, RESPRequestWriter>(self, RESPRequestWriter(scenario))
            return try run.run()
        case .http:
            let host = "\(target.host):\(target.port)"
            let writer = HTTPRequestWriter(scenario, host: host, keys: target.keys)
            var run = TypedRun<HTTPReplyReader, HTTPRequestWriter>(self, writer)
            return try run.run()
        }
    }
}

/// How far a run is.
package struct RunProgress: Sendable {
    package enum Stage: Sendable, Equatable { case preparing(String), running }
    package var stage: Stage
    /// Of 1.
    package var share: Double
    package var seconds: Double = 0
    package var interval: RunResult.IntervalResult?
    package var count = 0
    package var failed = 0
}

/// A run whose protocol is known to the compiler.
private struct TypedRun<Reader: ReplyReader, Writer: RequestWriter> {
    private let whole: LoadRun
    private let scenario: Scenario
    private var writer: Writer

    init(_ run: LoadRun, _ writer: Writer) {
        whole = run
        scenario = run.scenario
        self.writer = writer
    }

    /// Shorter for short runs, so that a plot has some points.
    private var intervalSeconds: Double {
        scenario.durationSeconds >= 30 ? 1 : scenario.durationSeconds >= 5 ? 0.25 : 0.1
    }

    mutating func run() throws -> RunResult {
        whole.progress(RunProgress(stage: .preparing("requests"), share: 0))
        let pool = makePool(scenario.mix, stream: 0)
        let recorder = Recorder(scenario.operations)
        let engine = LoadEngine<Reader>(whole.target, connections: scenario.connections, depth: scenario.pipeline)
        try engine.openAll()
        return scenario.isOpenLoop
            ? try runOpen(engine, pool, recorder) : try runClosed(engine, pool, recorder)
    }

    private mutating func makePool(_ mix: Mix, stream: Int) -> RequestPool {
        var chooser = RequestChooser(scenario, stream: stream)
        return RequestPool(count: RequestPool.count(scenario, mix), writer: &writer, chooser: &chooser) {
            place, chooser in
            // Every operation comes up at least once, however short the run.
            place < mix.parts.count ? mix.parts[place].operation : chooser.operation(mix)
        }
    }

    private func runClosed(_ engine: LoadEngine<Reader>, _ pool: RequestPool, _ recorder: Recorder) throws -> RunResult
    {
        let start = monotonicNanoseconds()
        let end = start + nanoseconds(scenario.durationSeconds)
        var loop = ClosedLoop<Reader>(
            pool, pipeline: scenario.pipeline, requestsMax: scenario.requestsMax, deadline: end, recorder: recorder)
        var clock = IntervalClock(start: start, seconds: intervalSeconds)
        loop.start(engine)
        while loop.activeCount > 0 {
            let now = monotonicNanoseconds()
            if clock.isDue(now) { report(&clock, now, recorder, waiting: 0, nil) }
            if loop.losses.isHopeless || Interruption.isRequested || now > end + nanoseconds(scenario.drainSeconds) {
                break
            }
            engine.step(&loop, nanoseconds: max(clock.next - now, 1000))
        }
        var losses = loop.losses
        finish(&losses, engine, recorder, clock, max(loop.lastReply, start + 1), nil)
        return result(recorder, losses, seconds: Double(max(loop.lastReply - start, 1)) / 1e9, nil)
    }

    private mutating func runOpen(
        _ engine: LoadEngine<Reader>, _ pool: RequestPool, _ recorder: Recorder
    ) throws -> RunResult {
        let phases = makePhases(pool)
        let profile = RateProfile(scenario)
        let queue = OpenLoopQueue(ArrivalSchedule(scenario))
        let start = monotonicNanoseconds()
        let end = start + nanoseconds(scenario.durationSeconds)
        var loop = OpenLoop<Reader>(
            phases, pipeline: scenario.pipeline, connections: scenario.connections, queue: queue, origin: start,
            recorder: recorder)
        var clock = IntervalClock(start: start, seconds: intervalSeconds)
        while true {
            var now = monotonicNanoseconds()
            loop.tick(engine, at: now)
            if clock.isDue(now) { report(&clock, now, recorder, waiting: loop.queue.waiting, profile) }
            if loop.losses.isHopeless || Interruption.isRequested || now > end + nanoseconds(scenario.drainSeconds) {
                break
            }
            if loop.queue.isFinished, loop.inFlightCount == 0 { break }
            now = monotonicNanoseconds()
            let due = loop.queue.nextDue.map { $0 + start } ?? Int64.max
            engine.step(&loop, nanoseconds: max(min(due, clock.next) - now, 0))
        }
        var losses = loop.losses
        finish(&losses, engine, recorder, clock, max(loop.lastReply, start + 1), profile)
        let seconds = Double(max(loop.lastReply - start, 1)) / 1e9
        var result = result(recorder, losses, seconds: seconds, loop.queue.scheduledCount)
        result.dropped = loop.queue.droppedCount
        result.unanswered += loop.queue.waiting
        return result
    }

    /// A spike with a mix of its own has a pool of its own.
    private mutating func makePhases(_ pool: RequestPool) -> [OpenLoop<Reader>.Phase] {
        var phases: [OpenLoop<Reader>.Phase] = []
        for (place, spike) in scenario.spikes.enumerated() {
            guard let mix = spike.mix else { continue }
            phases.append(.init(end: nanoseconds(spike.start), pool: pool))
            let own = makePool(mix, stream: place + 1)
            phases.append(.init(end: nanoseconds(spike.start + spike.seconds), pool: own))
        }
        return phases + [.init(end: .max, pool: pool)]
    }

    private func report(
        _ clock: inout IntervalClock, _ now: Int64, _ recorder: Recorder, waiting: Int, _ profile: RateProfile?
    ) {
        let at = clock.cut(now)
        let middle = at - intervalSeconds / 2
        recorder.cut(at: at, waiting: waiting, wantedPerSecond: profile?.rate(at: middle))
        clock.count += recorder.intervals.last?.count ?? 0
        clock.failed += recorder.intervals.last?.failed ?? 0
        whole.progress(
            RunProgress(
                stage: .running, share: min(at / scenario.durationSeconds, 1), seconds: at,
                interval: recorder.intervals.last, count: clock.count, failed: clock.failed))
    }

    /// Counts what was never answered as having taken until now: leaving it out would flatter the server.
    private func finish(
        _ losses: inout Losses, _ engine: LoadEngine<Reader>, _ recorder: Recorder, _ clock: IntervalClock,
        _ lastReply: Int64, _ profile: RateProfile?
    ) {
        let now = monotonicNanoseconds()
        for place in 0..<engine.count { losses.note(place, engine, "no answer in time", recorder, at: now) }
        let end = max(clock.seconds(lastReply), clock.reached)
        recorder.cut(at: end, waiting: 0, wantedPerSecond: profile?.rate(at: (end + clock.reached) / 2))
    }

    private func result(_ recorder: Recorder, _ losses: Losses, seconds: Double, _ scheduled: Int?) -> RunResult {
        let (all, each) = recorder.results(seconds: seconds)
        let counted = losses.statusCounts.enumerated().filter { $0.element > 0 }
        let statuses = Dictionary(uniqueKeysWithValues: counted.map { ("\($0.offset)xx", $0.element) })
        return RunResult(
            scenario: scenario.name, about: scenario.about, target: whole.target.address, wire: whole.target.wire,
            arrivals: scenario.arrivals, connections: scenario.connections, pipeline: scenario.pipeline,
            seed: scenario.seed, seconds: (seconds * 1e6).rounded() / 1e6, all: all, operations: each,
            batch: recorder.batchSummary, intervals: recorder.intervals, curve: recorder.curve, scheduled: scheduled,
            dropped: 0, unanswered: losses.unanswered, reconnections: losses.reconnections,
            statusCounts: statuses, errors: losses.errors,
            endedEarly: Interruption.isRequested
                ? "interrupted" : losses.isHopeless ? losses.reasons.joined(separator: "; ") : nil)
    }
}

private func nanoseconds(_ seconds: Double) -> Int64 { Int64(seconds * 1e9) }

/// When intervals end.
private struct IntervalClock {
    private let start: Int64
    private let length: Int64
    private(set) var next: Int64
    /// The end of the last interval, in seconds from the start.
    private(set) var reached = 0.0
    var count = 0
    var failed = 0

    init(start: Int64, seconds: Double) {
        self.start = start
        length = nanoseconds(seconds)
        next = start + length
    }

    func isDue(_ now: Int64) -> Bool { now >= next }

    func seconds(_ now: Int64) -> Double { Double(now - start) / 1e9 }

    mutating func cut(_ now: Int64) -> Double {
        while next <= now { next += length }
        reached = seconds(now)
        return reached
    }
}
