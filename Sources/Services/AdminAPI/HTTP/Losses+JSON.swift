import CommitLogs
import ControlPlane
import Leaderboards
import NodeRuntime

extension Administration.LossAnswer {
    var json: JSON {
        [
            "shard": .integer(Int(survey.shard.number)), "done": .boolean(isDone),
            "last_record": .number(survey.end?.number), "last_epoch": .number(survey.end?.epoch),
            "made_from": .number(survey.basis), "lost_from": .number(survey.lost?.lowerBound),
            "lost_to": .number(survey.lost?.upperBound), "ahead": .array(survey.ahead.map(\.json)),
            "problems": .strings(survey.problems), "orders": .array(orders.map(\.json)),
        ]
    }
}

extension LossSurvey.Witness {
    fileprivate var json: JSON {
        var (word, holder, number): (String, UInt64?, UInt64?) = ("gossip", nil, nil)
        switch source {
        case .gossip: break
        case .node(let node): (word, holder) = ("log", node)
        case .checkpoint(let node, let generation): (word, holder, number) = ("checkpoint", node, generation)
        }
        return [
            "seen_in": .string(word), "node": .node(holder), "generation": .number(number),
            "number": .number(self.number), "epoch": .number(epoch),
        ]
    }
}

/// How a shard is taken up again.
enum ReleaseRequest {
    /// As its log is.
    case whole
    /// Without what its log has lost, behind this record; nil: what that would be is only said.
    case acceptingLoss(endingAt: UInt64?)

    init(_ body: ObjectReader) {
        let acceptsLoss = body.flag("accept_loss")
        let dryRun = body.flag("dry_run")
        let hasRecord = body.has("last_record")
        let record = body.integer("last_record", in: 1...Int64.max).map { UInt64($0) }
        guard acceptsLoss else {
            for (name, isThere) in [("dry_run", dryRun), ("last_record", hasRecord)] where isThere {
                body.findings.add(body.field(name), .unknown, "There is such a field only with accept_loss.")
            }
            self = .whole
            return
        }
        self = .acceptingLoss(endingAt: dryRun ? nil : record)
        if !dryRun, !hasRecord {
            body.findings.add(
                body.field("last_record"), .missing, "The record that the log ends with is required; dry_run names it.")
        }
    }
}
