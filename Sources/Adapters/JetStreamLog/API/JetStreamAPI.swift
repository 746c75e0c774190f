internal import Foundation
internal import NATSClient
internal import NIOCore

/// What JetStream is asked, and answers, as JSON. Names are those of its API.
enum JetStreamAPI {
    static let create = "$JS.API.STREAM.CREATE."
    static let info = "$JS.API.STREAM.INFO."
    static let purge = "$JS.API.STREAM.PURGE."
    static let consumers = "$JS.API.CONSUMER.LIST."
    static let deleteConsumer = "$JS.API.CONSUMER.DELETE."
    static let get = "$JS.API.STREAM.MSG.GET."
    static let directGet = "$JS.API.DIRECT.GET."
    static let serverVariables = "$SYS.REQ.SERVER.PING.VARZ"

    struct Problem: Decodable, Hashable, Error {
        var code: Int
        var err_code: Int?
        var description: String?

        static let streamNotFound = 10059
        static let messageNotFound = 10037
        static let consumerNotFound = 10014

        var text: String { "\(description ?? "no description") (\(err_code ?? code))" }
    }

    struct PublishReply: Decodable {
        var error: Problem?
        var stream: String?
        var seq: UInt64?
        var duplicate: Bool?
    }

    struct StreamInfo: Decodable {
        struct State: Decodable {
            var messages: UInt64
            var bytes: UInt64
            var first_seq: UInt64
            var last_seq: UInt64
        }
        struct Config: Decodable {
            var max_bytes: Int64?
        }
        struct Peer: Decodable {
            var name: String
            var offline: Bool?
            /// Nanoseconds since the leader heard of it.
            var active: Int64?
            var current: Bool?
        }
        struct Cluster: Decodable {
            var leader: String?
            var replicas: [Peer]?
        }
        var error: Problem?
        var state: State?
        var cluster: Cluster?
        var config: Config?
    }

    struct PurgeReply: Decodable {
        var error: Problem?
        var success: Bool?
    }

    struct PurgeRequest: Encodable {
        var filter: String?
        var seq: UInt64
    }

    struct GetRequest: Encodable {
        var seq: UInt64?
        var last_by_subj: String?
        var next_by_subj: String?
        var batch: Int?
        var max_bytes: Int?
        var multi_last: [String]?
    }

    struct GetReply: Decodable {
        struct Stored: Decodable {
            var subject: String
            var seq: UInt64
            var data: Data?
        }
        var error: Problem?
        var message: Stored?
    }

    struct ServerVariables: Decodable {
        struct Server: Decodable {
            var name: String
            var ver: String
        }
        struct Variables: Decodable {
            struct JetStream: Decodable {
                struct Configuration: Decodable { var sync_always: Bool? }
                var config: Configuration?
            }
            var jetstream: JetStream?
        }
        var server: Server
        var data: Variables?
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ payload: ByteBuffer) -> Value? {
        try? JSONDecoder().decode(type, from: Data(payload.readableBytesView))
    }

    static func encode(_ value: some Encodable) -> ByteBuffer {
        // Requests are made of strings and numbers, which always encode.
        ByteBuffer(bytes: try! JSONEncoder().encode(value))
    }
}
