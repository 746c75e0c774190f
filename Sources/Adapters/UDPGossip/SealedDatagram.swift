internal import Crypto

// Layout, version 1:
//
//   0  u8    format version (1)
//   1  u32   key, little-endian
//   5  12 B  nonce, random
//  17  the packet, encrypted (AES-256-GCM)
//   …  16 B  tag, which also covers bytes 0 ..< 5 and the name of the cluster
//
// With random nonces a key may seal 2³² datagrams: ten nodes take some two years for that, a thousand about a week.

/// Seals packets into datagrams and opens them again. What opens was sent by somebody with a key of this cluster; it may have
/// been sent before, which does no harm, since all that packets say is about numbers that only rise.
enum SealedDatagram {
    static let formatVersion: UInt8 = 1
    static let overheadBytes = 33
    static let bytesMax = 1400

    enum Problem: Error, Hashable {
        case tooLong
        case truncated
        case unknownVersion
        case unknownKey
        case notAuthentic
    }

    static func seal(_ packet: [UInt8], with key: GossipKey, cluster: [UInt8]) -> [UInt8] {
        let header = [formatVersion] + withUnsafeBytes(of: key.id.littleEndian) { Array($0) }
        // Fails only for nonces and keys of wrong lengths.
        let box = try! AES.GCM.seal(packet, using: key.secret, authenticating: header + cluster)
        var datagram = header
        datagram.reserveCapacity(packet.count + overheadBytes)
        datagram.append(contentsOf: box.nonce)
        datagram.append(contentsOf: box.ciphertext)
        datagram.append(contentsOf: box.tag)
        return datagram
    }

    static func open(_ datagram: [UInt8], with keys: GossipKeyRing, cluster: [UInt8]) throws(Problem) -> [UInt8] {
        guard datagram.count <= bytesMax else { throw .tooLong }
        guard datagram.count >= overheadBytes else { throw .truncated }
        guard datagram[0] == formatVersion else { throw .unknownVersion }
        let id = datagram[1..<5].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard let key = keys[id] else { throw .unknownKey }
        do {
            let box = try AES.GCM.SealedBox(combined: datagram[5...])
            return Array(try AES.GCM.open(box, using: key.secret, authenticating: datagram[..<5] + cluster))
        } catch { throw .notAuthentic }
    }
}
