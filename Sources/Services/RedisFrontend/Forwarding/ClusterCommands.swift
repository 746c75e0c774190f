internal import NodeRuntime
internal import RESP

/// What Redis clients that know clusters ask for.
///
/// Every node takes every command, so any map of slots to nodes is a true one. The map told here divides the slots evenly among the
/// nodes whose Redis listeners are known, so that such clients spread their connections, and go to others when one is gone.
struct ClusterMap: Sendable {
    struct Member: Hashable, Sendable {
        var number: UInt64
        var host: String
        var port: Int

        /// 40 hexadecimal digits, as clients expect.
        var id: String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 40 - digits.count) + digits
        }
    }

    static let slotCount = 16_384

    /// In the order of their numbers.
    let members: [Member]
    let me: UInt64

    init(_ members: [Member], me: UInt64) {
        self.members = members.sorted { $0.number < $1.number }
        self.me = me
    }

    init(_ routing: RoutedService) {
        self.init(
            routing.redisEndpoints.map { Member(number: $0.node, host: $0.endpoint.host, port: $0.endpoint.port) },
            me: routing.me)
    }

    /// Empty where there are more nodes than slots.
    func slots(of index: Int) -> Range<Int> {
        index * Self.slotCount / members.count..<(index + 1) * Self.slotCount / members.count
    }

    /// As Redis Cluster counts it: CRC-16/XMODEM of the key, or of what stands in its first braces.
    static func slot(of key: some Collection<UInt8>) -> Int {
        var tag = Array(key)[...]
        if let open = tag.firstIndex(of: UInt8(ascii: "{")) {
            let rest = tag[(open + 1)...]
            if let close = rest.firstIndex(of: UInt8(ascii: "}")), close > rest.startIndex { tag = rest[..<close] }
        }
        var crc: UInt16 = 0
        for byte in tag {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
        }
        return Int(crc) % slotCount
    }
}

extension ClientSession {
    /// CLUSTER, READONLY, READWRITE. False if it is a command of another kind.
    mutating func runClusterCommand(_ arguments: Arguments) throws(CommandError) -> Bool {
        let name = arguments[0]
        guard name.says("cluster") || name.says("readonly") || name.says("readwrite") else { return false }
        guard let routing = context.forwarder?.routing else { throw .noCluster }
        guard name.says("cluster") else {
            try arguments.require(1, name.says("readonly") ? "readonly" : "readwrite")
            isReadOnly = name.says("readonly")
            answer { $0.simpleString("OK") }
            return true
        }
        guard arguments.count > 1 else { throw .wrongArgumentCount("cluster") }
        let map = ClusterMap(routing)
        if arguments[1].says("keyslot") {
            try arguments.require(3, "cluster|keyslot")
            answer { $0.integer(ClusterMap.slot(of: arguments[2])) }
        } else {
            guard arguments.count == 2 else { throw .unknownSubcommand(arguments) }
            if arguments[1].says("slots") {
                answer { $0.slots(map) }
            } else if arguments[1].says("shards") {
                answer { $0.shards(map) }
            } else if arguments[1].says("nodes") {
                answer { $0.verbatim(map.nodesText) }
            } else if arguments[1].says("myid") {
                answer { $0.bulk(ClusterMap.Member(number: map.me, host: "", port: 0).id) }
            } else if arguments[1].says("info") {
                answer { $0.verbatim(map.infoText) }
            } else {
                throw .unknownSubcommand(arguments)
            }
        }
        return true
    }
}

extension ClusterMap {
    /// `CLUSTER NODES`: id, address, flags, primary, pings, epoch, state, slots.
    fileprivate var nodesText: String {
        members.indices.map { index in
            let (member, slots) = (members[index], slots(of: index))
            let flags = member.number == me ? "myself,master" : "master"
            let range = slots.isEmpty ? "" : " \(slots.lowerBound)-\(slots.upperBound - 1)"
            return
                "\(member.id) \(member.host):\(member.port)@\(member.port) \(flags) - 0 0 \(index + 1) connected\(range)\n"
        }.joined()
    }

    fileprivate var infoText: String {
        """
        cluster_enabled:1\r
        cluster_state:ok\r
        cluster_slots_assigned:\(Self.slotCount)\r
        cluster_slots_ok:\(Self.slotCount)\r
        cluster_slots_pfail:0\r
        cluster_slots_fail:0\r
        cluster_known_nodes:\(members.count)\r
        cluster_size:\(members.count)\r

        """
    }
}

extension ReplyWriter {
    fileprivate mutating func slots(_ map: ClusterMap) {
        let indices = map.members.indices.filter { !map.slots(of: $0).isEmpty }
        arrayHeader(indices.count)
        for index in indices {
            let member = map.members[index]
            arrayHeader(3)
            integer(map.slots(of: index).lowerBound)
            integer(map.slots(of: index).upperBound - 1)
            arrayHeader(4)
            bulk(member.host)
            integer(member.port)
            bulk(member.id)
            arrayHeader(0)
        }
    }

    fileprivate mutating func shards(_ map: ClusterMap) {
        arrayHeader(map.members.count)
        for index in map.members.indices {
            let (member, slots) = (map.members[index], map.slots(of: index))
            mapHeader(2)
            bulk("slots")
            arrayHeader(slots.isEmpty ? 0 : 2)
            if !slots.isEmpty {
                integer(slots.lowerBound)
                integer(slots.upperBound - 1)
            }
            bulk("nodes")
            arrayHeader(1)
            mapHeader(7)
            for (name, value) in [("id", member.id), ("endpoint", member.host), ("ip", member.host)] {
                bulk(name)
                bulk(value)
            }
            bulk("port")
            integer(member.port)
            for (name, value) in [("role", "master"), ("health", "online")] {
                bulk(name)
                bulk(value)
            }
            bulk("replication-offset")
            integer(0)
        }
    }
}

extension CommandError {
    static let noCluster = CommandError("ERR This instance has cluster support disabled")
}
