package import Placement

/// A node as another one sees it.
package struct Member: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case alive
        /// Did not answer, and may still refute.
        case suspect
        /// Did not refute in time. Only itself can take that back.
        case dead
        /// Said good-bye.
        case left
    }

    package var id: NodeID
    /// Which of the node's own words about itself are the newest. Rises only by its own will: at its start it is the time in
    /// milliseconds, and it takes the next number to refute, or to tell something new. So a restarted node is above
    /// whatever is still told of its earlier life.
    package var incarnation: UInt64
    package var state: State
    package var description: NodeDescription
    /// When the state changed here.
    package var since: Instant

    package init(id: NodeID, incarnation: UInt64, state: State, description: NodeDescription, since: Instant) {
        self.id = id
        self.incarnation = incarnation
        self.state = state
        self.description = description
        self.since = since
    }

    /// Whether it takes part: only those are asked and told.
    package var isPresent: Bool { state == .alive || state == .suspect }
}
