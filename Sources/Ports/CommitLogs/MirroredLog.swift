package import Leaderboards

/// A log that mirrors another region's, as far as is needed to put it in that one's place.
///
/// Each call is one step, takes seconds at most, and may be made again: what was done is done.
package protocol MirroredLog: Sendable {
    /// What the log and its origin are at the moment. Throws if the log itself can't be asked.
    func mirrorState() async throws(PromotionProblem) -> MirrorState
    /// Has the origin take no records any more, from anybody, for good.
    func sealOrigin() async throws(PromotionProblem)
    /// Keeps a note beside the log, where whoever goes on later finds it.
    func keep(_ note: PromotionNote) async throws(PromotionProblem)
    /// Ends mirroring: from now on the log takes records itself.
    func takeOver() async throws(PromotionProblem)
    /// The last record of each shard, as far as can be seen.
    func tails() async throws(PromotionProblem) -> [ShardID: LogTail]
}

/// Why a step was not taken. The next attempt may do.
package struct PromotionProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}

package struct MirrorState: Hashable, Sendable {
    package var name: String
    /// False once it takes records itself.
    package var isMirror: Bool
    /// Position of its last record; 0 if it has none.
    package var last: UInt64
    /// When it last heard of its origin, that long ago, it had everything. Nil if that is not known.
    package var completeFor: Duration?
    /// Nil if the origin can't be reached.
    package var origin: Origin?
    package var note: PromotionNote?

    package struct Origin: Hashable, Sendable {
        package var last: UInt64
        /// Takes no records any more.
        package var isSealed: Bool

        package init(last: UInt64, isSealed: Bool) {
            self.last = last
            self.isSealed = isSealed
        }
    }

    package init(name: String, isMirror: Bool, last: UInt64) {
        self.name = name
        self.isMirror = isMirror
        self.last = last
    }
}

/// What was found out before the way to the origin was cut, since nobody can find it out later.
package struct PromotionNote: Hashable, Sendable {
    /// Whether the origin was sealed, and the mirror had all of it.
    package var isFenced: Bool
    /// Position of the mirror's last record then.
    package var last: UInt64
    /// What was acknowledged in this time, or later, is lost. Zero: nothing is. Nil: how much is not known.
    package var lossWindow: Duration?
    package var at: Timestamp

    package init(isFenced: Bool, last: UInt64, lossWindow: Duration?, at: Timestamp) {
        self.isFenced = isFenced
        self.last = last
        self.lossWindow = lossWindow
        self.at = at
    }
}
