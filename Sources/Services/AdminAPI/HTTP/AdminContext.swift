import HTTPTypes
package import Hummingbird
import NIOCore

/// What goes with a request through the router.
package struct AdminContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Where it comes from, without the port.
    let address: String
    /// Names it in answers, logs and the audit log.
    var requestID = ""

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        address = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}

/// Names requests: the client's own name if it sent one.
func requestID(of request: Request) -> String {
    if let id = request.headers[.requestID], (1...64).contains(id.utf8.count), id.utf8.allSatisfy(isRequestIDByte) {
        return id
    }
    return String((0..<15).map { _ in letters.randomElement()! })
}

private let letters = Array("0123456789abcdefghjkmnpqrstvwxyz")

private func isRequestIDByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
    default: false
    }
}

extension HTTPField.Name {
    static let requestID = Self("X-Request-Id")!
}
