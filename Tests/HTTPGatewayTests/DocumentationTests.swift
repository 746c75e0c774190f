import Foundation
import HTTPTypes
import Testing

@testable import HTTPGateway

/// What clients read must say what the code does.
@Suite struct DocumentationTests {
    private func document(_ name: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/\(name)"), encoding: .utf8)
    }

    @Test("Every error code has a section with its status")
    func errors() throws {
        let text = try document("errors.md")
        for code in ProblemCode.allCases {
            #expect(text.contains("\n### \(code.rawValue)\n\n**\(code.status)** \(code.title)."), "\(code.rawValue)")
        }
        let sections = text.components(separatedBy: "\n### ").count - 1
        #expect(sections == ProblemCode.allCases.count)
    }

    @Test("Every route is in the OpenAPI description, with its parameters, and nothing else is")
    func openAPI() throws {
        let lines = try document("openapi.yaml").components(separatedBy: "\n")
        var described: [String: [String]] = [:]
        var path = ""
        var operation = ""
        for line in lines[(lines.firstIndex(of: "paths:")! + 1)...] {
            if let first = line.first, first != " ", first != "#" { break }
            if line.hasPrefix("  /") {
                path = String(line.dropFirst(2).dropLast())
            } else if let method = line.wholeMatch(of: /\ {4}(get|post|patch|delete|put|head):/) {
                operation = "\(method.1.uppercased()) \(path)"
                described[operation] = []
            } else if let parameter = line.firstMatch(of: /\$ref: "#\/components\/parameters\/query_(\w+)"/) {
                described[operation]!.append(String(parameter.1))
            }
        }
        let routes = Dictionary(
            uniqueKeysWithValues: Route.allCases.map { ("\($0.method.rawValue) \($0.template)", $0.parameters) })
        #expect(Set(described.keys) == Set(routes.keys))
        for (name, parameters) in routes {
            #expect(Set(described[name] ?? []) == Set(parameters.map(\.rawValue)), "\(name)")
        }
    }

    @Test("The guide names every route")
    func guide() throws {
        let text = try document("http-api.md")
        for route in Route.allCases {
            #expect(text.contains("`\(route.method.rawValue) \(route.template)`"), "\(route)")
        }
    }
}
