internal import CIntrinsics
import RankTrees

/// The members of one leaderboard: their names, once for all its boards, and their values of its dimensions.
///
/// A member stays as long as any board may have an entry of it.
final class Members {
    var table: MemberTable
    let dimensionCount: Int
    /// For each member and dimension the number of its value, 0 for none.
    private var values = PagedColumn<UInt32>(absent: 0)
    private var dictionaries: [ValueDictionary]
    /// How much the leaderboard holds. Here, since all its boards know their members.
    var size = LeaderboardSize()
    /// While a checkpoint is taken: the chunks written down so far, with their serials.
    var snapshot: MemberSnapshot?

    init(seed: UInt64, dimensionCount: Int) {
        table = MemberTable(seed: seed)
        self.dimensionCount = dimensionCount
        dictionaries = Array(repeating: ValueDictionary(), count: dimensionCount)
    }

    var memoryBytes: Int { table.memoryBytes + values.memoryBytes }

    func nameHash(of member: UInt32) -> UInt64 { table.hash(ofName: member) }

    func name(of member: UInt32) -> [UInt8] { table.withName(of: member) { Array($0) } }

    func isName(of left: UInt32, before right: UInt32) -> Bool {
        table.withName(of: left) { leftName in
            table.withName(of: right) { rightName in leftName.lexicographicallyPrecedes(rightName) }
        }
    }

    /// The member with this name, made if there is none.
    func member(named name: UnsafeRawBufferPointer) -> UInt32 {
        let (member, isNew) = table.insert(name)
        if isNew {
            size.storedBytes += StoredBytes.ofMember(nameByteCount: name.count)
            if table.hasSetAside { drain() }
        }
        return member
    }

    /// Precondition: no board has an entry of the member.
    func forget(_ member: UInt32) {
        for dimension in 0..<dimensionCount { setValue(0, of: member, dimension: dimension) }
        size.storedBytes -= StoredBytes.ofMember(nameByteCount: table.withName(of: member) { $0.count })
        table.remove(member)
        if table.hasSetAside { drain() }
        if table.needsCompaction { _ = table.compact(namesMax: 1000) }
    }

    // MARK: Dimensions

    func value(of member: UInt32, dimension: Int) -> UInt32 {
        values[Int(member) * dimensionCount + dimension]
    }

    func setValue(_ value: UInt32, of member: UInt32, dimension: Int) {
        guard self.value(of: member, dimension: dimension) != value else { return }
        table.touch(member)
        // The stored copy of the chunk must not see the new value.
        if table.hasSetAside { drain() }
        values[Int(member) * dimensionCount + dimension] = value
    }

    /// Sets a value that was read from a checkpoint.
    func restoreValue(_ value: UInt32, of member: UInt32, dimension: Int) {
        if value != 0 { values[Int(member) * dimensionCount + dimension] = value }
    }

    /// The number of a value, if any member ever had it.
    func number(of value: [UInt8], dimension: Int) -> UInt32? { dictionaries[dimension].number(of: value) }

    /// The number of a value, which gets one if it has none. Numbers start at 1.
    func intern(_ value: [UInt8], dimension: Int) -> UInt32 { dictionaries[dimension].intern(value) }

    func valueCount(dimension: Int) -> Int { dictionaries[dimension].names.count }

    func valueNames(dimension: Int) -> [[UInt8]] { dictionaries[dimension].names }

    func restoreValueNames(_ names: [[UInt8]], dimension: Int) {
        for name in names { _ = dictionaries[dimension].intern(name) }
    }
}

/// The values of one dimension in the order in which they first came.
private struct ValueDictionary {
    private(set) var names: [[UInt8]] = []
    private var numbers: [[UInt8]: UInt32] = [:]

    func number(of name: [UInt8]) -> UInt32? { numbers[name] }

    mutating func intern(_ name: [UInt8]) -> UInt32 {
        if let number = numbers[name] { return number }
        names.append(name)
        numbers[name] = UInt32(names.count)
        return UInt32(names.count)
    }
}

/// CRC32C, for fingerprints of small texts.
func checksum(of bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBytes { UInt64(intrinsic_crc32c(0, $0.baseAddress, $0.count)) | UInt64($0.count) << 32 }
}
