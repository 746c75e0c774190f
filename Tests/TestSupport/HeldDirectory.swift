/// A temporary directory that goes with whoever holds it last.
package final class HeldDirectory: Sendable {
    private let directory: TemporaryDirectory
    package var path: String { directory.path }

    package init() throws { directory = try TemporaryDirectory() }

    deinit { directory.remove() }

    /// A path within, where nothing is yet.
    package func subpath(_ name: String) -> String { "\(path)/\(name)" }
}
