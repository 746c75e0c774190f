/// Gives the bytes of a log record the checksum that they have, as another version may have written them: CRC32C of what follows it,
/// seeded with the length.
package func sealRecord(_ record: inout [UInt8]) {
    var crc = ~UInt32(record.count)
    for byte in record[8...] {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
    }
    crc = ~crc
    for place in 0..<4 { record[4 + place] = UInt8(truncatingIfNeeded: crc >> (8 * place)) }
}
