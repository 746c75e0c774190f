/// Where a shard goes on whose log has lost acknowledged records, as an order of kind `loss` has it in its reason.
///
/// Layout, for ever: four words between single spaces. The number of the last record that is kept, and its position, decimal; the
/// chain hash after it, 32 hexadecimal digits as everywhere; the highest epoch whose records above are void, decimal. Example:
///
///     900 4500 00112233445566778899aabbccddeeff 1003
package struct LossPoint: Hashable, Sendable {
    package var number: UInt64
    package var position: UInt64
    /// 32 digits.
    package var hash: String
    package var epoch: UInt64

    package init(number: UInt64, position: UInt64, hash: String, epoch: UInt64) {
        self.number = number
        self.position = position
        self.hash = hash
        self.epoch = epoch
    }

    /// Nil if the text is none.
    package init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 4, words[2].utf8.count == 32, words[2].allSatisfy({ "0123456789abcdef".contains($0) }),
            let number = UInt64(words[0]), let position = UInt64(words[1]), let epoch = UInt64(words[3])
        else { return nil }
        self.init(number: number, position: position, hash: String(words[2]), epoch: epoch)
        // One text for each point: a sign or zeros in front are none of ours.
        guard self.text == text else { return nil }
    }

    package var text: String { "\(number) \(position) \(hash) \(epoch)" }
}
