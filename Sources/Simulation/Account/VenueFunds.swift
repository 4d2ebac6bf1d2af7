public import Market

/// What the venue and the market hold on the other side of our accounts: with these, every amount that moves has two ends.
///
/// Accounts' cash (balances less what open positions cost), fees, insurance and market add up, currency by currency, to the
/// collateral that was there at the start.
public struct VenueFunds: Sendable, Equatable {
    /// Fees less rebates.
    public internal(set) var fees: [Money] = []
    /// What the insurance fund took and paid: penalties, positions taken over, losses that no collateral covered. It may go below
    /// nothing: then the venue pays.
    public internal(set) var insurance: [Money] = []
    /// By listing, in lots: what the fund took over and still holds.
    public internal(set) var insurancePositions: [Int64]
    /// What everybody else paid and got in fills and funding.
    public internal(set) var market: [Money] = []

    init(listings: Int) { insurancePositions = Array(repeating: 0, count: listings) }
}
