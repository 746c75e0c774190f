/// How a membership behaves. All nodes of a cluster should agree; it works as long as they roughly do.
package struct GossipSettings: Hashable, Sendable {
    /// Every so often one other node is asked whether it is there…
    package var probeInterval: Duration = .milliseconds(500)
    /// …and if it has not answered by then, others are asked to try as well.
    package var probeTimeout: Duration = .milliseconds(200)
    package var indirectProbes = 2
    /// How long a suspect may refute: the less, the more nodes say independently that it does not answer. Both grow with the
    /// decimal logarithm of the number of nodes from ten on, as the time does that news need.
    package var suspicionMin: Duration = .milliseconds(1500)
    package var suspicionMax: Duration = .seconds(4)
    /// Before a suspect is held for dead it is called so often, `probeTimeout` apart, each time by everybody; among many by so many
    /// that chance picks.
    package var lastCalls = 3
    package var callersMax = 32
    /// So many confirmations bring it down to the least.
    package var confirmationsMax = 3
    /// While there is something urgent to tell, it is told this often to so many nodes that chance picks.
    package var gossipInterval: Duration = .milliseconds(200)
    package var gossipFanout = 3
    /// News are passed on this often for each digit of the number of nodes, and once more as often.
    package var retransmissions = 8
    /// Every so often all that is known is compared with another node, and exchanged if it differs.
    package var syncInterval: Duration = .seconds(15)
    /// Every so often one node is tried that is not there: a dead one, or a seed. Otherwise, two halves of a cluster that
    /// were apart for long would never find each other again.
    package var reunionInterval: Duration = .seconds(5)
    /// The same while nobody else is there.
    package var reunionIntervalAlone: Duration = .seconds(1)
    /// How long a dead node is remembered, and tried.
    package var deadKept: Duration = .seconds(86_400)
    /// A node changes its description no oftener: so its incarnation never overtakes the clock that it started from.
    package var descriptionInterval: Duration = .seconds(1)
    /// Who finds himself this late knows that he was not running, and blames nobody for it.
    package var pauseTolerance: Duration = .milliseconds(100)

    /// Bytes of a packet before it is encrypted, which adds at most 40: so datagrams have 1400 at most.
    package var packetBytesMax = 1360
    package var membersMax = 4096
    package var piecesMax = 16_384
    /// Probes on behalf of others that are under way; more are not begun.
    package var relaysMax = 128
    /// Packets that one exchange of all that is known may take, for members and for pieces.
    package var syncPacketsMax = 96

    /// What Lifeguard and we add to SWIM can be switched off, to see what it is good for.
    package var usesLocalHealth = true
    package var usesDynamicSuspicion = true
    package var usesBuddies = true
    package var remindsSuspects = true
    package var toleratesPauses = true

    package init() {}

    /// SWIM as it was first published.
    package static var plain: GossipSettings {
        var settings = GossipSettings()
        settings.usesLocalHealth = false
        settings.usesDynamicSuspicion = false
        settings.usesBuddies = false
        settings.remindsSuspects = false
        settings.toleratesPauses = false
        settings.lastCalls = 0
        return settings
    }
}
