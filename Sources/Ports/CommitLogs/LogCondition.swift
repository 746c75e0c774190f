/// How a shared log fares, as far as it tells.
package struct LogCondition: Hashable, Sendable {
    package struct Replica: Hashable, Sendable {
        package var name: String
        /// It has all that the leader has.
        package var isCurrent: Bool

        package init(name: String, isCurrent: Bool) {
            self.name = name
            self.isCurrent = isCurrent
        }
    }

    package var name: String
    /// Nil if there is none, or it is not known.
    package var leader: String?
    package var recordCount: UInt64?
    package var byteCount: UInt64?
    /// Beyond it nothing is taken.
    package var byteCountMax: UInt64?
    /// The leader among them.
    package var replicas: [Replica] = []
    package var consumers: [LogConsumer] = []
    /// Why they are not known: then nothing is cut.
    package var consumersProblem: String?
    /// Why nothing is known.
    package var problem: String?

    package init(name: String) { self.name = name }
}
