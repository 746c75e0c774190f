private import Foundation

/// Values that are stored as JSON: what is asked for only as a whole.
enum StoredDocument {
    static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        // The same value gives the same text.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Our own types of texts and numbers: there is none that JSON can't say.
        return String(decoding: try! encoder.encode(value), as: UTF8.self)
    }

    static func optionalText(_ value: (some Encodable)?) -> SQLValue { SQLValue(value.map { text($0) }) }

    static func value<Value: Decodable>(_ type: Value.Type, _ text: String) throws(SQLError) -> Value {
        do { return try JSONDecoder().decode(type, from: Data(text.utf8)) } catch {
            // Without the text: there may be secrets in it.
            throw .failed("a stored \(type) is not what it should be")
        }
    }

    static func optionalValue<Value: Decodable>(_ type: Value.Type, _ text: String?) throws(SQLError) -> Value? {
        guard let text else { return nil }
        return try value(type, text)
    }

    /// A word of a fixed set.
    static func word<Value: RawRepresentable<String>>(_ type: Value.Type, _ text: String) throws(SQLError) -> Value {
        guard let value = Value(rawValue: text) else { throw .failed("a stored \(type) has an unknown value") }
        return value
    }
}
