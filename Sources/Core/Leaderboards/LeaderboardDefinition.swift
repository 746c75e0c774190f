/// Which of two equal scores stands first.
package enum TieRule: UInt8, Sendable, CaseIterable {
    /// Who reached the score first. Ranks are all different.
    case first = 0
    /// Who reached the score last.
    case last = 1
    /// Equal scores share a rank, and the next rank is left out: 1-1-3.
    case sharedWithGap = 2
    /// Equal scores share a rank, and no rank is left out: 1-1-2.
    case sharedDense = 3
    /// By the bytes of the member's name.
    case member = 4
}

/// A leaderboard is named by its project and an id of the tenant's choice.
package struct LeaderboardKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let project: String
    package let id: String

    package init(project: String, id: String) {
        self.project = project
        self.id = id
    }

    package static func < (left: LeaderboardKey, right: LeaderboardKey) -> Bool {
        (left.project, left.id) < (right.project, right.id)
    }
    package var description: String { "\(project)/\(id)" }
}

/// What a tenant creates: how scores are compared and combined, and which boards a submission reaches.
///
/// A leaderboard always has an all-time board; `windows` come on top of it. Every board is ranked once as a whole and
/// once for each value of each dimension.
package struct LeaderboardDefinition: Hashable, Sendable {
    package var columns: [Column]
    package var tie: TieRule
    package var windows: [WindowDefinition]
    /// Attributes of a member by which boards are divided, such as `country`.
    package var dimensions: [String]
    /// 1 when created, one more with each change.
    package var version: UInt32

    package init(
        columns: [Column], tie: TieRule = .first, windows: [WindowDefinition] = [], dimensions: [String] = [],
        version: UInt32 = 1
    ) {
        self.columns = columns
        self.tie = tie
        self.windows = windows
        self.dimensions = dimensions
        self.version = version
    }

    package static let windowCountMax = 8
    package static let dimensionCountMax = 4
    package static let nameByteCountMax = 64
    package static let idByteCountMax = 128
    /// A member's name, in bytes of UTF-8.
    package static let userByteCountMax = 255
    /// A dimension's value, in bytes of UTF-8.
    package static let dimensionValueByteCountMax = 64
    package static let metadataByteCountMax = 1024

    /// Ranks of equal scores are equal.
    package var sharesRanks: Bool { tie == .sharedWithGap || tie == .sharedDense }
}

extension LeaderboardDefinition {
    /// Everything that is wrong with the definition, each problem with the field it concerns.
    package func problems() -> [DefinitionProblem] {
        var problems: [DefinitionProblem] = []
        func problem(_ field: String, _ code: String, _ message: String) {
            problems.append(DefinitionProblem(field: field, code: code, message: message))
        }
        if columns.isEmpty || columns.count > Score.columnCountMax {
            problem("columns", "column_count", "A leaderboard has 1 to \(Score.columnCountMax) columns.")
        }
        for (index, column) in columns.enumerated() {
            if !isName(column.name) {
                problem("columns[\(index)].name", "name", "A name is 1 to 64 of the characters A-Z a-z 0-9 _ -.")
            }
            if columns[..<index].contains(where: { $0.name == column.name }) {
                problem("columns[\(index)].name", "duplicate", "Another column has the same name.")
            }
            if let minimum = column.minimum, column.bits(of: minimum) == nil {
                problem("columns[\(index)].min", "type", "The bound is not of the column's type.")
            }
            if let maximum = column.maximum, column.bits(of: maximum) == nil {
                problem("columns[\(index)].max", "type", "The bound is not of the column's type.")
            }
            if column.boundsAreEmpty {
                problem("columns[\(index)].min", "range", "The minimum is greater than the maximum.")
            }
        }
        if windows.count > Self.windowCountMax {
            problem("windows", "window_count", "A leaderboard has at most \(Self.windowCountMax) windows.")
        }
        for (index, window) in windows.enumerated() {
            problems += window.problems(at: "windows[\(index)]")
            if windows[..<index].contains(where: { $0.name == window.name }) {
                problem("windows[\(index)].name", "duplicate", "Another window has the same name.")
            }
        }
        if dimensions.count > Self.dimensionCountMax {
            problem("dimensions", "dimension_count", "A leaderboard has at most \(Self.dimensionCountMax) dimensions.")
        }
        for (index, dimension) in dimensions.enumerated() {
            if !isName(dimension) {
                problem("dimensions[\(index)]", "name", "A name is 1 to 64 of the characters A-Z a-z 0-9 _ -.")
            }
            if dimensions[..<index].contains(dimension) {
                problem("dimensions[\(index)]", "duplicate", "Another dimension has the same name.")
            }
        }
        return problems
    }

    private func isName(_ name: String) -> Bool {
        (1...Self.nameByteCountMax).contains(name.utf8.count) && name.utf8.allSatisfy(isNameByte)
    }

    /// Whether `id` can name a leaderboard: 1 to 128 of the characters `A-Z a-z 0-9 _ - . :`.
    package static func isID(_ id: some Collection<UInt8>) -> Bool {
        (1...idByteCountMax).contains(id.count)
            && id.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }
    }
}

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
    default: false
    }
}

extension Column {
    fileprivate var boundsAreEmpty: Bool {
        guard let minimum, let maximum, let low = bits(of: minimum), let high = bits(of: maximum) else { return false }
        return magnitude(ofBits: high) < magnitude(ofBits: low)
    }
}
