public import Market

/// Why a leg can't be relied on now: the first of these that holds.
public enum LegTrouble: Hashable, Sendable {
    /// The venue does not trade the instrument, or not every kind of order.
    case status(TradingStatus)
    /// No full book since the start or the last gap.
    case unsynchronised
    case oneSided
    /// Nothing has come of the book for this long.
    case stale(Nanoseconds)
}

extension Context {
    /// Whether a leg's venue trades and its book is whole, and young enough where an age is given; nil: all of it holds.
    public func trouble(with leg: StrategyBinding.Leg, staleAfter limit: Nanoseconds? = nil) -> LegTrouble? {
        let id = leg.instrument
        if status(id) != .trading { return .status(status(id)) }
        if bookState(id) != .synchronised { return .unsynchronised }
        if !books[id].hasBothSides { return .oneSided }
        if let limit, bookAge(id) > limit { return .stale(bookAge(id)) }
        return nil
    }

    /// Whether a leg's venue trades and its book has both sides.
    public func canTrade(_ leg: StrategyBinding.Leg) -> Bool { trouble(with: leg) == nil }
}
