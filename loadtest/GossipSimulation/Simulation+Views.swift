package import Gossip

/// Questions about a simulated cluster.
extension Simulation {
    package func state(of subject: Int, seenBy observer: Int) -> Member.State? {
        nodes[observer].membership.member(Self.id(subject))?.state
    }

    /// Whether each of these nodes holds exactly these, and no others, for alive.
    package func agree(_ indices: [Int]) -> Bool {
        let expected = Set(indices)
        return indices.allSatisfy { observer in
            let alive = nodes[observer].membership.members.filter { $0.state == .alive }
            return alive.count == expected.count - 1
                && alive.allSatisfy { expected.contains(Self.index($0.id)) }
        }
    }

    package func allAgree() -> Bool { agree(nodes.indices.filter { nodes[$0].isRunning }) }

    /// Times at which somebody came to hold one of these for dead.
    package func deaths(of subjects: Set<Int>? = nil) -> [Observation] {
        observations.filter { $0.member.state == .dead && (subjects?.contains($0.subject) ?? true) }
    }

    package var bytesSent: Int { nodes.reduce(0) { $0 + $1.membership.counters.bytesSent } }
    package var packetsSent: Int { nodes.reduce(0) { $0 + $1.membership.counters.packetsSent } }
}
