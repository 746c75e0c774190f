internal import NIOCore

/// The calls that are under way to one node.
///
/// Each one ends exactly once: with its answer, when its time is up, or with the connection; and it is known whether it had been
/// sent by then.
struct CallTable<Token, Request> {
    private struct Call {
        var token: Token
        /// Nil when it has been sent.
        var request: Request?
        var byteCount: Int
        var deadline: NIODeadline
    }

    struct Ended {
        var token: Token
        /// It may have been carried out.
        var wasSent: Bool
    }

    private let countMax: Int
    private let byteCountMax: Int
    private var calls: [Int64: Call] = [:]
    private var unsent: [Int64] = []
    private var lastNumber: Int64 = 0
    private(set) var byteCount = 0

    init(countMax: Int, byteCountMax: Int) {
        self.countMax = countMax
        self.byteCountMax = byteCountMax
    }

    var count: Int { calls.count }

    /// False if too much is under way.
    mutating func add(_ token: Token, _ request: Request, byteCount: Int, until deadline: NIODeadline) -> Bool {
        guard calls.count < countMax, self.byteCount + byteCount <= byteCountMax || calls.isEmpty else { return false }
        lastNumber += 1
        calls[lastNumber] = Call(token: token, request: request, byteCount: byteCount, deadline: deadline)
        unsent.append(lastNumber)
        self.byteCount += byteCount
        return true
    }

    /// Hands out the requests of those that were not sent yet. From now on they were.
    mutating func takeUnsent(_ send: (_ number: Int64, Request) -> Void) {
        for number in unsent {
            if let request = calls[number]?.request.take() { send(number, request) }
        }
        unsent.removeAll(keepingCapacity: unsent.capacity <= 1024)
    }

    /// Nil if nobody waits for it any more.
    mutating func end(_ number: Int64) -> Token? {
        guard let call = calls.removeValue(forKey: number) else { return nil }
        byteCount -= call.byteCount
        return call.token
    }

    /// Ends those whose time is up.
    mutating func expire(at now: NIODeadline) -> [Ended] {
        end(calls.filter { $0.value.deadline <= now }.keys.sorted())
    }

    mutating func endAll() -> [Ended] { end(calls.keys.sorted()) }

    private mutating func end(_ numbers: [Int64]) -> [Ended] {
        numbers.map { number in
            let wasSent = calls[number]!.request == nil
            return Ended(token: end(number)!, wasSent: wasSent)
        }
    }

    var nextDeadline: NIODeadline? { calls.values.lazy.map(\.deadline).min() }
}
