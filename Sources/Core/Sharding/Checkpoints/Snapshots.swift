import RankTrees

/// The chunks of one board on their way into a checkpoint.
///
/// `contents` is fixed when the checkpoint begins; `written` collects the chunks as they are taken, whether by the
/// checkpoint in its turn or by a command that was about to change them.
struct BoardSnapshot {
    /// The serials of all chunks in rank order, old ones that did not change among them.
    var contents: [UInt64] = []
    /// The serials that chunks changed since the last checkpoint get, by twig.
    var serials: [UInt32: UInt64] = [:]
    var written: [(serial: UInt64, bytes: [UInt8])] = []
}

struct MemberSnapshot {
    /// The serial of each chunk in slot order.
    var contents: [UInt64] = []
    var written: [(serial: UInt64, bytes: [UInt8])] = []
}

extension Board {
    func beginSnapshot(nextSerial: inout UInt64) {
        var snapshot = BoardSnapshot()
        for twig in ranking.forest.beginSnapshot() {
            var serial = twig.tag
            if twig.isDirty {
                serial = nextSerial
                nextSerial += 1
                snapshot.serials[twig.id] = serial
                ranking.forest.setTag(serial, ofTwig: twig.id)
            }
            snapshot.contents.append(serial)
        }
        self.snapshot = snapshot
    }

    /// Writes down what a command has set aside. To be called before side data of any entry changes.
    @inline(__always)
    func drain() {
        if ranking.forest.hasSetAside { drainSetAside() }
    }

    @inline(never)
    private func drainSetAside() {
        while let twig = ranking.forest.takeSetAside() { write(twig) }
    }

    /// Writes down one more chunk. False if there is none.
    func takeChunk() -> Bool {
        guard let twig = ranking.forest.takeNextTwig() else { return false }
        write(twig)
        return true
    }

    private func write(_ twig: borrowing FrozenTwig) {
        guard let serial = snapshot?.serials[twig.id] else { preconditionFailure("a twig that is not in the snapshot") }
        snapshot!.written.append((serial, EntryChunk.encode(twig, of: self)))
    }
}

extension Members {
    /// `stored` are the serials of the last checkpoint's chunks.
    func beginSnapshot(stored: [UInt64], nextSerial: inout UInt64) {
        var snapshot = MemberSnapshot()
        for reference in table.beginSnapshot() {
            if reference.isDirty || reference.chunk >= stored.count {
                snapshot.contents.append(nextSerial)
                nextSerial += 1
            } else {
                snapshot.contents.append(stored[reference.chunk])
            }
        }
        self.snapshot = snapshot
    }

    func drain() {
        while let names = table.takeSetAside() { write(names) }
    }

    func takeChunk() -> Bool {
        guard let names = table.takeNextChunk() else { return false }
        write(names)
        return true
    }

    private func write(_ names: FrozenNames) {
        snapshot!.written.append((snapshot!.contents[names.chunk], MemberChunk.encode(names, of: self)))
    }
}
