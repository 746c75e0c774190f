import ControlPlane
import Leaderboards
import Testing

struct LossPointTests {
    private let point = LossPoint(
        number: 900, position: 4500, hash: "00112233445566778899aabbccddeeff", epoch: 1003)

    /// Golden: what is in databases stays readable.
    @Test func `A point is written as ever, and read again`() {
        #expect(point.text == "900 4500 00112233445566778899aabbccddeeff 1003")
        #expect(LossPoint(point.text) == point)
        let largest = LossPoint(number: .max, position: .max, hash: String(repeating: "f", count: 32), epoch: .max)
        #expect(LossPoint(largest.text) == largest)
    }

    @Test(arguments: [
        "", "900", "900 4500 00112233445566778899aabbccddeeff", "900 4500 00112233445566778899aabbccddeeff 1003 ",
        "0900 4500 00112233445566778899aabbccddeeff 1003", "+900 4500 00112233445566778899aabbccddeeff 1003",
        "900 4500 00112233445566778899AABBCCDDEEFF 1003", "900 4500 00112233445566778899aabbccddeef 1003",
        "900 4500 00112233445566778899aabbccddeeff -1", "900  4500 00112233445566778899aabbccddeeff 1003",
    ])
    func `What is no point is none`(_ text: String) { #expect(LossPoint(text) == nil) }

    @Test func `An order about a loss has a point, and a name of its own for each loss`() {
        func order(_ point: LossPoint) -> ClusterOrder {
            ClusterOrder(
                .loss, of: "c", shard: ShardID(7), reason: point.text, by: "operator", at: Timestamp(seconds: 1))
        }
        #expect(order(point).loss == point)
        #expect(order(point).id.text == "c/loss/7.1003")
        var later = point
        later.epoch = 2004
        #expect(order(later).id.text == "c/loss/7.2004")
        #expect(
            ClusterOrder(.pin, of: "c", shard: ShardID(7), node: 1, by: "operator", at: Timestamp(seconds: 1)).loss
                == nil)
    }
}
