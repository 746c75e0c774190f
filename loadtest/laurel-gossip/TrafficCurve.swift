import Gossip
import GossipSimulation
import Leaderboards

/// What each node sends: in peace, while owners publish the high-water marks of 256 shards every second, and while each ten
/// seconds a node dies and one comes back.
struct TrafficCurve {
    private let options: Options

    init(_ options: Options) { self.options = options }

    /// Encryption 33, UDP 8, IPv4 20.
    private static let envelopeBytes = 61.0

    private enum Load: String, CaseIterable {
        case peace = "in peace"
        case marks = "256 high-water marks a second"
        case churn = "a death and a return every 10 s"
    }

    func write() throws {
        var table = Table(
            "load,nodes,seconds,bytes_per_node_second,packets_per_node_second,wire_bytes_per_node_second,longest_packet"
        )
        var chart = LineChart(
            title: "What a node sends", xTitle: "nodes", yTitle: "bytes per second, headers and all",
            isXLogarithmic: true,
            isYLogarithmic: true)
        for load in Load.allCases {
            var line: [(x: Double, y: Double)] = []
            for count in options.nodes {
                let seconds = max(20, options.scaled(count >= 300 ? 40 : 120))
                var cluster = Simulation(count, seed: 1)
                cluster.run(for: .seconds(5))
                let bytes = cluster.bytesSent
                let packets = cluster.packetsSent
                for second in 0..<seconds { play(load, second, &cluster) }
                let amount = Double(count * seconds)
                let bytesRate = Double(cluster.bytesSent - bytes) / amount
                let packetRate = Double(cluster.packetsSent - packets) / amount
                let wireRate = bytesRate + packetRate * Self.envelopeBytes
                table.add(
                    load.rawValue, count, seconds, fixed(bytesRate, 0), fixed(packetRate, 1), fixed(wireRate, 0),
                    cluster.longestPacket)
                line.append((Double(count), wireRate))
            }
            chart.add(load.rawValue, line)
        }
        try options.write(table.text, to: "traffic.csv")
        try options.write(chart.svg, to: "traffic.svg")
    }

    private func play(_ load: Load, _ second: Int, _ cluster: inout Simulation) {
        switch load {
        case .peace: break
        case .marks:
            for shard in 0..<256 {
                let mark = HighWaterMark(
                    shard: ShardID(UInt16(shard)), epoch: 1, number: UInt64(second + 1), sequence: UInt64(second),
                    hashLow: 1, hashHigh: 2)
                cluster.handle(.publish(mark.piece), shard % cluster.nodes.count)
            }
        case .churn:
            let node = 1 + second / 10 % (cluster.nodes.count - 1)
            if second % 10 == 0 { cluster.crash(node) }
            if second % 10 == 9 { cluster.restart(node) }
        }
        cluster.run(for: .seconds(1))
    }
}
