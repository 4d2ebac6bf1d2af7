internal import Market

/// What a venue's refusals of hedges call for (`domain` B.1): a smaller order where the price band is too narrow for this much, whole
/// multiples of a coarser step where sizes or prices are not taken, another leg where there is no margin.
struct HedgeRefusals: Hashable, Sendable {
    /// Slices of less than a sixteenth, and steps of more than a thousand, help no more.
    private static let mostHalvings = 4
    private static let coarsest: Int64 = 1_000

    private var halvings = 0
    private var quantityStep: Int64 = 1
    private var priceStep: Int64 = 1

    /// Takes a reason in; returns whether another try on the leg is hopeless.
    mutating func learn(_ reason: RejectReason) -> Bool {
        switch reason {
        case .margin, .balance: return true
        case .priceBand, .maximumQuantity: halvings = min(halvings + 1, Self.mostHalvings)
        case .lotSize: quantityStep = min(quantityStep * 10, Self.coarsest)
        case .tickSize: priceStep = min(priceStep * 10, Self.coarsest)
        case .unknownInstrument, .minimumQuantity, .minimumNotional, .reduceOnly, .postOnlyWouldTake, .duplicateOrder, .unknownOrder,
            .selfTrade, .rateLimit, .quota, .nonce, .expired, .halted, .notSynchronised, .openOrderLimit, .unsupported, .venue:
            break
        }
        return false
    }

    /// How much of what is to be hedged goes into the next order: never less than the venue takes.
    func quantity(_ whole: Quantity, least: Quantity) -> Quantity {
        let slice = max(whole.lots >> Int64(halvings), min(least.lots, whole.lots))
        let rounded = slice - slice % quantityStep
        return Quantity(lots: rounded >= least.lots ? rounded : slice)
    }

    /// On the side where the order still trades.
    func price(_ price: Price, _ side: Side) -> Price {
        let below = price.ticks - price.ticks % priceStep
        return Price(ticks: side == .buy && below < price.ticks ? below + priceStep : max(below, priceStep))
    }
}
