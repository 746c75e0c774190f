import RankTrees
internal import Leaderboards

extension Shard {
    /// Applies the payload of a data record, and compares every outcome with the recorded one.
    ///
    /// `load` brings in a leaderboard that is on disk; of one that is to be deleted, `list` reads only what it consists of.
    /// If either throws, the shard is in no known state and must be dropped.
    package func apply(
        payload: UnsafeRawBufferPointer,
        loading load: (StoredLeaderboard) throws(LoadError) -> LoadedLeaderboard = { stored throws(LoadError) in
            throw .missing(StoredPiece(kind: .leaderboardManifest, serial: stored.manifest))
        },
        listing list: (StoredLeaderboard) throws(LoadError) -> StoredPieces = { stored throws(LoadError) in
            throw .missing(StoredPiece(kind: .leaderboardManifest, serial: stored.manifest))
        }
    ) throws(ReplayError) {
        var reader = ByteReader(payload)
        do {
            if let version = payload.first, version > PayloadHeader.version {
                throw ReplayError.unknownPayload(version)
            }
            let header = try PayloadHeader(from: &reader)
            guard header.time >= time else { throw ReplayError.outOfOrder("time runs backwards to \(header.time)") }
            advanceTime(to: header.time)
            while !reader.isAtEnd {
                let tag: UInt8 = try reader.read()
                guard let tag = OperationTag(rawValue: tag) else { throw ReplayError.unknownOperation(tag) }
                try apply(tag, from: &reader, load, list)
            }
        } catch let error as ReplayError {
            throw error
        } catch let problem as ByteReader.Problem {
            throw .malformed(problem)
        } catch {
            throw .malformed(.invalid("\(error)"))
        }
    }

    private typealias Load = (StoredLeaderboard) throws(LoadError) -> LoadedLeaderboard
    private typealias List = (StoredLeaderboard) throws(LoadError) -> StoredPieces

    private func apply(_ tag: OperationTag, from reader: inout ByteReader, _ load: Load, _ list: List) throws {
        switch tag {
        case .define:
            let operation = try DefineOperation(from: &reader)
            guard operation.leaderboard == nextNumber, numbers[operation.key] == nil else {
                throw ReplayError.outOfOrder("creation of \(operation.key) as \(operation.leaderboard)")
            }
            apply(operation)
        case .redefine:
            let operation = try RedefineOperation(from: &reader)
            try require(operation.leaderboard, load)
            try checkRedefinition(operation)
            apply(operation)
        case .deleteLeaderboard: try replayDeletion(from: &reader, list)
        case .openSeason:
            let operation = try OpenSeasonOperation(from: &reader)
            try require(operation.leaderboard, load)
            apply(operation)
        case .submit: try replaySubmission(from: &reader, load)
        case .removeEntry:
            let operation = try RemovalOperation(from: &reader)
            try require(operation.leaderboard, load)
            guard apply(operation) else { throw ReplayError.outcomeDiffers("removal of an unknown member") }
        case .closeSeason:
            let operation = try CloseSeasonOperation(from: &reader)
            try require(operation.leaderboard, load)
            try checkClosing(operation)
            apply(operation)
        case .setEntry:
            let operation = try SetEntryOperation(from: &reader)
            try require(operation.leaderboard, load)
            let leaderboard = residentLeaderboard(operation.leaderboard)
            guard leaderboard.definition.isPlainSet else {
                throw ReplayError.outcomeDiffers("entry of a leaderboard that is no plain set")
            }
            let outcome = enter(operation.member, bits: operation.bits, into: leaderboard)
            guard let outcome, try reader.readVarint() == UInt64(outcome.newRank) else {
                throw ReplayError.outcomeDiffers("place of an entry in leaderboard \(operation.leaderboard)")
            }
        case .setDeadline:
            let operation = try DeadlineOperation(from: &reader)
            try require(operation.leaderboard, load)
            guard residentLeaderboard(operation.leaderboard).definition.isPlainSet else {
                throw ReplayError.outcomeDiffers("deadline of a leaderboard that is no plain set")
            }
            apply(operation)
        case .advanceUpload: apply(try UploadOperation(from: &reader))
        case .reportUsage: apply(try ReportOperation(from: &reader))
        }
    }

    private func replayDeletion(from reader: inout ByteReader, _ list: List) throws {
        let number = UInt32(truncatingIfNeeded: try reader.readVarint())
        switch leaderboards[number] {
        case .resident: break
        case .stored(let stored):
            do throws(LoadError) { pendingRetirements += try list(stored).all } catch {
                throw ReplayError.unreadableCheckpoint(error)
            }
        case nil: throw ReplayError.unknownLeaderboard(number)
        }
        applyDeletion(of: number)
    }

    private func replaySubmission(from reader: inout ByteReader, _ load: Load) throws {
        let operation = try SubmissionOperation(from: &reader) { number throws(ReplayError) in
            try self.require(number, load)
            return self.residentLeaderboard(number).definition.columns.map(\.type)
        }
        let leaderboard = residentLeaderboard(operation.leaderboard)
        guard leaderboard.definition.version == operation.version else {
            throw ReplayError.outOfOrder("definition version \(operation.version)")
        }
        let windows = leaderboard.definition.windows
        var writer = ByteWriter(capacity: 128)
        do {
            _ = try apply(operation, project: leaderboard.key.project, at: time) {
                $0.write(to: &writer, windows: windows)
            }
        } catch {
            throw ReplayError.outcomeDiffers("refused: \(error)")
        }
        let recorded = try reader.readBytes(writer.count)
        guard writer.withBytes({ $0.elementsEqual(recorded) }) else {
            throw ReplayError.outcomeDiffers("submission to \(leaderboard.key)")
        }
    }

    private func checkRedefinition(_ operation: RedefineOperation) throws(ReplayError) {
        let current = residentLeaderboard(operation.leaderboard).definition
        guard operation.definition.version == current.version + 1 else {
            throw .outOfOrder("definition version \(operation.definition.version) after \(current.version)")
        }
        do { try checkUnchanged(current, operation.definition) } catch {
            throw .outcomeDiffers("redefinition: \(error)")
        }
    }

    private func checkClosing(_ operation: CloseSeasonOperation) throws(ReplayError) {
        let leaderboard = residentLeaderboard(operation.leaderboard)
        guard let index = leaderboard.index(ofSeason: operation.season, window: operation.window),
            !leaderboard.seasons[index].isClosed, let board = leaderboard.seasons[index].board
        else { throw .outcomeDiffers("closing of an unknown season \(operation.season)") }
        guard board.count == operation.entryCount, board.content == operation.content else {
            throw .outcomeDiffers("season \(operation.season) of \(leaderboard.key) has other entries")
        }
    }

    /// Makes sure that a leaderboard is in memory.
    private func require(_ number: UInt32, _ load: Load) throws(ReplayError) {
        switch leaderboards[number] {
        case .resident: break
        case .stored(let stored):
            do { install(try load(stored)) } catch { throw .unreadableCheckpoint(error) }
        case nil: throw .unknownLeaderboard(number)
        }
    }
}
