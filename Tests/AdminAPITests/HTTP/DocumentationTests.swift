import Foundation
import HTTPTypes
import Testing

@testable import AdminAPI

/// What operators read must say what the code does.
@Suite struct DocumentationTests {
    private func document(_ name: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/\(name)"), encoding: .utf8)
    }

    @Test("Every error code has a section with its status, and there are no others")
    func errors() throws {
        let text = try document("admin-api.md")
        for code in AdminCode.allCases {
            #expect(text.contains("\n### \(code.rawValue)\n\n**\(code.status)** \(code.title)."), "\(code.rawValue)")
        }
        #expect(text.components(separatedBy: "\n### ").count - 1 == AdminCode.allCases.count)
    }

    @Test("Every code of a field is explained")
    func fieldCodes() throws {
        let text = try document("admin-api.md")
        for code in Findings.Code.allCases { #expect(text.contains("| `\(code.rawValue)` |"), "\(code.rawValue)") }
    }

    @Test("The guide names every route")
    func guide() throws {
        let text = try document("admin-api.md")
        for route in AdminRoute.all {
            #expect(
                text.contains("| `\(route.method.rawValue) \(route.template.dropFirst("/admin/v1".count))` |"),
                "\(route.template)")
        }
    }

    @Test("Every route is in the OpenAPI description, with its parameters, and nothing else is")
    func openAPI() throws {
        let lines = try document("admin-openapi.yaml").components(separatedBy: "\n")
        var described: [String: Set<String>] = [:]
        var path = ""
        var operation = ""
        for line in lines[(lines.firstIndex(of: "paths:")! + 1)...] {
            if let first = line.first, first != " ", first != "#" { break }
            if line.hasPrefix("  /") {
                path = String(line.dropFirst(2).dropLast())
            } else if let method = line.wholeMatch(of: /\ {4}(get|post|patch|delete|put):/) {
                operation = "\(method.1.uppercased()) \(path)"
                described[operation] = []
            } else {
                for match in line.matches(of: /#\/components\/parameters\/query_(\w+)/) {
                    described[operation]?.insert(String(match.1))
                }
            }
        }
        let routes = Dictionary(
            uniqueKeysWithValues: AdminRoute.all.map {
                ("\($0.method.rawValue) \($0.template)", Set($0.parameters.map(\.rawValue)))
            })
        #expect(described == routes)
    }
}
