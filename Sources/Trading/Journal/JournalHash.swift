/// The running hash of a journal: one multiply and fold for each 64-bit word.
///
/// Not cryptographic: it tells apart two runs that differ, at the cost of about a nanosecond a word.
public struct JournalHash: Hashable, Sendable {
    public private(set) var value: UInt64 = 0x9AE1_6A3B_2F90_404F

    public init() {}

    /// Goes on from a value that was written down.
    public init(resuming value: UInt64) { self.value = value }

    @inline(__always)
    public mutating func combine(_ word: UInt64) {
        let product = (value ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        value = (product.high ^ product.low) &+ 0xE703_7ED1_A0B4_28DB
    }
}
