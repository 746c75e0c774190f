package import Sharding

/// What nodes send each other, in bytes. Layouts stand with each message; they belong to version 1 of the protocol, and never change
/// within it.
///
/// Whatever bytes come, reading ends with a value or a problem.
package protocol PeerMessage: Sendable {
    func write(to writer: inout ByteWriter)
    init(from reader: inout ByteReader) throws(ByteReader.Problem)
}

extension PeerMessage {
    package var encoded: [UInt8] {
        var writer = ByteWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// Nothing may be left over.
    package static func decode(_ bytes: [UInt8]) throws(ByteReader.Problem) -> Self {
        let result = bytes.withUnsafeBytes { bytes -> Result<Self, ByteReader.Problem> in
            var reader = ByteReader(bytes)
            do throws(ByteReader.Problem) {
                let message = try Self(from: &reader)
                guard reader.isAtEnd else { throw .invalid("bytes left over") }
                return .success(message)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// What became of a call:
///
///   u8      0, then the answer; or 1, then a service error
package struct PeerAnswer<Value: PeerMessage>: PeerMessage {
    package var result: Result<Value, ServiceError>

    package init(_ result: Result<Value, ServiceError>) { self.result = result }

    package init(_ body: () async throws(ServiceError) -> Value) async {
        do throws(ServiceError) { result = .success(try await body()) } catch { result = .failure(error) }
    }

    package func write(to writer: inout ByteWriter) {
        switch result {
        case .success(let value):
            writer.write(UInt8(0))
            value.write(to: &writer)
        case .failure(let error):
            writer.write(UInt8(1))
            error.write(to: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        switch try reader.read(UInt8.self) {
        case 0: result = .success(try Value(from: &reader))
        case 1: result = .failure(try ServiceError(from: &reader))
        default: throw .invalid("answer")
        }
    }
}

/// An answer without a value.
package struct PeerNothing: PeerMessage, Hashable {
    package init() {}
    package func write(to writer: inout ByteWriter) {}
    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {}
}

/// One after the other:
///
///   varint  how many, then each
package struct PeerList<Element: PeerMessage>: PeerMessage {
    package var elements: [Element]

    package init(_ elements: [Element]) { self.elements = elements }

    package func write(to writer: inout ByteWriter) {
        writer.writeVarint(UInt64(elements.count))
        for element in elements { element.write(to: &writer) }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        elements = []
        for _ in 0..<(try reader.readCount(atMost: 1 << 24)) { elements.append(try Element(from: &reader)) }
    }
}

/// A number of items or a place, at most 2^40.
let countMax = 1 << 40

extension ByteWriter {
    mutating func writeCount(_ count: Int) { writeVarint(UInt64(min(max(count, 0), countMax))) }

    mutating func write(flag: Bool) { write(UInt8(flag ? 1 : 0)) }

    /// A byte that says whether there is one, then it.
    mutating func writeOptional(_ text: String?) {
        write(flag: text != nil)
        if let text { writeRun(text) }
    }

    mutating func writeOptional(_ bytes: [UInt8]?) {
        write(flag: bytes != nil)
        if let bytes { writeRun(bytes) }
    }
}

extension ByteReader {
    mutating func readCount() throws(Problem) -> Int { try readCount(atMost: countMax) }

    mutating func readFlag() throws(Problem) -> Bool {
        switch try read(UInt8.self) {
        case 0: false
        case 1: true
        default: throw .invalid("flag")
        }
    }

    mutating func readOptionalString() throws(Problem) -> String? { try readFlag() ? try readString() : nil }
    mutating func readArray() throws(Problem) -> [UInt8] { Array(try readRun()) }
    mutating func readOptionalArray() throws(Problem) -> [UInt8]? { try readFlag() ? try readArray() : nil }
}
