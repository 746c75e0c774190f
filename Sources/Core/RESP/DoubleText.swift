internal import Glibc

/// Writes a finite double as Redis 7.0 does (`%.17g`) to the start of `bytes`, which take 32 at least.
///
/// Not the shortest text that reads back the same, but the one existing clients see: 0.1 is `0.10000000000000001`.
/// - Returns: how many bytes it takes, 24 at most
@unsafe func writeDouble(_ value: Double, to bytes: UnsafeMutableRawBufferPointer) -> Int {
    precondition(value.isFinite && bytes.count >= 32)
    return unsafe withVaList([value]) { arguments in
        Int(unsafe vsnprintf(bytes.baseAddress, bytes.count, "%.17g", arguments))
    }
}
