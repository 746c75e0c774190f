extension MemberTable {
    /// What `checkInvariants` found.
    package struct Damage: Error, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }
    }

    /// Checks everything that must be true between calls, name by name. O(n).
    package func checkInvariants() throws(Damage) {
        var names = 0
        var holes = 0
        var liveBytes = 0
        for slot in 0..<UInt32(slotCapacity) {
            guard contains(slot) else {
                holes += 1
                continue
            }
            names += 1
            let name = unsafe name(of: slot)
            liveBytes += (name.count + NameArena.unitBytes) / NameArena.unitBytes * NameArena.unitBytes
            let found = unsafe find(name)
            try require(found == slot, "the name of slot \(slot) leads to \(found.map(String.init) ?? "no slot")")
        }
        try require(names == count, "\(names) slots have names and \(count) are counted")
        try require(liveBytes == self.names.liveBytes, "\(liveBytes) bytes are alive, \(self.names.liveBytes) counted")
        try require(self.names.usedBytes >= liveBytes, "more bytes are alive than used")
        let (slots, isCounted) = index.contents()
        try require(isCounted, "a segment does not count its cells")
        try require(slots.count == count && Set(slots).count == count, "the index has \(slots.count) of \(count) slots")
        var link = firstFree
        var free = 0
        while link != FreeLink.end && free <= holes {
            let slot = FreeLink.next(link)
            try require(Int(slot) < slotCapacity && !contains(slot), "slot \(slot) is free and has a name")
            link = offset(of: slot)
            free += 1
        }
        try require(free == holes, "\(holes) slots have no name and \(free) are on the free list")
    }

    private func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(Damage) {
        if !condition { throw Damage(message()) }
    }
}
