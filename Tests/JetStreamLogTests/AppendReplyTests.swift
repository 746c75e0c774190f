import NATSClient
import NIOCore
import Testing

@testable import JetStreamLog

@Suite("JetStream's answers to an append")
struct AppendReplyTests {
    @Test(
        "As a server writes them",
        arguments: [
            (#"{"stream":"S","seq":7}"#, .stored(7, isDuplicate: false)),
            (#"{"stream":"S","seq":7,"duplicate": true}"#, .stored(7, isDuplicate: true)),
            (error(400, 10071, "wrong last sequence: 1"), .wrongLast(1)),
            (error(400, 10071, "wrong last sequence: 0"), .wrongLast(0)),
            (error(400, 10071, "wrong last sequence"), .busy(10071)),
            (error(400, 10164, "wrong last sequence"), .busy(10164)),
            (error(409, 10158, "duplicate message id is in process"), .busy(10158)),
            (error(503, 10163, "not ready"), .busy(10163)),
            (error(503, 10008, "JetStream system temporarily unavailable"), .busy(10008)),
            (
                error(400, 10077, "maximum bytes exceeded"),
                .permanent(.noSpace("maximum bytes exceeded (10077)"))
            ),
            (error(503, 10077, "disk on fire"), .permanent(.failed("disk on fire (10077)"))),
            (error(503, 10023, "insufficient resources"), .permanent(.noSpace("insufficient resources (10023)"))),
            (error(500, 10047, "storage"), .permanent(.noSpace("storage (10047)"))),
            (
                error(400, 10054, "message size exceeds maximum allowed"),
                .permanent(.invalid("message size exceeds maximum allowed (10054)"))
            ),
            (
                error(400, 10060, "expected stream does not match"),
                .permanent(.failed("expected stream does not match (10060)"))
            ),
            (#"{"stream":"S","seq":0}"#, .unreadable("neither an error nor a sequence")),
            ("", .unreadable("no JSON")), ("[]", .unreadable("no JSON")), (#"{"seq":-1}"#, .unreadable("no JSON")),
        ] as [(String, AppendReply)])
    func replies(text: String, expected: AppendReply) {
        #expect(AppendReply(Message(subject: "r", payload: ByteBuffer(string: text))) == expected)
    }

    @Test("As the client has them")
    func outcomes() {
        #expect(AppendReply(.noResponders) == .noResponders)
        #expect(AppendReply(.timedOut) == .timedOut)
        #expect(AppendReply(.lost("reset")) == .lost)
        #expect(AppendReply(.notSent("no connection")) == .notSent)
        guard case .permanent(.invalid) = AppendReply(.refused(.tooLarge(byteCount: 2, max: 1))),
            case .permanent(.failed) = AppendReply(.refused(.notPermitted))
        else {
            Issue.record("a refusal is permanent")
            return
        }
    }

    private static func error(_ code: Int, _ number: Int, _ text: String) -> String {
        #"{"error":{"code":\#(code),"err_code":\#(number),"description":"\#(text)"},"stream":"S","seq":0}"#
    }
}
