internal import NIOCore

/// How long a client may owe something: its key, the rest of a command, or the reading of its replies.
///
/// Progress only raises a number, so that a busy connection does not set a timer for each command. The one timer looks
/// whether anything has happened since it was set.
struct Patience {
    private var progress: UInt64 = 0
    private var seen: UInt64 = 0
    private var owes = false
    private var timer: Scheduled<Void>?

    mutating func noteProgress() { progress &+= 1 }

    /// Sets the timer if it is needed and not set.
    mutating func watch(
        owes: Bool, seconds: Int, on eventLoop: any EventLoop, _ whenOver: @escaping @Sendable () -> Void
    ) {
        self.owes = owes
        guard owes, timer == nil else { return }
        seen = progress
        timer = eventLoop.scheduleTask(in: .seconds(Int64(seconds)), whenOver)
    }

    /// Asked by the timer: whether the client owes what it owed then.
    var isOver: Bool {
        mutating get {
            timer = nil
            return owes && seen == progress
        }
    }

    mutating func end() {
        timer?.cancel()
        timer = nil
        owes = false
    }
}
