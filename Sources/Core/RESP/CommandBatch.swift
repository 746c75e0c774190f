internal import NIOCore

/// Commands that arrived together: the buffer they arrived in and one list of places for all their arguments.
///
/// Made to be used again and again, so that a command costs no allocation, and one object for all who look at it, so that
/// handing it on costs nothing. Belongs to a connection and its event loop, which is what makes it Sendable.
/// Invariant: every place lies within the readable bytes of `buffer`; `argumentEnds` does not decrease.
package final class CommandBatch: @unchecked Sendable {
    private var buffer = ByteBuffer()
    var arguments: [ArgumentRange] = []
    /// For each command the end of its part of `arguments`.
    var argumentEnds: [Int] = []

    package init() {}

    package var count: Int { argumentEnds.count }
    package var isEmpty: Bool { argumentEnds.isEmpty }
    package var indices: Range<Int> { argumentEnds.indices }

    /// Lends the bytes of all commands, and the places of the arguments of each.
    @unsafe package func withContents<Result>(
        _ body: (UnsafeRawBufferPointer, BatchContents) throws -> Result
    ) rethrows -> Result {
        try unsafe buffer.withUnsafeReadableBytes { bytes in
            try unsafe arguments.withUnsafeBufferPointer { arguments in
                try unsafe argumentEnds.withUnsafeBufferPointer { ends in
                    try unsafe body(bytes, BatchContents(arguments: arguments, ends: ends))
                }
            }
        }
    }

    package subscript(index: Int) -> CommandArguments {
        let start = index == 0 ? 0 : argumentEnds[index - 1]
        return CommandArguments(buffer: buffer, arguments: arguments[start..<argumentEnds[index]])
    }

    /// Lets go of the commands and the buffer they are in.
    package func removeAll(keepingCapacity: Bool = false) {
        buffer = ByteBuffer()
        let keepsCapacity = keepingCapacity && arguments.capacity <= Self.keptCapacityMax
        arguments.removeAll(keepingCapacity: keepsCapacity)
        argumentEnds.removeAll(keepingCapacity: keepingCapacity)
    }

    /// Above this the memory of one huge batch is not kept for the next.
    private static let keptCapacityMax = 1 << 16
}

extension CommandBatch {
    func append(_ command: [ArgumentRange], shiftedBy distance: Int) {
        for argument in command {
            arguments.append(ArgumentRange(start: Int(argument.start) + distance, count: Int(argument.count)))
        }
        argumentEnds.append(arguments.count)
    }

    /// The places count from `index` of `buffer` on.
    func refer(to buffer: ByteBuffer, from index: Int) {
        if isEmpty { return }
        self.buffer = buffer
        self.buffer.moveReaderIndex(to: index)
    }
}

/// The places of the arguments of commands in the bytes they came in. Valid as long as it is lent.
@unsafe package struct BatchContents {
    let arguments: UnsafeBufferPointer<ArgumentRange>
    let ends: UnsafeBufferPointer<Int>

    /// Where a short command lies that came as an array of bulks, from its first byte to the end of its last line. Nil if it may have come
    /// in another way.
    package func wholeRange(of index: Int, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        let arguments = unsafe self[index]
        // Nothing but headers of bulks is between arguments that are so far apart.
        for next in 1..<max(arguments.count, 1) {
            guard
                let distance = unsafe headerByteCount(ofBulk: arguments[next]),
                unsafe arguments[next].range.lowerBound == arguments[next - 1].range.upperBound + 2 + distance,
                unsafe bytes[arguments[next].range.lowerBound - distance] == UInt8(ascii: "$")
            else { return nil }
        }
        guard 1...9 ~= arguments.count, let distance = unsafe headerByteCount(ofBulk: arguments[0]) else { return nil }
        let start = unsafe arguments[0].range.lowerBound - distance - 4
        let end = unsafe arguments[arguments.count - 1].range.upperBound + 2
        guard start >= 0, end <= bytes.count, unsafe bytes[start] == UInt8(ascii: "*"),
            unsafe bytes[start + 1] == UInt8(ascii: "0") + UInt8(arguments.count),
            unsafe bytes[start + 2] == .carriageReturn, unsafe bytes[start + 3] == .lineFeed,
            unsafe bytes[start + 4] == UInt8(ascii: "$"), unsafe bytes[end - 2] == .carriageReturn,
            unsafe bytes[end - 1] == .lineFeed
        else { return nil }
        return start..<end
    }

    private func headerByteCount(ofBulk argument: ArgumentRange) -> Int? {
        switch argument.count {
        case 0..<10: 4
        case 10..<100: 5
        case 100..<1000: 6
        default: nil
        }
    }

    /// The arguments of one command.
    @inline(__always)
    package subscript(index: Int) -> UnsafeBufferPointer<ArgumentRange> {
        let start = unsafe index == 0 ? 0 : ends[index - 1]
        return unsafe UnsafeBufferPointer(rebasing: arguments[start..<ends[index]])
    }
}

/// Where an argument is, in bytes; half the size of a `Range<Int>`.
package struct ArgumentRange: Sendable, Hashable {
    package let start: UInt32
    package let count: UInt32

    package init(start: Int, count: Int) {
        self.start = UInt32(start)
        self.count = UInt32(count)
    }

    package static let none = ArgumentRange(start: 0, count: 0)

    @inline(__always)
    package var range: Range<Int> { Int(start)..<(Int(start) + Int(count)) }
}
