import Gossip
import GossipSimulation

/// How long it takes until a dead node is suspected, held for dead by somebody, and by everybody.
struct DetectionCurve {
    private let options: Options

    init(_ options: Options) { self.options = options }

    private struct Times {
        var suspected: [Double] = []
        var dead: [Double] = []
        var known: [Double] = []
    }

    func write() throws {
        var table = Table(
            "variant,nodes,lost_per_mille,crashes,suspected_mean_s,dead_mean_s,dead_worst_s,known_mean_s,known_worst_s")
        var chart = LineChart(
            title: "From a crash until all know", xTitle: "nodes", yTitle: "seconds, mean", isXLogarithmic: true)
        for variant in Variant.extremes {
            for lost in [0, 50] {
                var points: [(x: Double, y: Double)] = []
                for count in options.nodes {
                    let times = measure(count, variant, lost: lost)
                    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
                    table.add(
                        variant.name, count, lost, times.known.count, fixed(mean(times.suspected)),
                        fixed(mean(times.dead)), fixed(times.dead.max() ?? 0), fixed(mean(times.known)),
                        fixed(times.known.max() ?? 0))
                    points.append((Double(count), mean(times.known)))
                }
                chart.add("\(variant.name), \(lost / 10) % lost", points, isDashed: lost > 0)
            }
        }
        try options.write(table.text, to: "detection.csv")
        try options.write(chart.svg, to: "detection.svg")
    }

    private func measure(_ count: Int, _ variant: Variant, lost: Int) -> Times {
        var times = Times()
        let crashes = options.scaled(max(4, 400 / count))
        // Several crashes in one cluster, one after the other, as long as it stays about as large.
        let perCluster = min(crashes, max(1, count / 10))
        for round in 0..<((crashes + perCluster - 1) / perCluster) {
            var cluster = Simulation(
                count, seed: UInt64(round), settings: variant.settings, conditions: Conditions(lostPerMille: lost))
            cluster.run(for: .seconds(5))
            for victim in 1...perCluster {
                let start = cluster.now
                let known = cluster.observations.count
                cluster.crash(victim)
                let observers = cluster.nodes.indices.filter { cluster.nodes[$0].isRunning }
                let time = cluster.run(atMost: .seconds(60), step: .milliseconds(20)) { cluster in
                    observers.allSatisfy { cluster.state(of: victim, seenBy: $0) == .dead }
                }
                guard let time else { continue }
                let news = cluster.observations[known...].filter { $0.subject == victim }
                if let first = news.first(where: { $0.member.state == .suspect }) {
                    times.suspected.append((first.time - start).inSeconds)
                }
                if let first = news.first(where: { $0.member.state == .dead }) {
                    times.dead.append((first.time - start).inSeconds)
                }
                times.known.append(time.inSeconds)
            }
        }
        return times
    }
}
