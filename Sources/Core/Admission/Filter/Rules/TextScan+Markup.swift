private let activeTags = Keywords(
    "script iframe frame frameset object embed applet svg math body html style meta textarea marquee isindex template "
        + "noscript noembed plaintext xml")
/// What does nothing without an attribute. Players are called <Link> as well.
private let loadingTags = Keywords(
    "img image link base form input button video audio source track select option details head keygen")
private let formattingTags = Keywords(
    "a b i u s p br hr div span font center h1 h2 h3 h4 h5 h6 table tr td ul ol li pre code em strong big small blink")
private let declarations = Keywords("<!-- <!doctype <!entity <![cdata[ <?xml <?php <?=")
private let handlers = Keywords(
    "onabort onanimation onauxclick onbefore onbegin onblur oncanplay onchange onclick onclose oncontextmenu oncopy oncut "
        + "ondblclick ondrag ondrop onend onerror onfocus onhashchange oninput oninvalid onkey onload onmessage onmouse "
        + "onpage onpaste onplay onpointer onpopstate onprogress onrepeat onreset onresize onscroll onsearch onseek "
        + "onselect onshow onstart onsubmit ontoggle ontouch ontransition onunload onwheel")
private let schemes = Keywords("javascript: vbscript: livescript:")
private let documentData = Keywords("data:text/html data:image/svg data:application/xhtml data:text/xml")

extension TextScan {
    /// A tag that loads or does something. Tags that HTML does not know are let be: players put their clan in angle brackets.
    func activeMarkup() -> Int? {
        first("<") { index in
            if declarations.end(in: self, at: index) != nil { return true }
            let name = has("/", index + 1) ? index + 2 : index + 1
            if let end = activeTags.wordEnd(in: self, at: name) { return endsTagName(end) }
            return loadingTags.wordEnd(in: self, at: name).map(hasAttribute) ?? false
        }
    }

    /// `<b>`, `</i>`, `<font color=…`
    func formattingMarkup() -> Int? {
        first("<") { index in
            let name = has("/", index + 1) ? index + 2 : index + 1
            guard let end = formattingTags.wordEnd(in: self, at: name) else { return false }
            if has(">", end) || has("/", end) && has(">", end + 1) { return true }
            // Not "a <b and c".
            return hasAttribute(end)
        }
    }

    private func hasAttribute(_ index: Int) -> Bool {
        guard byte(index).isBlank || has("/", index) else { return false }
        let attribute = skipBlanks(has("/", index) ? index + 1 : index)
        let end = skipWord(attribute)
        return end > attribute && has("=", skipBlanks(end))
    }

    private func endsTagName(_ index: Int) -> Bool {
        // A browser takes a tag at the end of the text as well: what follows in the page completes it.
        index == bytes.count || byte(index).isBlank || has(">", index) || has("/", index)
    }

    /// A known handler's name, where an attribute can begin, and `=`.
    func eventHandler() -> Int? {
        handlers.first(in: self) { start, end in
            let before = byte(start - 1)
            guard before.isBlank || before.isQuote || before == UInt8(ascii: "/") || before < 0x20 else { return false }
            return has("=", skipBlanks(skipWord(end)))
        }
    }

    /// "javascript: the good parts" is a book; code follows without a space.
    func scriptAddress() -> Int? {
        schemes.first(in: self) { start, end in
            isBoundary(start) && end < bytes.count && !byte(end).isBlank
        } ?? documentData.first(in: self) { start, _ in isBoundary(start) }
    }
}
