/// What a venue asks of the numbers that an account's requests carry, queries excepted.
public enum NonceRule: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    /// Each is the last accepted one's successor: a repeated number and a skipped one are refused, and the counter stays.
    case exact
    /// Each is higher than the last accepted one.
    case increasing
}
