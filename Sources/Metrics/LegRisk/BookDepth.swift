public import Market

/// The levels of one side of a book that a taker would have met, as they stood at one moment: enough of them for a given size,
/// and no more than a few dozen.
public struct BookDepth: Sendable {
    private static let limit = 48
    /// From the touch on: ticks and lots.
    private var levels: ContiguousArray<(ticks: Int64, lots: Int64)> = []

    public init() {}

    /// - Parameters:
    ///   - side: Of the taker.
    ///   - lots: How much it might take.
    public init(_ book: borrowing OrderBook, taking side: Side, lots: Int64) {
        var left = lots
        var at: Int64?
        while left > 0, levels.count < Self.limit, let level = book.next(side.opposite, after: at) {
            levels.append(level)
            left -= level.lots
            at = level.ticks
        }
    }

    /// The volume-weighted price of taking `quantity`; nil when the levels hold less.
    public func executablePrice(_ quantity: Quantity, _ contract: Contract) -> FinePrice? {
        var (left, sum) = (quantity.magnitude.lots, Int128(0))
        guard left > 0 else { return nil }
        let wanted = left
        for level in levels where left > 0 {
            let taken = min(left, level.lots)
            sum += Int128(taken) * Int128(level.ticks)
            left -= taken
        }
        guard left == 0 else { return nil }
        return FinePrice(nanos: roundedQuotient(sum * Int128(contract.tickSize.nanos), Int128(wanted)))
    }
}
