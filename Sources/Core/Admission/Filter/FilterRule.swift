/// One thing that the request filter looks for in free text. Rules find marks of attacks; that a text is harmless they can't
/// tell, and what is stored is still to be escaped wherever it is shown.
package enum FilterRule: UInt8, Hashable, Sendable, CaseIterable {
    case pathTraversal, sensitivePath
    case sqlStatement, sqlBreakout, sqlFunction
    case activeMarkup, eventHandler, scriptAddress, formattingMarkup
    case lineBreak, headerInjection, logForgery, controlCharacter
    case bidirectionalOverride, bidirectionalControl, invisibleCharacter, stackedMarks, malformedText
    case logLookup, templateExpression, templateMarker, shellCommand
    case repetition, hugeRepetition, hugeText

    /// How sure a match is to be meant badly, as a score.
    package enum Severity: Int, Hashable, Sendable, CaseIterable {
        case notice = 2
        case warning = 3
        case error = 4
        case critical = 5
    }

    /// For settings, logs and metrics. Never changes, and is never used for another rule.
    package var id: String { description.id }
    package var title: String { description.title }
    package var severity: Severity { description.severity }
    package var score: Int { severity.rawValue }

    package init?(id: String) {
        guard let rule = Self.allCases.first(where: { $0.id == id }) else { return nil }
        self = rule
    }

    private var description: (id: String, severity: Severity, title: String) {
        switch self {
        case .pathTraversal: ("path-traversal", .critical, "Leads out of a folder (../)")
        case .sensitivePath: ("sensitive-path", .critical, "Names a file that attackers ask for (/etc/passwd)")
        case .sqlStatement: ("sql-statement", .critical, "An SQL statement behind a semicolon, or UNION SELECT")
        case .sqlBreakout: ("sql-breakout", .critical, "Ends an SQL string and goes on with a condition or a comment")
        case .sqlFunction: ("sql-function", .critical, "A function or table of a database that attackers use")
        case .activeMarkup: ("active-markup", .critical, "An HTML or XML tag that does or loads something")
        case .eventHandler: ("event-handler", .critical, "An HTML attribute that runs a script (onerror=)")
        case .scriptAddress: ("script-address", .critical, "An address that is a script (javascript:)")
        case .formattingMarkup: ("formatting-markup", .warning, "An HTML tag for the look of text (<b>)")
        case .lineBreak: ("line-break", .error, "A line break where text has one line")
        case .headerInjection: ("header-injection", .critical, "A line break with an HTTP header behind it")
        case .logForgery: ("log-forgery", .error, "A line break with something like a line of a log behind it")
        case .controlCharacter: ("control-character", .critical, "A control character other than tab and line breaks")
        case .bidirectionalOverride: ("bidi-override", .critical, "Turns the direction of text by force")
        case .bidirectionalControl: ("bidi-control", .warning, "Embeds or isolates text of another direction")
        case .invisibleCharacter: ("invisible-character", .error, "A character that can't be seen")
        case .stackedMarks: ("stacked-marks", .warning, "A pile of more than 6 combining marks")
        case .malformedText: ("malformed-text", .critical, "Bytes that are no UTF-8")
        case .logLookup: ("log-lookup", .critical, "A lookup of Log4j (${jndi:…})")
        case .templateExpression: ("template-expression", .critical, "An expression that a template engine computes")
        case .templateMarker: ("template-marker", .notice, "A variable of a template (${name})")
        case .shellCommand: ("shell-command", .critical, "A command of a shell behind ;, | or &&, or in $(…)")
        case .repetition: ("repetition", .notice, "The same over and over for 128 bytes or more")
        case .hugeRepetition: ("huge-repetition", .critical, "The same over and over for 1024 bytes or more")
        case .hugeText: ("huge-text", .critical, "More than 1 MiB, which is not read at all")
        }
    }
}

/// Some of the rules.
package struct FilterRuleSet: Hashable, Sendable, ExpressibleByArrayLiteral {
    private var bits: UInt32

    package init(_ rules: some Sequence<FilterRule>) { bits = rules.reduce(0) { $0 | 1 << UInt32($1.rawValue) } }
    package init(arrayLiteral rules: FilterRule...) { self.init(rules) }

    package static let all = FilterRuleSet(FilterRule.allCases)

    package func contains(_ rule: FilterRule) -> Bool { bits & 1 << UInt32(rule.rawValue) != 0 }
    package mutating func insert(_ rule: FilterRule) { bits |= 1 << UInt32(rule.rawValue) }
    package mutating func remove(_ rule: FilterRule) { bits &= ~(1 << UInt32(rule.rawValue)) }
}
