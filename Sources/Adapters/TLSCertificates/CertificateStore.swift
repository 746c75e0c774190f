internal import Glibc
package import Logging
internal import NIOPosix
package import NIOSSL
internal import Synchronization

/// The certificate and the key of TLS listeners, read from two files and read again when they change.
///
/// A connection keeps what it began with; a new one gets the newest pair that could be read and belongs together. So a
/// certificate is renewed by replacing the files, in whichever order: while they don't match, the old pair stays.
package final class CertificateStore: ReloadableCertificates {
    private let certificatePath: String
    private let keyPath: String
    private let logger: Logger
    private let current: Mutex<State>

    private struct State {
        var contexts: Contexts
        var stamps: [FileStamp?]
    }

    /// The same pair, for listeners that agree with clients about different protocols.
    private struct Contexts {
        var any: NIOSSLContext
        var http1: NIOSSLContext
    }

    /// Throws what is wrong with the files: a start without a certificate would be one without TLS.
    package init(certificate: String, key: String, logger: Logger) throws(CertificateError) {
        certificatePath = certificate
        keyPath = key
        self.logger = logger
        let stamps = [FileStamp(certificate), FileStamp(key)]
        current = Mutex(State(contexts: try Self.read(certificate, key), stamps: stamps))
    }

    /// What the next connection is to use. Clients that ask for neither HTTP/2 nor HTTP/1.1 get HTTP/1.1 or, from its own
    /// listener, the Redis protocol.
    package var context: NIOSSLContext { current.withLock { $0.contexts.any } }

    /// The same for a listener that does not speak HTTP/2.
    package var http1Context: NIOSSLContext { current.withLock { $0.contexts.http1 } }

    /// Reads the files if they changed since they were last looked at.
    package func reloadIfChanged() async { await reload(evenIfUnchanged: false) }

    /// Reads the files, whether they changed or not.
    package func reload() async { await reload(evenIfUnchanged: true) }

    /// Files may be slow, so on a thread that may wait.
    private func reload(evenIfUnchanged: Bool) async {
        try? await NIOThreadPool.singleton.runIfActive {
            // Taken before the files are read: what is written meanwhile is noticed next time.
            let stamps = [FileStamp(self.certificatePath), FileStamp(self.keyPath)]
            guard evenIfUnchanged || stamps != self.current.withLock({ $0.stamps }) else { return }
            self.reload(stamps)
        }
    }

    private func reload(_ stamps: [FileStamp?]) {
        do {
            let contexts = try Self.read(certificatePath, keyPath)
            current.withLock { $0 = State(contexts: contexts, stamps: stamps) }
            logger.notice("TLS: new connections use the certificate now in \(certificatePath)")
        } catch {
            current.withLock { $0.stamps = stamps }
            logger.error("TLS: \(error.description); the certificate in use stays")
        }
    }

    private static func read(_ certificate: String, _ key: String) throws(CertificateError) -> Contexts {
        let chain = try readCertificates(certificate)
        let privateKey = try readKey(key)
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["h2", "http/1.1"]
            let any = try NIOSSLContext(configuration: configuration)
            configuration.applicationProtocols = ["http/1.1"]
            return Contexts(any: any, http1: try NIOSSLContext(configuration: configuration))
        } catch {
            throw CertificateError("\(certificate) and \(key) do not belong together or can't be used: \(error)")
        }
    }
}

func readCertificates(_ path: String) throws(CertificateError) -> [NIOSSLCertificate] {
    let chain: [NIOSSLCertificate]
    do {
        chain = try NIOSSLCertificate.fromPEMFile(path)
    } catch {
        throw CertificateError("\(path) holds no certificates in PEM that can be read")
    }
    guard !chain.isEmpty else { throw CertificateError("\(path) holds no certificate") }
    return chain
}

func readKey(_ path: String) throws(CertificateError) -> NIOSSLPrivateKey {
    do {
        return try NIOSSLPrivateKey(file: path, format: .pem)
    } catch {
        throw CertificateError("\(path) holds no private key in PEM that can be read")
    }
}

/// What is wrong with a certificate or its key, in words for whoever put it there.
package struct CertificateError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// Tells whether a file is another one than before. Renewal tools replace files or the links to them; both show here.
struct FileStamp: Equatable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    /// Nil if there is no such file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        size = Int(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}
