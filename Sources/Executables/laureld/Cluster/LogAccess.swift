import Foundation
import JetStreamLog
import NATSClient

/// How a node shows the log's servers who it is, and makes sure that they are them.
struct LogAccess {
    let client: ClientOptions
    let inspection: StreamLogOptions.Inspection

    init(_ cluster: ClusterSettings) throws {
        var client = ClientOptions(servers: cluster.logServers)
        client.authentication = try Self.authentication(cluster)
        if cluster.logTLS {
            client.tls = TLSSettings(
                authorities: cluster.logAuthority, certificate: cluster.logCertificate, key: cluster.logCertificateKey)
        }
        self.client = client
        inspection = try Self.inspection(cluster)
    }

    private static func authentication(_ cluster: ClusterSettings) throws -> Authentication {
        if let user = cluster.logUser { return .password(user: user, password: cluster.logPassword ?? "") }
        if let token = cluster.logToken { return .token(token) }
        if let path = cluster.logCredentials { return try credentials("cluster-log-credentials", path) }
        return .none
    }

    private static func inspection(_ cluster: ClusterSettings) throws -> StreamLogOptions.Inspection {
        if let user = cluster.systemUser {
            return .systemAccount(.password(user: user, password: cluster.systemPassword ?? ""))
        }
        if let path = cluster.systemCredentials {
            return .systemAccount(try credentials("cluster-log-system-credentials", path))
        }
        return .ownAccount
    }

    /// A creds file, or one with nothing but an nkey's seed.
    private static func credentials(_ key: String, _ path: String) throws -> Authentication {
        let text: String
        do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
            throw StartError("\(key): \(path) can't be read: \(error.localizedDescription)")
        }
        do throws(CredentialsError) {
            let seed = text.filter { !$0.isWhitespace }
            return seed.hasPrefix("S") ? .nkey(try NKey(seed: seed)) : try Authentication(credentials: text)
        } catch {
            throw StartError("\(key): \(path) \(error)")
        }
    }
}

extension ClusterSettings {
    /// What is wrong with what the log's servers are told.
    var logAccessProblems: [String] {
        var problems: [String] = []
        if [logUser, logToken, logCredentials].compactMap({ $0 }).count > 1 {
            problems.append("cluster-log-user, cluster-log-token, cluster-log-credentials: one of them")
        }
        if systemUser != nil, systemCredentials != nil {
            problems.append("cluster-log-system-user, cluster-log-system-credentials: one of them")
        }
        if (logCertificate == nil) != (logCertificateKey == nil) {
            problems.append("cluster-log-certificate, cluster-log-certificate-key: both, or neither")
        }
        if !logTLS, logAuthority != nil || logCertificate != nil {
            problems.append("cluster-log-tls: certificates are of use with it only")
        }
        return problems
    }
}
