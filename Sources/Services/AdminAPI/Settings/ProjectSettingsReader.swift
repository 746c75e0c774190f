import Admission
import ControlPlane

/// Makes settings of a document, or finds all that is wrong with it, field by field.
struct ProjectSettingsReader {
    /// Of the tenant's plan.
    var quota: Quota
    var findings: Findings

    static let originCountMax = 100
    static let addressCountMax = 1000
    static let leaderboardCountMax = 1000
    static let submitSecretByteCount = 32...256

    /// - Parameter patch: what is being changed: a plan that has become smaller since does not stand in the way of others.
    func settings(_ document: JSON, patch: JSON) -> ProjectSettings {
        var settings = ProjectSettings()
        let reader = ObjectReader(document, findings)
        if case .object = patch {
        } else {
            findings.add("", .type, "An object is expected, not \(patch.kind).")
            return settings
        }
        settings.rate = Rate.read(reader, "rate")
        if let rate = settings.rate, let allowed = quota.rate, patch["rate"] != nil, !rate.fits(allowed) {
            findings.add("rate", .planLimit, "The plan allows \(allowed.text).")
        }
        settings.keyRate = Rate.read(reader, "key_rate")
        settings.userRate = Rate.read(reader, "user_rate")
        settings.addressRate = Rate.read(reader, "address_rate")
        settings.corsOrigins =
            reader.texts("cors_origins", countMax: Self.originCountMax, Origin.problem) ?? []
        if settings.corsOrigins.contains("*"), settings.corsOrigins.count > 1 {
            findings.add("cors_origins", .value, "Where * stands, no other origin is needed.")
        }
        settings.allowedAddresses =
            reader.texts("allowed_addresses", countMax: Self.addressCountMax, Self.addressProblem) ?? []
        settings.deniedAddresses =
            reader.texts("denied_addresses", countMax: Self.addressCountMax, Self.addressProblem) ?? []
        if let filter = reader.object("filter") { settings.filter = self.filter(filter) }
        settings.playerTokens = reader.object("player_tokens").map {
            PlayerTokenReader(findings: findings).settings($0)
        }
        settings.authoritativeLeaderboards =
            reader.texts("authoritative_leaderboards", countMax: Self.leaderboardCountMax, LeaderboardPattern.problem)
            ?? []
        settings.submitSecret = submitSecret(reader)
        reader.end()
        return settings
    }

    private func filter(_ reader: ObjectReader) -> FilterSettings {
        var filter = FilterSettings()
        filter.mode = reader.choice("mode") ?? filter.mode
        let accepted = FilterPolicy.thresholdAccepted
        let thresholds = Int64(accepted.lowerBound)...Int64(accepted.upperBound)
        filter.threshold = reader.integer("threshold", in: thresholds).map { Int($0) } ?? filter.threshold
        filter.disabledRules =
            reader.texts("disabled_rules", countMax: FilterRule.allCases.count, byteCountMax: 64) {
                FilterRule(id: $0) == nil ? "There is no such rule." : nil
            } ?? []
        reader.end()
        return filter
    }

    private static func addressProblem(_ text: String) -> String? {
        do throws(AddressRangeProblem) {
            _ = try AddressRange(text)
            return nil
        } catch {
            return "It \(error)."
        }
    }

    private func submitSecret(_ reader: ObjectReader) -> String? {
        guard let secret = reader.text("submit_secret", byteCount: Self.submitSecretByteCount) else { return nil }
        if secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) { return secret }
        findings.add("submit_secret", .value, "Visible ASCII characters only, such as hexadecimal digits or base64.")
        return nil
    }
}
