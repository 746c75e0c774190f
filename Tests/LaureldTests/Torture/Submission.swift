import TestSupport

/// A score of the torture's load. Which board, which user and which year are all there is to choose.
struct Submission: Hashable {
    var board: TortureBoard
    var user: Int
    var year: Int
    var amount: Int

    var json: String {
        #"{"leaderboard":"\#(board.id)","user":"u\#(user)","score":\#(amount),"at":"\#(year)-06-30T00:00:00Z","#
            + #""dimensions":{"country":"\#(Self.country(ofUser: user))"},"metadata":{"ballast":"\#(Self.ballast)"}}"#
    }

    /// Fills the log, so that it is cut while the test runs.
    private static let ballast = String(repeating: "x", count: 400)

    static func country(ofUser user: Int) -> String { TortureBoard.countries[user % TortureBoard.countries.count] }

    static func random(using random: inout SplitMix64) -> Submission {
        Submission(
            board: TortureBoard.all[random.below(TortureBoard.all.count)], user: random.below(TortureBoard.userCount),
            year: TortureBoard.years[random.below(TortureBoard.years.count)],
            // So large a range that two sums hardly ever agree by chance.
            amount: 1 + random.below(1_000_000_000))
    }
}

/// The leaderboards of the torture: several, so that several shards share each write of the log.
struct TortureBoard: Hashable {
    var isSum: Bool
    var number: Int

    var id: String { (isSum ? "sum-" : "best-") + String(number) }

    var definition: String {
        """
        {"id":"\(id)","columns":[{"name":"points","type":"integer","operator":"\(isSum ? "sum" : "best")"}],
         "windows":[{"name":"season","every":"year"}],"dimensions":["country"]}
        """
    }

    static let all =
        (0..<6).map { TortureBoard(isSum: true, number: $0) } + (0..<3).map { TortureBoard(isSum: false, number: $0) }
    static let userCount = 60
    static let years = [1999, 2004, 2005]
    static let countries = ["NO", "PT", "JP"]
}

/// What a connection sends at once.
struct LoadRequest {
    enum Form: Hashable {
        case single
        case batch
        case upload
    }

    var form: Form
    var submissions: [Submission]
    /// With one it may be sent again, however it ended.
    var key: String?

    var target: String { form == .upload ? "/v1/scores/bulk" : "/v1/scores/update" }
    var type: String { form == .upload ? "application/x-ndjson" : "application/json" }
    var headers: [(String, String)] {
        (key.map { [("Idempotency-Key", $0)] } ?? []) + (form == .upload ? [("Accept", "application/x-ndjson")] : [])
    }

    var body: [UInt8] {
        switch form {
        case .single: Array(submissions[0].json.utf8)
        case .batch: Array((#"{"updates":["# + submissions.map(\.json).joined(separator: ",") + "]}").utf8)
        case .upload: Array(submissions.map { $0.json + "\n" }.joined().utf8)
        }
    }
}
