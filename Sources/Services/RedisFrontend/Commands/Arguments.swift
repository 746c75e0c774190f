/// One argument of a command: any bytes.
typealias Argument = ArraySlice<UInt8>

/// The arguments of one command; the first is the command's name.
struct Arguments: Sendable {
    private let elements: [Argument]

    init(_ elements: [Argument]) { self.elements = elements }

    var count: Int { elements.count }
    subscript(index: Int) -> Argument { elements[index] }
    subscript(range: Range<Int>) -> ArgumentList { ArgumentList(arguments: self, range: range) }
    subscript(range: PartialRangeFrom<Int>) -> ArgumentList { self[range.lowerBound..<count] }
}

/// Some neighbours among a command's arguments, such as its keys, where they lie.
struct ArgumentList: RandomAccessCollection, Sendable {
    private let arguments: Arguments
    private let range: Range<Int>

    fileprivate init(arguments: Arguments, range: Range<Int>) {
        self.arguments = arguments
        self.range = range
    }

    var startIndex: Int { range.lowerBound }
    var endIndex: Int { range.upperBound }
    subscript(index: Int) -> Argument {
        precondition(range.contains(index), "no argument of this list")
        return arguments[index]
    }
}

extension ArgumentList: Equatable {
    static func == (left: ArgumentList, right: ArgumentList) -> Bool { left.elementsEqual(right) }
}
