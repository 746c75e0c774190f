import Glibc
import TestSupport
import Testing

@testable import RESP

/// Doubles without C's formatting, beside C's formatting.
@Suite("Doubles as text")
struct DoubleTextTests {
    @Test("what is written is what C writes, whatever the size of the number", arguments: UInt64(0)..<8)
    func everyExponent(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        // Those that are written here have exponents from -14 (1e-4) to 52; a few on either side go to C.
        for exponent in -18...58 {
            for _ in 0..<4000 {
                let bits = UInt64(1023 + exponent) << 52 | random.next() >> 12
                expectAsC(Double(bitPattern: bits | (random.chance(4) ? 1 << 63 : 0)))
            }
        }
    }

    @Test("halves, which round to even, and numbers with few bits", arguments: UInt64(0)..<4)
    func ties(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<100_000 {
            // A whole number and a fraction of a power of two: where the 17th digit falls, that is often exactly half.
            let whole = Double(random.next() >> (11 + random.next() % 53))
            let fraction = Double(random.next() % 1024) * exp2(-Double(1 + random.next() % 52))
            expectAsC(whole + fraction)
            expectAsC(Double(1 + random.next() % 4096) * exp2(-Double(random.next() % 26)))
        }
        // 16 digits before the point leave one behind it: quarters and eighths are halves of that.
        for _ in 0..<20_000 {
            let whole = 1e15 + Double(random.next() % 100_000_000_000_000)
            for eighth in 0..<8 { expectAsC(whole + Double(eighth) / 8) }
        }
    }

    @Test("powers of ten and their neighbours, where the number of digits changes")
    func powersOfTen() {
        for exponent in -6...18 {
            for factor in 1...9 {
                let value = Double("\(factor)e\(exponent)")!
                var (below, above) = (value, value)
                for _ in 0..<200 {
                    expectAsC(below)
                    expectAsC(above)
                    (below, above) = (below.nextDown, above.nextUp)
                }
            }
        }
        var edge = 0x1p53
        for _ in 0..<1000 {
            edge = edge.nextDown
            expectAsC(edge)
        }
    }

    @Test("seventeen nines and what is near carry as in C", arguments: UInt64(0)..<4)
    func carries(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<20_000 {
            let nines = String(repeating: "9", count: 1 + random.below(17))
            let digits = "\(random.chance(2) ? "" : String(random.below(100_000)))\(nines)"
            let value = Double("\(digits)e-\(random.below(22))")!
            for value in [value, value.nextUp, value.nextDown] { expectAsC(value) }
        }
    }

    @Test("the digits of a number are counted right on both sides of every power of ten and of two")
    func digitCounts() {
        #expect(decimalDigitCount(0) == 1)
        var power: UInt64 = 1
        for digits in 1...19 {
            #expect(decimalDigitCount(power) == digits)
            #expect(decimalDigitCount(power + 1) == digits)
            let (next, isTooGreat) = power.multipliedReportingOverflow(by: 10)
            #expect(!isTooGreat && decimalDigitCount(next - 1) == digits)
            power = next
        }
        #expect(decimalDigitCount(power) == 20)
        for shift in 0..<64 {
            let value: UInt64 = 1 << UInt64(shift)
            for value in [value - 1, value, value + 1] {
                #expect(decimalDigitCount(value) == String(value).utf8.count)
            }
        }
        #expect(decimalDigitCount(.max) == 20)
    }

    private func expectAsC(_ value: Double) {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { bytes in
            let written = UnsafeMutableRawBufferPointer(rebasing: bytes[..<32])
            let expected = UnsafeMutableRawBufferPointer(rebasing: bytes[32...])
            let count = writeDouble(value, to: written)
            let expectedCount = withVaList([value]) { Int(vsnprintf(expected.baseAddress, 32, "%.17g", $0)) }
            if count == expectedCount, memcmp(written.baseAddress!, expected.baseAddress!, count) == 0 { return }
            let texts = (
                String(decoding: written[..<count], as: UTF8.self),
                String(decoding: expected[..<expectedCount], as: UTF8.self)
            )
            Issue.record("\(value) with bits \(value.bitPattern): \(texts.0) and not \(texts.1)")
        }
    }
}
