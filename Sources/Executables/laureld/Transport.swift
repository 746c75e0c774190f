import AdminAPI
import HTTPGateway
import Logging
import RedisFrontend
import ServiceLifecycle
import TLSCertificates
import UnixSignals

/// What the listeners share: the certificate and the access log, and having both read or opened anew.
struct Transport {
    let certificates: CertificateStore?
    let accessLog: AccessLog?
    private let logger: Logger

    init(_ settings: Settings, _ logger: Logger) throws {
        self.logger = logger
        if let certificate = settings.tlsCertificate, let key = settings.tlsKey {
            do {
                certificates = try CertificateStore(certificate: certificate, key: key, logger: logger)
            } catch {
                throw StartError("TLS: \(error.description)")
            }
        } else {
            certificates = nil
        }
        if let path = settings.accessLog {
            do {
                accessLog = try AccessLog(path: path, logger: logger)
            } catch {
                throw StartError(error.description)
            }
        } else {
            accessLog = nil
        }
    }

    func configure(_ http: inout HTTPConfiguration, _ settings: Settings) {
        http.bodyBytesPerSecondMin = settings.httpBodyRateMin
        http.packByteCountMin = settings.httpGzipBytesMin
        http.trustedProxies = TrustedProxies(settings.trustedProxies)
        http.countryHeader = settings.countryHeader
        http.accessLog = accessLog
        if let certificates { http.certificate = { certificates.context } }
    }

    func configure(_ redis: inout RedisConfiguration, _ settings: Settings) {
        if settings.isRedisSecure, let certificates { redis.certificate = { certificates.context } }
    }

    func configure(_ admin: inout AdminConfiguration, _ settings: Settings) {
        if settings.isAdminSecure, let certificates { admin.certificate = { certificates.http1Context } }
    }

    /// To be started before the listeners, and so stopped after them: the log has the last request, too.
    var services: [any Service] {
        var services: [any Service] = []
        if let accessLog { services.append(accessLog) }
        if let certificates { services.append(CertificateWatcher(certificates)) }
        // Where there is nothing to reload, a terminal that hangs up ends the process as ever.
        if !services.isEmpty { services.append(Reloading(transport: self)) }
        return services
    }

    fileprivate func reload() async {
        logger.notice("SIGHUP: reading the certificate and opening the access log anew")
        await certificates?.reload()
        accessLog?.reopen()
    }
}

/// Reloads on SIGHUP.
private struct Reloading: Service {
    let transport: Transport

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown {
            for await _ in signals { await transport.reload() }
        }
    }
}
