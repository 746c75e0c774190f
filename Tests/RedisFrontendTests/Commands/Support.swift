@testable import RedisFrontend

/// Arguments written as on a command line: parted by spaces, '' being an empty one and \0, \r, \n what they are in C.
func arguments(_ line: String) -> Arguments {
    Arguments(line.split(separator: " ").map { bytes($0 == "''" ? "" : $0)[...] })
}

func parse(_ line: String) throws(CommandError) -> SortedSetCommand { try SortedSetCommand.parse(arguments(line)) }

/// The error's text, or nil if the arguments are fine as far as can be seen without the data.
func problem(_ line: String) -> String? {
    do throws(CommandError) {
        switch try parse(line) {
        case .scan(_, _, let options): _ = try options.get()
        case .combine(let combination), .storeCombination(_, let combination), .countIntersection(let combination):
            _ = try combination.options.get()
        default: break
        }
        return nil
    } catch {
        return error.text
    }
}

private func bytes(_ word: Substring) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Array(word.utf8)[...]
    while let byte = rest.popFirst() {
        let escapes: [UInt8: UInt8] = [0x30: 0, 0x72: 0x0D, 0x6E: 0x0A]
        if byte == 0x5C, let next = rest.first, let escaped = escapes[next] {
            bytes.append(escaped)
            rest.removeFirst()
        } else {
            bytes.append(byte)
        }
    }
    return bytes
}

/// Lets tables of examples be written down without converting every text.
extension ArraySlice<UInt8>: @retroactive ExpressibleByStringLiteral, @retroactive ExpressibleByUnicodeScalarLiteral,
    @retroactive ExpressibleByExtendedGraphemeClusterLiteral
{
    public init(stringLiteral text: String) { self = Array<UInt8>(text.utf8)[...] }
}

func list(_ texts: Argument...) -> ArgumentList { Arguments(texts)[0...] }

func scores(_ min: Argument, _ max: Argument) throws -> ScoreRange { try ScoreRange(min: min, max: max) }
func lex(_ min: Argument, _ max: Argument) throws -> LexRange { try LexRange(min: min, max: max) }

/// The same numbers in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
