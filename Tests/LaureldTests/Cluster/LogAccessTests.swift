import Foundation
import JetStreamSupport
import NATSClient
import Testing
import TestSupport

extension RealClusters {
    /// Nodes whose log's servers ask who they are.
    @Suite("Getting at the log", .timeLimit(.minutes(10)))
    struct LogAccessTests {
        private static let seed = "SUAAOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBZ5FE"

        @Test(
            "With TLS, a certificate of its own and an nkey a node works; what does not go together is said at the start"
        )
        func everything() async throws {
            try await TemporaryDirectory.with { directory in
                let path = directory.path
                try makeCertificates(in: path)
                let seedFile = path + "/log.nk"
                try (Self.seed + "\n").write(toFile: seedFile, atomically: true, encoding: .utf8)
                let publicKey = try NKey(seed: Self.seed).publicKey
                let log = try JetStreamCluster { text in
                    text.replacing(
                        "users: [ { user: $LAUREL_NATS_USER, password: $LAUREL_NATS_PASSWORD } ]",
                        with: "users: [ { nkey: \(publicKey) } ]")
                            + """

                            tls {
                                cert_file: "\(path)/server.crt", key_file: "\(path)/server.key", ca_file: "\(path)/ca.crt"
                                verify: true
                            }

                            """
                }
                // Certificates are of names.
                let servers = log.addresses.map { "localhost:\($0.port)" }.joined(separator: ",")
                let certificates = [
                    "cluster-log-tls=true", "cluster-log-authority=\(path)/ca.crt",
                    "cluster-log-certificate=\(path)/client.crt",
                    "cluster-log-certificate-key=\(path)/client.key",
                ]
                let settings =
                    ["cluster-log=\(servers)", "cluster-log-user=none", "cluster-log-credentials=\(seedFile)"]
                    + certificates
                let cluster = try LaureldCluster(nodes: 1, settings: settings, log: log)
                defer { cluster.stop() }
                try cluster.makeBoard()
                try cluster.add()
                #expect(try cluster.nodes[0].stop() == .exited(0))
                for (change, complaint) in [
                    ("cluster-log-credentials=\(path)/ca.crt", "is no creds file"),
                    ("cluster-log-credentials=\(path)/nothing", "can't be read"),
                    ("cluster-log-certificate-key=none", "both, or neither"),
                    ("cluster-log-tls=false", "with it only"),
                    ("cluster-log-user=laurel", "one of them"),
                ] {
                    let node = try Laureld.launch(
                        data: cluster.data(of: 0), settings: cluster.settings(of: 0) + [change],
                        environment: LaureldCluster.environment)
                    #expect(try node.wait(seconds: 120) != .exited(0))
                    #expect(node.output.text.contains(complaint), "\(change): \(node.output.text)")
                    #expect(!node.output.text.contains(Self.seed))
                }
            }
        }
    }
}
