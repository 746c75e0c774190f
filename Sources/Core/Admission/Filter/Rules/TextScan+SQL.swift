/// Statements by their first two words.
private let statements: [(first: Keywords, second: Keywords)] = [
    (Keywords("drop alter create truncate"), Keywords("table database schema user index view role column procedure")),
    (Keywords("delete"), Keywords("from")), (Keywords("insert merge replace"), Keywords("into")),
    (Keywords("grant"), Keywords("all select insert")), (Keywords("waitfor"), Keywords("delay time")),
    (Keywords("exec execute"), Keywords("master")),
]
/// With what their second word begins with.
private let procedures: [(first: Keywords, second: Keywords)] = [
    (Keywords("exec execute"), Keywords("xp_ sp_")), (Keywords("declare"), Keywords("@")),
]
private let union = Keywords("union")
private let quantifiers = Keywords("all distinct")
private let select = Keywords("select")
private let from = Keywords("from")
private let update = Keywords("update")
private let set = Keywords("set")
private let null = Keywords("null concat char version database user")
private let connectives = Keywords("or and xor having || &&")
private let probes = Keywords("exists substring substr ascii length char select sleep if case not")
/// Comparing words, with what must follow: prose has "and the coach is" behind an apostrophe.
private let comparisons: [(word: Keywords, following: Keywords)] = [
    (Keywords("like rlike regexp"), Keywords("' \"")), (Keywords("in"), Keywords("(")),
    (Keywords("is"), Keywords("null not")), (Keywords("between"), Keywords("' \" 0 1 2 3 4 5 6 7 8 9")),
]
private let functions = Keywords(
    "benchmark pg_sleep load_file extractvalue updatexml utl_inaddr dbms_lock group_concat xmltype")
private let names = Keywords(
    "xp_cmdshell information_schema sqlite_master pg_catalog dbms_pipe utl_http @@version @@datadir")

extension TextScan {
    /// A statement behind a semicolon, or `UNION SELECT` with something that can be selected.
    func sqlStatement() -> Int? {
        let stacked = first(";") { index in
            let start = skipBlanks(index + 1)
            return isStatement(start) || isSelection(start) || isUpdate(start)
        }
        return stacked
            ?? bytes.indices.first { index in
                guard has("u", index), let end = union.wordEnd(in: self, at: index) else { return false }
                var next = skipBlanks(end)
                if let end = quantifiers.wordEnd(in: self, at: next) { next = skipBlanks(end) }
                return next > end && isSelection(next)
            }
    }

    private func isStatement(_ index: Int) -> Bool {
        statements.contains { first, second in
            guard let end = first.wordEnd(in: self, at: index) else { return false }
            let next = skipBlanks(end)
            return next > end && second.wordEnd(in: self, at: next) != nil
        }
            || procedures.contains { first, second in
                guard let end = first.wordEnd(in: self, at: index) else { return false }
                return second.end(in: self, at: skipBlanks(end)) != nil
            }
    }

    /// `select` with a number, `*`, a call or a list behind it, or with `from` a little later. A "Union Select Committee" has
    /// none of them.
    private func isSelection(_ index: Int) -> Bool {
        guard let end = select.wordEnd(in: self, at: index) else { return false }
        let next = skipBlanks(end)
        guard next < bytes.count else { return false }
        let byte = byte(next)
        if byte.isDigit || byte.isQuote || "*@(".utf8.contains(byte) { return true }
        if null.wordEnd(in: self, at: next) != nil { return true }
        let word = skipWord(next)
        if word > next, has(",", word) || has("(", word) { return true }
        let following = skipBlanks(word)
        return following > word && from.wordEnd(in: self, at: following) != nil
    }

    private func isUpdate(_ index: Int) -> Bool {
        guard let end = update.wordEnd(in: self, at: index) else { return false }
        let table = skipBlanks(end)
        let word = skipWord(table)
        let next = skipBlanks(word)
        return word > table && next > word && set.wordEnd(in: self, at: next) != nil
    }

