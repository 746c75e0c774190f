import Foundation

/// What is known of each submission of a request after its answer, or after the lack of one.
struct LoadAnswer {
    enum Fate: Hashable {
        /// Promised to last.
        case acknowledged
        /// Promised again: it was entered before.
        case acknowledgedBefore
        /// Promised not to have been entered.
        case refused
        /// It may have been entered or not.
        case open
    }

    var fates: [Fate]
    /// The server stops, or is gone.
    var isLast = false
    /// An answer that has no place here.
    var surprise: String?
    var response: Client.Response?

    init(_ request: LoadRequest, by client: Client) {
        fates = Array(repeating: .open, count: request.submissions.count)
        var streamed: [UInt8] = []
        do {
            let response = try client.send(
                "POST", request.target, body: request.body, type: request.type, headers: request.headers
            ) { streamed += $0 }
            self.response = response
            read(response, request)
        } catch .notConnected {
            fates = fates.map { _ in .refused }
            isLast = true
        } catch {
            if request.form == .upload { readUpload(streamed) }
            isLast = true
        }
    }

    private mutating func read(_ response: Client.Response, _ request: LoadRequest) {
        do {
            switch (response.status, request.form) {
            case (200, .single): fates = [try Self.fate(response.decoded())]
            case (200, .batch):
                struct Answer: Decodable { var results: [Receipt] }
                fates = try response.decoded(Answer.self).results.map(Self.fate)
            case (200, .upload): readUpload(response.body)
            default:
                let problem = try response.decoded(Receipt.self)
                fates = try fates.map { _ in try Self.fate(problem) }
            }
            // A node that stops says so, or just closes.
            if response.status == 503 || response.headers["connection"] == "close" || fates.contains(.refused) {
                isLast = true
            }
        } catch {
            surprise = "\(error)"
        }
        if fates.count != request.submissions.count { surprise = "\(fates.count) results: \(response.text)" }
    }

    private static func fate(_ receipt: Receipt) throws -> Fate {
        switch receipt.code {
        case nil: receipt.replayed == true ? .acknowledgedBefore : .acknowledged
        case "unavailable", "overloaded", "no_space": .refused
        case "outcome_unknown": .open
        default: throw Failure("unexpected answer: \(receipt)")
        }
    }

    /// Lines of progress, as many as came, and perhaps the summary.
    private mutating func readUpload(_ bytes: [UInt8]) {
        struct Progress: Decodable {
            var line: Int?
            var lines: Int?
            var rejected: Int
            var skipped: Int
            var error: Receipt?
        }
        var settled = 0
        var skipped = 0
        for line in bytes.split(separator: 10) {
            guard let progress = try? JSONDecoder().decode(Progress.self, from: Data(line)) else { break }
            if progress.rejected > 0 { surprise = String(decoding: line, as: UTF8.self) }
            settled = progress.line ?? (progress.error == nil ? progress.lines! : settled)
            skipped = progress.skipped
            isLast = progress.error != nil
        }
        for index in fates.indices.prefix(settled) {
            fates[index] = skipped == fates.count ? .acknowledgedBefore : .acknowledged
        }
    }
}
