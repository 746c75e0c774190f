import Glibc

/// Measures Laurel's parts in this process, each beside a plain reference of the same run, and prints Markdown tables.
///
/// ```
/// laurel-bench [--suite engine,shard,log,checkpoints] [--members 1000000,10000000] [--runs 5] [--commands 1000000]
///              [--directory /tmp]
/// ```
/// Times of `engine` and `shard` are processor time of one core. Figures of a shared machine drift all the same: pin it
/// (`taskset -c 1`), repeat it, and compare ratios within one run.
@main
struct Bench {
    static func main() async throws {
        guard let options = Options(CommandLine.arguments.dropFirst()) else {
            print(
                "usage: laurel-bench [--suite engine,shard,log,checkpoints] [--members N,…] [--runs N] [--commands N]")
            return
        }
        if options.suites.contains("engine") || options.suites.contains("shard") {
            print("| members | scores | measure | value |")
            print("|---|---|---|---|")
        }
        for members in options.members {
            if options.suites.contains("engine") {
                for scores in [Workload.Scores.spread, .few] {
                    EngineBench(members: members, scores: scores, options: options).run()
                }
            }
            if options.suites.contains("shard") { ShardBench(members: members, options: options).run() }
        }
        if options.suites.contains("engine") { ReferenceBench(members: 100_000, options: options).run() }
        if options.suites.contains("log") {
            print("\n| records at once | method | records/s | of pre-written | of growing | median µs | p99 µs |")
            print("|---|---|---|---|---|---|---|")
            for row in try await logBenchmarks(directory: options.directory + "/laurel-bench-log") { row.printLine() }
        }
        if options.suites.contains("checkpoints") {
            print()
            for row in try checkpointBenchmarks(directory: options.directory) { print(row) }
        }
    }
}

struct Options {
    var suites = ["engine", "shard", "log", "checkpoints"]
    var members = [1_000_000, 10_000_000]
    var runs = 5
    var commands = 1_000_000
    var directory = "/tmp"

    init?(_ arguments: some Sequence<String>) {
        var iterator = arguments.makeIterator()
        while let name = iterator.next() {
            guard let value = iterator.next() else { return nil }
            let numbers = value.split(separator: ",").compactMap { Int($0) }.filter { $0 > 0 }
            switch name {
            case "--suite": suites = value.split(separator: ",").map(String.init)
            case "--directory": directory = value
            case "--members": members = numbers
            case "--runs": runs = numbers.first ?? runs
            case "--commands": commands = numbers.first ?? commands
            default: return nil
            }
        }
    }
}

extension LogBenchRow {
    fileprivate func printLine() {
        func two(_ value: Double) -> String { String((value * 100).rounded() / 100) }
        print(
            "| \(batch) | \(method) | \(Int(recordsPerSecond)) | \(two(ratioToPrewritten)) | \(two(ratioToGrowing)) "
                + "| \(Int(medianMicroseconds)) | \(Int(p99Microseconds)) |")
    }
}

/// One line of the table.
struct Report {
    let members: Int
    let scores: String

    func line(_ measure: String, _ value: String) { print("| \(members) | \(scores) | \(measure) | \(value) |") }

    func rate(_ measure: String, _ perSecond: Double) {
        line(measure, perSecond >= 1e6 ? "\(rounded(perSecond / 1e6, 2))M/s" : "\(rounded(perSecond / 1e3, 1))k/s")
    }

    func bytes(_ measure: String, _ bytes: Int) {
        line(measure, "\(rounded(Double(bytes) / Double(members), 2)) bytes a member")
    }

    func rounded(_ value: Double, _ digits: Int) -> Double {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        return (value * scale).rounded() / scale
    }
}

/// Processor time of this thread: what others do on the machine costs cache, but is not counted as ours.
func seconds(_ body: () -> Void) -> Double {
    let start = threadSeconds()
    body()
    return threadSeconds() - start
}

private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The median rate of several runs of `count` operations each.
func medianRate(runs: Int, count: Int, _ body: (_ run: Int) -> Void) -> Double {
    let rates = (0..<runs).map { run in Double(count) / seconds { body(run) } }
    return rates.sorted()[runs / 2]
}
