internal import Glibc

/// Counts the responses of a kept-alive HTTP/1.1 connection: bodies of a known length and in chunks.
///
/// Lines are read where they lie; only one that is split over two pieces is put together first.
package struct HTTPReplyReader: ReplyReader {
    private enum State: UInt8 { case status, header, body, chunkSize, chunk, chunkEnd, trailer }

    package static let lineBytesMax = 16 << 10

    private var state = State.status
    private var status = 0
    private var remaining = 0
    private var isChunked = false
    private var hasLength = false
    private var split: [UInt8] = []
    private var errors = ErrorTexts()
    /// How many responses had each status, by its hundreds.
    package private(set) var statusCounts = [Int](repeating: 0, count: 6)

    package init() { split.reserveCapacity(256) }

    package var errorTexts: [String] { errors.texts }

    package mutating func next(
        _ position: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) -> ReplyOutcome? {
        while position < end {
            switch state {
            case .body, .chunk:
                let count = min(remaining, end - position)
                if errors.isOpen { errors.add(position, count) }
                position += count
                remaining -= count
                if remaining > 0 { return nil }
                if state == .body { return finish() }
                state = .chunkEnd
            case .status, .header, .chunkSize, .chunkEnd, .trailer:
                guard let newline = memchr(position, 10, end - position) else {
                    split.append(contentsOf: UnsafeBufferPointer(start: position, count: end - position))
                    position = end
                    return split.count > Self.lineBytesMax ? .violation : nil
                }
                let stop = UnsafePointer(newline.assumingMemoryBound(to: UInt8.self))
                var outcome: ReplyOutcome?
                if split.isEmpty {
                    outcome = read(UnsafeBufferPointer(start: position, count: stop - position))
                } else {
                    split.append(contentsOf: UnsafeBufferPointer(start: position, count: stop - position))
                    let line = split
                    outcome = line.withUnsafeBufferPointer { read($0) }
                    split.removeAll(keepingCapacity: true)
                }
                position = stop + 1
                if let outcome { return outcome }
            }
        }
        return nil
    }

    private mutating func read(_ raw: UnsafeBufferPointer<UInt8>) -> ReplyOutcome? {
        let line = raw.last == 13 ? UnsafeBufferPointer(rebasing: raw.dropLast()) : raw
        switch state {
        case .status:
            guard line.count >= 12, line[0] == UInt8(ascii: "H"), let code = Self.number(line[9..<12], radix: 10),
                (100..<600).contains(code)
            else { return .violation }
            status = code
            (isChunked, hasLength, remaining) = (false, false, 0)
            state = .header
        case .header:
            if line.isEmpty { return beginBody() }
            return readHeader(line)
        case .chunkSize:
            let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
            guard let size = Self.number(digits, radix: 16) else { return .violation }
            remaining = size
            state = size == 0 ? .trailer : .chunk
        case .chunkEnd:
            guard line.isEmpty else { return .violation }
            state = .chunkSize
        case .trailer:
            if line.isEmpty { return finish() }
        case .body, .chunk:
            break
        }
        return nil
    }

    private mutating func readHeader(_ line: UnsafeBufferPointer<UInt8>) -> ReplyOutcome? {
        if let value = Self.value(of: line, "content-length:") {
            guard let length = Self.number(value, radix: 10) else { return .violation }
            remaining = length
            hasLength = true
        } else if let value = Self.value(of: line, "transfer-encoding:") {
            isChunked = Self.equals(value, "chunked")
        }
        return nil
    }

    private mutating func beginBody() -> ReplyOutcome? {
        if status < 200 {
            // Something that comes before the response itself.
            state = .status
            return nil
        }
        if status >= 300 {
            errors.begin()
            if errors.isOpen {
                "\(status) ".utf8.withContiguousStorageIfAvailable { errors.add($0.baseAddress!, $0.count) }
            }
        }
        if isChunked {
            state = .chunkSize
            return nil
        }
        if status == 204 || status == 304 { remaining = 0 } else if !hasLength { return .violation }
        state = .body
        return remaining == 0 ? finish() : nil
    }

    private mutating func finish() -> ReplyOutcome {
        if errors.isOpen { errors.end() }
        state = .status
        statusCounts[status / 100] += 1
        return status < 300 ? .succeeded : .failed
    }

    private static func value(
        of line: UnsafeBufferPointer<UInt8>, _ name: StaticString
    ) -> Slice<UnsafeBufferPointer<UInt8>>? {
        let count = name.utf8CodeUnitCount
        guard line.count >= count, equals(line[..<count], name) else { return nil }
        var value = line[count...]
        while value.first == 32 || value.first == 9 { value = value.dropFirst() }
        while value.last == 32 || value.last == 9 { value = value.dropLast() }
        return value
    }

    /// Without regard to case.
    private static func equals(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        return zip(bytes, 0..<bytes.count).allSatisfy { byte, place in
            let expected = text.utf8Start[place]
            return byte == expected || (65...90).contains(byte) && byte + 32 == expected
        }
    }

    private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>, radix: Int) -> Int? {
        guard !digits.isEmpty, digits.count <= 12 else { return nil }
        var number = 0
        for byte in digits {
            let digit: Int
            switch byte {
            case 48...57: digit = Int(byte) - 48
            case 65...70: digit = Int(byte) - 55
            case 97...102: digit = Int(byte) - 87
            default: return nil
            }
            guard digit < radix else { return nil }
            number = number * radix + digit
        }
        return number
    }
}
