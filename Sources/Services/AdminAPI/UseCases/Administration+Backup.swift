/// What a node hands out to whoever takes a backup: bytes in the layouts of backups, in parts as they are sent.
package struct BackupHooks: Sendable {
    package typealias Send = ([UInt8]) async throws -> Void

    /// JSON.
    package var outline: @Sendable () async throws -> [UInt8]
    package var checkpoint: @Sendable (_ shard: UInt16, _ send: Send) async throws -> Void
    package var records: @Sendable (_ group: Int, _ position: UInt64, _ send: Send) async throws -> Void
    package var control: @Sendable (_ send: Send) async throws -> Void

    package init(
        outline: @escaping @Sendable () async throws -> [UInt8],
        checkpoint: @escaping @Sendable (_ shard: UInt16, _ send: Send) async throws -> Void,
        records: @escaping @Sendable (_ group: Int, _ position: UInt64, _ send: Send) async throws -> Void,
        control: @escaping @Sendable (_ send: Send) async throws -> Void
    ) {
        self.outline = outline
        self.checkpoint = checkpoint
        self.records = records
        self.control = control
    }
}

extension Administration {
    /// A backup has what everybody has: it is for the operator.
    func backup(_ call: AdminCall) throws -> BackupHooks {
        try call.administrator.check(.operate, in: nil)
        guard let backup = hooks.backup else { throw AdminProblem(.notFound, "There is nothing to be backed up.") }
        return backup
    }
}
