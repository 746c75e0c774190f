import NIOCore
import TestSupport

@testable import NATSClient

/// A client's core, and what it did, without sockets or time.
struct CoreHarness {
    var core: ClientCore
    private(set) var now: ContinuousClock.Instant
    private(set) var effects: [ClientCore.Effect] = []
    private(set) var notices: [ClientNotice] = []
    private(set) var outcomes: [RequestID: [RequestOutcome]] = [:]
    private(set) var late: [RequestID: [Message]] = [:]
    private(set) var parts: [RequestID: [Message]] = [:]
    private(set) var written: [ConnectionID: String] = [:]
    private(set) var open: (id: ConnectionID, address: ServerAddress)?
    private var lastRequest: UInt64 = 0

    static let greeting = #"INFO {"version":"2.15.1","headers":true,"max_payload":1024,"server_name":"s"}"# + "\r\n"

    init(seed: UInt64 = 1, _ change: (inout ClientOptions) -> Void = { _ in }) {
        var options = ClientOptions(servers: [ServerAddress(host: "a", port: 1)])
        change(&options)
        core = ClientCore(options: options, seed: seed, inbox: "_INBOX.box")
        now = ContinuousClock.now
    }

    @discardableResult
    mutating func handle(_ input: ClientCore.Input) -> [ClientCore.Effect] {
        var new: [ClientCore.Effect] = []
        core.handle(input, at: now, effects: &new)
        effects += new
        for effect in new { note(effect) }
        return new
    }

    mutating func advance(_ duration: Duration) {
        let end = now + duration
        while let deadline = core.nextDeadline, deadline <= end {
            now = max(now, deadline)
            handle(.deadline)
        }
        now = end
    }

    private mutating func note(_ effect: ClientCore.Effect) {
        switch effect {
        case .open(let id, let address): open = (id, address)
        case .write(let id, let bytes): written[id, default: ""] += String(buffer: bytes)
        case .close(let id): if open?.id == id { open = nil }
        case .tell(let id, .end(let outcome), _): outcomes[id, default: []].append(outcome)
        case .tell(let id, .late(let message), _): late[id, default: []].append(message)
        case .tell(let id, .part(let message), _): parts[id, default: []].append(message)
        case .notice(let notice): notices.append(notice)
        case .secure, .deliver: break
        }
    }

    /// From nothing to ready.
    mutating func connect(greeting: String = CoreHarness.greeting) {
        handle(.start)
        becomeReady(greeting: greeting)
    }

    mutating func becomeReady(greeting: String = CoreHarness.greeting) {
        guard let open else { return }
        handle(.opened(open.id))
        receive(greeting)
        receive("PONG\r\n")
    }

    mutating func receive(_ text: String) {
        guard let open else { return }
        handle(.received(open.id, ByteBuffer(string: text)))
    }

    mutating func send(_ request: Request = Request(subject: "s")) -> RequestID {
        lastRequest += 1
        let id = RequestID(number: lastRequest)
        handle(.send(id, request))
        return id
    }

    mutating func reply(to id: RequestID, _ payload: String = "ok") {
        receive("MSG \(core.inbox).\(id.number) 1 \(payload.utf8.count)\r\n\(payload)\r\n")
    }

    mutating func reply(to id: RequestID, status: Int) {
        receive("HMSG \(core.inbox).\(id.number) 1 16 16\r\nNATS/1.0 \(status)\r\n\r\n\r\n")
    }

    func outcome(_ id: RequestID) -> RequestOutcome? { outcomes[id]?.first }
    var wire: String { open.flatMap { written[$0.id] } ?? "" }
}

func reply(_ payload: String, to id: RequestID, of core: ClientCore) -> RequestOutcome {
    .reply(Message(subject: "\(core.inbox).\(id.number)", payload: ByteBuffer(string: payload), subscription: 1))
}
