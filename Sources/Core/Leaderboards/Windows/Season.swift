/// One run of a window, between two resets: `2026-W47` of the weekly window.
///
/// Half-open: a score at `start` counts, a score at `end` belongs to the next season.
package struct Season: Hashable, Sendable {
    /// Unique within the window, and readable. Sorts by time for years 0001 to 9999.
    package let id: String
    package let start: Timestamp
    /// Nil if it never ends.
    package let end: Timestamp?

    package init(id: String, start: Timestamp, end: Timestamp?) {
        self.id = id
        self.start = start
        self.end = end
    }

    /// The one season of a window without resets.
    package static let allTime = Season(
        id: WindowDefinition.allTimeName, start: Timestamp.accepted.lowerBound, end: nil)

    package func contains(_ instant: Timestamp) -> Bool {
        guard let end else { return start <= instant }
        return start <= instant && instant < end
    }
}
