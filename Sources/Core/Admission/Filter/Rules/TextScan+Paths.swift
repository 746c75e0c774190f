private let sensitivePaths = Keywords(
    "/etc/passwd /etc/shadow /etc/hosts /proc/self/ /bin/sh /bin/bash c:\\windows\\ c:/windows/ \\windows\\system32 "
        + "/boot.ini \\boot.ini /win.ini \\win.ini .ssh/id_rsa /.git/ /.aws/ web-inf/web.xml cmd.exe powershell.exe")

extension TextScan {
    /// `../`, `..\`, `..;/`, `....//`, and `/..` at the end; not the end of a sentence (`wait.../`) or of a word (`a../`).
    func pathTraversal() -> Int? {
        first(".") { index in
            let before = byte(index - 1)
            guard has(".", index + 1), !before.isWord, before != UInt8(ascii: "."), before < 0x80 else { return false }
            if has("/", index + 2) { return true }
            // Someone cheering, \o/, after two dots.
            if has("\\", index + 2) { return !has("o", index + 3) || !has("/", index + 4) }
            if has(";", index + 2), has("/", index + 3) { return true }
            // A filter that only removes `../` makes `../` of it.
            if has(Array("..//".utf8), index + 2) || has(Array("..\\\\".utf8), index + 2) { return true }
            return index + 2 == bytes.count && (before == UInt8(ascii: "/") || before == UInt8(ascii: "\\"))
        }
    }

    func sensitivePath() -> Int? {
        sensitivePaths.first(in: self) { start, end in
            // "cmd.exe" as a word; "/etc/hosts", and not "/etc/hostsfile".
            isBoundary(start) && isBoundary(end)
        }
    }
}
