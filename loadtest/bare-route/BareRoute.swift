import Hummingbird
import NIOCore
import NIOPosix

/// The reference of the HTTP figures: a Hummingbird route that decodes a score, and answers with JSON. No key, no board,
/// no log.
@main
struct BareRoute {
    struct Update: Decodable {
        var leaderboard: String
        var user: String
        var score: Double
    }

    struct Answer: ResponseEncodable {
        var leaderboard: String
        var user: String
        var accepted: Bool
        var score: Double
        var rank: Int
    }

    static func main() async throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8090
        let router = Router()
        router.post("/v1/scores/update") { request, context in
            let update = try await request.decode(as: Update.self, context: context)
            return Answer(
                leaderboard: update.leaderboard, user: update.user, accepted: true, score: update.score, rank: 1)
        }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)))
        try await application.runService()
    }
}
