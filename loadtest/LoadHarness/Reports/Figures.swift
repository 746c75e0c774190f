internal import Foundation

/// Numbers as people read them: three digits that say something.
package enum Figures {
    /// `12.3k`, `1.85M`, `950`.
    package static func rate(_ value: Double) -> String {
        switch abs(value) {
        case 999_500...: digits(value / 1e6) + "M"
        case 999.5...: digits(value / 1e3) + "k"
        default: digits(value)
        }
    }

    /// Microseconds as `850 µs`, `1.25 ms`, `3.4 s`.
    package static func latency(_ microseconds: Double) -> String {
        switch microseconds {
        case 999_500...: digits(microseconds / 1e6) + " s"
        case 999.5...: digits(microseconds / 1e3) + " ms"
        default: digits(microseconds) + " µs"
        }
    }

    package static func seconds(_ seconds: Double) -> String { digits(seconds) + " s" }

    package static func ratio(_ value: Double) -> String { value >= 9.95 ? fixed(value, 1) : fixed(value, 2) }

    /// `1,234,567`.
    package static func count(_ value: Int) -> String {
        let text = String(abs(value))
        var grouped = ""
        for (place, digit) in text.enumerated() {
            if place > 0, (text.count - place) % 3 == 0 { grouped += "," }
            grouped.append(digit)
        }
        return (value < 0 ? "-" : "") + grouped
    }

    /// Three significant digits, without zeros at the end that say nothing.
    package static func digits(_ value: Double) -> String {
        let size = abs(value)
        if size == 0 { return "0" }
        let text = fixed(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2)
        guard text.contains(".") else { return text }
        return String(text.reversed().drop { $0 == "0" }.drop { $0 == "." }.reversed())
    }

    package static func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
