internal import Leaderboards

extension Shard {
    /// Enters scores, in order. Whatever is refused is not part of the record.
    ///
    /// Precondition: what `missing(for:project:)` names was loaded.
    package func submit(
        _ batch: SubmissionBatch, at indices: some Sequence<Int>, project: String, upload: String?,
        into record: inout RecordBuilder
    ) -> [SubmissionOutcome] {
        var outcomes: [SubmissionOutcome] = []
        outcomes.reserveCapacity(indices.underestimatedCount)
        let uploadName = upload.map { "\(project)/\($0)" }
        let covered = uploadName.map { uploads.line(of: $0, at: record.time) } ?? 0
        var lastLine = covered
        batch.bytes.withUnsafeBytes { bytes in
            var lookahead = Lookahead(batch, in: bytes, project: project, at: record.time)
            for index in indices {
                let submission = batch.submissions[index]
                if uploadName != nil {
                    guard submission.line > covered else {
                        outcomes.append(SubmissionOutcome(status: .refused(.alreadyUploaded)))
                        continue
                    }
                    lastLine = max(lastLine, submission.line)
                }
                do throws(Refusal) {
                    let known = lookahead.slot(of: index, in: self)
                    outcomes.append(
                        try submit(submission, in: bytes, project: project, known: known, into: &record))
                } catch {
                    outcomes.append(SubmissionOutcome(status: .refused(error)))
                }
            }
        }
        if let uploadName, lastLine > covered {
            let operation = UploadOperation(upload: uploadName, line: lastLine)
            begin(.advanceUpload, in: &record)
            operation.write(to: &record.writer)
            apply(operation)
        }
        return outcomes
    }

    private func submit(
        _ submission: Submission, in bytes: UnsafeRawBufferPointer, project: String, known: UInt32?,
        into record: inout RecordBuilder
    ) throws(Refusal) -> SubmissionOutcome {
        let leaderboard = try target(bytes[submission.leaderboard], project: project, at: record.time)
        // No member can have such a name; services say so in their own words before it comes here.
        guard 1...LeaderboardDefinition.userByteCountMax ~= Int(submission.user.count) else { throw .unknownUser }
        let at = submission.at ?? record.time
        if at > record.time.advanced(by: settings.futureTolerance) { throw .timeInFuture }
        let score: Score
        do { score = try leaderboard.definition.score(of: submission.score) } catch { throw .score(error) }
        var operation = SubmissionOperation(
            leaderboard: leaderboard.number, version: leaderboard.definition.version, at: at,
            user: bytes[submission.user], score: score)
        operation.metadata = bytes[submission.metadata]
        operation.attributes = bytes[submission.attributes]
        if !operation.attributes.isEmpty { try check(operation.attributes, leaderboard) }
        if !submission.requestKey.isEmpty {
            operation.requestKey = bytes[submission.requestKey]
            operation.fingerprint = fingerprint(of: submission, in: bytes)
            if let outcome = try remembered(operation, project: project, at: record.time) { return outcome }
        }
        try requireBudget(for: operation, in: leaderboard)
        if !leaderboard.definition.windows.isEmpty { try openSeasons(for: operation, leaderboard, into: &record) }
        let start = record.byteCount
        record.begin(.submit)
        operation.write(to: &record.writer)
        do {
            return try apply(operation, project: project, known: known, at: record.time) { outcome in
                outcome.write(to: &record.writer, windows: leaderboard.definition.windows)
            }
        } catch {
            record.writer.truncate(to: start)
            throw .score(error)
        }
    }

    /// Opens the seasons that a score falls into, unless it will be refused.
    private func openSeasons(
        for operation: SubmissionOperation, _ leaderboard: Leaderboard, into record: inout RecordBuilder
    ) throws(Refusal) {
        var missing: [(window: WindowDefinition, season: Season)] = []
        for window in leaderboard.definition.windows {
            if let season = try seasonToOpen(of: window, at: operation.at, in: leaderboard) {
                missing.append((window, season))
            }
        }
        if missing.isEmpty { return }
        do { try leaderboard.check(operation) } catch { throw .score(error) }
        for (window, season) in missing { open(season, of: window, in: leaderboard, into: &record) }
    }

