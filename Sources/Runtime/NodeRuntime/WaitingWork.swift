package import Leaderboards
package import NIOCore
package import Sharding

/// Work that takes entries from one of several keys, and waits until one of them has some.
///
/// All is called on the event loop of its shard: `take` at most once, and `finish` once, last. Those that wait for the same
/// key are served in the order in which they began to.
package protocol WaitingWork: AnyObject, Sendable {
    /// What it waits for, at one place, the first to be looked at first.
    var keys: [LeaderboardKey] { get }
    /// When it gives up; nil if never.
    var deadline: NIODeadline? { get }
    /// Nobody waits for it any more. May become true at any time, on any thread.
    var isGivenUp: Bool { get }

    /// Takes from a key that has entries.
    func take(from key: LeaderboardKey, on shard: Shard, into record: inout RecordBuilder)

    /// What `take` did is durable, or it gave up and that none of its keys had entries is durable; or it failed.
    func finish(_ result: Result<Void, ServiceError>)
}

/// Who waits at a shard for entries, by the keys they wait for. Belongs to the shard's actor.
///
/// Nobody is in it who could be served, but for the time between a change and `serve`, and when `isPutOff`.
final class WaitingList {
    fileprivate struct Place {
        let number: UInt64
        let work: any WaitingWork
    }

    private struct Ticket {
        let number: UInt64
        var timer: Scheduled<Void>?
    }

    /// Each in the order of arrival, none empty.
    private var queues: [LeaderboardKey: [Place]] = [:]
    private var tickets: [ObjectIdentifier: Ticket] = [:]
    private var lastNumber: UInt64 = 0
    /// Keys waited for that are there, though without entries: leaderboards with a definition, sets that have expired.
    private var present: Set<LeaderboardKey> = []
    /// What was made before this number was looked at.
    private var seenNumber: UInt32 = 0
    private var served: [any WaitingWork] = []
    /// The record is full: the rest is served with the next one, and so is whoever comes.
    private(set) var isPutOff = false

    var isEmpty: Bool { tickets.isEmpty }
    var count: Int { tickets.count }

    // MARK: Coming and going

    /// Precondition: `serve` was called after the last change, if there was somebody.
    func enter(_ work: any WaitingWork, _ shard: Shard) {
        if isEmpty { seenNumber = shard.nextLeaderboardNumber }
        lastNumber += 1
        tickets[ObjectIdentifier(work)] = Ticket(number: lastNumber)
        for key in Set(work.keys) {
            queues[key, default: []].append(Place(number: lastNumber, work: work))
            if shard.contains(key) { present.insert(key) }
        }
    }

    /// The timer is cancelled when the work leaves.
    func set(_ timer: Scheduled<Void>, of work: any WaitingWork) {
        tickets[ObjectIdentifier(work)]?.timer = timer
    }

    /// False if it did not wait.
    func leave(_ work: any WaitingWork) -> Bool {
        guard let ticket = tickets.removeValue(forKey: ObjectIdentifier(work)) else { return false }
        ticket.timer?.cancel()
        for key in Set(work.keys) {
            queues[key]?.remove(number: ticket.number)
            if queues[key]?.isEmpty == true {
                queues[key] = nil
                present.remove(key)
            }
        }
        if isEmpty { isPutOff = false }
        return true
    }

    /// All of them, in the order of arrival; nobody waits any more.
    func removeAll() -> [any WaitingWork] {
        var all: [UInt64: any WaitingWork] = [:]
        for place in queues.values.joined() { all[place.number] = place.work }
        for ticket in tickets.values { ticket.timer?.cancel() }
        (queues, tickets, present, isPutOff) = ([:], [:], [], false)
        return all.sorted { $0.key < $1.key }.map(\.value)
    }

    // MARK: Serving

    /// Lets those take whose keys have entries now: key by key, as they came to be, and for each key as those that wait
    /// arrived.
    func serve(_ shard: Shard, into record: inout RecordBuilder) {
        isPutOff = false
        for key in candidates(shard) {
            var passed = 0
            while let queue = queues[key], passed < queue.count, shard.hasEntries(key, at: record.time) {
                let work = queue[passed].work
                // It is about to leave.
                if work.isGivenUp {
                    passed += 1
                    continue
                }
                if record.isFull {
                    isPutOff = true
                    return
                }
                _ = leave(work)
                work.take(from: key, on: shard, into: &record)
                served.append(work)
            }
        }
        seenNumber = shard.nextLeaderboardNumber
    }

    /// Keys waited for that may have got entries since.
    private func candidates(_ shard: Shard) -> [LeaderboardKey] {
        if seenNumber == shard.nextLeaderboardNumber, present.isEmpty { return [] }
        let made = shard.keysMade(from: seenNumber).filter { queues[$0] != nil }
        // What is gone is found again by its number; among what was made are leaderboards without entries.
        present = present.union(made).filter { shard.contains($0) }
        return present.sorted { shard.number(of: $0)! < shard.number(of: $1)! }
    }

    func takeServed() -> [any WaitingWork] {
        defer { served = [] }
        return served
    }

    var hasServed: Bool { !served.isEmpty }
}

extension [WaitingList.Place] {
    /// They are in the order of their numbers.
    fileprivate mutating func remove(number: UInt64) {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].number < number { low = middle + 1 } else { high = middle }
        }
        if low < count, self[low].number == number { remove(at: low) }
    }
}
