internal import NATSClient

/// What an attempt to append brought, in the words of the protocol's table.
enum AppendReply: Hashable {
    /// The record is in the log.
    case stored(UInt64, isDuplicate: Bool)
    /// 10071: the subject's last message is another one than expected.
    case wrongLast(UInt64)
    /// 10164, 10158, 10163, 10008: something is in process. Nothing follows from it.
    case busy(Int)
    /// Nobody leads the stream: this attempt reached nobody.
    case noResponders
    case timedOut
    /// The connection went after it was sent.
    case lost
    /// There was no connection. It was not sent.
    case notSent
    /// It can't be done, and this attempt did not do it.
    case permanent(PermanentRefusal)
    /// An answer that says nothing we know.
    case unreadable(String)
}

enum PermanentRefusal: Hashable {
    case noSpace(String)
    case invalid(String)
    case failed(String)
}

extension AppendReply {
    /// Codes of JetStream's errors that append can meet.
    private enum Code {
        static let wrongLastSequence = 10071
        /// Another append of the subject is in process; the number is not known yet.
        static let wrongLastSequenceUnknown = 10164
        static let duplicateInProcess = 10158
        static let notReady = 10163
        static let unavailable = 10008
        static let insufficientResources = 10023
        static let storageExceeded = 10047
        static let messageTooLarge = 10054
        static let streamMismatch = 10060
        /// "maximum bytes exceeded" and other limits of the store.
        static let storeFailed = 10077
    }

    init(_ outcome: RequestOutcome) {
        switch outcome {
        case .reply(let message): self.init(message)
        case .noResponders: self = .noResponders
        case .timedOut: self = .timedOut
        case .lost: self = .lost
        case .notSent, .sent: self = .notSent
        case .closed: self = .lost
        case .refused(.invalid(let reason)): self = .permanent(.invalid(reason))
        case .refused(.tooLarge(let count, let max)):
            self = .permanent(.invalid("\(count) bytes are more than the \(max) that the server takes"))
        case .refused(.notPermitted): self = .permanent(.failed("the log's user may not publish there"))
        }
    }

    init(_ message: Message) {
        guard let reply = JetStreamAPI.decode(JetStreamAPI.PublishReply.self, message.payload) else {
            self = .unreadable("no JSON")
            return
        }
        if let error = reply.error {
            self.init(error)
        } else if let sequence = reply.seq, sequence > 0 {
            self = .stored(sequence, isDuplicate: reply.duplicate ?? false)
        } else {
            self = .unreadable("neither an error nor a sequence")
        }
    }

    init(_ error: JetStreamAPI.Problem) {
        switch error.err_code ?? 0 {
        case Code.wrongLastSequence:
            let number = error.description.flatMap { $0.split(separator: " ").last }.flatMap { UInt64($0) }
            self = number.map { .wrongLast($0) } ?? .busy(Code.wrongLastSequence)
        case Code.wrongLastSequenceUnknown, Code.duplicateInProcess, Code.notReady, Code.unavailable:
            self = .busy(error.err_code!)
        case Code.insufficientResources, Code.storageExceeded: self = .permanent(.noSpace(error.text))
        case Code.storeFailed:
            // The code of whatever the store says; its text tells a full one.
            let isFull = error.description?.contains("maximum") ?? false
            self = .permanent(isFull ? .noSpace(error.text) : .failed(error.text))
        case Code.messageTooLarge: self = .permanent(.invalid(error.text))
        case Code.streamMismatch: self = .permanent(.failed(error.text))
        default: self = .permanent(.failed(error.text))
        }
    }
}
