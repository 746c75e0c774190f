import Crypto

/// The place from which a list goes on, in a form that clients hand back and don't look into.
///
/// It is bound to the list that it came from: a checksum covers the project, the leaderboard and the ranking, so that a
/// cursor of one list is not taken for a place in another. The season it began in goes with it, so that paging through a
/// ranking goes on in its season when a new one begins.
struct Cursor {
    enum Place: Hashable {
        /// `limit` rows from the 0-based place `offset`.
        case forward(offset: Int)
        /// The `limit` rows that end before the 0-based place `offset`.
        case backward(offset: Int)
        /// What comes after an id.
        case after(String)
    }

    var place: Place
    var season: String?

    init(_ place: Place, season: String? = nil) {
        self.place = place
        self.season = season
    }
}

/// Form: base64url of kind (1 byte), number or id, season, the first 8 bytes of a SHA-256 over these and the list's name.
/// Texts have a length byte ahead, numbers are 8 bytes big-endian.
extension Cursor {
    func encoded(for list: String) -> String {
        var bytes: [UInt8] = []
        switch place {
        case .forward(let offset): bytes.append(1, number: offset)
        case .backward(let offset): bytes.append(2, number: offset)
        case .after(let id):
            bytes.append(3)
            bytes.append(text: id)
        }
        bytes.append(text: season ?? "")
        return base64URL(bytes + Cursor.checksum(bytes, list))
    }

    init(_ text: String, for list: String) throws(BadInput) {
        let wrong = BadInput(.invalidCursor, at: "cursor", "The cursor does not belong to this list.")
        guard text.utf8.count <= 512, let bytes = bytes(ofBase64URL: text), bytes.count > 8 else { throw wrong }
        let content = Array(bytes.dropLast(8))
        guard Array(bytes.suffix(8)) == Cursor.checksum(content, list) else { throw wrong }
        var reader = CursorReader(bytes: content)
        switch reader.byte() {
        case 1: place = .forward(offset: reader.number())
        case 2: place = .backward(offset: reader.number())
        case 3: place = .after(reader.text())
        default: throw wrong
        }
        let season = reader.text()
        self.season = season.isEmpty ? nil : season
        guard reader.isAtEnd else { throw wrong }
    }

    private static func checksum(_ content: [UInt8], _ list: String) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: content)
        hash.update(data: Array(list.utf8))
        return Array(hash.finalize().prefix(8))
    }
}

/// Reads what the checksum vouches for; where it is wrong all the same, zeros and empty texts.
private struct CursorReader {
    let bytes: [UInt8]
    var offset = 0

    var isAtEnd: Bool { offset == bytes.count }

    mutating func byte() -> UInt8 {
        guard offset < bytes.count else { return 0 }
        offset += 1
        return bytes[offset - 1]
    }

    mutating func number() -> Int {
        var number: UInt64 = 0
        for _ in 0..<8 { number = number << 8 | UInt64(byte()) }
        return Int(number >> 1)
    }

    mutating func text() -> String {
        let count = Int(byte())
        let end = min(offset + count, bytes.count)
        defer { offset = end }
        return String(decoding: bytes[offset..<end], as: UTF8.self)
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ kind: UInt8, number: Int) {
        append(kind)
        let shifted = UInt64(number) << 1
        for shift in stride(from: 56, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: shifted >> UInt64(shift)))
        }
    }

    fileprivate mutating func append(text: String) {
        append(UInt8(text.utf8.count))
        append(contentsOf: text.utf8)
    }
}
