import Leaderboards
import Placement
import Testing

@Suite("Who is given a shard")
struct ShardWatchTests {
    private let me = NodeID(1)
    private let heir = NodeID(2)
    private var surroundings: ShardWatch.Surroundings {
        ShardWatch.Surroundings(me: me, incarnation: 1, target: heir, follows: true) { _ in .alive }
    }

    private func word(_ number: UInt64, of node: NodeID, releasedTo heir: NodeID? = nil) -> LastWord {
        LastWord(
            position: LogPosition(number), epoch: number, number: number, node: node, incarnation: node.number,
            isRelease: heir != nil, heir: heir)
    }

    @Test("One that did not take it, so that another had to, is not given it again at once, but after a while")
    func declined() {
        var watch = ShardWatch(terms: LeaseTerms(), at: .zero, spread: 0)
        watch.saw(word(1, of: me), at: .zero, spread: 0)
        #expect(watch.step(as: .owner, among: surroundings, at: .zero) == .handOver(to: heir))
        watch.saw(word(2, of: me, releasedTo: heir), at: .zero, spread: 0)
        watch.saw(word(3, of: me), at: .seconds(7), spread: 0)
        watch.saw(word(4, of: me), at: .seconds(8), spread: 0)
        #expect(watch.step(as: .owner, among: surroundings, at: .seconds(8)) == .wait)
        #expect(watch.step(as: .owner, among: surroundings, at: .seconds(36)) == .wait)
        #expect(watch.step(as: .owner, among: surroundings, at: .seconds(37)) == .handOver(to: heir))
        // Others may have it.
        var others = surroundings
        others.target = NodeID(3)
        #expect(watch.step(as: .owner, among: others, at: .seconds(8)) == .handOver(to: NodeID(3)))
    }

    @Test("One that has taken it is given it again whenever it is due")
    func taken() {
        var watch = ShardWatch(terms: LeaseTerms(), at: .zero, spread: 0)
        watch.saw(word(1, of: me, releasedTo: heir), at: .zero, spread: 0)
        watch.saw(word(2, of: heir), at: .seconds(1), spread: 0)
        watch.saw(word(3, of: heir, releasedTo: me), at: .seconds(2), spread: 0)
        watch.saw(word(4, of: me), at: .seconds(3), spread: 0)
        #expect(watch.step(as: .owner, among: surroundings, at: .seconds(3)) == .handOver(to: heir))
    }
}
