/// Which board, member, place and score the next request is about.
package struct RequestChooser: Sendable {
    private let scenario: Scenario
    private let tenants: Popularity
    private let boards: Popularity
    private let members: Popularity
    private var numbers: SeededNumbers
    private var nextMember = 0
    private var nextBoard = 0

    package init(_ scenario: Scenario, stream: Int = 0) {
        self.scenario = scenario
        tenants = Popularity(count: scenario.tenants, skew: scenario.tenantSkew)
        boards = Popularity(count: scenario.boards, skew: scenario.boardSkew)
        members = Popularity(count: scenario.members, skew: scenario.memberSkew)
        numbers = SeededNumbers(seed: UInt64(scenario.seed) &* 0x1234567 &+ UInt64(stream))
    }

    package mutating func operation(_ mix: Mix) -> Operation { mix.choose(&numbers) }

    /// A board's number, over all tenants.
    package mutating func board() -> Int {
        guard scenario.boardCount > 1 else { return 0 }
        return tenants.choose(&numbers) * scenario.boards + boards.choose(&numbers)
    }

    package mutating func member() -> Int { members.choose(&numbers) }

    /// The member after the last one, from the first one on, board by board.
    package mutating func memberInOrder() -> (board: Int, member: Int) {
        defer {
            nextMember += 1
            if nextMember == scenario.members {
                nextMember = 0
                nextBoard = (nextBoard + 1) % scenario.boardCount
            }
        }
        return (nextBoard, nextMember)
    }

    /// A row that has `rows` rows from it on, counted from 0.
    package mutating func row(_ rows: Int) -> Int { numbers.below(max(scenario.members - rows, 1)) }

    /// In millionths; scores are below a million.
    package mutating func score() -> Int { numbers.below(1_000_000_000_000) }

    /// In tenths, below a hundred.
    package mutating func increment() -> Int { numbers.below(1000) }
}
