import Glibc

/// Plays clusters of gossiping nodes in virtual time and writes what came of it: tables (CSV) and plots (SVG).
///
/// ```
/// laurel-gossip [--directory docs/gossip] [--curves detection,loss,pauses,traffic] [--nodes 10,30,100,300,1000] [--scale 1]
/// ```
/// `--scale 0.2` plays a fifth of the time. All follows from fixed seeds: the same version writes the same files.
@main
struct GossipCurves {
    static func main() throws {
        guard let options = Options(CommandLine.arguments.dropFirst()) else {
            print(
                "usage: laurel-gossip [--directory D] [--curves detection,loss,pauses,traffic] [--nodes N,…] [--scale F]"
            )
            exit(64)
        }
        for curve in options.curves {
            switch curve {
            case .detection: try DetectionCurve(options).write()
            case .loss: try WrongnessCurve.loss(options).write()
            case .pauses: try WrongnessCurve.pauses(options).write()
            case .traffic: try TrafficCurve(options).write()
            }
        }
    }
}

/// What to play.
struct Options {
    enum Curve: String, CaseIterable { case detection, loss, pauses, traffic }

    var directory = "docs/gossip"
    var curves = Curve.allCases
    var nodes = [10, 30, 100, 300, 1000]
    var scale = 1.0

    /// Nil if they can't be understood.
    init?(_ arguments: some Sequence<String>) {
        var rest = Array(arguments)[...]
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            switch name {
            case "--directory": directory = value
            case "--curves":
                curves = value.split(separator: ",").compactMap { Curve(rawValue: String($0)) }
                if curves.isEmpty { return nil }
            case "--nodes":
                nodes = value.split(separator: ",").compactMap { Int($0) }.filter { 3...5000 ~= $0 }
                if nodes.isEmpty { return nil }
            case "--scale":
                guard let factor = Double(value), factor > 0 else { return nil }
                scale = factor
            default: return nil
            }
        }
    }

    /// At least one.
    func scaled(_ count: Int) -> Int { max(1, Int((Double(count) * scale).rounded())) }

    func write(_ text: String, to name: String) throws {
        let path = "\(directory)/\(name)"
        guard let file = fopen(path, "w") else { throw Problem.notWritable(path) }
        defer { fclose(file) }
        guard fputs(text, file) >= 0 else { throw Problem.notWritable(path) }
        print(path)
    }

    enum Problem: Error { case notWritable(String) }
}

/// Rows of numbers and words.
struct Table {
    private(set) var text: String

    init(_ columns: String) { text = columns + "\n" }

    mutating func add(_ cells: any CustomStringConvertible...) {
        text += cells.map(\.description).joined(separator: ",") + "\n"
        print(cells.map(\.description).joined(separator: " "))
        fflush(nil)
    }
}

/// With so many digits behind the point.
func fixed(_ value: Double, _ digits: Int = 2) -> String {
    let factor = pow(10, Double(digits))
    let scaled = Int((abs(value) * factor).rounded())
    let fraction = String(scaled % Int(factor))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(scaled)" }
    return "\(sign)\(scaled / Int(factor)).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
}
