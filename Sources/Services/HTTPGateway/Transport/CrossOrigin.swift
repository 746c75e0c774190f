import HTTPTypes
import Hummingbird

/// Which web pages may read answers (CORS): browsers ask, and keep from a page what its origin is not allowed.
///
/// It protects nobody from other clients; the key does that. Credentials that a browser sends by itself are never asked for.
package struct CrossOrigin: Sendable {
    /// The origins that a project allows, such as `https://game.example`; `*` for all. Asked for each request of a page, so
    /// answered from memory.
    package var origins: @Sendable (_ project: String) -> [String]
    /// Whether any project allows an origin. A browser asks before it sends the key, when the project is not known yet.
    package var isKnownOrigin: @Sendable (_ origin: String) -> Bool

    package init(
        origins: @escaping @Sendable (_ project: String) -> [String],
        isKnownOrigin: @escaping @Sendable (_ origin: String) -> Bool
    ) {
        self.origins = origins
        self.isKnownOrigin = isKnownOrigin
    }

    /// The answer to a browser's question whether it may send a request; nil if the request is another one.
    func preflight(_ request: Request) -> Response? {
        guard request.method == .options, let origin = request.headers.value(of: .origin),
            request.headers.contains(.accessControlRequestMethod)
        else { return nil }
        let methods = Route.methods(at: request.head.path ?? "/")
        guard !methods.isEmpty else { return nil }
        var response = Response(status: .noContent)
        response.headers[.vary] = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        guard isKnownOrigin(origin) else { return response }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlAllowMethods] = methods.map(\.rawValue).joined(separator: ", ")
        response.headers[.accessControlAllowHeaders] = Self.allowedHeaders
        response.headers[.accessControlMaxAge] = "600"
        return response
    }

    /// Tells the browser whether the page may have the answer. Where no project is known, as with a wrong key, it may if its
    /// origin is known at all: the page should learn what is wrong.
    func sign(_ response: inout Response, for request: Request, project: String?) {
        guard request.method != .options else { return }
        // Whether or not this request is a page's: a cache must not give its answer to one.
        response.headers.append(HTTPField(name: .vary, value: "Origin"))
        guard let origin = request.headers.value(of: .origin), isAllowed(origin, project) else { return }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlExposeHeaders] = Self.exposedHeaders
    }

    private func isAllowed(_ origin: String, _ project: String?) -> Bool {
        guard let project else { return isKnownOrigin(origin) }
        return origins(project).contains { $0 == origin || $0 == "*" }
    }

    private static let allowedHeaders =
        "Accept, Authorization, Content-Encoding, Content-Type, Idempotency-Key, If-Match, Laurel-Project, "
        + "Laurel-Signature, X-Api-Key, X-Request-Id"
    private static let exposedHeaders =
        "ETag, RateLimit, RateLimit-Policy, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, "
        + "X-Request-Id, Idempotency-Replayed, Laurel-Age"
}

extension Route {
    /// The methods that a path takes, its query aside. Empty if there is no such path.
    static func methods(at target: String) -> [HTTPRequest.Method] {
        // Nobody's method, so that all others are found.
        switch find(.options, target.prefix { $0 != "?" }) {
        case .otherMethods(let methods): methods
        case .match, .notFound: []
        }
    }
}
