package import ControlPlane
internal import Leaderboards

// The requests of projects whose plan has a number of them for a month: counted in memory, and known with those of other
// nodes and of earlier starts from what `UsageWriter` has written down of the log.
extension AccessDirectory {
    func keepMonths() async {
        repeat {
            await readMonths()
        } while (try? await clock.sleep(configuration.monthInterval)) != nil && !Task.isCancelled
    }

    /// Asks how many requests projects with a limit of them had this month.
    package func readMonths() async {
        let month = clock.now().month
        for project in projects where project.requestsPerMonth != nil {
            guard let total = try? await monthlyRequests(project.project.id, month) else { continue }
            project.state.month.note(total, in: month)
        }
    }

    /// What nodes have written down in a control store.
    package static func monthlyRequests(in store: any ControlStore) -> MonthlyRequests {
        { project, month in
            guard let days = days(of: month) else { return 0 }
            return try await store.usage(of: project, days: days).filter { $0.metric == UsageRow.requests }
                .reduce(0) { $0 + $1.value }
        }
    }

    private static func days(of month: Int64) -> ClosedRange<Int>? {
        func first(_ month: Int64) -> Int? {
            CivilDate(year: Int(month / 12), month: Int(month % 12) + 1, day: 1).map { CivilTime($0).asUTC.day }
        }
        guard let begin = first(month), let next = first(month + 1) else { return nil }
        return begin...(next - 1)
    }
}
