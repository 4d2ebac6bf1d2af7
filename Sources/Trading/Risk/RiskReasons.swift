/// Why our own risk refused an order before it left.
public enum DenyReason: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case unknownInstrument, quantity, notional, position, priceCollar, duplicate, orderRate, postOnlyWouldTake, selfTrade, margin, staleBook
    case notSynchronised, frozen, killed, minimumQuantity, minimumNotional, hedgeReserve, stopped, lossLimit, priceStep,
        quantityStep
    /// The core was restarted, and the venues have not told yet what it missed.
    case recovering
    /// The pairs of a breaker are being closed in matched slices: what then is unhedged is hedged after it.
    case closingPairs
    /// An operator, or what keeps the run's record, holds new risk back.
    case held
}

/// Why new risk is not taken for the moment.
public enum FreezeReason: UInt8, Hashable, BitwiseCopyable, Sendable, CaseIterable {
    case staleBook, unsynchronised, unhedged, lossLimit, drawdown, rejects, positionMismatch, journal, killed, connection
}
