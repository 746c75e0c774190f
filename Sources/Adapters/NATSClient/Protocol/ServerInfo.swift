internal import Foundation
internal import NIOCore

/// What a server says of itself, as far as a client needs it.
package struct ServerInfo: Hashable, Sendable {
    package var serverID = ""
    package var serverName = ""
    package var version = ""
    package var cluster: String?
    /// In bytes: of a message with its headers.
    package var payloadByteCountMax = 1 << 20
    package var hasHeaders = false
    package var hasJetStream = false
    package var requiresTLS = false
    package var offersTLS = false
    package var requiresAuthentication = false
    /// What an nkey has to sign.
    package var nonce: String?
    /// Where else its cluster can be reached, `host:port`.
    package var connectAddresses: [String] = []
    /// It will close its connections soon.
    package var isLeaving = false
}

extension ServerInfo {
    private struct Wire: Decodable {
        var server_id: String?
        var server_name: String?
        var version: String?
        var cluster: String?
        var max_payload: Int?
        var headers: Bool?
        var jetstream: Bool?
        var tls_required: Bool?
        var tls_available: Bool?
        var auth_required: Bool?
        var nonce: String?
        var connect_urls: [String]?
        var ldm: Bool?
    }

    init?(json: ByteBuffer) {
        guard let wire = try? JSONDecoder().decode(Wire.self, from: Data(json.readableBytesView)),
            let version = wire.version, wire.max_payload ?? 1 > 0
        else { return nil }
        serverID = wire.server_id ?? ""
        serverName = wire.server_name ?? ""
        self.version = version
        cluster = wire.cluster
        payloadByteCountMax = wire.max_payload ?? payloadByteCountMax
        hasHeaders = wire.headers ?? false
        hasJetStream = wire.jetstream ?? false
        requiresTLS = wire.tls_required ?? false
        offersTLS = requiresTLS || wire.tls_available ?? false
        requiresAuthentication = wire.auth_required ?? false
        nonce = wire.nonce
        connectAddresses = wire.connect_urls ?? []
        isLeaving = wire.ldm ?? false
    }
}

/// What a client says of itself.
struct ConnectOptions: Encodable {
    var verbose = false
    var pedantic = false
    // `protocol` 1 asks for INFO whenever the cluster changes.
    var `protocol` = 1
    var headers = true
    var no_responders = true
    // Our own messages would come back to our own subscriptions.
    var echo = false
    var lang = "swift"
    var version = "1"
    var name: String
    var tls_required: Bool
    var user: String?
    var pass: String?
    var auth_token: String?
    var jwt: String?
    var nkey: String?
    var sig: String?

    var json: ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and truth values always encode.
        return ByteBuffer(bytes: try! encoder.encode(self))
    }
}
