internal import CommitLogs
internal import Leaderboards
internal import Placement
internal import Sharding

// What can be found out by reading the log of a damaged shard.
extension Node {
    /// Adds what the log shows, and whether the shard can be made again up to its end.
    ///
    /// - Parameters:
    ///   - checkpoints: all that there are, the newest first
    ///   - removed: nodes that nobody waits for
    func surveyLog(
        _ survey: inout LossSurvey, _ checkpoints: [CheckpointRecord], removed: Set<UInt64>
    ) async {
        guard let sharing = environment.sharing else { return }
        let (id, log) = (survey.shard, sharing.log(of: survey.shard))
        survey.take(await log.condition())
        if let note = cluster?.membership.view().notes[id] {
            survey.witnesses.append(.init(.gossip, number: note.number, epoch: note.epoch))
            if let owner = note.owner?.number { survey.expect(owner, isRemoved: removed.contains(owner)) }
        }
        do throws(ReadError) {
            survey.end = try await log.visibleTail(of: id)
        } catch {
            survey.problems.append("The end of the log can't be read: \(error).")
            return
        }
        guard let end = survey.end else {
            survey.problems.append("The log has no record of the shard: there is nothing to go on from.")
            return
        }
        survey.expect(end.node, isRemoved: removed.contains(end.node))
        let losses = sharing.losses(of: id)
        survey.witnesses.removeAll { losses.voids(number: $0.number, epoch: $0.epoch) }
        if losses.voids(number: end.number, epoch: end.epoch) {
            survey.problems.append("The log has records again that were given up: it ends with record \(end.number).")
            return
        }
        do throws(RecoveryError) {
            guard let basis = try await basis(of: id, checkpoints, before: end) else {
                survey.problems.append(
                    "The shard can't be made again up to record \(end.number), where its log ends: the log begins behind its first record, and no node has a checkpoint that fits."
                )
                return
            }
            survey.basis = basis?.number ?? 0
            try await read(id, from: basis, through: end)
        } catch {
            survey.problems.append("The log can't be read up to its end, record \(end.number): \(error)")
        }
    }

    /// The newest checkpoint that the log goes on from; an inner nil for the log alone, an outer one if there is neither.
    private func basis(
        of id: ShardID, _ checkpoints: [CheckpointRecord], before end: LogTail
    ) async throws(RecoveryError) -> CheckpointRecord?? {
        let recovery = ShardRecovery(environment: environment)
        for record in checkpoints where record.number <= end.number {
            if try await recovery.fit(record, of: id, before: end) == .fits { return .some(record) }
        }
        return try await recovery.fit(nil, of: id, before: end) == .fits ? .some(nil) : nil
    }

    private func read(
        _ id: ShardID, from basis: CheckpointRecord?, through end: LogTail
    ) async throws(RecoveryError) {
        var tail = (number: basis?.number ?? 0, hash: basis?.hash ?? .zero)
        guard tail.number < end.number else { return }
        let from = basis.map { LogPosition($0.position.value + 1) } ?? .start
        do throws(ReadError) {
            let entries = try await environment.sharing!.log(of: id).entries(
                of: id, from: from, through: end.position, following: nil)
            var iterator = entries.makeRecoveryIterator()
            while let batch = try await iterator.next() {
                for entry in batch {
                    guard entry.record.number == tail.number + 1, entry.record.previousHash == tail.hash else {
                        throw .corrupted(
                            at: entry.position, "record \(entry.record.number) does not follow record \(tail.number)")
                    }
                    tail = (entry.record.number, entry.hash)
                }
            }
        } catch {
            throw RecoveryError(error)
        }
        guard tail.number == end.number, tail.hash == end.hash else {
            throw .gap(id, "it was read up to record \(tail.number)")
        }
    }
}
