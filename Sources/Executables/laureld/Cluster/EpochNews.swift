import NodeRuntime
import Synchronization

/// Hands on what gateways say of their epochs, from the moment on in which there is somebody to be told.
final class EpochNews: Sendable {
    private let routing = Mutex<RegionRouting?>(nil)

    func tell(_ routing: RegionRouting) { self.routing.withLock { $0 = routing } }

    func heard(_ greeting: RegionGreeting) {
        routing.withLock { $0 }?.note(epoch: greeting.epoch, of: greeting.region)
    }
}
