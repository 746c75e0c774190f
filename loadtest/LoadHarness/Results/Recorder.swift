/// Gathers latencies while a run goes on: for each operation of the interval, and of the whole run.
///
/// Replies that came together to requests that left together have one latency, and are recorded in one step.
package final class Recorder {
    private struct Slot {
        var interval = LatencyHistogram()
        var total = LatencyHistogram()
        var failed = 0
    }

    private let slots: UnsafeMutablePointer<Slot>
    private let slotCount: Int
    private let slotOfOperation: UnsafeMutablePointer<Int>
    private let operations: [Operation]
    private var batch = LatencyHistogram()
    private var run = (slot: 0, latency: Int64(-1), count: 0)
    private var failedOfInterval = 0
    private var together = LatencyHistogram()
    private var intervalStart: Double = 0
    package private(set) var intervals: [RunResult.IntervalResult] = []

    /// More intervals are not kept; a day has as many seconds.
    static let intervalsMax = 86_400

    package init(_ operations: [Operation]) {
        self.operations = operations
        slotCount = operations.count
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: Slot(), count: slotCount)
        let most = Operation.allCases.count
        slotOfOperation = .allocate(capacity: most)
        slotOfOperation.initialize(repeating: 0, count: most)
        for (slot, operation) in operations.enumerated() { slotOfOperation[Int(operation.rawValue)] = slot }
    }

    deinit {
        slots.deinitialize(count: slotCount)
        slots.deallocate()
        slotOfOperation.deallocate()
    }

    /// A request of an operation took so long.
    @inline(__always)
    package func record(_ operation: UInt8, _ nanoseconds: Int64, failed: Bool) {
        let slot = slotOfOperation[Int(operation)]
        if failed {
            slots[slot].failed += 1
            failedOfInterval += 1
        }
        if run.slot == slot, run.latency == nanoseconds {
            run.count &+= 1
        } else {
            flush()
            run = (slot, nanoseconds, 1)
        }
    }

    @inline(__always)
    package func recordBatch(_ nanoseconds: Int64) { batch.record(nanoseconds) }

    @inline(__always)
    private func flush() {
        if run.count > 0 { slots[run.slot].interval.record(run.latency, count: run.count) }
        run.count = 0
    }

    /// Ends an interval, in seconds from the start. Nothing is sent meanwhile, so this takes no longer than it must.
    package func cut(at end: Double, waiting: Int, wantedPerSecond: Double?) {
        flush()
        together.reset()
        for slot in 0..<slotCount where slots[slot].interval.count > 0 {
            together.add(slots[slot].interval)
            slots[slot].total.add(slots[slot].interval)
            slots[slot].interval.reset()
        }
        if intervals.count < Self.intervalsMax {
            intervals.append(
                RunResult.IntervalResult(
                    at: milli(intervalStart), seconds: milli(end - intervalStart), count: together.count,
                    failed: failedOfInterval, p50: together.rounded(together.percentile(50)),
                    p99: together.rounded(together.percentile(99)), max: together.rounded(together.max),
                    waiting: waiting, wantedPerSecond: wantedPerSecond))
        }
        failedOfInterval = 0
        intervalStart = end
    }

    package var batchSummary: LatencySummary? { batch.count > 0 ? batch.summary : nil }

    private var all: LatencyHistogram {
        var all = LatencyHistogram()
        for slot in 0..<slotCount { all.add(slots[slot].total) }
        return all
    }

    package var curve: [RunResult.CurvePoint] {
        let percentiles = RunResult.curvePercentiles
        return zip(percentiles, all.curve(percentiles)).map { .init(percentile: $0, microseconds: $1) }
    }

    package func results(seconds: Double) -> (all: RunResult.OperationResult, each: [RunResult.OperationResult]) {
        func result(_ name: String, _ histogram: LatencyHistogram, _ failed: Int) -> RunResult.OperationResult {
            let rate = seconds > 0 ? Double(histogram.count) / seconds : 0
            return .init(
                name: name, count: histogram.count, failed: failed, perSecond: milli(rate), latency: histogram.summary)
        }
        // One that a short run never came to has nothing to say.
        let each = operations.indices.filter { slots[$0].total.count > 0 }
            .map { result(operations[$0].name, slots[$0].total, slots[$0].failed) }
        return (result("all", all, each.reduce(0) { $0 + $1.failed }), each)
    }

    private func milli(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
