internal import Placement

/// News that still have to be passed on, at most one about each subject: what is newer takes the older one's place. That
/// bounds them by the numbers of members and pieces.
///
/// What was told least goes first, so nothing starves; and after so many times it is dropped, since by then, most
/// likely, everybody has it. Who has not gets it by the next comparison of all that is known.
struct Broadcasts: Sendable {
    enum Subject: Hashable, Sendable {
        case member(NodeID)
        case piece(Piece.Key)
    }

    private struct Entry: Sendable {
        var bytes: [UInt8]
        var isUrgent: Bool
        /// Tells this entry from earlier ones about the subject.
        var stamp: UInt64
    }

    private struct Ticket: Sendable {
        var subject: Subject
        var stamp: UInt64
    }

    private var entries: [Subject: Entry] = [:]
    /// Those told 0, 1, 2… times, oldest first. Tickets of entries that were replaced are passed over.
    private var tiers: [TicketQueue<Ticket>] = [TicketQueue()]
    private var lastStamp: UInt64 = 0
    private(set) var urgentCount = 0

    var count: Int { entries.count }

    mutating func add(_ subject: Subject, _ update: Update, isUrgent: Bool) {
        lastStamp += 1
        let entry = Entry(bytes: update.encoded(), isUrgent: isUrgent, stamp: lastStamp)
        if let old = entries.updateValue(entry, forKey: subject), old.isUrgent { urgentCount -= 1 }
        if isUrgent { urgentCount += 1 }
        tiers[0].append(Ticket(subject: subject, stamp: lastStamp))
        compactIfNeeded()
    }

    mutating func remove(_ subject: Subject) {
        if let old = entries.removeValue(forKey: subject), old.isUrgent { urgentCount -= 1 }
    }

    /// Appends to a packet as many as fit, and counts them as told.
    ///
    /// - Parameters:
    ///   - limit: how often each is told in all
    ///   - excluded: what the packet has already
    mutating func fill(_ writer: inout ByteWriter, bytesMax: Int, limit: Int, excluding excluded: Subject? = nil) {
        var taken: [(tier: Int, ticket: Ticket)] = []
        var putBack: [(tier: Int, ticket: Ticket)] = []
        filling: for tier in tiers.indices {
            while let ticket = tiers[tier].first {
                guard let entry = entries[ticket.subject], entry.stamp == ticket.stamp else {
                    tiers[tier].removeFirst()
                    continue
                }
                guard writer.count + entry.bytes.count <= bytesMax else { break filling }
                tiers[tier].removeFirst()
                if ticket.subject == excluded {
                    putBack.append((tier, ticket))
                } else {
                    writer.append(entry.bytes)
                    taken.append((tier, ticket))
                }
            }
        }
        for (tier, ticket) in putBack { tiers[tier].append(ticket) }
        for (tier, ticket) in taken {
            guard tier + 1 < limit else {
                remove(ticket.subject)
                continue
            }
            if tiers.count == tier + 1 { tiers.append(TicketQueue()) }
            tiers[tier + 1].append(ticket)
        }
    }

    /// Tickets of replaced entries would pile up in a tier that is never reached.
    private mutating func compactIfNeeded() {
        let tickets = tiers.reduce(0) { $0 + $1.count }
        guard tickets > 2 * entries.count + 64 else { return }
        for tier in tiers.indices { tiers[tier].removeAll { entries[$0.subject]?.stamp != $0.stamp } }
    }
}

/// First in, first out.
struct TicketQueue<Element: Sendable>: Sendable {
    private var elements: [Element] = []
    private var head = 0

    var count: Int { elements.count - head }
    var first: Element? { head < elements.count ? elements[head] : nil }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func removeFirst() {
        head += 1
        guard head * 2 > elements.count else { return }
        elements.removeFirst(head)
        head = 0
    }

    mutating func removeAll(where isGone: (Element) -> Bool) {
        elements = elements[head...].filter { !isGone($0) }
        head = 0
    }
}
