private let lookups = Keywords(
    "jndi: lower: upper: env: sys: java: ctx: date: main: map: marker: bundle: log4j: spring: docker: k8s: web: :")
private let commands = Keywords(
    "rm cat ls curl wget nc ncat netcat bash sh zsh ksh dash id whoami uname ping nslookup dig sleep python python3 perl "
        + "ruby php node powershell cmd chmod chown touch echo kill reboot shutdown ifconfig tftp telnet ssh scp base64 "
        + "type dir net certutil")
private let countingCommands = Keywords("sleep ping kill")
/// What needs no argument to be meant as a command.
private let lonelyCommands = Keywords("whoami uname ifconfig nslookup ls")
private let blocks = Keywords("import include extends block set for if macro debug load")
private let openings: [(opening: [UInt8], closing: [UInt8])] = [("{{", "}}"), ("${", "}"), ("#{", "}"), ("*{", "}")]
    .map { (Array($0.0.utf8), Array($0.1.utf8)) }

extension TextScan {
    /// `${jndi:…}`, and the lookups behind which that is hidden: `${${lower:j}ndi:…}`.
    func logLookup() -> Int? {
        first("$") { has("{", $0 + 1) && lookups.end(in: self, at: $0 + 2) != nil }
    }

    /// `{{7*7}}`, `${T(java.lang.Runtime)}`, `#{x.y()}`, `<%= x %>`, `{% import os %}`. Players decorate their names with
    /// braces, so between them there must be a call, a product, an index or a name like `.__class__`.
    func templateExpression() -> Int? {
        bytes.indices.first { index in
            switch bytes[index] {
            case UInt8(ascii: "<"):
                guard has("%", index + 1), let end = closing(Array("%>".utf8), after: index + 2) else { return false }
                return end > index + 2 && (has("=", index + 2) || has("@", index + 2) || byte(index + 2).isBlank)
            case UInt8(ascii: "{") where has("%", index + 1):
                let word = skipBlanks(has("-", index + 2) ? index + 3 : index + 2)
                return blocks.wordEnd(in: self, at: word) != nil && closing(Array("%}".utf8), after: word) != nil
            case UInt8(ascii: "{"), UInt8(ascii: "$"), UInt8(ascii: "#"), UInt8(ascii: "*"):
                guard let content = templateContent(index) else { return false }
                return content.contains(where: isOperator)
            default: return false
            }
        }
    }

    private func templateContent(_ index: Int) -> Range<Int>? {
        for (opening, closing) in openings where has(opening, index) {
            let start = index + opening.count
            return self.closing(closing, after: start).map { start..<$0 }
        }
        return nil
    }

    private func isOperator(_ index: Int) -> Bool {
        switch bytes[index] {
        case UInt8(ascii: "("), UInt8(ascii: "["): byte(index - 1).isWord || byte(index - 1).isQuote
        case UInt8(ascii: "*"): byte(index - 1).isDigit && (byte(index + 1).isDigit || byte(index + 1).isQuote)
        case UInt8(ascii: "."): has("_", index + 1) && has("_", index + 2)
        default: false
        }
    }

    /// `${name}`, `#{name}`
    func templateMarker() -> Int? {
        bytes.indices.first { index in
            guard has("$", index) || has("#", index), let content = templateContent(index) else { return false }
            return !content.isEmpty && content.allSatisfy { byte($0).isWord || has(".", $0) }
        }
    }

    /// A command behind `;`, `|`, `||` or `&&` with an argument as commands have them, or in `$(…)` or backticks. "Rock |
    /// Cat" is two words, "| cat /etc" a command.
    func shellCommand() -> Int? {
        bytes.indices.first { index in
            switch bytes[index] {
            case UInt8(ascii: "$"): has("(", index + 1) && commands.wordEnd(in: self, at: skipBlanks(index + 2)) != nil
            case UInt8(ascii: "`"): isInBackticks(index)
            case UInt8(ascii: ";"), UInt8(ascii: "|"): isCommand(index + 1)
            case UInt8(ascii: "&"): has("&", index + 1) && isCommand(index + 2)
            default: false
            }
        }
    }

    private func isInBackticks(_ index: Int) -> Bool {
        guard let end = commands.wordEnd(in: self, at: index + 1) else { return false }
        return has("`", end) || isArgument(end)
    }

    private func isCommand(_ index: Int) -> Bool {
        let start = skipBlanks(index)
        if let end = lonelyCommands.wordEnd(in: self, at: start) {
            return end == bytes.count || !byte(end).isWord && !byte(end).isBlank || isArgument(end)
        }
        guard let end = commands.wordEnd(in: self, at: start) else { return false }
        return isArgument(end) || countingCommands.wordEnd(in: self, at: start) != nil && isNumberAlone(end)
    }

    /// An option, a path, an address, a variable. "Cat <3", "Type 2" and "Cat ..." have none.
    private func isArgument(_ index: Int) -> Bool {
        let start = skipBlanks(index)
        guard start > index else { return false }
        switch byte(start) {
        case UInt8(ascii: "-"): return byte(start + 1).isLetter || has("-", start + 1)
        case UInt8(ascii: "/"): return byte(start + 1).isWord
        case UInt8(ascii: "~"): return has("/", start + 1)
        case UInt8(ascii: "."): return has("/", start + 1) || has(".", start + 1) && has("/", start + 2)
        case UInt8(ascii: "$"): return byte(start + 1).isWord || has("(", start + 1) || has("{", start + 1)
        default: return has(Array("http".utf8), start)
        }
    }

    /// A number with nothing or another separator behind it: not "sleep 8 hours".
    private func isNumberAlone(_ index: Int) -> Bool {
        let start = skipBlanks(index)
        guard start > index, byte(start).isDigit else { return false }
        let end = skipBlanks(skipWord(start))
        return end == bytes.count || ";|&#`)".utf8.contains(byte(end))
    }
}
