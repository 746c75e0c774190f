import Synchronization
import Testing

@testable import NodeRuntime

@Suite("The pace of appends")
struct AppendPaceTests {
    /// Enters, and is told so in a list.
    private final class Entrants: Sendable {
        let pace: AppendPace
        private let entered = Mutex<[(name: Int, ticket: UInt64)]>([])

        init(_ pace: AppendPace) { self.pace = pace }

        var names: [Int] { entered.withLock { $0.map(\.name) } }
        func ticket(of name: Int) -> UInt64 { entered.withLock { $0.first { $0.name == name }!.ticket } }

        func enter(_ name: Int, at now: Duration = .zero) async {
            let ticket = await pace.enter(at: now)
            entered.withLock { $0.append((name, ticket)) }
        }

        func leave(_ name: Int, at now: Duration = .zero) { pace.leave(ticket(of: name), at: now) }
    }

    @Test("So many are on their way at once, the others follow in the order of their coming")
    func order() async {
        let entrants = Entrants(AppendPace(atOnce: 2))
        await entrants.enter(1)
        await entrants.enter(2)
        await withTaskGroup(of: Void.self) { group in
            for name in 3...5 {
                group.addTask { await entrants.enter(name) }
                await until { entrants.pace.waitingCount == name - 2 }
            }
            #expect(entrants.names == [1, 2])
            for name in 1...3 {
                entrants.leave(name)
                await until { entrants.names.count == name + 2 }
            }
        }
        #expect(entrants.names == [1, 2, 3, 4, 5])
    }

    @Test("Who stays for long keeps nobody from going on, and gives up nobody else's place in the end")
    func late() async {
        let entrants = Entrants(AppendPace(atOnce: 1))
        await entrants.enter(1)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await entrants.enter(2) }
            await until { entrants.pace.waitingCount == 1 }
            entrants.pace.expire(at: AppendPace.keptFor - .milliseconds(1))
            #expect(entrants.names == [1])
            entrants.pace.expire(at: AppendPace.keptFor)
            await until { entrants.names == [1, 2] }
            group.addTask { await entrants.enter(3) }
            await until { entrants.pace.waitingCount == 1 }
            entrants.leave(1)
            #expect(entrants.pace.waitingCount == 1)
            entrants.leave(2)
            await until { entrants.names == [1, 2, 3] }
        }
    }
}
