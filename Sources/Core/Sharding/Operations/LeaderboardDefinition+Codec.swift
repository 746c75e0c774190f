import Leaderboards

// A definition, in operations and manifests:
//
//   u8      layout version (1)
//   varint  definition version
//   u8      tie rule
//   u8      columns, then for each: run name, u8 type, u8 order, u8 operator,
//           u8 bounds (1 minimum, 2 maximum), then 8 bytes for each bound, in the column's type
//   u8      windows, then for each: run name, run time zone, i64 grace in milliseconds, u8 schedule:
//             1 every: u8 period (0 day, 1 week, 2 month, 3 year), varint count, u8 anchor?, [i64 day number],
//                      u8 hour, u8 minute, u8 weekday, u8 day, u8 month
//             2 cron:  run text
//             3 fixed: i64 from, i64 until
//   u8      dimensions, then for each: run name
extension LeaderboardDefinition {
    private static let layoutVersion: UInt8 = 1

    package func write(to writer: inout ByteWriter) {
        writer.write(Self.layoutVersion)
        writer.writeVarint(UInt64(version))
        writer.write(tie.rawValue)
        writer.write(UInt8(columns.count))
        for column in columns { column.write(to: &writer) }
        writer.write(UInt8(windows.count))
        for window in windows { window.write(to: &writer) }
        writer.write(UInt8(dimensions.count))
        for dimension in dimensions { writer.writeRun(dimension) }
    }

    package init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        guard try reader.read(UInt8.self) == Self.layoutVersion else { throw .invalid("definition layout") }
        let version = UInt32(truncatingIfNeeded: try reader.readVarint())
        guard let tie = TieRule(rawValue: try reader.read()) else { throw .invalid("tie rule") }
        self.init(columns: [], tie: tie, version: version)
        for _ in 0..<(try reader.read(UInt8.self)) { columns.append(try Column(from: &reader)) }
        for _ in 0..<(try reader.read(UInt8.self)) { windows.append(try WindowDefinition(from: &reader)) }
        for _ in 0..<(try reader.read(UInt8.self)) { dimensions.append(try reader.readString()) }
        // The rest may be judged differently where time zones have changed; these hold for ever.
        guard 1...Score.columnCountMax ~= columns.count, windows.count <= Self.windowCountMax,
            dimensions.count <= Self.dimensionCountMax
        else { throw .invalid("definition") }
    }
}

extension Column {
    fileprivate func write(to writer: inout ByteWriter) {
        writer.writeRun(name)
        writer.write(type.rawValue)
        writer.write(order.rawValue)
        writer.write(`operator`.rawValue)
        writer.write(UInt8((minimum == nil ? 0 : 1) | (maximum == nil ? 0 : 2)))
        for bound in [minimum, maximum] {
            if let bound { writer.write(bits(of: bound) ?? 0) }
        }
    }

    fileprivate init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        let name = try reader.readString()
        guard let type = ValueType(rawValue: try reader.read()), let order = Order(rawValue: try reader.read()),
            let `operator` = Operator(rawValue: try reader.read())
        else { throw .invalid("column") }
        self.init(name: name, type: type, order: order, operator: `operator`)
        let bounds: UInt8 = try reader.read()
        if bounds & 1 != 0 { minimum = value(ofBits: try reader.read()) }
        if bounds & 2 != 0 { maximum = value(ofBits: try reader.read()) }
    }
}

extension WindowDefinition {
    /// Of the years that an anchor may lie in, and some to spare.
    private static let dayNumbers = -4_000_000...4_000_000
    private static let periods: [CalendarCycle.Period] = [.day, .week, .month, .year]

    fileprivate func write(to writer: inout ByteWriter) {
        writer.writeRun(name)
        writer.writeRun(timeZone)
        writer.write(grace.milliseconds)
        switch schedule {
        case .allTime: writer.write(UInt8(0))
        case .every(let cycle):
            writer.write(UInt8(1))
            writer.write(UInt8(Self.periods.firstIndex(of: cycle.period) ?? 0))
            writer.writeVarint(UInt64(cycle.count))
            writer.write(UInt8(cycle.anchor == nil ? 0 : 1))
            if let anchor = cycle.anchor { writer.write(Int64(anchor.dayNumber)) }
            writer.write(UInt8(cycle.time.hour))
            writer.write(UInt8(cycle.time.minute))
            writer.write(UInt8(cycle.weekday.rawValue))
            writer.write(UInt8(cycle.day))
            writer.write(UInt8(cycle.month))
        case .cron(let expression):
            writer.write(UInt8(2))
            writer.writeRun(expression.text)
        case .fixed(let from, let until):
            writer.write(UInt8(3))
            writer.write(from.milliseconds)
            writer.write(until.milliseconds)
        }
    }

    fileprivate init(from reader: inout ByteReader) throws(ByteReader.Problem) {
        let name = try reader.readString()
        let timeZone = try reader.readString()
        let grace = Duration.milliseconds(try reader.read(Int64.self))
        guard .zero...Self.graceMax ~= grace else { throw .invalid("grace") }
        let schedule: WindowSchedule
        switch try reader.read(UInt8.self) {
        case 0: schedule = .allTime
        case 1:
            let period = Int(try reader.read(UInt8.self))
            let count = try reader.readCount(atMost: CalendarCycle.countMax)
            let hasAnchor = try reader.read(UInt8.self) == 1
            let dayNumber = hasAnchor ? Int(try reader.read(Int64.self)) : 0
            guard Self.dayNumbers.contains(dayNumber) else { throw .invalid("anchor") }
            let anchor = hasAnchor ? CivilDate(dayNumber: dayNumber) : nil
            guard period < Self.periods.count,
                let time = TimeOfDay(hour: Int(try reader.read(UInt8.self)), minute: Int(try reader.read(UInt8.self))),
                let weekday = Weekday(rawValue: Int(try reader.read(UInt8.self)))
            else { throw .invalid("cycle") }
            schedule = .every(
                CalendarCycle(
                    Self.periods[period], count: count, anchor: anchor, at: time, weekday: weekday,
                    day: Int(try reader.read(UInt8.self)), month: Int(try reader.read(UInt8.self))))
        case 2:
            do {
                schedule = .cron(try CronExpression(try reader.readString()))
            } catch {
                throw .invalid("cron expression")
            }
        case 3:
            let from = Timestamp(milliseconds: try reader.read())
            schedule = .fixed(from: from, until: Timestamp(milliseconds: try reader.read()))
        default: throw .invalid("schedule")
        }
        self.init(name: name, schedule: schedule, timeZone: timeZone, grace: grace)
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
