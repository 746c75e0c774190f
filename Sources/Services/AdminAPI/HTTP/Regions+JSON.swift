import CommitLogs
import Leaderboards
import NodeRuntime
import Regions

// Regions as operators see them.

extension RegionsState {
    var json: JSON {
        let problems = problems
        return [
            "region": .string(sight.me), "epoch": .number(sight.map.epoch), "healthy": .boolean(problems.isEmpty),
            "problems": .strings(problems), "refused": .optional(sight.refusal),
            "homes": [
                "default": .string(sight.map.defaultHome),
                "rules": .array(
                    sight.map.rules.map { rule in
                        [
                            "project": .string(rule.project.description),
                            "leaderboard": .string(rule.leaderboard.description), "home": .string(rule.home),
                        ]
                    }),
            ],
            "items": .array(regions.map(\.json)), "next": .null,
        ]
    }
}

extension RegionState {
    var json: JSON { .object(members) }

    private var members: [JSON.Member] {
        [
            .init("name", .string(region.name)), .init("cluster", .string(region.cluster)),
            .init("state", .string(condition.rawValue)),
            .init("gateway", .optional(chosen?.address.description)),
            .init("latency_ms", .milliseconds(chosen?.latency)), .init("epoch", .number(epoch)),
            .init("gateways", .array(isHere ? region.gateways.map(\.unmeasuredJSON) : gateways.map(\.json))),
            .init("log_domain", .optional(region.logDomain)), .init("mirror", mirror?.json ?? .null),
        ]
    }

    /// With what is at home there, and where the logs of its mirror end.
    func fullJSON(_ state: RegionsState) -> JSON {
        let rules = state.sight.map.rules.filter { $0.home == region.name }
        return .object(
            members + [
                .init("default_home", .boolean(state.sight.map.defaultHome == region.name)),
                .init(
                    "rules",
                    .array(
                        rules.map { rule in
                            [
                                "project": .string(rule.project.description),
                                "leaderboard": .string(rule.leaderboard.description),
                            ]
                        })),
                .init("logs", .array((mirror?.logs ?? []).map(\.json))),
            ])
    }
}

extension GatewayAddress {
    /// Nobody asks the gateways of one's own region.
    fileprivate var unmeasuredJSON: JSON { GatewaySight(self).json }
}

extension GatewaySight {
    fileprivate var json: JSON {
        [
            "address": .string(address.description), "latency_ms": .milliseconds(latency),
            "failures": .integer(failureCount), "chosen": .boolean(isChosen), "epoch": .number(epoch),
        ]
    }
}

extension MirrorSight {
    fileprivate var json: JSON {
        [
            "state": .string(state), "shards": .integer(shardCount), "followed": .integer(followedCount),
            "age_ms": .milliseconds(age),
        ]
    }
}

extension MirrorLogSight {
    fileprivate var json: JSON {
        var behind: UInt64?
        if let end, let originEnd { behind = originEnd.value > end.value ? originEnd.value - end.value : 0 }
        return [
            "group": .integer(group), "end": .number(end?.value), "origin_end": .number(originEnd?.value),
            "behind": .number(behind), "problem": .optional(problem),
        ]
    }
}

extension PromotionProgress {
    var json: JSON {
        let (word, names) = step.words
        return [
            "step": .string(word), "streams": .strings(names), "done": .boolean(step == .done),
            "logs": .array(logs.map(\.json)),
            "shards": .array(
                tails.sorted { $0.key.number < $1.key.number }.map { shard, tail in
                    [
                        "shard": .integer(Int(shard.number)), "number": .number(tail.number),
                        "epoch": .number(tail.epoch), "position": .number(tail.position.value),
                        "hash": .string("\(tail.hash)"),
                    ]
                }),
        ]
    }
}

extension PromotionStep {
    fileprivate var words: (step: String, streams: [String]) {
        switch self {
        case .seal(let names): ("seal", names)
        case .catchUp(let names): ("catch_up", names)
        case .note(let names): ("note", names)
        case .cut: ("cut", [])
        case .takeOver(let names): ("take_over", names)
        case .done: ("done", [])
        }
    }
}

extension MirrorState {
    fileprivate var json: JSON {
        [
            "name": .string(name), "mirror": .boolean(isMirror), "last": .number(last),
            "origin_last": .number(origin?.last), "origin_sealed": origin.map { .boolean($0.isSealed) } ?? .null,
            "fenced": note.map { .boolean($0.isFenced) } ?? .null, "noted_last": .number(note?.last),
            "loss_window_ms": .milliseconds(note?.lossWindow), "noted_at": .time(note?.at),
        ]
    }
}

extension JSON {
    /// With a fraction: microseconds count between neighbours.
    fileprivate static func milliseconds(_ duration: Duration?) -> JSON {
        guard let duration else { return .null }
        let (seconds, attoseconds) = duration.components
        return .decimal(Double(seconds * 1_000_000 + attoseconds / 1_000_000_000_000) / 1000)
    }
}
