import Testing

/// Who may import whom. The folder listing is the dependency picture, so the folders decide.
enum Layering {
    /// For each layer those whose modules its own may import. Core alone may also import itself, without cycles.
    static let layers: [(name: String, mayImport: Set<String>)] = [
        ("System", []),
        ("Core", ["Core"]),
        ("Ports", ["System", "Core"]),
        ("Adapters", ["System", "Core", "Ports"]),
        ("Runtime", ["Core", "Ports"]),
        ("Services", ["Core", "Ports", "Runtime"]),
        ("Executables", ["Core", "Ports", "Adapters", "Runtime", "Services"]),
    ]
    /// C code without input and output, which the core may use.
    static let pureSystemModules: Set<String> = ["CIntrinsics", "CZlib"]
    /// Adapters that others are made of: clients of servers that serve more than one port.
    static let sharedAdapters: Set<String> = ["NATSClient"]

    static func problems(in repository: Repository) -> [String] {
        let layerOfModule = modules(in: repository)
        var problems: [String] = []
        var coreImports: [String: Set<String>] = [:]
        for path in repository.paths.sorted() where path.hasPrefix("Sources/") && !path.dropFirst(8).contains("/") {
            let layer = path.dropFirst(8)
            if !layers.contains(where: { $0.name == layer }) { problems.append("\(path): there is no such layer") }
        }
        for (path, text) in repository.files(in: "Sources", ".swift") {
            let parts = path.split(separator: "/").map(String.init)
            guard parts.count > 3, let layer = layers.first(where: { $0.name == parts[1] }) else {
                problems.append("\(path): sources lie in Sources/<Layer>/<Module>")
                continue
            }
            for module in SwiftCode(text).imports {
                guard let imported = layerOfModule[module], module != parts[2] else { continue }
                if layer.name == "Core", imported == "Core" { coreImports[parts[2], default: []].insert(module) }
                let isPure = layer.name == "Core" && pureSystemModules.contains(module)
                let isShared = layer.name == "Adapters" && sharedAdapters.contains(module)
                if !layer.mayImport.contains(imported), !isPure, !isShared {
                    problems.append("\(path): \(layer.name) must not import \(module) of \(imported)")
                }
            }
        }
        return problems + cycles(in: coreImports)
    }

    /// The layer of every module.
    private static func modules(in repository: Repository) -> [String: String] {
        var layers: [String: String] = [:]
        for path in repository.paths {
            let parts = path.split(separator: "/").map(String.init)
            if parts.count == 3, parts[0] == "Sources" { layers[parts[2]] = parts[1] }
        }
        return layers
    }

    private static func cycles(in imports: [String: Set<String>]) -> [String] {
        imports.keys.sorted().compactMap { module in
            var reached: Set<String> = []
            var next = Array(imports[module]!)
            while let other = next.popLast() {
                if reached.insert(other).inserted { next += imports[other] ?? [] }
            }
            return reached.contains(module) ? "Sources/Core/\(module): imports itself by way of others" : nil
        }
    }
}

