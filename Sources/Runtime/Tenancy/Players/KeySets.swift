internal import Admission
internal import Foundation
internal import JWTKit
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Gets a tenant's published keys. Tenants choose the address, so an implementation lets itself be sent nowhere but to public
/// servers: `KeySetURL` says what an address may look like, and what a name leads to is the fetcher's to check.
package protocol KeySetFetcher: Sendable {
    /// The body, of at most `byteCountMax` bytes.
    func fetch(_ url: KeySetURL, byteCountMax: Int) async throws -> [UInt8]
}

/// Fetches nothing.
package struct NoKeySets: KeySetFetcher {
    package init() {}
    package func fetch(_ url: KeySetURL, byteCountMax: Int) async throws -> [UInt8] { throw CancellationError() }
}

/// The key sets of tenants, by the addresses where they are published.
///
/// Fetched when first needed and every few minutes from then on; in between once for a `kid` that is not there, and then not
/// again for a while. A set that can't be fetched again stays as it was. Whoever comes while one is being fetched waits for it.
final class KeySets: Sendable {
    static let byteCountMax = 64 << 10
    static let keyCountMax = 64
    /// How many addresses are remembered; of those beyond it, the one that was fetched longest ago is forgotten.
    static let setCountMax = 10_000

    enum Answer: Sendable {
        case found(VerifyingKey, version: UInt64)
        case none
        /// It was never fetched.
        case unavailable
    }

    private struct KeySet: Sendable {
        /// Whoever fetches it, one after the other.
        let turn = RefreshTurn()
        var keys: [String: VerifyingKey] = [:]
        /// Another number after each change; 0 before the first time.
        var version: UInt64 = 0
        var body: [UInt8] = []
        var isFetched = false
        /// When it was tried last; nil if never.
        var triedAt: UInt64?
    }

    private let sets = Mutex<[String: KeySet]>([:])
    private let versions = Atomic<UInt64>(0)
    private let configuration: PlayerTokens.Configuration
    private let fetcher: any KeySetFetcher
    private let clock: AccessClock
    private let logger: Logger

    init(_ configuration: PlayerTokens.Configuration, fetcher: any KeySetFetcher, clock: AccessClock, logger: Logger) {
        self.configuration = configuration
        self.fetcher = fetcher
        self.clock = clock
        self.logger = logger
    }

    func version(of url: String) -> UInt64? { sets.withLock { $0[url]?.version } }

    func key(_ id: String, from url: String) async -> Answer {
        if let answer = known(id, url) { return answer }
        guard let address = KeySetURL(url) else { return .none }
        let turn = turn(of: url)
        await turn.begin()
        defer { turn.end() }
        if mayTry(url) { await fetch(address) }
        return known(id, url) ?? (isFetched(url) ? .none : .unavailable)
    }

    private func turn(of url: String) -> RefreshTurn {
        sets.withLock { sets in
            if let set = sets[url] { return set.turn }
            if sets.count >= Self.setCountMax,
                let oldest = sets.min(by: { ($0.value.triedAt ?? 0) < ($1.value.triedAt ?? 0) })
            {
                sets[oldest.key] = nil
            }
            let set = KeySet()
            sets[url] = set
            return set.turn
        }
    }

    private func known(_ id: String, _ url: String) -> Answer? {
        sets.withLock { sets in
            guard let set = sets[url], let key = set.keys[id] else { return nil }
            return .found(key, version: set.version)
        }
    }

    private func isFetched(_ url: String) -> Bool { sets.withLock { $0[url]?.isFetched ?? false } }

    private func mayTry(_ url: String) -> Bool {
        let now = clock.uptime().nanoseconds
        let pause = UInt64(configuration.refetchInterval.components.seconds) * 1_000_000_000
        return sets.withLock { sets in
            guard let triedAt = sets[url]?.triedAt else { return true }
            return now >= triedAt + pause
        }
    }

    private func fetch(_ url: KeySetURL) async {
        let tried = clock.uptime().nanoseconds
        let result: Result<[UInt8], any Error>
        do {
            let body = try await fetcher.fetch(url, byteCountMax: Self.byteCountMax)
            result = .success(body)
        } catch {
            result = .failure(error)
        }
        sets.withLock { sets in
            var set = sets[url.text] ?? KeySet()
            set.triedAt = tried
            switch result {
            case .success(let body):
                guard let keys = Self.keys(in: body) else { break }
                if !set.isFetched || body != set.body {
                    set.keys = keys
                    set.body = body
                    set.version = versions.add(1, ordering: .relaxed).newValue
                }
                set.isFetched = true
            case .failure(let error):
                // Without the address's answer: nobody is told what a server says that only we can reach.
                logger.notice(
                    "a key set could not be fetched", metadata: ["host": "\(url.host)", "kind": "\(type(of: error))"])
            }
            sets[url.text] = set
        }
    }

    /// Nil if it is no key set. Keys of other kinds than ours are passed over.
    static func keys(in body: [UInt8]) -> [String: VerifyingKey]? {
        struct Document: Decodable { var keys: [Entry] }
        struct Entry: Decodable {
            var key: JWK?
            init(from decoder: any Decoder) throws { key = try? JWK(from: decoder) }
        }
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(body)) else { return nil }
        var keys: [String: VerifyingKey] = [:]
        for entry in document.keys.prefix(keyCountMax) {
            guard let jwk = entry.key, let id = jwk.keyIdentifier?.string, let key = VerifyingKey(jwk) else { continue }
            keys[id] = key
        }
        return keys
    }

    /// Fetches every set that was ever needed again and again, until it is told to stop.
    func run() async {
        await cancelWhenGracefulShutdown {
            while (try? await self.clock.sleep(self.configuration.keySetInterval)) != nil, !Task.isCancelled {
                await self.fetchAgain()
            }
        }
    }

    /// Each set that is there, one after the other.
    func fetchAgain() async {
        for text in sets.withLock({ Array($0.keys) }) {
            if let url = KeySetURL(text) { await fetch(url) }
        }
    }
}
