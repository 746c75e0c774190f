import Gzip
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Bodies that are packed with gzip, in both directions.
extension PublicResponder {
    /// Has the body of a request unpacked while it is read.
    func unpack(_ request: inout Request) throws(Problem) {
        switch request.headers.value(of: .contentEncoding)?.lowercased() {
        case nil, "identity"?: return
        case "gzip"?, "x-gzip"?:
            request.body = RequestBody(
                asyncSequence: UnpackedBody(packed: request.body, limits: configuration.unpacking))
        default:
            var problem = Problem(.unsupportedMediaType, "Content-Encoding must be gzip, or not be there.")
            problem.headers[.acceptEncoding] = "gzip"
            throw problem
        }
    }

    /// Packs an answer that is long enough, if the client takes it. Answers that are written while they are made stay as they
    /// are, since each line has to arrive when it is written, and so do those with an ETag: that names the bytes.
    func packed(_ response: Response, for request: Request) async -> Response {
        guard let count = response.body.contentLength, count >= configuration.packByteCountMin,
            !response.headers.contains(.eTag)
        else { return response }
        var response = response
        response.headers.append(HTTPField(name: .vary, value: "Accept-Encoding"))
        guard request.method != .head, let accepted = request.headers.value(of: .acceptEncoding), acceptsGzip(accepted),
            let body = await collect(response.body)
        else { return response }
        response.headers[.contentEncoding] = "gzip"
        response.body = ResponseBody(byteBuffer: body.gzipped())
        return response
    }

    private func collect(_ body: ResponseBody) async -> ByteBuffer? {
        let collected = CollectingWriter.Collected()
        do {
            try await body.write(CollectingWriter(collected: collected))
        } catch {
            return nil
        }
        return collected.bytes.withLock { $0 }
    }
}

/// Whether `Accept-Encoding` allows gzip: named with a weight above 0, or covered by `*`. Nothing else that may stand there
/// is known here.
func acceptsGzip(_ header: String) -> Bool {
    var any = false
    for element in header.split(separator: ",") {
        let parts = element.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
        guard let name = parts.first else { continue }
        let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
        if name == "gzip" || name == "x-gzip" { return weight > 0 }
        if name == "*" { any = weight > 0 }
    }
    return any
}

/// A body as it was before it was packed.
private struct UnpackedBody: AsyncSequence, Sendable {
    let packed: RequestBody
    let limits: GzipInflater.Limits

    struct AsyncIterator: AsyncIteratorProtocol {
        var packed: RequestBody.AsyncIterator
        let inflater: GzipInflater

        @concurrent
        mutating func next() async throws -> ByteBuffer? {
            while true {
                do throws(GzipInflater.Failure) {
                    if let piece = try inflater.next() { return piece }
                } catch {
                    throw problem(error)
                }
                guard let piece = try await packed.next() else { break }
                inflater.append(piece)
            }
            do throws(GzipInflater.Failure) {
                try inflater.finish()
            } catch {
                throw problem(error)
            }
            return nil
        }

        private func problem(_ failure: GzipInflater.Failure) -> Problem {
            switch failure {
            case .malformed, .truncated:
                Problem(
                    .invalidEncoding, failure == .truncated ? "It ends too early." : "It is not gzip, or is damaged.")
            case .ratio, .size: Problem(.bodyTooLarge, "Unpacked, the body is larger than is taken.")
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(packed: packed.makeAsyncIterator(), inflater: GzipInflater(limits: limits))
    }
}

/// Keeps what is written.
private struct CollectingWriter: ResponseBodyWriter {
    final class Collected: Sendable {
        let bytes = Mutex(ByteBuffer())
    }

    let collected: Collected

    func write(_ buffer: ByteBuffer) async throws {
        collected.bytes.withLock { bytes in
            if bytes.readableBytes == 0 { bytes = buffer } else { bytes.writeImmutableBuffer(buffer) }
        }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
