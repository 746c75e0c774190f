import Admission
import HTTPTypes
import Hummingbird
import Leaderboards
import NIOCore
import NodeRuntime
import Synchronization

/// What is written down about a request.
extension AccessLog {
    /// Notes an answer: now if it is there as a whole, or when the last of it is handed over.
    func note(
        _ response: inout Response, to request: Request, _ exchange: Exchange, client: IPAddress?,
        since start: NIODeadline
    ) {
        let entry = AccessEntry(
            id: response.headers[.requestID], method: request.method.rawValue, status: Int(response.status.code),
            agent: request.headers.value(of: .userAgent), client: client, start: start)
        if let count = response.body.contentLength {
            append(entry.line(exchange.found, bytesOut: request.method == .head ? 0 : count, at: clock.now()))
            return
        }
        let body = response.body
        response.body = ResponseBody { writer in
            let sent = CountingWriter.Sent()
            defer {
                let count = sent.byteCount.load(ordering: .relaxed)
                self.append(entry.line(exchange.found, bytesOut: count, at: self.clock.now()))
            }
            try await body.write(CountingWriter(base: writer, sent: sent))
        }
    }
}

extension Exchange {
    /// Has the bytes of a request's body counted: as it says, or as they come where it doesn't.
    func count(_ request: inout Request) {
        if let length = request.headers.value(of: .contentLength) {
            note { $0.bytesIn = Int(length) ?? 0 }
        } else if request.method != .get, request.method != .head {
            request.body = RequestBody(asyncSequence: CountedBody(base: request.body, exchange: self))
        }
    }
}

/// What is known of a request when its answer begins.
private struct AccessEntry: Sendable {
    let id: String?
    let method: String
    let status: Int
    let agent: String?
    let client: IPAddress?
    let start: NIODeadline

    func line(_ found: Exchange.Found, bytesOut: Int, at time: Timestamp) -> [UInt8] {
        var line = AccessLine(at: time)
        line.member("id", id)
        line.member("method", method, countMax: 16)
        line.member("route", found.route?.template)
        line.member("status", status)
        line.member("in", found.bytesIn)
        line.member("out", bytesOut)
        line.member("us", Int((NIODeadline.now() - start).nanoseconds / 1000))
        line.member("project", found.project)
        line.member("key", found.keyID)
        line.member("client", client?.description)
        line.member("agent", agent, countMax: 128)
        line.end()
        return line.bytes
    }
}

private struct CountingWriter: ResponseBodyWriter {
    final class Sent: Sendable {
        let byteCount = Atomic(0)
    }

    var base: any ResponseBodyWriter
    let sent: Sent

    @concurrent
    mutating func write(_ buffer: ByteBuffer) async throws {
        try await base.write(buffer)
        sent.byteCount.add(buffer.readableBytes, ordering: .relaxed)
    }

    @concurrent
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws { try await base.finish(trailingHeaders) }
}

private struct CountedBody: AsyncSequence, Sendable {
    let base: RequestBody
    let exchange: Exchange

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: RequestBody.AsyncIterator
        let exchange: Exchange

        @concurrent
        mutating func next() async throws -> ByteBuffer? {
            let piece = try await base.next()
            if let piece { exchange.note { $0.bytesIn += piece.readableBytes } }
            return piece
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeAsyncIterator(), exchange: exchange) }
}
