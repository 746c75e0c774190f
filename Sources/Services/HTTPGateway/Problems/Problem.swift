import HTTPTypes
import Leaderboards
import NIOCore

/// An error as a client sees it: a problem document (RFC 9457) with a stable `code`.
struct Problem: Error {
    var code: ProblemCode
    /// What is special about this occurrence.
    var detail: String
    var fields: [DefinitionProblem] = []
    /// In seconds.
    var retryAfter: Int?
    var headers: HTTPFields = [:]
    /// Further members of the document, ready to be written: pairs of name and number.
    var counts: [(name: StaticString, value: Int)] = []

    init(_ code: ProblemCode, _ detail: String, retryAfter: Int? = nil) {
        self.code = code
        self.detail = detail
        self.retryAfter = retryAfter
    }

    init(_ input: BadInput) {
        code = input.code
        detail = input.field.isEmpty ? input.message : "\(input.field): \(input.message)"
        if !input.field.isEmpty {
            fields = [DefinitionProblem(field: input.field, code: input.code.rawValue, message: input.message)]
        }
    }
}

extension JSONWriter {
    /// The whole document. `documentation` is the address of the page with a section for each code.
    mutating func problem(_ problem: Problem, requestID: String, documentation: String) {
        let url = "\(documentation)#\(problem.code.rawValue)"
        object {
            $0.member("type", url)
            $0.problemMembers(problem)
            $0.member("request_id", requestID)
            $0.member("doc_url", url)
            $0.fieldMembers(problem)
            for (name, value) in problem.counts { $0.member(name, value) }
        }
    }

    /// In place of the result of one of many submissions: what all of them have in common stands in the answer's headers.
    mutating func problemElement(_ problem: Problem) {
        object {
            $0.problemMembers(problem)
            $0.fieldMembers(problem)
        }
    }

    private mutating func problemMembers(_ problem: Problem) {
        member("code", problem.code.rawValue)
        member("title", problem.code.title)
        member("status", problem.code.status)
        member("detail", problem.detail)
    }

    private mutating func fieldMembers(_ problem: Problem) {
        name("errors")
        array(problem.fields) { writer, field in
            writer.object {
                $0.member("field", field.field)
                $0.member("code", field.code)
                $0.member("message", field.message)
            }
        }
    }
}
