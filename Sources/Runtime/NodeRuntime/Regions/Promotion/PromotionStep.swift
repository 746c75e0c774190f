package import CommitLogs
internal import Leaderboards

/// What has to be done next to put mirrors in the place of the region that they mirror.
///
/// Each step is right whatever was done before, and by whom: it follows from what the logs are at the moment. So a promotion that was
/// interrupted is gone on with by asking again, on whichever node.
package enum PromotionStep: Hashable, Sendable {
    /// These origins take no records any more from now on, which fences all that write to them.
    case seal([String])
    /// These mirrors take over what their sealed origins have.
    case catchUp([String])
    /// It is written down what is lost, while the origins can still be asked.
    case note([String])
    /// Somebody cuts the way to the old region's servers: while it is there, what is appended here goes there as well.
    case cut
    /// These mirrors take records themselves from now on.
    case takeOver([String])
    case done

    /// Why nothing may be done.
    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// - Parameter acceptsLoss: the operator answers for it that nothing takes records in the old region if that can't be reached
    package static func next(
        after logs: [MirrorState], acceptsLoss: Bool
    ) throws(Refusal) -> PromotionStep {
        let left = logs.filter(\.isMirror)
        guard !left.isEmpty else { return .done }
        func names(_ holds: (MirrorState) -> Bool) -> [String] { left.filter(holds).map(\.name) }
        // Before anything is sealed, which nobody can undo.
        let unfenced = names { $0.origin == nil && $0.note?.isFenced != true }
        guard unfenced.isEmpty || acceptsLoss else {
            throw Refusal(
                description:
                    "the origin of \(unfenced.joined(separator: ", ")) can't be reached, so it can't be fenced. If you know that none of the old region's NATS servers runs, and none will be started again with what it has, accept the loss of what their mirrors lack"
            )
        }
        let writable = names { $0.origin?.isSealed == false }
        if !writable.isEmpty { return .seal(writable) }
        let behind = names { mirror in mirror.origin.map { mirror.last < $0.last } ?? false }
        if !behind.isEmpty { return .catchUp(behind) }
        let unnoted = names { $0.note == nil || $0.origin != nil && $0.note?.isFenced != true }
        if !unnoted.isEmpty { return .note(unnoted) }
        if left.contains(where: { $0.origin != nil }) { return .cut }
        return .takeOver(left.map(\.name))
    }
}

extension MirrorState {
    /// What is to be kept of it now. Precondition: its origin can't be reached, or is sealed and has nothing more.
    func note(at now: Timestamp) -> PromotionNote {
        PromotionNote(isFenced: origin != nil, last: last, lossWindow: origin != nil ? .zero : completeFor, at: now)
    }
}
