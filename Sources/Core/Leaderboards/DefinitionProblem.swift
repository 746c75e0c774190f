/// One thing that is wrong with a definition: where, what kind, and a sentence for whoever wrote it.
///
/// Checks report every problem they find together, so that a document is mended in one go.
package struct DefinitionProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The path of the value within the document: `windows[2].count`.
    package let field: String
    /// A stable word for programs, such as `range`.
    package let code: String
    /// A sentence for people, which says what would be right.
    package let message: String

    package init(field: String, code: String, message: String) {
        self.field = field
        self.code = code
        self.message = message
    }

    package var description: String { "\(field): \(message) (\(code))" }
}
