internal import Glibc

/// Why the harness can't go on, in words for whoever started it.
package struct HarnessError: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

func systemError(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
