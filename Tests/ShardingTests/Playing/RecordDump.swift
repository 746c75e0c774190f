import Leaderboards
import Sharding

/// Records in words. Reads the stored layout by itself, as a program in another language would have to.
struct RecordDump {
    let history: [[UInt8]]
    private var definitions: [UInt64: LeaderboardDefinition] = [:]
    private var names: [UInt64: String] = [:]

    init(history: [[UInt8]]) { self.history = history }

    /// The newest record; those before tell what it builds on.
    func last() throws -> String {
        var dump = self
        var text = ""
        for payload in history { text = try payload.withUnsafeBytes { try dump.read($0) } }
        return text
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer) throws -> String {
        var reader = ByteReader(bytes)
        let version: UInt8 = try reader.read()
        let time = Timestamp(milliseconds: try reader.read())
        var lines = ["record \(history.count), payload version \(version), \(time)"]
        while !reader.isAtEnd {
            let tag: UInt8 = try reader.read()
            lines.append("  " + (try operation(tag, &reader)))
        }
        return lines.joined(separator: "\n")
    }

    private mutating func operation(_ tag: UInt8, _ reader: inout ByteReader) throws -> String {
        if tag == 8 { return "upload \(try reader.readString()) has come to line \(try reader.read(UInt64.self))" }
        if tag == 11 {
            let (project, reads, requests) = (
                try reader.readString(), try reader.readVarint(), try reader.readVarint()
            )
            return "report of \(project): \(reads) reads, \(requests) requests"
        }
        let number = try reader.readVarint()
        switch tag {
        case 1:
            names[number] = "\(try reader.readString())/\(try reader.readString())"
            _ = try reader.read(UInt64.self)
            definitions[number] = try LeaderboardDefinition(from: &reader)
            return "create \(names[number]!) as leaderboard \(number), version \(definitions[number]!.version)"
        case 2:
            definitions[number] = try LeaderboardDefinition(from: &reader)
            return "redefine \(names[number]!), version \(definitions[number]!.version)"
        case 3: return "delete \(names[number]!)"
        case 4:
            let place = "\(try reader.readString()) \(try reader.readString())"
            let times = try (0..<3).map { _ in Timestamp(milliseconds: try reader.read()) }
            return "open \(names[number]!) \(place), \(times[0]) to \(times[1]), closes at \(times[2])"
        case 5: return try submission(to: number, &reader)
        case 6: return "remove \(text(try reader.readRun())) from \(names[number]!)"
        case 7:
            let place = "\(try reader.readString()) \(try reader.readString())"
            let count = try reader.readVarint()
            _ = try (reader.read(UInt64.self), reader.read(UInt64.self))
            return "close \(names[number]!) \(place) with \(count) entries"
        default: return "operation \(tag)?"
        }
    }

    private func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

    private func score(_ definition: LeaderboardDefinition, _ reader: inout ByteReader) throws -> String {
        try definition.columns.map { column in
            switch column.value(ofBits: try reader.read()) {
            case .integer(let integer): "\(integer)"
            case .decimal(let decimal): "\(decimal)"
            }
        }.joined(separator: ",")
    }

    private func rank(_ reader: inout ByteReader) throws -> String {
        let rank = try reader.readVarint()
        return rank == 0 ? "-" : "\(rank)"
    }

    private func submission(to number: UInt64, _ reader: inout ByteReader) throws -> String {
        let definition = definitions[number]!
        let version = try reader.readVarint()
        let at = Timestamp(milliseconds: try reader.read())
        let flags: UInt8 = try reader.read()
        var line = "submit \(text(try reader.readRun()))"
        _ = try reader.read(UInt8.self)
        line += " \(try score(definition, &reader)) to \(names[number]!) version \(version) at \(at)"
        if flags & 1 != 0 { line += " metadata \(text(try reader.readRun()))" }
        if flags & 2 != 0 { line += " attributes of \(try reader.readRun().count) bytes" }
        if flags & 4 != 0 {
            line += " key \(text(try reader.readRun()))"
            _ = try reader.read(UInt64.self)
        }
        line += "\n    \(try reader.read(UInt8.self) == 1 ? "accepted" : "unchanged")"
        _ = try reader.read(UInt8.self)
        line += " \(try score(definition, &reader))"
        if try reader.read(UInt8.self) == 1 { line += " was \(try score(definition, &reader))" }
        line += " rank \(try rank(&reader)) was \(try rank(&reader))"
        for _ in 0..<(try reader.read(UInt8.self)) {
            let window = definition.windows[Int(try reader.read(UInt8.self))].name
            line += "\n    \(window) \(try reader.readString())"
            line += try reader.read(UInt8.self) == 1 ? " accepted" : " unchanged"
            line += " \(try score(definition, &reader)) rank \(try rank(&reader)) was \(try rank(&reader))"
        }
        return line
    }
}
