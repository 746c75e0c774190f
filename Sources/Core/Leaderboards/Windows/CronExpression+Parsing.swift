/// Why a text is no cron expression: the field at fault, and what would be right there.
package struct CronError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Field: String, Hashable, Sendable {
        /// The text as a whole.
        case expression
        case minute, hour
        case dayOfMonth = "day of month"
        case month
        case dayOfWeek = "day of week"
    }

    package let field: Field
    /// A sentence.
    package let reason: String

    package var description: String { "\(field.rawValue): \(reason)" }
}

extension CronExpression {
    package init(_ text: String) throws(CronError) {
        guard text.utf8.count <= Self.byteCountMax else {
            throw CronError(field: .expression, reason: "It is longer than \(Self.byteCountMax) bytes.")
        }
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
        let fields = words.first?.hasPrefix("@") == true ? try Self.macro(words) : words
        guard fields.count == 5 else {
            throw CronError(
                field: .expression,
                reason: "There are five fields (minute hour day-of-month month day-of-week), not \(fields.count).")
        }
        self.text = words.joined(separator: " ")
        minutes = try FieldGrammar.minute.bits(of: fields[0])
        hours = try FieldGrammar.hour.bits(of: fields[1])
        days = try FieldGrammar.dayOfMonth.bits(of: fields[2])
        months = try FieldGrammar.month.bits(of: fields[3])
        let weekdays = try FieldGrammar.dayOfWeek.bits(of: fields[4])
        // Sunday is 0 and 7.
        self.weekdays = (weekdays | weekdays >> 7) & 0b111_1111
        dayRule = fields[2].hasPrefix("*") || fields[4].hasPrefix("*") ? .both : .either
        try checkThatItFires()
    }

    private static func macro(_ words: [Substring]) throws(CronError) -> [Substring] {
        let expansions = [
            "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
            "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
        ]
        guard words.count == 1, let expansion = expansions[words[0].lowercased()] else {
            throw CronError(
                field: .expression,
                reason: "The words with @ are @hourly, @daily, @weekly, @monthly and @yearly, each on its own.")
        }
        return expansion.split(separator: " ")
    }

    /// `0 0 30 2 *` never fires. February 29th does, on every day of the week within 400 years.
    private func checkThatItFires() throws(CronError) {
        if dayRule == .either { return }
        let firstDay = days.trailingZeroBitCount
        let leapYear = 2000
        for month in 1...12 where months.hasBit(month) {
            if firstDay <= CivilDate.dayCount(ofMonth: month, year: leapYear) { return }
        }
        throw CronError(field: .dayOfMonth, reason: "None of the months has a day \(firstDay): it would never fire.")
    }
}

/// What may stand in one of the five fields.
private struct FieldGrammar {
    let field: CronError.Field
    let range: ClosedRange<Int>
    /// The first stands for `firstNamed`.
    var names: [String] = []
    var firstNamed = 0

    static let minute = FieldGrammar(field: .minute, range: 0...59)
    static let hour = FieldGrammar(field: .hour, range: 0...23)
    static let dayOfMonth = FieldGrammar(field: .dayOfMonth, range: 1...31)
    static let month = FieldGrammar(
        field: .month, range: 1...12,
        names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], firstNamed: 1)
    static let dayOfWeek = FieldGrammar(
        field: .dayOfWeek, range: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

    func bits(of text: Substring) throws(CronError) -> UInt64 {
        var bits: UInt64 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) { bits |= try self.bits(ofPart: part) }
        return bits
    }

    private func bits(ofPart part: Substring) throws(CronError) -> UInt64 {
        let pieces = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let (values, isSingle) = try values(pieces[0])
        guard pieces.count == 2 else { return Self.bits(in: values, step: 1) }
        if isSingle {
            throw error("A step follows * or a range: \(pieces[0])-\(range.upperBound)/\(pieces[1]), not \(part).")
        }
        let stepMax = range.upperBound - range.lowerBound
        guard let step = Self.number(pieces[1]), (1...stepMax).contains(step) else {
            throw error("The step in \(part) is not a number from 1 to \(stepMax).")
        }
        return Self.bits(in: values, step: step)
    }

    private func values(_ text: Substring) throws(CronError) -> (ClosedRange<Int>, isSingle: Bool) {
        // Day of the week: 7 only repeats 0, and would disturb the steps.
        if text == "*" { return (range.lowerBound...(field == .dayOfWeek ? 6 : range.upperBound), false) }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let first = try value(ends[0])
        guard ends.count == 2 else { return (first...first, true) }
        var last = try value(ends[1])
        // "FRI-SUN" ends with the Sunday that is 7.
        if field == .dayOfWeek, last == 0, first > 0 { last = 7 }
        guard first <= last else { throw error("The range \(text) ends before it begins.") }
        return (first...last, false)
    }

    private func value(_ text: Substring) throws(CronError) -> Int {
        if let index = names.firstIndex(of: text.lowercased()) { return firstNamed + index }
        guard let number = Self.number(text), range.contains(number) else {
            let named = names.isEmpty ? "" : " or a name like \(names[1].uppercased())"
            throw error(
                "'\(text)' is not a number from \(range.lowerBound) to \(range.upperBound)\(named).")
        }
        return number
    }

    /// One or two digits; `Int` alone would take a sign.
    private static func number(_ text: Substring) -> Int? {
        (1...2).contains(text.utf8.count) && text.utf8.allSatisfy { $0 &- UInt8(ascii: "0") <= 9 } ? Int(text) : nil
    }

    private static func bits(in values: ClosedRange<Int>, step: Int) -> UInt64 {
        stride(from: values.lowerBound, through: values.upperBound, by: step).reduce(0) { $0 | 1 << UInt64($1) }
    }

    private func error(_ reason: String) -> CronError { CronError(field: field, reason: reason) }
}
