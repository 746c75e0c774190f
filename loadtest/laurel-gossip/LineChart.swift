import Glibc

/// Lines over one axis, as an SVG file that needs nothing else.
struct LineChart {
    var title: String
    var xTitle: String
    var yTitle: String
    var isXLogarithmic = false
    var isYLogarithmic = false
    private var lines: [Line] = []

    private struct Line {
        var name: String
        var points: [(x: Double, y: Double)]
        var isDashed: Bool
    }

    private static let (width, height) = (760.0, 400.0)
    private static let (left, right, top, bottom) = (70.0, 210.0, 40.0, 50.0)
    private static let colours = ["#c0392b", "#2471a3", "#1e8449", "#b9770e", "#7d3c98", "#212f3d"]

    init(title: String, xTitle: String, yTitle: String, isXLogarithmic: Bool = false, isYLogarithmic: Bool = false) {
        self.title = title
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.isXLogarithmic = isXLogarithmic
        self.isYLogarithmic = isYLogarithmic
    }

    mutating func add(_ name: String, _ points: [(x: Double, y: Double)], isDashed: Bool = false) {
        lines.append(Line(name: name, points: points, isDashed: isDashed))
    }

    var svg: String {
        let points = lines.flatMap(\.points)
        let x = Axis(points.map(\.x), isLogarithmic: isXLogarithmic, from: Self.left, to: Self.width - Self.right)
        let y = Axis(points.map(\.y), isLogarithmic: isYLogarithmic, from: Self.height - Self.bottom, to: Self.top)
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" \
            font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="white"/>
            <text x="\(fixed(Self.left, 0))" y="22" font-size="15">\(title)</text>
            """
        ]
        for tick in y.ticks {
            let place = fixed(y.place(tick), 1)
            parts.append(
                "<line x1=\"\(fixed(Self.left, 0))\" x2=\"\(fixed(Self.width - Self.right, 0))\" y1=\"\(place)\" y2=\"\(place)\" "
                    + "stroke=\"#ddd\"/>"
                    + "<text x=\"\(fixed(Self.left - 8, 0))\" y=\"\(place)\" dy=\"4\" text-anchor=\"end\">\(label(tick))</text>"
            )
        }
        for tick in x.ticks {
            parts.append(
                "<text x=\"\(fixed(x.place(tick), 1))\" y=\"\(fixed(Self.height - Self.bottom + 18, 0))\" "
                    + "text-anchor=\"middle\">\(label(tick))</text>")
        }
        let middle = fixed((Self.left + Self.width - Self.right) / 2, 0)
        parts.append(
            "<text x=\"\(middle)\" y=\"\(fixed(Self.height - 10, 0))\" text-anchor=\"middle\">\(xTitle)</text>")
        parts.append(
            "<text transform=\"translate(16 \(fixed((Self.height - Self.bottom + Self.top) / 2, 0))) rotate(-90)\" "
                + "text-anchor=\"middle\">\(yTitle)</text>")
        for (index, line) in lines.enumerated() { parts += draw(line, index, x, y) }
        parts.append("</svg>\n")
        return parts.joined(separator: "\n")
    }

    private func draw(_ line: Line, _ index: Int, _ x: Axis, _ y: Axis) -> [String] {
        let colour = Self.colours[index % Self.colours.count]
        let dashes = line.isDashed ? " stroke-dasharray=\"5 4\"" : ""
        let corners = line.points.map { "\(fixed(x.place($0.x), 1)),\(fixed(y.place($0.y), 1))" }
        let place = Self.top + 10 + 22 * Double(index)
        let start = Self.width - Self.right + 16
        return [
            "<polyline points=\"\(corners.joined(separator: " "))\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"\(dashes)/>",
            "<line x1=\"\(fixed(start, 0))\" x2=\"\(fixed(start + 24, 0))\" y1=\"\(fixed(place, 0))\" y2=\"\(fixed(place, 0))\" "
                + "stroke=\"\(colour)\" stroke-width=\"2\"\(dashes)/>"
                + "<text x=\"\(fixed(start + 30, 0))\" y=\"\(fixed(place, 0))\" dy=\"4\">\(line.name)</text>",
        ]
    }

    private func label(_ value: Double) -> String {
        if value >= 1 || value == 0 { return value == value.rounded() ? fixed(value, 0) : fixed(value, 1) }
        return fixed(value, value >= 0.1 ? 1 : value >= 0.01 ? 2 : 3)
    }
}

/// Where values stand.
private struct Axis {
    private let low: Double
    private let high: Double
    private let isLogarithmic: Bool
    private let from: Double
    private let to: Double
    let ticks: [Double]

    /// Linear from zero, or whole powers of ten around the values. Zeros stand at the low end then.
    init(_ values: [Double], isLogarithmic: Bool, from: Double, to: Double) {
        self.isLogarithmic = isLogarithmic
        self.from = from
        self.to = to
        let most = max(values.max() ?? 1, 1e-9)
        if isLogarithmic {
            let least = values.filter { $0 > 0 }.min() ?? 1
            let first = Int(log10(least).rounded(.down))
            let last = max(Int(log10(most).rounded(.up)), first + 1)
            ticks = (first...last).map { pow(10, Double($0)) }
        } else {
            let power = pow(10, log10(most / 5).rounded(.down))
            let step = [1, 2, 5, 10].map { $0 * power }.first { $0 * 5 >= most } ?? 10 * power
            ticks = (0...Int((most / step).rounded(.up))).map { Double($0) * step }
        }
        low = ticks.first!
        high = ticks.last!
    }

    func place(_ value: Double) -> Double {
        let bounded = min(max(value, low), high)
        let part =
            isLogarithmic
            ? (log10(bounded) - log10(low)) / (log10(high) - log10(low)) : (bounded - low) / (high - low)
        return from + part * (to - from)
    }
}
