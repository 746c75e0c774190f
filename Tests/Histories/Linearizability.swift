/// What one client alone would see: the specification that histories of many are held against.
package protocol SequentialModel: Sendable {
    associatedtype State: Hashable
    associatedtype Call: Sendable
    associatedtype Answer: Sendable

    var initial: State { get }
    /// The state after a call. Nil if it can't have been answered so; without an answer, any will do.
    func step(_ state: State, _ call: Call, _ answer: Answer?) -> State?
    /// Whether a call can be left out of a history if nobody knows its answer.
    func changes(_ call: Call) -> Bool
}

package enum Verdict: Equatable, Sendable {
    case linearizable
    /// No order explains the answers. Says how far the best one came.
    case impossible(String)
    /// Too many orders to try.
    case undecided
}

/// Looks for an order of the operations, each within its time, in which one client alone would have got the same answers.
///
/// The search of Wing and Gong, with Lowe's memory of what was tried: an order is extended by any operation that began before all
/// those not yet in it ended; a set of operations done and the state they lead to is not looked at twice. Operations of unknown
/// outcome may stand anywhere behind their invocation, or be left out.
package struct LinearizabilityChecker<Model: SequentialModel> {
    private struct Item {
        var call: Model.Call
        var answer: Model.Answer?
        var client: Int
        var invoked: Int
        /// `Int.max` if nobody knows.
        var ended: Int
    }

    private struct Place: Hashable {
        var done: OperationSet
        var state: Model.State
    }

    private struct Frame {
        var place: Place
        /// Of those with an answer.
        var answeredCount: Int
        var candidates: [Int]
        var next = 0
    }

    private let model: Model
    private let items: [Item]
    private let placesMax: Int

    package init(_ model: Model, _ history: History<Model.Call, Model.Answer>, placesMax: Int = 1_000_000) {
        self.model = model
        self.placesMax = placesMax
        var items: [Item] = []
        for operation in history.operations {
            switch operation.outcome {
            case .answered(let answer, let end):
                items.append(
                    Item(
                        call: operation.call, answer: answer, client: operation.client, invoked: operation.invoked,
                        ended: end))
            // Promised not to have been done. Whether that is true shows in the other answers.
            case .refused: break
            case .unknown where model.changes(operation.call):
                items.append(
                    Item(
                        call: operation.call, answer: nil, client: operation.client, invoked: operation.invoked,
                        ended: .max)
                )
            case .unknown: break
            }
        }
        self.items = items.sorted { $0.invoked < $1.invoked }
    }

    package func check() -> Verdict {
        let answered = items.count { $0.ended < .max }
        let start = Place(done: OperationSet(items.count), state: model.initial)
        var best = frame(start, answeredCount: 0)
        var tried: Set<Place> = [start]
        var stack = [best]
        while let top = stack.last {
            if top.answeredCount > best.answeredCount { best = top }
            if top.answeredCount == answered { return .linearizable }
            guard top.next < top.candidates.count else {
                stack.removeLast()
                continue
            }
            stack[stack.count - 1].next += 1
            let index = top.candidates[top.next]
            guard let state = model.step(top.place.state, items[index].call, items[index].answer) else { continue }
            let place = Place(done: top.place.done.inserting(index), state: state)
            guard tried.insert(place).inserted else { continue }
            if tried.count > placesMax { return .undecided }
            stack.append(frame(place, answeredCount: top.answeredCount + (items[index].ended < .max ? 1 : 0)))
        }
        return .impossible(explanation(best))
    }

    /// Operations that may come next: those that began before any that is missing had ended. Those with answers first, as they ended,
    /// since that is the likeliest order; the unknown ones last.
    private func frame(_ place: Place, answeredCount: Int) -> Frame {
        var end = Int.max
        var candidates: [Int] = []
        for index in items.indices where !place.done.contains(index) {
            // They are in the order of their beginning, so nothing behind can come next either.
            if items[index].invoked >= end { break }
            end = min(end, items[index].ended)
            candidates.append(index)
        }
        candidates.removeAll { items[$0].invoked >= end }
        return Frame(
            place: place, answeredCount: answeredCount,
            candidates: candidates.sorted {
                (items[$0].ended, items[$0].invoked) < (items[$1].ended, items[$1].invoked)
            })
    }

    private func explanation(_ frame: Frame) -> String {
        let place = frame.place
        let stuck = frame.candidates.prefix(8).map { index in
            let item = items[index]
            let answer = item.answer.map { "\($0)" } ?? "unknown"
            return "client \(item.client): \(item.call) answered \(answer)"
        }
        return
            "after \(place.done.count) of \(items.count) operations the state is \(place.state), and none of these fits: "
            + stuck.joined(separator: "; ")
    }
}

/// A set of operations, by their index.
struct OperationSet: Hashable {
    private var words: [UInt64]

    init(_ capacity: Int) { words = Array(repeating: 0, count: (capacity + 63) / 64) }

    func contains(_ index: Int) -> Bool { words[index / 64] >> (index % 64) & 1 == 1 }

    func inserting(_ index: Int) -> OperationSet {
        var other = self
        other.words[index / 64] |= 1 << (index % 64)
        return other
    }

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
}
