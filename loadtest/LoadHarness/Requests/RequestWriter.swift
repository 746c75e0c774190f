/// Writes requests as a server reads them.
package protocol RequestWriter {
    mutating func write(
        _ operation: Operation, _ chooser: inout RequestChooser, into bytes: inout ByteBuilder)
}

extension ByteBuilder {
    static let memberByteCountLeast = 15

    mutating func append(member: Int) {
        append("player-")
        append(number: member, digits: 8)
    }

    /// With six decimals.
    mutating func append(score millionths: Int) {
        append(number: millionths / 1_000_000)
        append(".")
        append(number: millionths % 1_000_000, digits: 6)
    }

    mutating func append(increment tenths: Int) {
        append(number: tenths / 10)
        append(".")
        append(number: tenths % 10)
    }
}
