private let headers = Keywords(
    "set-cookie cookie location content- transfer-encoding host connection refresh access-control- authorization x- "
        + "content-length cache-control link")
private let levels = Keywords("error warn warning info debug trace fatal critical notice level= level: time= msg=")

extension TextScan {
    func lineBreak() -> Int? { bytes.indices.first { lineBreakEnd($0) != nil } }

    /// Also NEL (U+0085), LINE SEPARATOR and PARAGRAPH SEPARATOR (U+2028, U+2029), which some readers of logs break lines at.
    private func lineBreakEnd(_ index: Int) -> Int? {
        switch byte(index) {
        case 0x0A where index < bytes.count, 0x0D: index + 1
        case 0xC2 where byte(index + 1) == 0x85: index + 2
        case 0xE2 where byte(index + 1) == 0x80 && (byte(index + 2) == 0xA8 || byte(index + 2) == 0xA9): index + 3
        default: nil
        }
    }

    /// Where something else begins behind a line break, or several.
    private func lineStart(_ index: Int) -> Int? {
        guard let end = lineBreakEnd(index), lineBreakEnd(end) == nil else { return nil }
        return end
    }

    func headerInjection() -> Int? {
        bytes.indices.first { index in
            guard let start = lineStart(index) else { return false }
            if has(Array("http/".utf8), start) { return true }
            guard headers.end(in: self, at: start) != nil else { return false }
            var end = start
            while byte(end).isWord || has("-", end), end < start + Self.lookahead { end += 1 }
            return has(":", end)
        }
    }

    /// A level, a date or a bracket at the start of a line.
    func logForgery() -> Int? {
        bytes.indices.first { index in
            guard let end = lineStart(index) else { return false }
            // Few blanks, and no line breaks: each of those is looked at by itself.
            let start = (end..<end + 8).first { !has(" ", $0) && !has("\t", $0) } ?? end
            if has("[", start) || has("{", start) && has("\"", start + 1) { return true }
            if levels.wordEnd(in: self, at: start) != nil { return true }
            return (start..<start + 4).allSatisfy { byte($0).isDigit } && has("-", start + 4)
                && byte(start + 5).isDigit
        }
    }

    /// C0, C1 and DEL, but for tabs and line breaks: a terminal takes some of them for orders, and a C library NUL for the end.
    func controlCharacter() -> Int? {
        bytes.indices.first { index in
            let byte = bytes[index]
            if byte < 0x20 { return byte != 0x09 && byte != 0x0A && byte != 0x0D }
            if byte == 0xC2 { return 0x80...0x9F ~= self.byte(index + 1) && self.byte(index + 1) != 0x85 }
            return byte == 0x7F
        }
    }
}
