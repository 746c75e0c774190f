package import CommitLogs
package import Leaderboards

extension SegmentedLog {
    /// Gives back the whole segments that lie below `position` and hold no shard's last record; the one appended to
    /// always stays. So a shard that is never written to keeps every segment since its last record: whoever wants the
    /// space appends a lease record for it.
    package func truncate(below position: LogPosition) async throws(AppendError) {
        let result = await worker.run { [self] in Result { () throws(AppendError) in try truncateNow(position) } }
        guard let result else { throw .closed }
        try result.get()
    }

    private func truncateNow(_ position: LogPosition) throws(AppendError) {
        let removed = try queue.withLock { queue throws(AppendError) in
            guard queue.phase == .open else { throw .closed }
            if let failure = queue.failure { throw .failed(failure) }
            // Out of the index first, so that no reader takes a recycled file for the segment it was.
            return queue.removeSegments(below: position.value)
        }
        do throws(SystemError) {
            // One after the other, each durable before the next: a gap in the numbers would read as damage.
            for segment in removed { try giveBack(segment) }
        } catch {
            let refused = queue.withLock { $0.fail(error.description) }
            for append in refused { append.announce() }
            throw .failed(error.description)
        }
    }

    private func giveBack(_ segment: SegmentIndex.Segment) throws(SystemError) {
        let path = directory + "/" + segment.file
        let spare = LogDirectory.spare(segment.header.number)
        try fileSystem.rename(path, to: directory + "/" + spare)
        try fileSystem.syncDirectory(directory)
        let isUsable = segment.header.fileByteCount == segmentByteCount && preparer.offer(spare: spare)
        if !isUsable { try fileSystem.remove(directory + "/" + spare) }
    }
}
