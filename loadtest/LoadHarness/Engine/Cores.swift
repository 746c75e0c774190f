import CEpoll

package enum Cores {
    /// Keeps the harness on one core, so that client and server don't take turns on it.
    package static func pin(to core: Int) throws(HarnessError) {
        guard laurel_pin_to_core(Int32(core)) == 0 else {
            throw HarnessError("there is no core \(core): \(systemError())")
        }
    }
}

package enum KeyFile {
    /// The first line of a file.
    package static func read(_ path: String) throws(HarnessError) -> String {
        let text: String
        do { text = try readText(path) } catch { throw HarnessError("\(error)") }
        return text.firstLine
    }
}
