/// Requests made before the clock starts, one behind the other in memory, so that sending a run of them is one call.
package final class RequestPool {
    package let count: Int
    private let bytes: ByteBuilder
    private let offsets: UnsafeMutablePointer<Int>
    private let operations: UnsafeMutablePointer<UInt8>

    /// - Parameter operation: what the request of a number does.
    package init<Writer: RequestWriter>(
        count: Int, writer: inout Writer, chooser: inout RequestChooser,
        operation: (Int, inout RequestChooser) -> Operation
    ) {
        self.count = count
        var builder = ByteBuilder(capacity: 1 << 16)
        offsets = .allocate(capacity: count + 1)
        operations = .allocate(capacity: count)
        for place in 0..<count {
            let operation = operation(place, &chooser)
            offsets[place] = builder.count
            operations[place] = operation.rawValue
            writer.write(operation, &chooser, into: &builder)
        }
        offsets[count] = builder.count
        bytes = builder
    }

    deinit {
        offsets.deallocate()
        operations.deallocate()
    }

    package func start(of place: Int) -> UnsafePointer<UInt8> { UnsafePointer(bytes.start + offsets[place]) }

    package func byteCount(of place: Int, _ following: Int = 1) -> Int { offsets[place + following] - offsets[place] }

    package func operation(of place: Int) -> UInt8 { operations[place] }
}

extension RequestPool {
    /// How many requests a pool has if nothing else says so; they are sent again and again.
    package static let countUsual = 1 << 20
    /// Large requests are made in smaller number, so that the pool stays below about half a gigabyte.
    private static let bytesUsual = 512 << 20

    package static func count(_ scenario: Scenario, _ mix: Mix) -> Int {
        // What is entered in order must not begin again before it is through.
        if mix.operations == [.enter] { return max(scenario.members * scenario.boardCount, scenario.pipeline) }
        let scores = mix.operations.map { $0.scoreCount(scenario) }.max() ?? 1
        let most = min(countUsual, bytesUsual / (64 * max(scores, 1) + 256))
        return max(min(most, scenario.requestsMax), scenario.pipeline * 4)
    }
}
