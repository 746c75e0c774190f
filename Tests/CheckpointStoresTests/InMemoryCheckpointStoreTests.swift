import CheckpointStores
import Testing

struct InMemoryCheckpointStoreTests {
    private let disk = InMemoryCheckpointDisk()

    @Test func `An ordered failure meets one commit and leaves nothing of it`() throws {
        let store = InMemoryCheckpointStore(disk: disk)
        disk.inject(.noSpace)
        disk.inject(.failed)
        guard case .noSpace = try refusal({ try store.commit(.chunks([1], byteCount: 10)) }) else {
            Issue.record("the first commit should find the disk full")
            return
        }
        guard case .failed = try refusal({ try store.commit(.chunks([1], byteCount: 10)) }) else {
            Issue.record("the second commit should fail")
            return
        }
        #expect(try store.piece(.chunk(1)) == nil)
        try store.commit(.chunks([1], byteCount: 10))
        #expect(try store.piece(.chunk(1))?.count == 10)
    }

    @Test func `A full disk refuses until there is space`() throws {
        let store = InMemoryCheckpointStore(disk: disk)
        disk.setFull(true)
        for _ in 0..<3 {
            #expect(try refusal { try store.commit(.chunks([1], byteCount: 10)) } != nil)
        }
        disk.setFull(false)
        try store.commit(.chunks([1], byteCount: 10))
        #expect(disk.commitCount == 1)
    }

    @Test(arguments: [InMemoryCheckpointDisk.Fault.crashBefore, .crashAfter])
    func `A crash ends the store, and the next one finds the batch whole or not at all`(
        _ fault: InMemoryCheckpointDisk.Fault
    ) throws {
        let store = InMemoryCheckpointStore(disk: disk)
        disk.inject(fault)
        #expect(try refusal { try store.commit(.chunks([1, 2], byteCount: 10)) } != nil)
        #expect(try refusal { _ = try store.piece(.chunk(1)) } != nil)

        let next = InMemoryCheckpointStore(disk: disk)
        let found = try [next.piece(.chunk(1)) != nil, next.piece(.chunk(2)) != nil]
        #expect(found == (fault == .crashAfter ? [true, true] : [false, false]))
        #expect(try refusal { _ = try store.piece(.chunk(1)) } != nil)
    }
}
