import Gossip
import GossipSimulation

/// How often nodes that are well are wronged: suspected, or held for dead.
struct WrongnessCurve {
    private let options: Options
    private let name: String
    private let title: String
    private let xTitle: String
    private let counts: [Int]
    private let seconds: Int
    private let seeds: Int
    private let points: [Int]
    /// Makes the cluster's life hard; answers which nodes are not well themselves.
    private let prepare: (inout Simulation, Int) -> Set<Int>

    /// Under loss of datagrams, in per cent.
    static func loss(_ options: Options) -> WrongnessCurve {
        WrongnessCurve(
            options: options, name: "loss", title: "Nodes wrongly suspected, by loss", xTitle: "datagrams lost, %",
            counts: [10, 100], seconds: 300, seeds: 3, points: [0, 10, 20, 30, 40, 50]
        ) { cluster, point in
            cluster.conditions.lostPerMille = point * 10
            return []
        }
    }

    /// Beside nodes that get no processor time for 1.5 seconds, run for 2 ms, and so on, as means: so many per cent of all.
    static func pauses(_ options: Options) -> WrongnessCurve {
        WrongnessCurve(
            options: options, name: "pauses", title: "Well nodes wrongly suspected, beside slow ones",
            xTitle: "nodes that are slow, %", counts: [10, 100], seconds: 300, seeds: 3,
            points: [0, 10, 20, 30, 40, 50]
        ) { cluster, point in
            let slow = Set(0..<cluster.nodes.count * point / 100)
            for node in slow.sorted() { cluster.slow(node, pauses: .milliseconds(1500), every: .milliseconds(2)) }
            return slow
        }
    }

    func write() throws {
        var table = Table("variant,nodes,point,node_hours,suspected_per_node_hour,dead_per_node_hour,observers_of_dead")
        for count in counts where options.nodes.contains(count) {
            var chart = LineChart(
                title: "\(title), \(count) nodes", xTitle: xTitle,
                yTitle: "suspicions per node and hour",
                isYLogarithmic: true)
            for variant in Variant.all {
                var line: [(x: Double, y: Double)] = []
                for point in points {
                    let result = measure(count, variant, point)
                    table.add(
                        variant.name, count, point, fixed(result.hours), fixed(Double(result.suspected) / result.hours),
                        fixed(Double(result.dead) / result.hours), result.observers)
                    line.append((Double(point), Double(result.suspected) / result.hours))
                }
                chart.add(variant.name, line, isDashed: !["SWIM", "Lifeguard", "Laurel"].contains(variant.name))
            }
            try options.write(chart.svg, to: "\(name)-\(count).svg")
        }
        try options.write(table.text, to: "\(name).csv")
    }

    /// Each suspicion or death of a well node counts once, however many believe in it; with how many believed, for deaths.
    private func measure(
        _ count: Int, _ variant: Variant, _ point: Int
    ) -> (hours: Double, suspected: Int, dead: Int, observers: Int) {
        struct Wrong: Hashable {
            var subject: Int
            var incarnation: UInt64
        }
        var hours = 0.0
        var suspected = 0
        var dead = 0
        var observers = 0
        // Large clusters have more node hours in less time.
        let length = Duration.seconds(max(20, options.scaled(count >= 100 ? seconds / 5 : seconds)))
        for seed in 0..<(count >= 100 ? 1 : seeds) {
            var cluster = Simulation(count, seed: UInt64(seed), settings: variant.settings)
            let unwell = prepare(&cluster, point)
            cluster.run(for: length)
            hours += Double(count - unwell.count) * length.inSeconds / 3600
            let wrong = cluster.observations.filter { !unwell.contains($0.subject) }
            func distinct(_ state: Member.State) -> Int {
                Set(
                    wrong.filter { $0.member.state == state }.map {
                        Wrong(subject: $0.subject, incarnation: $0.member.incarnation)
                    }
                ).count
            }
            suspected += distinct(.suspect)
            dead += distinct(.dead)
            observers += wrong.count { $0.member.state == .dead }
        }
        return (hours, suspected, dead, observers)
    }
}
