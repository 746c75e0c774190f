import Hummingbird
import HTTPTypes
import Synchronization

/// Names requests, so that a client's complaint can be found in the logs: the client's own name if it sent one.
final class RequestIDs: Sendable {
    /// Tells this run of the gateway from others.
    private let run = (0..<6).map { _ in letters.randomElement()! }
    private let count = Atomic<UInt64>(0)

    func id(for request: Request) -> String {
        if let id = request.headers.value(of: .requestID), (1...64).contains(id.utf8.count),
            id.utf8.allSatisfy(isIDByte)
        {
            return id
        }
        return next()
    }

    /// 15 characters: a string of that length lies in place and allocates nothing.
    private func next() -> String {
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        return String(unsafeUninitializedCapacity: 15) { buffer in
            for index in 0..<6 { buffer[index] = run[index] }
            for index in 6..<15 { buffer[index] = letters[Int(number >> UInt64(5 * (14 - index)) & 31)] }
            return 15
        }
    }
}

private let letters = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
