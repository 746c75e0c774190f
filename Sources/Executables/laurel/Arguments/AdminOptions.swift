import ArgumentParser
import Foundation
import NIOSSL

/// What every command takes.
struct AdminOptions: ParsableArguments {
    @Option(help: "The node's admin API. Default LAUREL_ADMIN, or http://127.0.0.1:8081.")
    var admin: String?
    @Option(
        help: ArgumentHelp(
            "A PEM file of the authorities that may vouch for the node's certificate, and no others. Default LAUREL_CA_FILE, or those of this machine.",
            valueName: "file"))
    var caFile: String?
    @Option(
        help: ArgumentHelp(
            "The file with the token, the operator's or a member's, as @FILE. Default LAUREL_TOKEN or LAUREL_OPERATOR_TOKEN (the token, or @FILE), or @./laurel-data/operator.key.",
            valueName: "@file"))
    var token: String?
    @Flag(help: "Print JSON instead of tables.")
    var json = false

    /// Where the operator's token is unless it is said.
    static let tokenFile = "./laurel-data/operator.key"

    /// Runs `body` with a client of the node.
    func run<Result>(_ body: (AdminClient) async throws -> Result) async throws -> Result {
        let authorities = try authorities()
        let address = try address(isSecure: authorities != nil)
        return try await AdminClient.with(address: address, authorities: authorities, token: try bearerToken(), body)
    }

    /// The file with those that are believed; nil for those of this machine.
    private func authorities() throws -> String? {
        guard let path = caFile ?? ProcessInfo.processInfo.environment["LAUREL_CA_FILE"] else { return nil }
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(path), !certificates.isEmpty else {
            throw Failure(.usage, "\(path) holds no certificates in PEM that can be read.")
        }
        return path
    }

    /// - Parameter isSecure: whether it must be one of TLS.
    private func address(isSecure: Bool) throws -> String {
        let text = admin ?? ProcessInfo.processInfo.environment["LAUREL_ADMIN"] ?? "127.0.0.1:8081"
        // laureld takes host:port from the same variable.
        var address = text.contains("://") ? text : (isSecure ? "https://" : "http://") + text
        guard !isSecure || !address.hasPrefix("http://") else {
            throw Failure(.usage, "'\(text)' is no address of TLS, and so --ca-file and LAUREL_CA_FILE are of no use.")
        }
        if address.hasSuffix("/") { address.removeLast() }
        guard let url = URL(string: address), ["http", "https"].contains(url.scheme), let host = url.host(),
            !host.isEmpty, url.path().isEmpty, url.query() == nil, url.user() == nil
        else { throw Failure(.usage, "'\(text)' is no address such as http://127.0.0.1:8081.") }
        return address
    }

    private func bearerToken() throws -> String {
        if let token {
            // Everybody on the machine can read the arguments of a process.
            guard token.hasPrefix("@") else {
                throw Failure(
                    .usage, "--token takes @FILE: a token among the arguments is seen by everyone on this machine.")
            }
            return try Self.token(inFile: String(token.dropFirst()))
        }
        let environment = ProcessInfo.processInfo.environment
        guard let text = environment["LAUREL_TOKEN"] ?? environment["LAUREL_OPERATOR_TOKEN"] else {
            return try Self.token(inFile: Self.tokenFile)
        }
        return text.hasPrefix("@") ? try Self.token(inFile: String(text.dropFirst())) : text
    }

    private static func token(inFile path: String) throws -> String {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Failure(.usage, "There is no token in \(path): say --token @FILE, or set LAUREL_TOKEN.")
        }
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Failure(.usage, "\(path) holds no token.")
        }
        return token
    }
}

/// What commands take that change something.
struct ChangeOptions: ParsableArguments {
    @Option(help: "Change it only if this is its version.")
    var ifVersion: Int64?
}

/// What lists take.
struct ListOptions: ParsableArguments {
    @Flag(help: "Also what was deleted, removed or revoked, or has expired.")
    var all = false

    var query: [(String, String?)] { [("all", all ? "true" : nil)] }
}

/// Before something is ended for good.
struct Confirmation: ParsableArguments {
    @Flag(help: "Don't ask: there is no way back.")
    var yes = false

    func check(_ what: String) throws {
        guard yes else { throw Failure(.usage, "\(what) There is no way back; say --yes if it is meant.") }
    }
}
