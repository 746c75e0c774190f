/// A recurrence as it is said on the wall: an endless, strictly increasing sequence of local times.
///
/// Calendar cycles and cron expressions differ only in these two questions. Time zones come in once, below: the sequence
/// is carried over to instants by `TimeZoneRules.timestamp(ofLocal:)`, which never reverses an order. The intervals
/// between the instants therefore tile time without gap or overlap, whatever the clocks do; steps that a change of the
/// clocks skips together fall on one instant, and the empty intervals between them are passed over.
protocol LocalSteps {
    func step(atOrBefore local: CivilTime) -> CivilTime
    func step(after local: CivilTime) -> CivilTime
}

/// The half-open interval from one step to the next, which is never empty.
struct StepInterval {
    /// What the recurrence said; in a gap of the clocks they never showed it.
    let step: CivilTime
    let start: Timestamp
    let end: Timestamp
}

extension LocalSteps {
    /// The one interval that holds `instant`.
    func interval(containing instant: Timestamp, in rules: TimeZoneRules) -> StepInterval {
        // The clocks have shown this step or later, so its instant has passed.
        var step = step(atOrBefore: rules.local(at: instant))
        var start = rules.timestamp(ofLocal: step)
        // After the clocks were put back they show less than they already have: later steps may have passed, too.
        // At most an hour or so of them, in Manila and Alaska once a day; the steps increase, so the loop ends.
        while true {
            let next = self.step(after: step)
            let end = rules.timestamp(ofLocal: next)
            if instant < end { return StepInterval(step: step, start: start, end: end) }
            (step, start) = (next, end)
        }
    }
}
