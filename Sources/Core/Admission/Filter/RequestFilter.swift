/// Looks for marks of attacks in the free texts of a request: scored rules, each of them hand-written, linear in the text's
/// length, and of no use to whoever wants to know what is *good* text. It stands behind strict parsing, not in its place.
///
///     var verdict = FilterVerdict()
///     filter.inspect(name, as: .user, into: &verdict)
///     filter.inspect(metadata, as: .metadata, into: &verdict)
///     switch verdict.action(under: filter.policy) { … }
///
/// Attack marks are looked for in lower case and with percent escapes undone, twice if need be; characters as they are.
package struct RequestFilter: Sendable {
    /// The longest text that is read. A longer one meets `hugeText`.
    package static let textByteCountMax = 1 << 20

    package let policy: FilterPolicy

    package init(_ policy: FilterPolicy) { self.policy = policy }

    /// - Parameter item: which one of the request's updates the text belongs to
    package func inspect(
        _ text: Span<UInt8>, as field: FilterField, item: Int = 0, into verdict: inout FilterVerdict
    ) {
        guard policy.mode != .off else { return }
        guard text.count <= Self.textByteCountMax else {
            if policy.rules.contains(.hugeText) {
                verdict.add([FilterMatch(.hugeText, field, item: item, offset: 0)])
            }
            return
        }
        if field == .metadata {
            guard !JSONStrings.arePlain(in: text) else { return }
            JSONStrings.forEach(in: text) { bytes, offset in
                guard !Self.isPlain(bytes.span) else { return }
                inspect(bytes, at: offset, as: field, item: item, into: &verdict)
            }
        } else if !Self.isPlain(text) {
            inspect(text.copy, at: TextOffsets(), as: field, item: item, into: &verdict)
        }
    }

    package func inspect(_ text: String, as field: FilterField, item: Int = 0, into verdict: inout FilterVerdict) {
        let bytes = Array(text.utf8)
        inspect(bytes.span, as: field, item: item, into: &verdict)
    }

    private func inspect(
        _ bytes: [UInt8], at offsets: TextOffsets, as field: FilterField, item: Int, into verdict: inout FilterVerdict
    ) {
        var found: [FilterMatch] = []
        func note(_ rule: FilterRule, _ offset: Int?) {
            guard let offset, policy.rules.contains(rule) else { return }
            found.append(FilterMatch(rule, field, item: item, offset: offset))
        }
        for (rule, place) in CharacterScan(bytes).matches { note(rule, offsets.original(place)) }
        if let (rule, place) = Repetitions.match(in: bytes) { note(rule, offsets.original(place)) }
        // The rules that follow are met by plain bytes at no length.
        guard !bytes.span.isPlain else {
            if !found.isEmpty { verdict.add(found) }
            return
        }
        let folded = FoldedText(bytes)
        let scan = TextScan(bytes: folded.bytes)
        func note(_ rule: FilterRule, _ find: (TextScan) -> Int?) {
            guard policy.rules.contains(rule) else { return }
            note(rule, find(scan).map { offsets.original(folded.original($0)) })
        }
        note(.pathTraversal) { $0.pathTraversal() }
        note(.sensitivePath) { $0.sensitivePath() }
        note(.sqlStatement) { $0.sqlStatement() }
        note(.sqlBreakout) { $0.sqlBreakout() }
        note(.sqlFunction) { $0.sqlFunction() }
        note(.activeMarkup) { $0.activeMarkup() }
        note(.eventHandler) { $0.eventHandler() }
        note(.scriptAddress) { $0.scriptAddress() }
        note(.formattingMarkup) { $0.formattingMarkup() }
        if !field.mayHaveLines {
            note(.lineBreak) { $0.lineBreak() }
            note(.headerInjection) { $0.headerInjection() }
            note(.logForgery) { $0.logForgery() }
        }
        note(.controlCharacter) { $0.controlCharacter() }
        note(.logLookup) { $0.logLookup() }
        note(.templateExpression) { $0.templateExpression() }
        note(.templateMarker) { $0.templateMarker() }
        note(.shellCommand) { $0.shellCommand() }
        if !found.isEmpty { verdict.add(found) }
    }

    /// Whether a text is so plain that no rule can be met: short, and of ASCII letters, digits and `-`. Many names and ids
    /// are, and they cost one pass.
    private static func isPlain(_ text: Span<UInt8>) -> Bool {
        text.count < Repetitions.noticedByteCount && text.isPlain
    }
}

extension UInt8 {
    fileprivate var isPlain: Bool { isLetter || isDigit || self == UInt8(ascii: "-") }
}

extension JSONStrings {
    /// Whether all strings are plain: one pass over metadata that holds names and numbers, without a copy of each.
    fileprivate static func arePlain(in json: Span<UInt8>) -> Bool {
        var start: Int?
        for index in json.indices {
            let byte = json[index]
            if byte == UInt8(ascii: "\"") {
                start = start == nil ? index : nil
            } else if let start {
                guard byte.isPlain, index - start < Repetitions.noticedByteCount else { return false }
            }
        }
        return true
    }
}

extension Span<UInt8> {
    fileprivate var isPlain: Bool {
        for index in indices where !self[index].isPlain { return false }
        return true
    }

    var copy: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for index in indices { bytes.append(self[index]) }
        return bytes
    }
}
