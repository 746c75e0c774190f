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

    static func text(clients: Int, waiting: Int, isReady: Bool, isRelaxed: Bool) -> String {
        """
        # Server\r
        redis_version:\(redisVersion)\r
        redis_mode:standalone\r
        server_name:laurel\r
        # Clients\r
        connected_clients:\(clients)\r
        blocked_clients:\(waiting)\r
        # Persistence\r
        loading:\(isReady ? 0 : 1)\r
        aof_enabled:1\r
        durability:\(isRelaxed ? "relaxed" : "durable")\r
        # Replication\r
        role:master\r

        """
    }
}
