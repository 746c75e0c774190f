internal import Placement

/// What is held against a node that did not answer, and until when it may refute.
///
/// One accuser may be wrong about the node, or be slow himself; he waits for long. With each other one who says the same, the
/// time shrinks towards the least (Lifeguard's *dynamic suspicion*): max − (max − min) · log(c + 1) / log(k + 1) after c of k
/// confirmations.
struct Suspicion: Hashable, Sendable {
    let incarnation: UInt64
    private let start: Instant
    // In nanoseconds: looked at with every packet.
    private let least: Int64
    private let most: Int64
    /// How many confirmations bring it down to the least.
    private let expected: Int
    /// In the order in which they spoke; the first is no confirmation.
    private(set) var accusers: [NodeID]
    /// What was lost by pauses.
    private var extra: Int64 = 0
    /// How often the suspect was asked directly since it is suspected, and when last.
    private var calls = 0
    private var lastCall: Instant?
    /// When something was last heard from the suspect, and it was told for that that it is suspected.
    private var lastReminder: Instant?

    static let expectedMax = 3
    /// log(c + 1) / log(k + 1) in thousandths, for k = 0…3.
    private static let shrinkage: [[Int64]] = [[1000], [0, 1000], [0, 631, 1000], [0, 500, 792, 1000]]

    init(
        incarnation: UInt64, accuser: NodeID, at start: Instant, least: Duration, most: Duration, expected: Int
    ) {
        self.incarnation = incarnation
        self.start = start
        self.least = least.nanoseconds
        self.most = most.nanoseconds
        self.expected = min(max(expected, 0), Self.expectedMax)
        accusers = [accuser]
    }

    var deadline: Instant {
        let confirmations = min(accusers.count - 1, expected)
        let shrinkage = Self.shrinkage[expected][confirmations]
        return Instant(nanoseconds: start.nanoseconds + most - (most - least) / 1000 * shrinkage + extra)
    }

    /// - Returns: whether that is new and matters
    mutating func confirm(_ accuser: NodeID) -> Bool {
        guard accusers.count <= expected, !accusers.contains(accuser) else { return false }
        accusers.append(accuser)
        return true
    }

    /// When there is something to do next: to call the suspect once more, or to hold it for dead. Calls are made at the end
    /// of the time, and if confirmations cut that short, the suspect has it longer.
    ///
    /// - Parameters:
    ///   - callsMax: calls to be made
    ///   - spacing: nanoseconds for which an answer to each is waited for
    func nextStep(callsMax: Int, spacing: Int64) -> (due: Instant, isCall: Bool) {
        let planned = Instant(nanoseconds: deadline.nanoseconds - spacing * Int64(callsMax - calls))
        let earliest = lastCall.map { Instant(nanoseconds: $0.nanoseconds + spacing) } ?? start
        return (max(planned, earliest), calls < callsMax)
    }

    mutating func noteCall(at now: Instant) {
        calls += 1
        lastCall = now
    }

    /// - Returns: whether the suspect should be told now that it is suspected: not oftener than `spacing`
    mutating func remind(at now: Instant, spacing: Int64) -> Bool {
        if let lastReminder, now.nanoseconds - lastReminder.nanoseconds < spacing { return false }
        lastReminder = now
        return true
    }

    mutating func extend(by duration: Duration) {
        extra += duration.nanoseconds
        lastCall = lastCall?.advanced(by: duration)
    }
}
