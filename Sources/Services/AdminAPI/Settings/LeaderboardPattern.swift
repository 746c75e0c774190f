import Leaderboards

/// The id of a leaderboard, or the beginning of ids with a `*` behind.
enum LeaderboardPattern {
    /// What is wrong with the text; nil if nothing is.
    static func problem(with text: String) -> String? {
        let id = text.utf8.last == UInt8(ascii: "*") ? text.utf8.dropLast() : text.utf8[...]
        let isPattern = id.isEmpty ? text == "*" : LeaderboardDefinition.isID(id)
        return isPattern ? nil : "The id of a leaderboard is expected, or its beginning with a * behind."
    }
}
