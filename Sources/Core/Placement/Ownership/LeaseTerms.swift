/// How long an owner may trust that it is one, and how long the others leave a silent one alone.
///
/// Times are measured by each node for itself, by a clock that goes on while the machine sleeps. Nothing compares the clocks of two
/// nodes: what is assumed is only that their rates differ by less than a hundredth.
package struct LeaseTerms: Hashable, Sendable {
    /// From when an append that succeeded was sent, the owner answers reads for so long, less a margin. All nodes must agree.
    package var duration: Duration

    package init(duration: Duration = .seconds(2)) { self.duration = duration }

    /// How long the owner itself relies on it.
    package var usable: Duration { duration - duration / 100 - .milliseconds(50) }

    /// How often an owner whose shard is in use renews it.
    package var renewal: Duration { duration / 3 }

    /// How long the last record of a silent owner must have been the last before somebody else may claim the shard. The lease
    /// began before the record could be seen, so it is over by then.
    ///
    /// - Parameter spread: 0 to 1, another for each attempt, so that two who wait do not claim together
    package func patience(spread: Double) -> Duration {
        duration + duration / 4 + .milliseconds(250) + .milliseconds(300) * spread
    }
}
