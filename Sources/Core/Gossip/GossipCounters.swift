/// What a membership has done and met, for whoever runs it.
package struct GossipCounters: Hashable, Sendable {
    package var packetsReceived = 0
    /// Of those, not understood and dropped.
    package var packetsRefused = 0
    package var packetsSent = 0
    package var bytesSent = 0
    package var probes = 0
    package var probesFailed = 0
    package var indirectProbes = 0
    /// Probes for others that were not begun because too many were under way.
    package var relaysRefused = 0
    /// Suspicions that this node raised itself.
    package var suspicionsRaised = 0
    /// How often it was suspected, or thought dead, and said that it is not.
    package var refutations = 0
    /// How often it was not running when it should have been.
    package var pauses = 0
    package var syncsOffered = 0
    package var syncsSent = 0
    /// Members and pieces for which there was no room.
    package var membersRefused = 0
    package var piecesRefused = 0

    package init() {}
}
