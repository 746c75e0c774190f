internal import CIntrinsics

/// A growing array of plain values whose growth never copies more than a page: no command waits for ten million
/// values to move. Elements not yet written read as `absent`.
///
/// The first page starts small and doubles, so that a board of ten members takes a few hundred bytes.
package struct PagedColumn<Element: FixedWidthInteger>: ~Copyable {
    private static var pageShift: Int { 10 }
    package static var pageCount: Int { 1 << pageShift }
    private static var firstPageCount: Int { 16 }

    private var pages: [UnsafeMutablePointer<Element>?] = []
    /// Elements of page 0, which alone may be smaller than a page.
    private var firstCount = 0
    private let absent: Element
    package private(set) var memoryBytes = 0

    package init(absent: Element) { self.absent = absent }

    deinit {
        for page in pages { page?.deallocate() }
    }

    package subscript(index: Int) -> Element {
        @inline(__always) get {
            let page = index >> Self.pageShift
            guard page < pages.count, page > 0 || index < firstCount, let elements = pages[page] else { return absent }
            return elements[index & (Self.pageCount - 1)]
        }
        @inline(__always) set {
            let page = index >> Self.pageShift
            if page >= pages.count || pages[page] == nil || (page == 0 && index >= firstCount) { makeRoom(for: index) }
            pages[page]![index & (Self.pageCount - 1)] = newValue
        }
    }

    /// Writes elements that stand side by side. They must not cross a multiple of `pageCount`.
    package mutating func set(_ elements: UnsafeBufferPointer<Element>, from first: Int) {
        guard let last = elements.indices.last else { return }
        precondition(first >> Self.pageShift == (first + last) >> Self.pageShift, "elements of two pages")
        // The last one first: it makes the page, if there is none.
        self[first + last] = elements[last]
        (pages[first >> Self.pageShift]! + (first & (Self.pageCount - 1))).update(
            from: elements.baseAddress!, count: elements.count)
    }

    /// Asks for the memory of an element.
    @inline(__always)
    package func prefetch(_ index: Int) {
        let page = index >> Self.pageShift
        guard page < pages.count, let elements = pages[page] else { return }
        intrinsic_prefetch(elements + (index & (Self.pageCount - 1)))
    }

    @inline(never)
    private mutating func makeRoom(for index: Int) {
        let page = index >> Self.pageShift
        while pages.count <= page { pages.append(nil) }
        let count: Int
        if page == 0 {
            var wanted = max(firstCount, Self.firstPageCount)
            while wanted <= index { wanted *= 2 }
            count = wanted
        } else {
            count = Self.pageCount
        }
        let elements = UnsafeMutablePointer<Element>.allocate(capacity: count)
        elements.initialize(repeating: absent, count: count)
        memoryBytes += count * MemoryLayout<Element>.stride
        if page == 0 {
            if let old = pages[0] {
                elements.update(from: old, count: firstCount)
                old.deallocate()
                memoryBytes -= firstCount * MemoryLayout<Element>.stride
            }
            firstCount = count
        }
        pages[page] = elements
    }
}
