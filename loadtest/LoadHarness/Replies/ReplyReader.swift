/// What became of a request, as far as its reply says.
package enum ReplyOutcome: UInt8, Sendable {
    case succeeded
    case failed
    /// Bytes that are no reply: the connection is of no more use.
    case violation
}

/// Finds the ends of replies in a stream that comes in pieces of any size, and keeps none of its bytes.
package protocol ReplyReader {
    init()

    /// Reads on from `position` up to the end of a reply; nil if the bytes end before it does.
    mutating func next(_ position: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> ReplyOutcome?

    /// The first errors in words.
    var errorTexts: [String] { get }
    /// How many responses had a status of 100, 200, … and more, where the protocol has such a thing.
    var statusCounts: [Int] { get }
}

/// Keeps the first few errors' texts, so that a report can say what went wrong.
struct ErrorTexts {
    static let countMax = 3
    static let bytesMax = 200

    private(set) var texts: [String] = []
    private var bytes: [UInt8] = []
    private(set) var isOpen = false

    mutating func begin() { isOpen = texts.count < Self.countMax }

    mutating func add(_ start: UnsafePointer<UInt8>, _ count: Int) {
        guard isOpen else { return }
        let room = Self.bytesMax - bytes.count
        bytes.append(contentsOf: UnsafeBufferPointer(start: start, count: min(count, room)))
    }

    mutating func end() {
        guard isOpen else { return }
        isOpen = false
        texts.append(String(decoding: bytes, as: UTF8.self).filter { !$0.isNewline })
        bytes = []
    }
}