/// A target's folder says its name and its layer, and every module is a target.
enum TargetFolders {
    static func problems(in repository: Repository) -> [String] {
        guard let manifest = repository.texts["Package.swift"] else { return ["Package.swift is missing"] }
        var folders: Set<String> = []
        var problems: [String] = []
        var name: Substring?
        for match in manifest.matches(of: /(?:arget|Library)\(\s*name:\s*"([^"]+)"|path:\s*"(Sources\/[^"]*)"/) {
            if let target = match.1 { name = target }
            guard let folder = match.2 else { continue }
            folders.insert(String(folder))
            if folder.split(separator: "/").last != name {
                problems.append("Package.swift: target \(name ?? "?") lies in \(folder)")
            }
        }
        let modules = repository.paths.filter { path in
            path.hasPrefix("Sources/") && path.count { $0 == "/" } == 2 && !path.hasSuffix(".md")
        }
        problems += modules.subtracting(folders).sorted().map { "\($0): is no target of Package.swift" }
        problems += folders.subtracting(modules).sorted().map { "Package.swift: there is no folder \($0)" }
        return problems
    }
}

/// A module that bears the name of a type inside it can't be named in front of another of its types.
enum ModuleNames {
    static func problems(in repository: Repository) -> [String] {
        repository.files(in: "Sources", ".swift").flatMap { path, text -> [String] in
            let module = path.split(separator: "/").dropFirst(2).first.map(String.init)
            return SwiftCode(text).declaredTypes.filter { $0 == module }.map { "\(path): \($0) is its module's name" }
        }
    }
}

@Suite("Layers")
struct LayeringTests {
    @Test("A module imports only what stands below it")
    func imports() { #expect(Layering.problems(in: .here) == []) }

    @Test("Every module is a target of its folder's name")
    func targets() { #expect(TargetFolders.problems(in: .here) == []) }

    @Test("No module bears the name of a type declared inside it")
    func names() { #expect(ModuleNames.problems(in: .here) == []) }

    @Test(
        "Canary: an import that points upwards or sideways is found",
        arguments: [
            ("Core/Trees", "package import Logs"), ("Ports/Logs", "import FileLog"), ("Ports/Logs", "import Stores"),
            ("Adapters/FileLog", "internal import Node"), ("Adapters/FileLog", "@testable import OtherLog"),
            ("Runtime/Node", "import FileLog"), ("Services/Gateway", "import struct FileLog.Options"),
            ("Services/Gateway", "import OtherGateway"), ("Core/Trees", "import CDisk"),
            ("Executables/server", "import CDisk"), ("Cellar/Trees", "import Swift"),
        ])
    func importCanary(module: String, line: String) {
        let everything = [
            "System/CDisk", "Core/Trees", "Ports/Logs", "Ports/Stores", "Adapters/FileLog", "Adapters/OtherLog",
            "Runtime/Node", "Services/Gateway", "Services/OtherGateway", "Executables/server",
        ]
        var files = Dictionary(uniqueKeysWithValues: everything.map { ("Sources/\($0)/A.swift", "import Swift\n") })
        #expect(Layering.problems(in: Repository(files)) == [])
        files["Sources/\(module)/A.swift"] = "// import nothing\n\(line)\n"
        #expect(Layering.problems(in: Repository(files)) != [])
    }

    @Test("Canary: a cycle in the core is found")
    func cycleCanary() {
        let files = ["A": "B", "B": "C", "C": "A"].map { ("Sources/Core/\($0)/File.swift", "import \($1)\n") }
        let problems = Layering.problems(in: Repository(Dictionary(uniqueKeysWithValues: files)))
        #expect(problems.count == 3)
    }

    @Test("Canary: a folder that is no target, and a target in another's folder, are found")
    func targetCanary() {
        func problems(_ manifest: String) -> [String] {
            TargetFolders.problems(in: Repository(["Package.swift": manifest, "Sources/Core/Trees/A.swift": ""]))
        }
        #expect(problems(#".target(name: "Trees", dependencies: ["A", b], path: "Sources/Core/Trees")"#) == [])
        #expect(problems("").count == 1)
        #expect(problems(#".target(name: "Bushes", dependencies: ["A"], path: "Sources/Core/Trees")"#).count == 1)
        #expect(problems(#".target(name: "Trees", path: "Sources/Core/Trees"), (path: "Sources/A/Trees")"#).count == 1)
    }

    @Test("Canary: a type of its module's name is found")
    func nameCanary() {
        let files = [
            "Sources/Core/Trees/A.swift": "/// A struct Trees.\nextension A { package actor Trees {} }",
            "Sources/Core/Shards/A.swift": "let text = \"struct Shards\"",
        ]
        let problems = ModuleNames.problems(in: Repository(files))
        #expect(problems == ["Sources/Core/Trees/A.swift: Trees is its module's name"])
    }
}
