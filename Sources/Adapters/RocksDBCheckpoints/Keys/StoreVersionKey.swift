/// Where the format version of the whole store is kept: the first thing written into a new store, and read at each
/// opening. Its value, in an envelope, is the version as 4 bytes, big-endian.
///
///     byte 0      0: the store itself
///     byte 1      0: its version
package enum StoreVersionKey {
    package static let encoded: [UInt8] = [0, 0]
}
