package import Placement

/// A node as gossip has it, for people.
package struct ClusterMember: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        case alive, suspect, dead, left
    }

    package var id: NodeID
    package var state: State
    /// Where it takes calls of other nodes.
    package var address: String
    package var zone: String
    package var weight: Int
    package var version: String
    /// How busy it is, in thousandths; nil if it does not say.
    package var load: Int?

    package init(
        id: NodeID, state: State, address: String = "", zone: String = "", weight: Int = NodeProfile.weightUsual,
        version: String = "", load: Int? = nil
    ) {
        self.id = id
        self.state = state
        self.address = address
        self.zone = zone
        self.weight = weight
        self.version = version
        self.load = load
    }

    /// Whether it can be asked.
    package var isPresent: Bool { state == .alive || state == .suspect }
}

extension ClusterMembership {
    package func members() -> [ClusterMember] {
        let view = view()
        return view.standings.sorted { $0.key < $1.key }.map { id, standing in
            let profile = view.profiles.first { $0.id == id }
            return ClusterMember(
                id: id,
                state: standing == .alive ? .alive : standing == .suspect ? .suspect : .dead,
                zone: profile?.zone.name ?? "", weight: profile?.weight ?? NodeProfile.weightUsual)
        }
    }
}
