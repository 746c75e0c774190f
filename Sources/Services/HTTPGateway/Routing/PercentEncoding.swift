import Leaderboards

/// Resolves `%2F` and the like (RFC 3986, 2.1). Every % takes two hexadecimal digits, and the result is UTF-8.
func percentDecoded(
    _ text: Substring, plusIsSpace: Bool = false, _ code: ProblemCode = .invalidPath
) throws(BadInput) -> String {
    let bytes = Array(text.utf8)
    guard bytes.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") || $0 >= 0x80 }) else {
        return String(text)
    }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
        switch bytes[index] {
        case UInt8(ascii: "%"):
            guard index + 2 < bytes.count, let high = hexadecimalDigit(bytes[index + 1]),
                let low = hexadecimalDigit(bytes[index + 2])
            else { throw BadInput(code, "A % takes two hexadecimal digits after it.") }
            decoded.append(high << 4 | low)
            index += 3
        case UInt8(ascii: "+") where plusIsSpace:
            decoded.append(UInt8(ascii: " "))
            index += 1
        default:
            decoded.append(bytes[index])
            index += 1
        }
    }
    guard decoded.withUnsafeBytes(isUTF8) else {
        throw BadInput(code, "Percent-encoded bytes must be UTF-8.")
    }
    return String(decoding: decoded, as: UTF8.self)
}

extension Route.Match {
    func leaderboardID() throws(BadInput) -> String {
        let id = try percentDecoded(self.id)
        guard LeaderboardDefinition.isID(id.utf8) else {
            throw BadInput(.invalidPath, at: "id", "An id is 1 to 128 of the characters A-Z a-z 0-9 _ - . :")
        }
        return id
    }

    func userName() throws(BadInput) -> [UInt8] {
        let name = Array(try percentDecoded(user).utf8)
        guard name.withUnsafeBytes(UserName.isValid) else {
            throw BadInput(.invalidPath, at: "user", UserName.problem.message)
        }
        return name
    }
}