    /// A quote that ends a string begun elsewhere, so the first, third or fifth of its kind here, with a condition or a
    /// comment behind it: `' or '1'='1`, `admin'--`. And without a quote `1 or 1=1`.
    func sqlBreakout() -> Int? {
        var counts = (single: 0, double: 0)
        for index in bytes.indices {
            let byte = bytes[index]
            if byte.isDigit || byte == UInt8(ascii: ")") {
                if isNumericCondition(index + 1) { return index }
                continue
            }
            guard byte.isQuote else { continue }
            let isSingle = byte == UInt8(ascii: "'")
            if isSingle { counts.single += 1 } else { counts.double += 1 }
            guard (isSingle ? counts.single : counts.double) % 2 == 1 else { continue }
            let next = skipClosing(index + 1)
            if isComment(next) || isCondition(next) { return index }
        }
        return nil
    }

    /// Behind `)` and blanks.
    private func skipClosing(_ index: Int) -> Int {
        var index = skipBlanks(index)
        while has(")", index), !isNumericCondition(index + 1) { index = skipBlanks(index + 1) }
        return index
    }

    /// `--`, `#` or `/*`. With a blank ahead nothing may come behind it, but for another hyphen: "The Smiths' -- live" is a
    /// title.
    private func isComment(_ index: Int) -> Bool {
        let start = has(";", index) ? skipBlanks(index + 1) : index
        if has("-", start), has("-", start + 1) {
            let next = byte(start + 2)
            if byte(start - 1).isBlank {
                let rest = skipBlanks(start + 2)
                return rest == bytes.count || has("-", rest)
            }
            return start + 2 == bytes.count || next.isBlank || next == UInt8(ascii: "+") || next == UInt8(ascii: "-")
        }
        return has("#", start) && start + 1 == bytes.count
            || has("/", start) && has("*", start + 1) && start + 2 == bytes.count
    }

    /// `or`, something, and a comparison.
    private func isCondition(_ index: Int) -> Bool {
        guard let end = connectives.wordEnd(in: self, at: index) else { return false }
        var operand = skipBlanks(end)
        while has("(", operand), operand < end + Self.lookahead { operand = skipBlanks(operand + 1) }
        var next = operand
        if byte(operand).isQuote {
            let quote = [byte(operand)]
            guard let closing = closing(quote, after: operand + 1) else { return false }
            next = closing + 1
        } else {
            next = skipWord(operand)
            guard next > operand else { return false }
            if probes.wordEnd(in: self, at: operand) == next, has("(", skipBlanks(next)) { return true }
        }
        next = skipBlanks(next)
        if "=<>".utf8.contains(byte(next)) || has("!", next) && has("=", next + 1) { return true }
        return comparisons.contains { word, following in
            guard let end = word.wordEnd(in: self, at: next) else { return false }
            return following.end(in: self, at: skipBlanks(end)) != nil
        }
    }

    /// ` or 1=1`
    private func isNumericCondition(_ index: Int) -> Bool {
        let start = skipBlanks(index)
        guard start > index, let end = connectives.wordEnd(in: self, at: start) else { return false }
        let left = skipBlanks(end)
        let leftEnd = skipWord(left)
        let equals = skipBlanks(leftEnd)
        guard byte(left).isDigit, has("=", equals) || has("<", equals) || has(">", equals) else { return false }
        return byte(skipBlanks(equals + 1)).isDigit
    }

    func sqlFunction() -> Int? {
        names.first(in: self) { start, end in isBoundary(start) && isBoundary(end) }
            ?? functions.first(in: self) { start, end in isBoundary(start) && has("(", skipBlanks(end)) }
            ?? Keywords.sleep.first(in: self) { start, end in
                isBoundary(start) && has("(", end) && byte(end + 1).isDigit
            }
            ?? Keywords.into.first(in: self) { start, end in
                let next = skipBlanks(end)
                return isBoundary(start) && next > end && Keywords.outfile.wordEnd(in: self, at: next) != nil
            }
            // A comment that MySQL carries out.
            ?? first("/") { has("*", $0 + 1) && has("!", $0 + 2) && byte($0 + 3).isDigit }
    }
}

extension Keywords {
    fileprivate static let sleep = Keywords("sleep")
    fileprivate static let into = Keywords("into")
    fileprivate static let outfile = Keywords("outfile dumpfile")
}
