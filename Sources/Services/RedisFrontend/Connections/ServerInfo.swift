internal import Glibc
internal import NIOCore

/// What the server says of itself to clients that look for a Redis.
enum ServerInfo {
    /// The version whose behaviour is followed.
    static let redisVersion = "7.0.15"

    static func settings(isRelaxed: Bool) -> [(name: String, value: String)] {
        [
            ("appendonly", "yes"), ("appendfsync", isRelaxed ? "everysec" : "always"), ("databases", "1"),
            ("maxmemory", "0"), ("save", ""),
        ]
    }

    struct State {
        var clients: ClientCount
        /// Clients that wait for entries.
        var waiting: Int
        var isReady: Bool
        var isRelaxed: Bool
        /// Of the client's project.
        var keyCount: Int
    }

    static func text(_ state: State) -> String {
        let uptime = (NIODeadline.now() - state.clients.start).nanoseconds / 1_000_000_000
        let memory = residentByteCount
        return """
            # Server\r
            redis_version:\(redisVersion)\r
            redis_mode:standalone\r
            server_name:laurel\r
            process_id:\(getpid())\r
            uptime_in_seconds:\(uptime)\r
            # Clients\r
            connected_clients:\(state.clients.value)\r
            blocked_clients:\(state.waiting)\r
            # Memory\r
            used_memory:\(memory)\r
            used_memory_rss:\(memory)\r
            # Persistence\r
            loading:\(state.isReady ? 0 : 1)\r
            aof_enabled:1\r
            durability:\(state.isRelaxed ? "relaxed" : "durable")\r
            # Stats\r
            total_connections_received:\(state.clients.enteredCount)\r
            total_commands_processed:\(state.clients.commandCount)\r
            # Replication\r
            role:master\r
            # Keyspace\r
            db0:keys=\(state.keyCount),expires=0,avg_ttl=0\r

            """
    }

    /// What the process has in memory; 0 where there is no `/proc`. The second number there, in pages.
    private static var residentByteCount: Int {
        let file = open("/proc/self/statm", O_RDONLY)
        guard file >= 0 else { return 0 }
        defer { close(file) }
        let text = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 128) { bytes in
            String(decoding: bytes.prefix(max(0, read(file, bytes.baseAddress, bytes.count))), as: UTF8.self)
        }
        let numbers = text.split(separator: " ")
        return numbers.count > 1 ? (Int(numbers[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }
}
