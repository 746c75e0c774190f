import Testing

/// The sources in `Programs`, which are no Swift.
enum Programs {
    static let folder = Repository.path + "/Tests/LaureldTests/Redis/Programs"
    /// Where `.ci/install-clients` lays what is newer than Debian's.
    static let newer = Repository.path + "/.build-clients"

    static func path(_ name: String) -> String { folder + "/" + name }
}

/// A redis-py with one of its parsers.
struct Python: Sendable, CustomTestStringConvertible {
    /// As `session.py` prints it.
    let name: String
    let isNewer: Bool
    let version: Int
    var parser = "hiredis"

    static let all = [
        Python(name: "protocol 2, hiredis", isNewer: false, version: 2),
        Python(name: "redis-py 8.1.0, protocol 2, hiredis 3", isNewer: true, version: 2),
        Python(name: "redis-py 8.1.0, protocol 3, hiredis 3", isNewer: true, version: 3),
        Python(name: "redis-py 8.1.0, protocol 3, hiredis none", isNewer: true, version: 3, parser: "python"),
    ]

    func run(port: Int, key: String) throws -> (status: ChildProcess.Status, text: String) {
        // Debian's own interpreter, which sees Debian's modules.
        try ChildProcess.run(
            ["/usr/bin/python3", "-B", "-m", "unittest", "sorted_sets", "transactions"],
            environment: [
                "REDIS_PORT": "\(port)", "REDIS_KEY": key, "REDIS_PROTOCOL": "\(version)", "REDIS_PARSER": parser,
                "PYTHONPATH": isNewer ? Programs.newer + "/python" : "",
            ], directory: Programs.folder, seconds: 300)
    }

    var testDescription: String { isNewer ? name : "Debian's redis-py, \(name)" }
}

/// A version of the C library.
enum Hiredis: String, Sendable, CaseIterable {
    /// Debian 12's is too old for version 3.
    case debian
    case newer

    static let all = Array(allCases)

    var versions: [Int] { self == .debian ? [2] : [2, 3] }

    func program(in folder: String) -> String { folder + "/hiredis-\(rawValue)" }

    func compilation(in folder: String) -> [String] {
        let source = Programs.path("hiredis_client.c")
        let command = ["cc", "-O1", "-o", program(in: folder)]
        switch self {
        case .debian:
            return command + ["-Wall", "-Wextra", "-Werror", "-I/usr/include/hiredis", source, "-lhiredis", "-lm"]
        case .newer:
            let library = Programs.newer + "/hiredis"
            let files = ["alloc", "async", "hiredis", "net", "read", "sds", "sockcompat"]
            return command + ["-I\(library)", source] + files.map { "\(library)/\($0).c" } + ["-lm"]
        }
    }
}
