package import ControlPlane

extension Rate {
    package var json: JSON {
        ["requests": .integer(requests), "seconds": .integer(seconds), "burst": .integer(burst)]
    }

    /// Nil if there is none, or if it is not valid, which is then found.
    static func read(_ reader: ObjectReader, _ name: String) -> Rate? {
        guard let rate = reader.object(name) else { return nil }
        let requests = rate.integer("requests", in: 1...10_000_000, required: true)
        let seconds = rate.integer("seconds", in: 1...86_400, required: true)
        let burst = rate.integer("burst", in: 1...10_000_000, required: true)
        rate.end()
        guard let requests, let seconds, let burst else { return nil }
        return Rate(requests: Int(requests), seconds: Int(seconds), burst: Int(burst))
    }

    /// Whether it allows no more than the other one.
    func fits(_ allowed: Rate) -> Bool {
        requests * allowed.seconds <= allowed.requests * seconds && burst <= allowed.burst
    }
}

extension Quota {
    package var json: JSON {
        [
            "requests_per_month": .optional(requestsPerMonth), "leaderboards": .optional(leaderboards),
            "entries": .optional(entries), "stored_bytes": .optional(storedBytes), "streams": .optional(streams),
            "projects": .optional(projects), "keys": .optional(keys), "rate": rate?.json ?? .null,
        ]
    }

    /// What is missing or null is without limit.
    static func read(_ reader: ObjectReader) -> Quota {
        func limit(_ name: String) -> Int64? { reader.integer(name, in: 0...(1 << 53)) }
        let quota = Quota(
            requestsPerMonth: limit("requests_per_month"), leaderboards: limit("leaderboards"),
            entries: limit("entries"), storedBytes: limit("stored_bytes"), streams: limit("streams"),
            projects: limit("projects"), keys: limit("keys"), rate: Rate.read(reader, "rate"))
        reader.end()
        return quota
    }
}
