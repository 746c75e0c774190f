/// Finds what a compressor would make nothing of: one to sixteen bytes over and over. No name looks like that, and whatever
/// unpacks, lays out or matches it later works hard for it.
enum Repetitions {
    static let noticedByteCount = 128
    static let hugeByteCount = 1024
    static let periodMax = 16

    /// The rule that the longest repetition meets, and where that begins.
    static func match(in text: [UInt8]) -> (rule: FilterRule, place: Int)? {
        guard text.count >= noticedByteCount else { return nil }
        var longest = 0..<0
        for period in 1...periodMax {
            // Bytes from `start` on that equal the one a period before.
            var start = 0
            for index in period...text.count where index == text.count || text[index] != text[index - period] {
                if index - start > longest.count { longest = start..<index }
                start = index - period + 1
            }
        }
        guard longest.count >= noticedByteCount else { return nil }
        return (longest.count >= hugeByteCount ? .hugeRepetition : .repetition, longest.lowerBound)
    }
}
