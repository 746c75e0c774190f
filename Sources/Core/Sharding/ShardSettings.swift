/// Limits of a shard. All nodes of a cluster must agree on them: they decide outcomes.
package struct ShardSettings: Hashable, Sendable {
    /// How long the answer to a request key is remembered.
    package var requestHorizon: Duration = .seconds(24 * 60 * 60)
    /// How many answers a shard remembers at most.
    package var requestCountMax = 65_536
    /// How far ahead of the node's clock the time of a score may be.
    package var futureTolerance: Duration = .seconds(5 * 60)
    /// How long a season that was entered after its end stays open.
    package var backfillGrace: Duration = .seconds(24 * 60 * 60)
    /// How many leaderboards a shard takes.
    package var leaderboardCountMax = 1 << 20
    /// How many seasons of one window can be open at once: one live, and as many as a backfill replays.
    package var openSeasonCountMax = 1000

    /// Which part of a record of the log is whose. Decides what is refused, and no outcome: nodes may differ.
    package var records = RecordRoom()

    package init() {}
}

/// A record of the log takes so many bytes, and no command is divided among two. So whoever adds to one leaves room for whoever may
/// come behind.
package struct RecordRoom: Hashable, Sendable {
    /// Of a record's payload.
    package let byteCountMax: Int

    package init(byteCountMax: Int = LogRecord.payloadByteCountMax) { self.byteCountMax = byteCountMax }

    /// A record that has more waits to be appended before a further request is let in.
    package var pendingByteCountMax: Int { byteCountMax / 8 * 3 }
    /// A request over HTTP, which becomes up to that and as much again of what comes of it, has at most this.
    package var requestByteCountMax: Int { byteCountMax / 8 * 3 }
    /// A record that has more lets no further command of those in that are let in together.
    package var fullByteCount: Int { byteCountMax / 8 * 5 }
    /// What one command, or all of a transaction, may add.
    package var commandByteCountMax: Int { byteCountMax / 4 }
}
