/// Measures the engine in this process, on one core, beside a plain reference, and prints a Markdown table.
///
/// ```
/// laurel-bench [--members 1000000,10000000] [--runs 5] [--commands 1000000]
/// ```
/// Figures of a shared machine drift: pin it (`taskset -c 1`), repeat it, and compare ratios within one run.
@main
struct Bench {
    static func main() {
        guard let options = Options(CommandLine.arguments.dropFirst()) else {
            print("usage: laurel-bench [--members 1000000,10000000] [--runs 5] [--commands 1000000]")
            return
        }
        print("| members | scores | measure | value |")
        print("|---|---|---|---|")
        for members in options.members {
            for scores in [Workload.Scores.spread, .few] {
                EngineBench(members: members, scores: scores, options: options).run()
            }
        }
        ReferenceBench(members: 100_000, options: options).run()
    }
}

struct Options {
    var members = [1_000_000, 10_000_000]
    var runs = 5
    var commands = 1_000_000

    init?(_ arguments: some Sequence<String>) {
        var iterator = arguments.makeIterator()
        while let name = iterator.next() {
            guard let value = iterator.next() else { return nil }
            let numbers = value.split(separator: ",").compactMap { Int($0) }.filter { $0 > 0 }
            guard let number = numbers.first else { return nil }
            switch name {
            case "--members": members = numbers
            case "--runs": runs = number
            case "--commands": commands = number
            default: return nil
            }
        }
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

func seconds(_ body: () -> Void) -> Double {
    let duration = ContinuousClock().measure(body)
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

/// The median rate of several runs of `count` operations each.
func medianRate(runs: Int, count: Int, _ body: (_ run: Int) -> Void) -> Double {
    let rates = (0..<runs).map { run in Double(count) / seconds { body(run) } }
    return rates.sorted()[runs / 2]
}
