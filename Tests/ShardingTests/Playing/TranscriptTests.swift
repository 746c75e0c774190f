import Testing

@Suite("Transcripts")
struct TranscriptTests {
    @Test("the shard answers as it is written down", arguments: Transcript.names)
    func transcript(name: String) throws {
        var transcript = try Transcript(named: name)
        let player = TranscriptPlayer()
        let answers = transcript.steps.map { player.play($0.command, input: $0.input) }
        if Transcript.isRewriting { return try transcript.rewrite(answers) }
        for (step, answer) in zip(transcript.steps, answers) where step.answer != answer {
            Issue.record("\(name), line \(step.line): \(step.command)\nanswers:\n\(answer)\nand not:\n\(step.answer)")
            return
        }
    }

    @Test("there are transcripts, and each says something")
    func present() throws {
        #expect(Transcript.names.count >= 10)
        for name in Transcript.names { #expect(try Transcript(named: name).steps.count > 3, "\(name)") }
    }
}
