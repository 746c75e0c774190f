/// Stepping over values that nobody reads, and copying those that are kept as they are.
extension JSONScanner {
    /// Steps over one value, which must be JSON.
    mutating func skipValue() throws(BadInput) {
        switch try kind() {
        case .object:
            try beginObject()
            var isFirst = true
            while try nextName(&isFirst) != nil { try skipValue() }
        case .array:
            try beginArray()
            var isFirst = true
            while try nextElement(&isFirst) { try skipValue() }
        case .string: _ = try string()
        case .number: try skipNumber()
        case .boolean: try skipBoolean()
        case .null: try literal("null")
        }
    }

    private mutating func skipBoolean() throws(BadInput) {
        try bytes[offset] == UInt8(ascii: "t") ? literal("true") : literal("false")
    }

    /// Steps over a number of any size.
    private mutating func skipNumber() throws(BadInput) {
        do {
            _ = try number()
        } catch {
            if error.code != .numberOutOfRange { throw error }
        }
    }

    /// Steps over one value and appends it to `output` without the white space between its parts, strings and numbers
    /// exactly as they were written. Names that occur twice in an object are refused, and so are more than `countMax`
    /// bytes.
    mutating func copyValue(to output: inout [UInt8], countMax: Int) throws(BadInput) {
        var copy = JSONCopy(output: output, countMax: countMax)
        output = []
        defer { output = copy.output }
        try copyValue(&copy)
    }

    private mutating func copyValue(_ copy: inout JSONCopy) throws(BadInput) {
        switch try kind() {
        case .object: try copyObject(&copy)
        case .array:
            try beginArray()
            try copy.append(UInt8(ascii: "["))
            var isFirst = true
            while try nextElement(&isFirst) {
                try copy.separate(UInt8(ascii: "["))
                try copyValue(&copy)
            }
            try copy.append(UInt8(ascii: "]"))
        case .string: try copy.append(quoted: string())
        case .number:
            let start = offset
            try skipNumber()
            try copy.append(bytes[start..<offset])
        case .boolean, .null:
            let start = offset
            try skipValue()
            try copy.append(bytes[start..<offset])
        }
    }

    private mutating func copyObject(_ copy: inout JSONCopy) throws(BadInput) {
        try beginObject()
        try copy.append(UInt8(ascii: "{"))
        let outer = copy.names.count
        var isFirst = true
        while let name = try nextName(&isFirst) {
            // The copy is short, so comparing all pairs is quick.
            if copy.names[outer...].contains(where: { $0.equals(name) }) {
                throw BadInput(.duplicateField, at: name.string, "The name occurs twice in one object.")
            }
            copy.names.append(name)
            try copy.separate(UInt8(ascii: "{"))
            try copy.append(quoted: name)
            try copy.append(UInt8(ascii: ":"))
            try copyValue(&copy)
        }
        copy.names.removeSubrange(outer...)
        try copy.append(UInt8(ascii: "}"))
    }
}

private struct JSONCopy {
    var output: [UInt8]
    let end: Int
    /// Of the objects that are open, innermost last.
    var names: [JSONString] = []

    init(output: [UInt8], countMax: Int) {
        self.output = output
        end = output.count + countMax
    }

    mutating func append(_ byte: UInt8) throws(BadInput) {
        guard output.count < end else { throw tooLong }
        output.append(byte)
    }

    mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) throws(BadInput) {
        guard bytes.count <= end - output.count else { throw tooLong }
        output.append(contentsOf: bytes)
    }

    mutating func append(quoted string: JSONString) throws(BadInput) {
        guard string.raw.count + 2 <= end - output.count else { throw tooLong }
        output.append(UInt8(ascii: "\""))
        output.append(contentsOf: string.raw)
        output.append(UInt8(ascii: "\""))
    }

    /// Puts a comma between elements: after anything but the bracket that opened.
    mutating func separate(_ opening: UInt8) throws(BadInput) {
        if output.last != opening { try append(UInt8(ascii: ",")) }
    }

    private var tooLong: BadInput { BadInput(.tooLong, "Without white space it is longer than allowed.") }
}
