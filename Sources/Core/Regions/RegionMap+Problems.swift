internal import Leaderboards

extension RegionMap {
    /// What is wrong with it, in words that name the place; empty if nothing is.
    package var problems: [String] {
        var problems: [String] = []
        if epoch == 0 { problems.append("epoch: begins with 1") }
        if regions.isEmpty { problems.append("regions: there is none") }
        if regions.count > Self.regionCountMax {
            problems.append("regions: \(regions.count) are more than \(Self.regionCountMax)")
        }
        for (index, region) in regions.enumerated() {
            let place = "regions[\(index)]"
            if !Self.isName(region.name) {
                problems.append("\(place).name: '\(region.name)' is not 1 to 32 letters, digits, - and _")
            }
            if !Self.isName(region.cluster) {
                problems.append("\(place).cluster: '\(region.cluster)' is not 1 to 32 letters, digits, - and _")
            }
            if regions[..<index].contains(where: { $0.name == region.name }) {
                problems.append("\(place).name: '\(region.name)' is there twice")
            }
            // A mirror has the name of its origin's stream, which the cluster's name is part of.
            if regions[..<index].contains(where: { $0.cluster == region.cluster }) {
                problems.append("\(place).cluster: '\(region.cluster)' is another region's")
            }
            if let domain = region.logDomain, !Self.isName(domain) {
                problems.append("\(place).log_domain: '\(domain)' is not 1 to 32 letters, digits, - and _")
            }
            if let domain = region.logDomain, regions[..<index].contains(where: { $0.logDomain == domain }) {
                problems.append("\(place).log_domain: '\(domain)' is another region's")
            }
            if region.gateways.isEmpty { problems.append("\(place).gateways: there is none") }
            if Set(region.gateways).count != region.gateways.count {
                problems.append("\(place).gateways: one is there twice")
            }
        }
        if region(named: defaultHome) == nil { problems.append("homes.default: there is no region '\(defaultHome)'") }
        if rules.count > Self.ruleCountMax {
            problems.append("homes.rules: \(rules.count) are more than \(Self.ruleCountMax)")
        }
        for (index, rule) in rules.enumerated() where region(named: rule.home) == nil {
            problems.append("homes.rules[\(index)].home: there is no region '\(rule.home)'")
        }
        return problems + measuring.problems
    }

    static func isName(_ text: String) -> Bool {
        1...32 ~= text.utf8.count
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }
}

extension Measuring {
    fileprivate var problems: [String] {
        var problems: [String] = []
        func check(_ isRight: Bool, _ name: String, _ range: String) {
            if !isRight { problems.append("measuring.\(name): is not \(range)") }
        }
        check(.milliseconds(100)...(.seconds(60)) ~= interval, "interval_ms", "100 to 60000")
        check(0.01...1 ~= smoothing, "smoothing", "0.01 to 1")
        check(0...1 ~= hysteresis, "hysteresis", "0 to 1")
        check(.zero...(.seconds(10)) ~= hysteresisTime, "hysteresis_ms", "0 to 10000")
        check(1...100 ~= failureCountMax, "failures", "1 to 100")
        return problems
    }
}
