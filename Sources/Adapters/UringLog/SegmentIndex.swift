/// Which segments hold which positions, and how far the log is durable.
struct SegmentIndex {
    struct Segment {
        let header: SegmentHeader
        /// Positions of some groups, ascending, about one in every 64 KiB, so that a reader need not start at the
        /// segment's first.
        var landmarks: [UInt64] = []

        var file: String { SegmentHeader.fileName(header.number) }
    }

    static let landmarkDistance: UInt64 = 64 << 10

    /// Ascending; the last is the one appended to.
    private(set) var segments: [Segment] = []
    /// Everything below is durable, and may be read.
    private(set) var durableEnd: UInt64 = 0

    /// The oldest position that can be read.
    var firstPosition: UInt64 { segments.first?.header.firstPosition ?? 0 }

    mutating func begin(_ header: SegmentHeader) {
        segments.append(Segment(header: header))
        durableEnd = header.firstPosition
    }

    /// A segment that was there when the log was opened.
    mutating func begin(_ header: SegmentHeader, landmarks: [UInt64], end: UInt64) {
        segments.append(Segment(header: header, landmarks: landmarks))
        durableEnd = end
    }

    /// A group became durable.
    mutating func extend(from position: UInt64, to end: UInt64) {
        let last = segments.count - 1
        if position >= (segments[last].landmarks.last ?? segments[last].header.firstPosition) + Self.landmarkDistance {
            segments[last].landmarks.append(position)
        }
        durableEnd = end
    }

    /// Takes out the whole segments below `position`, never the last.
    mutating func removeSegments(below position: UInt64) -> [Segment] {
        var count = 0
        while count + 1 < segments.count, segments[count + 1].header.firstPosition <= position { count += 1 }
        defer { segments.removeFirst(count) }
        return Array(segments[..<count])
    }

    /// Where to start reading to find `position`: a segment and a group in it at or below. Nil below the first segment.
    func start(for position: UInt64) -> (segment: Segment, group: UInt64)? {
        guard let index = segments.lastIndex(where: { $0.header.firstPosition <= position }) else { return nil }
        let segment = segments[index]
        let upper = segment.landmarks.partition { $0 > position }
        return (segment, upper == 0 ? segment.header.firstPosition : segment.landmarks[upper - 1])
    }

    func segment(after number: UInt64) -> Segment? { segments.first { $0.header.number > number } }
    func contains(segment number: UInt64) -> Bool { segments.contains { $0.header.number == number } }
}

extension Array {
    /// The first index whose element satisfies `isUpper`, in an array where those come last.
    fileprivate func partition(by isUpper: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isUpper(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
