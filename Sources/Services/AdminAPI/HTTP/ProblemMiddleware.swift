import HTTPTypes
import Hummingbird
import Leaderboards
import Logging
import NIOCore

/// Names each request, and makes problem documents of whatever goes wrong, here and nowhere else.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = AdminContext

    let documentation: String
    let logger: Logger

    @concurrent func handle(
        _ request: Request, context: AdminContext, next: @concurrent (Request, AdminContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestID = requestID(of: request)
        var response: Response
        do {
            response = try await next(request, context)
        } catch let problem as AdminProblem {
            response = answer(problem, context.requestID)
        } catch let error as HTTPError where error.status == .notFound {
            response = answer(
                AdminProblem(.notFound, "The paths begin with /admin/v1; see docs/admin-api.md."), context.requestID)
        } catch {
            // What it says may quote the request: only its type is told.
            logger.error(
                "A request of the admin API failed.",
                metadata: ["error": "\(type(of: error))", "request_id": "\(context.requestID)"])
            response = answer(AdminProblem(.storeFailed, "The server's log says more."), context.requestID)
        }
        response.headers[.requestID] = context.requestID
        // Answers hold what nobody between should keep; one of them has a key in it.
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private func answer(_ problem: AdminProblem, _ requestID: String) -> Response {
        let url = JSON.string("\(documentation)#\(problem.code.rawValue)")
        let document: JSON = [
            "type": url, "code": .string(problem.code.rawValue), "title": .string(problem.code.title),
            "status": .integer(problem.code.status), "detail": .string(problem.detail),
            "request_id": .string(requestID), "doc_url": url,
            "errors": .array(
                problem.fields.map {
                    ["field": .string($0.field), "code": .string($0.code), "message": .string($0.message)]
                }),
        ]
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if let seconds = problem.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
        if !problem.allowed.isEmpty { headers[.allow] = problem.allowed.joined(separator: ", ") }
        if problem.code.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        return Response(
            status: HTTPResponse.Status(code: problem.code.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: document.description)))
    }
}
