/// A plot of lines over one axis, as SVG that takes its colours from the page.
package struct Plot {
    package struct Line {
        package enum Style: String, Sendable { case solid, dashed, area }
        var name: String
        /// Of the page's colours: `a` to `e`.
        var colour: String
        var style: Style
        var points: [(x: Double, y: Double)]
    }

    var title: String
    var x: PlotAxis
    var y: PlotAxis
    var xTitle: String
    var lines: [Line]

    private static let width = 760.0
    private static let height = 280.0
    private static let (left, right, top, bottom) = (64.0, 18.0, 12.0, 42.0)

    package var svg: String {
        var parts = [
            "<figure><figcaption>\(escaped(title))\(legend)</figcaption>",
            "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" aria-label=\"\(escaped(title))\">",
        ]
        for tick in y.ticks {
            let place = number(yPlace(tick.value))
            parts.append(
                "<line class=\"grid\" x1=\"\(number(Self.left))\" x2=\"\(number(Self.width - Self.right))\" y1=\"\(place)\" y2=\"\(place)\"/>"
                    + "<text class=\"tick\" x=\"\(number(Self.left - 8))\" y=\"\(place)\" dy=\"0.32em\" text-anchor=\"end\">\(escaped(tick.label))</text>"
            )
        }
        let floor = Self.height - Self.bottom
        for tick in x.ticks {
            let place = number(xPlace(tick.value))
            parts.append(
                "<line class=\"mark\" x1=\"\(place)\" x2=\"\(place)\" y1=\"\(number(floor))\" y2=\"\(number(floor + 4))\"/>"
                    + "<text class=\"tick\" x=\"\(place)\" y=\"\(number(floor + 17))\" text-anchor=\"\(anchor(tick.value))\">\(escaped(tick.label))</text>"
            )
        }
        parts.append(
            "<text class=\"axis\" x=\"\(number((Self.left + Self.width - Self.right) / 2))\" y=\"\(number(Self.height - 6))\" text-anchor=\"middle\">\(escaped(xTitle))</text>"
        )
        parts += lines.filter { !$0.points.isEmpty }.map(path)
        parts.append("</svg></figure>")
        return parts.joined(separator: "\n")
    }

    private var legend: String {
        guard lines.count > 1 else { return "" }
        return "<span class=\"legend\">"
            + lines.map { "<span><i class=\"\($0.style.rawValue) \($0.colour)\"></i>\(escaped($0.name))</span>" }
            .joined()
            + "</span>"
    }

    private func path(_ line: Line) -> String {
        let corners = line.points.map { "\(number(xPlace($0.x))),\(number(yPlace($0.y)))" }
        if line.style == .area {
            let floor = number(Self.height - Self.bottom)
            let first = number(xPlace(line.points[0].x))
            let last = number(xPlace(line.points[line.points.count - 1].x))
            return
                "<path class=\"area \(line.colour)\" d=\"M\(first),\(floor) L\(corners.joined(separator: " ")) L\(last),\(floor) Z\"/>"
                + "<polyline class=\"solid \(line.colour)\" points=\"\(corners.joined(separator: " "))\"/>"
        }
        return
            "<polyline class=\"\(line.style.rawValue) \(line.colour)\" points=\"\(corners.joined(separator: " "))\"/>"
    }

    /// The outermost labels stay inside.
    private func anchor(_ value: Double) -> String {
        let position = x.position(value)
        return position > 0.97 ? "end" : "middle"
    }

    private func xPlace(_ value: Double) -> Double {
        Self.left + x.position(value) * (Self.width - Self.left - Self.right)
    }

    private func yPlace(_ value: Double) -> Double {
        Self.top + (1 - y.position(value)) * (Self.height - Self.top - Self.bottom)
    }

    private func number(_ value: Double) -> String {
        Figures.digits((value * 10).rounded() / 10) == "0" ? "0" : Figures.fixed(value, 1)
    }
}

/// Text in a page: what the server said included.
func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        .replacing("\"", with: "&quot;")
}
