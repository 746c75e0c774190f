/// What tells one submission from all others: metadata that names it, which every record keeps as it was sent.
package enum OperationMark {
    package static func metadata(_ name: String) -> String { #"{"op":"\#(name)"}"# }

    /// The names in a record's payload, however that is laid out.
    package static func all(in payload: [UInt8]) -> [String] {
        let start = Array(#"{"op":""#.utf8)
        var names: [String] = []
        var rest = payload[...]
        while let range = rest.firstRange(of: start) {
            let name = rest[range.upperBound...].prefix { $0 != UInt8(ascii: "\"") }
            names.append(String(decoding: name, as: UTF8.self))
            rest = rest[name.endIndex...]
        }
        return names
    }
}
