/// What is wrong with what a client sent, and where.
struct BadInput: Error {
    var code: ProblemCode
    /// The path of the field within the body, such as `updates[3].score`, or a parameter's or header's name. Empty if the
    /// whole is meant.
    var field: String
    var message: String

    init(_ code: ProblemCode, at field: String = "", _ message: String) {
        self.code = code
        self.field = field
        self.message = message
    }

    /// The same, seen from the value that contains this one.
    func within(_ parent: String) -> BadInput {
        guard !parent.isEmpty else { return self }
        var outer = self
        outer.field = field.isEmpty ? parent : field.first == "[" ? parent + field : "\(parent).\(field)"
        return outer
    }

    /// The text can't be read on from here: it isn't JSON.
    var isUnreadable: Bool {
        switch code {
        case .invalidJSON, .invalidUTF8, .jsonTooDeep: true
        default: false
        }
    }
}
