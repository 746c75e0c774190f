package import Logging
internal import NIOPosix
package import NIOSSL
internal import Synchronization

/// What nodes of a cluster show each other: this node's certificate and key, and the cluster's authority, which the other side's
/// certificate must come from. Read from three files, and read again when they change, as `CertificateStore` does.
///
/// Names in certificates are not compared: whoever has a certificate of the authority is a node of the cluster, so the authority must
/// sign for nothing else.
package final class PeerCertificates: ReloadableCertificates {
    private let paths: Paths
    private let logger: Logger
    private let current: Mutex<State>

    private struct Paths: Sendable {
        var certificate: String
        var key: String
        var authority: String

        var stamps: [FileStamp?] { [FileStamp(certificate), FileStamp(key), FileStamp(authority)] }
    }

    private struct State {
        var server: NIOSSLContext
        var client: NIOSSLContext
        var stamps: [FileStamp?]
    }

    /// Throws what is wrong with the files.
    package init(certificate: String, key: String, authority: String, logger: Logger) throws(CertificateError) {
        paths = Paths(certificate: certificate, key: key, authority: authority)
        self.logger = logger
        current = Mutex(try Self.read(paths))
    }

    /// For connections that other nodes make.
    package var server: NIOSSLContext { current.withLock { $0.server } }
    /// For those that this node makes.
    package var client: NIOSSLContext { current.withLock { $0.client } }

    package func reloadIfChanged() async {
        // Files may be slow, so on a thread that may wait.
        try? await NIOThreadPool.singleton.runIfActive {
            let stamps = self.paths.stamps
            guard stamps != self.current.withLock({ $0.stamps }) else { return }
            do {
                let state = try Self.read(self.paths)
                self.current.withLock { $0 = state }
                self.logger.notice("new connections between nodes use the certificate now in \(self.paths.certificate)")
            } catch {
                self.current.withLock { $0.stamps = stamps }
                self.logger.error("certificates between nodes: \(error); those in use stay")
            }
        }
    }

    private static func read(_ paths: Paths) throws(CertificateError) -> State {
        // Taken before the files are read: what is written meanwhile is noticed next time.
        let stamps = paths.stamps
        let chain = try readCertificates(paths.certificate).map { NIOSSLCertificateSource.certificate($0) }
        let key = NIOSSLPrivateKeySource.privateKey(try readKey(paths.key))
        let authority = NIOSSLTrustRoots.certificates(try readCertificates(paths.authority))
        var server = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: key)
        var client = TLSConfiguration.makeClientConfiguration()
        client.certificateChain = chain
        client.privateKey = key
        server.minimumTLSVersion = .tlsv13
        client.minimumTLSVersion = .tlsv13
        server.trustRoots = authority
        client.trustRoots = authority
        server.certificateVerification = .noHostnameVerification
        client.certificateVerification = .noHostnameVerification
        do {
            return State(
                server: try NIOSSLContext(configuration: server), client: try NIOSSLContext(configuration: client),
                stamps: stamps)
        } catch {
            throw CertificateError(
                "\(paths.certificate), \(paths.key) and \(paths.authority) do not belong together or can't be used: \(error)"
            )
        }
    }
}
