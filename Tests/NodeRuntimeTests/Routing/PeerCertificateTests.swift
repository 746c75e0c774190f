import Foundation
import NIOPosix
import NodeLink
import NodeRuntime
import ServiceLifecycle
import TLSCertificates
import Testing

@Suite("Certificates between nodes", .timeLimit(.minutes(2)))
struct PeerCertificateTests {
    @Test(
        "Nodes whose certificates come from one authority talk; one with a certificate of another authority, or none, is refused"
    )
    func authorities() async throws {
        let directory = try CertificateDirectory()
        defer { directory.remove() }
        try directory.makeAuthority("ours")
        try directory.makeAuthority("theirs")
        for (node, authority) in [("one", "ours"), ("two", "ours"), ("stranger", "theirs")] {
            try directory.makeCertificate(node, from: authority)
        }
        let server = try directory.certificates("two", trusting: "ours")
        #expect(await call(with: .mutualTLS(try directory.certificates("one", trusting: "ours")), server) == nil)
        // A stranger who believes the server, one who believes nobody of ours, and one who shows nothing.
        for client in [
            LinkSecurity.mutualTLS(try directory.certificates("stranger", trusting: "ours")),
            .mutualTLS(try directory.certificates("one", trusting: "theirs")), .cleartextOnLoopback,
        ] {
            guard case .unavailable = await call(with: client, server) else {
                Issue.record("a stranger was let in")
                continue
            }
        }
    }

    @Test("New files are used for the next connection; those that do not belong together are not")
    func reloading() async throws {
        let directory = try CertificateDirectory()
        defer { directory.remove() }
        for authority in ["ours", "next"] {
            try directory.makeAuthority(authority)
            try directory.makeCertificate("\(authority)-node", from: authority)
        }
        try directory.copy("ours-node", as: "used")
        let used = try PeerCertificates(
            certificate: directory.path("used.pem"), key: directory.path("used.key"),
            authority: directory.path("ours.pem"), logger: .silent)
        let before = used.server
        try directory.copy("next-node.key", to: "used.key")
        await used.reloadIfChanged()
        #expect(used.server === before)
        try directory.copy("next-node.pem", to: "used.pem")
        await used.reloadIfChanged()
        #expect(used.server !== before)
    }

    /// What a call fails with.
    private func call(with client: LinkSecurity, _ server: PeerCertificates) async -> ServiceError? {
        var (from, to) = (NodeLinkConfiguration.test(node: 1), NodeLinkConfiguration.test(node: 2))
        from.security = client
        to.security = .mutualTLS(server)
        let directory = FixedDirectory()
        let links = NodeLinks(
            configuration: from, directory: directory, eventLoops: MultiThreadedEventLoopGroup.singleton,
            logger: .silent)
        let peer = TestServer(to, [Echo()])
        return await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try? await peer.group.run() }
            directory.set(2, port: (try? await peer.port()) ?? 1)
            let found = await problem { try await links.call(.submit, [1], to: 2, within: .seconds(60)) }
            links.stop()
            await peer.group.triggerGracefulShutdown()
            return found
        }
    }
}

extension LinkSecurity {
    fileprivate static func mutualTLS(_ certificates: PeerCertificates) -> LinkSecurity {
        .mutualTLS(server: { certificates.server }, client: { certificates.client })
    }
}

/// Certificates that openssl makes.
private struct CertificateDirectory {
    private let root: String

    init() throws {
        root = NSTemporaryDirectory() + "/laurel-certificates-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: root) }
    func path(_ name: String) -> String { "\(root)/\(name)" }

    func certificates(_ name: String, trusting authority: String) throws -> PeerCertificates {
        try PeerCertificates(
            certificate: path("\(name).pem"), key: path("\(name).key"), authority: path("\(authority).pem"),
            logger: .silent)
    }

    func makeAuthority(_ name: String) throws {
        try openssl(
            newKey + ["-keyout", path("\(name).key"), "-out", path("\(name).pem"), "-subj", "/CN=\(name)"]
                + ["-addext", "basicConstraints=critical,CA:TRUE"])
    }

    func makeCertificate(_ name: String, from authority: String) throws {
        try openssl(
            newKey + ["-keyout", path("\(name).key"), "-out", path("\(name).pem"), "-subj", "/CN=\(name)"]
                + ["-CA", path("\(authority).pem"), "-CAkey", path("\(authority).key")]
                + ["-addext", "basicConstraints=critical,CA:FALSE"])
    }

    func copy(_ name: String, as other: String) throws {
        for ending in ["pem", "key"] { try copy("\(name).\(ending)", to: "\(other).\(ending)") }
    }

    func copy(_ name: String, to other: String) throws {
        try Data(contentsOf: URL(fileURLWithPath: path(name))).write(
            to: URL(fileURLWithPath: path(other)), options: .atomic)
    }

    private var newKey: [String] {
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardError = Pipe()
        process.standardOutput = Pipe()
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw LinkTestProblem("openssl failed: \(arguments)") }
    }
}
