import LoadHarness

/// Feeds a reader in pieces that end where `cuts` say, and answers what came of each reply and how many pieces it took.
func outcomes<Reader: ReplyReader>(_ reader: inout Reader, _ bytes: [UInt8], cuts: [Int]) -> [ReplyOutcome] {
    var outcomes: [ReplyOutcome] = []
    var start = 0
    for end in cuts + [bytes.count] where outcomes.last != .violation {
        // Copied, so that a reader that looks beyond its piece is seen by a sanitizer, and keeps nothing.
        Array(bytes[start..<end]).withUnsafeBufferPointer { piece in
            guard var position = piece.baseAddress else { return }
            let stop = position + piece.count
            while let outcome = reader.next(&position, stop) {
                outcomes.append(outcome)
                if outcome == .violation { return }
            }
        }
        start = end
    }
    return outcomes
}

/// The outcomes of whole bytes, of every cut in two, and of single bytes; nil where these differ.
func outcomesAtEveryBoundary<Reader: ReplyReader>(_ type: Reader.Type, _ text: String) -> [ReplyOutcome]? {
    let bytes = Array(text.utf8)
    var whole = Reader()
    let expected = outcomes(&whole, bytes, cuts: [])
    for cut in 0..<bytes.count {
        var reader = Reader()
        if outcomes(&reader, bytes, cuts: [cut]) != expected || reader.errorTexts != whole.errorTexts { return nil }
    }
    var reader = Reader()
    guard outcomes(&reader, bytes, cuts: Array(0..<bytes.count)) == expected else { return nil }
    return reader.errorTexts == whole.errorTexts ? expected : nil
}
