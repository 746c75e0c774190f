package import ControlPlane
internal import Leaderboards
internal import Logging

// The requests of projects whose plan has a number of them for a month: counted in memory, written down by days, and read
// again with those of other nodes and of earlier starts.
extension AccessDirectory {
    private static let metric = "requests"

    func keepMonths() async {
        repeat {
            await writeRequests()
            await readMonths()
        } while (try? await clock.sleep(configuration.monthInterval)) != nil && !Task.isCancelled
    }

    /// Writes down what this node has counted. What can't be written is written next time.
    package func writeRequests() async {
        guard let source = configuration.requestSource else { return }
        let rows = projects.filter { $0.requestsPerMonth != nil }.flatMap { project in
            project.state.month.days.map { day, count in
                UsageRow(project: project.project.id, day: day, metric: Self.metric, source: source, value: count)
            }
        }
        guard !rows.isEmpty else { return }
        do throws(ControlError) {
            try await store.setUsage(rows)
        } catch {
            logger.debug("the requests of projects could not be written: \(error)")
        }
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
            return try await store.usage(of: project, days: days).filter { $0.metric == metric }
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
