import ControlPlane
import SQLDatabases

/// The control plane of a node: its database, and the secret that digests of keys depend on.
struct ControlDatabase {
    let store: any ControlStore
    let pepper: KeyPepper

    init(_ directory: DataDirectory) async throws {
        pepper = try directory.pepper()
        store = try await SQLControlStore.sqlite(path: directory.controlPath)
    }
}
