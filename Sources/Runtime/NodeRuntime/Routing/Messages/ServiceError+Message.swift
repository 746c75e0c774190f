package import Sharding

// Why a node did not do what it was asked to:
//
//   u8      0 refused: then the refusal
//           1 overloaded: varint seconds
//           2 unavailable: run reason, varint seconds
//           3 outcome unknown: run reason
//           4 no space
//           5 moved: u8 1 and u64 the owner's number, or u8 0
//           6 corrupted: run reason
extension ServiceError: PeerMessage {
    private static let secondsMax = 1 << 20

    package func write(to writer: inout ByteWriter) {
        switch self {
        case .refused(let refusal):
            writer.write(UInt8(0))
            refusal.write(to: &writer)
        case .overloaded(let seconds):
            writer.write(UInt8(1))
            writer.writeVarint(UInt64(min(max(seconds, 0), Self.secondsMax)))
        case .unavailable(let reason, let seconds):
            writer.write(UInt8(2))
            writer.writeRun(reason)
            writer.writeVarint(UInt64(min(max(seconds, 0), Self.secondsMax)))
        case .outcomeUnknown(let reason):
            writer.write(UInt8(3))
            writer.writeRun(reason)
        case .noSpace: writer.write(UInt8(4))
        case .moved(let node):
            writer.write(UInt8(5))
            writer.write(flag: node != nil)
            if let node { writer.write(node) }
        case .corrupted(let reason):
            writer.write(UInt8(6))
            writer.writeRun(reason)
        }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        switch try reader.read(UInt8.self) {
        case 0: self = .refused(try Refusal(from: &reader))
        case 1: self = .overloaded(retryAfter: try reader.readCount(atMost: Self.secondsMax))
        case 2:
            let reason = try reader.readString()
            self = .unavailable(reason, retryAfter: try reader.readCount(atMost: Self.secondsMax))
        case 3: self = .outcomeUnknown(try reader.readString())
        case 4: self = .noSpace
        case 5: self = .moved(to: try reader.readFlag() ? try reader.read(UInt64.self) : nil)
        case 6: self = .corrupted(try reader.readString())
        default: throw .invalid("service error")
        }
    }
}
