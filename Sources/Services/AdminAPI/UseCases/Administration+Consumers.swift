import CommitLogs
import ControlPlane
import NodeRuntime

// Those for whom a cluster's log is kept.
extension Administration {
    /// - Returns: with why those of a log can't be listed, by the log's name
    func consumers(_ call: AdminCall) async throws -> (found: [ConsumerState], problems: [(log: String, text: String)])
    {
        let inspection = try inspection(call)
        let state = try await state(call)
        let groups = await inspection.logGroups()
        let problems = groups.compactMap { group in
            group.consumersProblem.map { (log: group.name, text: $0) }
        }
        return (state.consumers(of: groups), problems)
    }

    /// Has logs forget a consumer, all that have it or one of them.
    ///
    /// - Returns: as it was
    func removeConsumer(
        _ name: String, of log: String?, dryRun: Bool, _ call: AdminCall
    ) async throws -> [ConsumerState] {
        let (all, problems) = try await consumers(call)
        if let problem = problems.first(where: { log == nil || $0.log == log }) {
            throw AdminProblem(.notPossible, "The consumers of \(problem.log) can't be listed: \(problem.text).")
        }
        let found = all.filter { $0.consumer.name == name && (log == nil || $0.log == log) }
        guard !found.isEmpty else {
            throw AdminProblem(
                .unknownConsumer, "No log\(log.map { " of the name \($0)" } ?? "") has a consumer \(name).")
        }
        if dryRun { return found }
        let debts = found.map { "\($0.log): \($0.consumer.debt)" }
        let note = note(call, "consumer.remove", name, detail: debts.joined(separator: "; "))
        // First, since nobody can tell later what was given up.
        do { try await store.commit([], note, at: clock()) } catch { throw AdminProblem(error, whileChanging: false) }
        let inspection = try inspection(call)
        for consumer in found {
            do throws(AppendError) {
                _ = try await inspection.removeConsumer(name, ofGroup: consumer.group)
            } catch {
                throw AdminProblem(
                    .notPossible, "\(consumer.log): \(error.consumerText). What was removed before stays removed.")
            }
        }
        return found
    }
}

extension AppendError {
    fileprivate var consumerText: String { if case .failed(let reason) = self { reason } else { "\(self)" } }
}