    /// Applies a submission, live or replayed. `write` gets the outcome to write it, or compare it.
    ///
    /// Nothing changes if it throws.
    func apply(
        _ operation: SubmissionOperation, project: String, known: UInt32? = nil, at recordTime: Timestamp,
        _ write: (SubmissionOutcome) -> Void
    ) throws(ScoreError) -> SubmissionOutcome {
        let leaderboard = residentLeaderboard(operation.leaderboard)
        let outcome = try leaderboard.apply(operation, known: known)
        advanceTime(to: recordTime)
        if outcome.status == .accepted {
            leaderboard.account?.counters.scoresAccepted &+= 1
        } else {
            leaderboard.account?.counters.scoresUnchanged &+= 1
        }
        changed(leaderboard)
        write(outcome)
        if !operation.requestKey.isEmpty {
            var writer = ByteWriter(capacity: 128)
            outcome.write(to: &writer, windows: leaderboard.definition.windows)
            requests.remember(
                RequestTable.Answer(
                    fingerprint: operation.fingerprint, leaderboard: operation.leaderboard, outcome: writer.bytes),
                for: requestName(operation.requestKey, project: project), at: time)
        }
        return outcome
    }

    func apply(_ operation: UploadOperation) {
        uploads.advance(operation.upload, to: operation.line, at: time)
        isDirty = true
    }

    // MARK: Resolving

    func target(
        _ id: UnsafeRawBufferPointer, project: String, at now: Timestamp
    ) throws(Refusal) -> Leaderboard {
        if let lastTarget, lastTarget.id.count == id.count, lastTarget.id.elementsEqual(id),
            lastTarget.project == project
        {
            if lastTarget.leaderboard.isExpired(at: now) { throw .unknownLeaderboard }
            return lastTarget.leaderboard
        }
        let key = LeaderboardKey(project: project, id: String(decoding: id, as: UTF8.self))
        let leaderboard = try resident(key, at: now)
        lastTarget = (Array(id), project, leaderboard)
        return leaderboard
    }

    private func check(_ attributes: UnsafeRawBufferPointer, _ leaderboard: Leaderboard) throws(Refusal) {
        var unknown = false
        let isWellFormed = forEachAttribute(in: attributes) { name, _ in
            if !leaderboard.definition.dimensions.contains(where: { name.elementsEqual($0.utf8) }) { unknown = true }
        }
        if unknown || !isWellFormed { throw .unknownDimension }
    }

    private func remembered(
        _ operation: SubmissionOperation, project: String, at now: Timestamp
    ) throws(Refusal) -> SubmissionOutcome? {
        guard let answer = requests.answer(to: requestName(operation.requestKey, project: project), at: now) else {
            return nil
        }
        guard answer.fingerprint == operation.fingerprint else { throw .requestKeyReused }
        guard case .resident(let leaderboard)? = leaderboards[answer.leaderboard] else { return nil }
        let outcome = answer.outcome.withUnsafeBytes { bytes -> SubmissionOutcome? in
            var reader = ByteReader(bytes)
            return try? SubmissionOutcome(
                from: &reader, types: leaderboard.definition.columns.map(\.type),
                windows: leaderboard.definition.windows)
        }
        guard var outcome else { return nil }
        outcome.isReplay = true
        return outcome
    }

    /// Request keys are the project's own.
    private func requestName(_ key: UnsafeRawBufferPointer, project: String) -> [UInt8] {
        Array(project.utf8) + [0] + Array(key)
    }

    /// Tells submissions apart that were sent under one key by mistake.
    private func fingerprint(of submission: Submission, in bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = ContentHasher(seed: 0)
        for slice in [submission.leaderboard, submission.user, submission.metadata, submission.attributes] {
            hasher.combine(checksum(of: Array(bytes[slice])))
        }
        for index in 0..<submission.score.count { hasher.combine(submission.score[index]) }
        hasher.combine(UInt64(bitPattern: submission.at?.milliseconds ?? .min))
        return hasher.finalize().low
    }
}

extension UnsafeRawBufferPointer {
    subscript(slice: Submission.Slice) -> UnsafeRawBufferPointer {
        slice.isEmpty
            ? UnsafeRawBufferPointer(start: nil, count: 0)
            : UnsafeRawBufferPointer(rebasing: self[Int(slice.offset)..<Int(slice.offset) + Int(slice.count)])
    }
}
