internal import ControlPlane
internal import Admission
internal import Leaderboards
internal import Logging
internal import Synchronization

// What outlives a start, in the control database. What can't be read or written is tried again at the end of the next
// interval; nothing is written over what could not be read.
extension AnomalyWatch {
    /// Reads what was kept, once.
    package func recall() async {
        guard let source = configuration.source, !memory.withLock({ $0.isRecalled }) else { return }
        do throws(ControlError) {
            let states = try await directory.store.anomalyStates(of: source)
            let rows = try await directory.store.anomalies(of: source)
            memory.withLock { memory in
                for (name, text) in states {
                    guard let kept = KeptAnomalyState(name: name, text: text) else { continue }
                    memory.enter(kept, atMost: configuration)
                }
                memory.found = (rows.compactMap(FoundAnomaly.init) + memory.found).suffix(configuration.foundCountMax)
                memory.isRecalled = true
            }
        } catch {
            logger.debug("what was learned of traffic could not be read: \(error)")
        }
    }

    /// Keeps what was found since it was kept last.
    package func keepFound() async {
        guard let source = configuration.source else { return }
        let (unkept, isRecalled) = memory.withLock { ($0.found.suffix($0.unkeptCount), $0.isRecalled) }
        guard isRecalled, !unkept.isEmpty else { return }
        do throws(ControlError) {
            try await directory.store.addAnomalies(
                unkept.map(AnomalyRow.init), of: source, keeping: configuration.foundCountMax)
            memory.withLock { $0.unkeptCount = max(0, $0.unkeptCount - unkept.count) }
        } catch {
            logger.debug("anomalies could not be kept: \(error)")
        }
    }

    /// Keeps what was learned.
    package func keepStates() async {
        guard let source = configuration.source else { return }
        let (states, isRecalled) = memory.withLock { ($0.kept, $0.isRecalled) }
        guard isRecalled else { return }
        do throws(ControlError) {
            let texts = Dictionary(states.filter(\.canBeKept).map { ($0.name, $0.text) }) { first, _ in first }
            try await directory.store.setAnomalyStates(texts, of: source, at: directory.clock.now())
        } catch {
            logger.debug("what was learned of traffic could not be kept: \(error)")
        }
    }
}

extension AnomalyWatch.Memory {
    fileprivate var kept: [KeptAnomalyState] {
        states.map { identity, state in
            switch identity {
            case .project(let id): KeptAnomalyState(.project(id), state)
            case .key(let id): KeptAnomalyState(.key(id), state)
            }
        } + leaderboards.kept
    }

    /// What was learned before is worth more than what was learned since the start.
    fileprivate mutating func enter(_ kept: KeptAnomalyState, atMost configuration: AnomalyWatch.Configuration) {
        switch kept.subject {
        case .project(let id): enter(kept.state, .project(id), configuration)
        case .key(let id): enter(kept.state, .key(id), configuration)
        case .leaderboard(let leaderboard, let better, let quietIntervals):
            leaderboards.enter(
                kept.state, of: leaderboard, better, quietIntervals: quietIntervals,
                atMost: configuration.leaderboardCountMax)
        }
    }

    private mutating func enter(
        _ state: AnomalyState, _ identity: AnomalyWatch.Identity, _ configuration: AnomalyWatch.Configuration
    ) {
        if states.count < configuration.identityCountMax || states[identity] != nil { states[identity] = state }
    }
}

extension AnomalyRow {
    fileprivate init(_ found: FoundAnomaly) {
        let anomaly = found.anomaly
        self.init(
            time: found.time, tenant: found.tenant, project: found.project, key: found.key,
            leaderboard: found.leaderboard, kind: anomaly.kind.rawValue, observed: anomaly.observed,
            expected: anomaly.expected, deviation: anomaly.deviation, country: anomaly.country?.description,
            explanation: anomaly.explanation)
    }
}

extension FoundAnomaly {
    /// Nil for a kind that only a newer Laurel knows.
    fileprivate init?(_ row: AnomalyRow) {
        guard let kind = Anomaly.Kind(rawValue: row.kind) else { return nil }
        self.init(
            time: row.time, tenant: row.tenant, project: row.project, key: row.key, leaderboard: row.leaderboard,
            anomaly: Anomaly(
                kind: kind, observed: row.observed, expected: row.expected, deviation: row.deviation,
                country: row.country.flatMap { CountryCode($0) }, explanation: row.explanation))
    }
}
