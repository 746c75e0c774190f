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
