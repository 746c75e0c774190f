internal import Placement
internal import Sharding
internal import Synchronization

// An owner may answer reads from memory as long as nobody else can have become owner. Outside of its lease an answer depends on
// the next record, whose being accepted proves that nobody has.
extension ShardActor {
    var hasLease: Bool {
        guard environment.sharing != nil else { return true }
        isLeaseInUse = true
        return environment.clock.uptime() < leaseEnd
    }

    /// The number of the record that an answer depends on which was found just now and shows what `batch` and those before made.
    func fresh(_ batch: UInt64) -> UInt64 {
        if hasLease { return batch }
        // Not one that is on its way already: it may have been accepted before the question came.
        appendLease()
        return max(batch, batchInTheMaking)
    }

    /// Renews the lease, if it was of use and is about to end.
    func renewLease() {
        guard let sharing = environment.sharing, role == .owner, state == .serving, isLeaseInUse else { return }
        let renewsFrom = leaseEnd - sharing.terms.usable + sharing.terms.renewal
        guard environment.clock.uptime() >= renewsFrom else { return }
        isLeaseInUse = false
        appendLease()
    }

    /// What is left of the log is for claims, leases and releases.
    var isLogFull: Bool { environment.sharing.map { $0.exchange.pressure(on: id) == .full } ?? false }

    /// What is answered to commands and questions by who is not the owner.
    var moved: ServiceError { .moved(to: ownerNumber) }

    func noteOwner() {
        let number = role == .owner || ownerNumber == environment.configuration.node ? 0 : ownerNumber ?? 0
        otherOwner.store(number, ordering: .relaxed)
    }

    /// Who owns the shard, if it is another node and that is known. What the shard says when it is asked, which takes longer.
    nonisolated var ownerElsewhere: UInt64? {
        let number = otherOwner.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }
}
