internal import ParserProperties

// The fuzzer is libFuzzer: it makes up inputs, sees which parts of the parsers each one reaches, and goes on from those
// that reach more. An input of which a property does not hold ends the process, and is left in a file.

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let violation = ParserProperties.violation(of: Array(UnsafeBufferPointer(start: start, count: count))) {
        fatalError(violation)
    }
    return 0
}

/// What the package manager has the linker take for `main`, since libFuzzer brings the real one.
@_cdecl("laurel_fuzz_main")
public func start(_ count: CInt, _ arguments: UnsafeMutableRawPointer) -> CInt {
    var (count, arguments) = (count, arguments)
    return withUnsafeMutablePointer(to: &arguments) { runDriver(&count, $0, testOneInput) }
}

/// libFuzzer's own.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
