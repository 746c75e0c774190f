/// The name of a node, the same as in the records that it writes: drawn once, when its data directory is created.
package struct NodeID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    package static func < (left: NodeID, right: NodeID) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// Where a node stands: what fails together is one zone. Nodes with an empty name are all in one.
package struct Zone: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let name: String

    package init(_ name: String) { self.name = name }

    package static func < (left: Zone, right: Zone) -> Bool { left.name < right.name }
    package var description: String { name }
}

/// The name of a set of nodes that certain shards are kept on, apart from all others.
package struct Pool: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let name: String

    package init(_ name: String) { self.name = name }

    /// The one that nodes and shards are in unless something else is said.
    package static let common = Pool("")

    package static func < (left: Pool, right: Pool) -> Bool { left.name < right.name }
    package var description: String { name.isEmpty ? "common" : name }
}
