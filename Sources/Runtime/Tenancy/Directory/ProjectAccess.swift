internal import Admission
internal import ControlPlane
internal import Leaderboards

/// What must be known of a project to judge its requests, worked out once for each change of it.
final class ProjectAccess: Sendable {
    let project: Project
    let standing: Standing
    let addresses: AddressRules
    let projectLimit: RateLimit?
    let keyLimit: RateLimit?
    let userLimit: RateLimit?
    let addressLimit: RateLimit?
    let quota: Quota
    /// Leaderboards that players' tokens don't submit to.
    let authoritative: LeaderboardFilter
    /// Nil if its requests are not looked at.
    let filter: ProjectFilter?
    /// What is counted and remembered, for as long as the process lives.
    let state: ProjectState
    /// Settings that can't be followed, for the log.
    let problems: [String]

    enum Standing: Sendable {
        case open
        case suspended
        /// Deleted, or its tenant is, or is not known.
        case closed
    }

    init(_ project: Project, of tenant: Tenant?, on plan: Plan, state: ProjectState) {
        let settings = project.settings
        self.project = project
        self.state = state
        standing = Self.standing(project, tenant)
        addresses = AddressRules(settings)
        quota = plan.quota
        projectLimit = (settings.rate?.lowered(to: quota.rate) ?? quota.rate)?.limit
        keyLimit = settings.keyRate?.limit
        userLimit = settings.userRate?.limit
        addressLimit = settings.addressRate?.limit
        authoritative = LeaderboardFilter(settings.authoritativeLeaderboards)
        filter = ProjectFilter(settings.filter, of: project.id, counter: state.filtered)
        problems = (addresses.problems + ProjectFilter.problems(of: settings.filter)).map {
            "project \(project.id): \($0)"
        }
    }

    private static func standing(_ project: Project, _ tenant: Tenant?) -> Standing {
        guard let tenant, !project.isDeleted else { return .closed }
        switch tenant.status {
        case .active: return .open
        case .suspended: return .suspended
        case .deleted: return .closed
        }
    }

    var requestsPerMonth: Int64? { quota.requestsPerMonth }

    /// Whether requests must be counted at all.
    var isLimited: Bool { projectLimit != nil || keyLimit != nil || userLimit != nil || addressLimit != nil }
}

/// Which addresses a project is open to. A list with something in it that is no address lets in nobody for that entry, and if
/// no entry is left that is one, nobody at all.
struct AddressRules: Sendable {
    private let list: AddressList?
    let isOpen: Bool
    let problems: [String]

    init(_ settings: ProjectSettings) {
        var problems: [String] = []
        func ranges(_ texts: [String]) -> [AddressRange] {
            texts.compactMap { text in
                do throws(AddressRangeProblem) {
                    return try AddressRange(text)
                } catch {
                    problems.append("'\(text)' \(error)")
                    return nil
                }
            }
        }
        let (allowed, denied) = (ranges(settings.allowedAddresses), ranges(settings.deniedAddresses))
        let admitsNobody = allowed.isEmpty && !settings.allowedAddresses.isEmpty
        do throws(AddressListProblem) {
            list = admitsNobody ? nil : try AddressList(allow: allowed, deny: denied)
        } catch {
            problems.append("its addresses: \(error)")
            list = nil
        }
        isOpen = settings.allowedAddresses.isEmpty && settings.deniedAddresses.isEmpty
        self.problems = problems
    }

    /// A client without an address, on a socket of another kind, is let in only where everybody is.
    func admit(_ address: IPAddress?) -> Bool {
        if isOpen { return true }
        guard let list, let address else { return false }
        return list.verdict(for: address) == .admitted
    }
}
