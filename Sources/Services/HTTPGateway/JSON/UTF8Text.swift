/// How many bytes the scalar at `offset` takes; nil where the bytes are not well-formed UTF-8 (Unicode, table 3-7: no
/// overlong forms, no surrogates, nothing beyond U+10FFFF).
func utf8Length(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int? {
    let first = bytes[offset]
    let (length, second): (Int, ClosedRange<UInt8>)
    switch first {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
    guard bytes.count - offset >= length, second.contains(bytes[offset + 1]) else { return nil }
    for index in 2..<max(2, length) where bytes[offset + index] & 0xC0 != 0x80 { return nil }
    return length
}

/// Whether all of the bytes are well-formed UTF-8.
func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    while offset < bytes.count {
        guard let length = utf8Length(bytes, at: offset) else { return false }
        offset += length
    }
    return true
}

/// Whether well-formed UTF-8 contains a control character: U+0000–001F, U+007F, U+0080–009F.
@inline(__always)
func containsControl(_ bytes: UnsafeRawBufferPointer) -> Bool {
    for index in 0..<bytes.count {
        let byte = bytes[index]
        if byte < 0x20 || byte == 0x7F { return true }
        // In well-formed UTF-8 a C2 is always the first of two bytes.
        if byte == 0xC2, bytes[index + 1] < 0xA0 { return true }
    }
    return false
}
