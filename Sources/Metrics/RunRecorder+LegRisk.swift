public import Market
public import Trading

/// What the run hears of fills and hedges beside its money: markouts and leg risk. Each stage is told when it happens, with the
/// books of that moment.
extension RunRecorder {
    // MARK: What the venues did

    /// What the books showed until now can be asked for: markouts of earlier fills take the prices at their horizons.
    ///
    /// - Parameter touches: What an instrument's book showed at a moment since the last call; `none` where it can't be relied on.
    public func takePrices(through time: Timestamp, _ touches: (Int, Timestamp) -> Touch) { markouts.take(through: time, touches) }

    /// A fill at the venue.
    ///
    /// - Parameters:
    ///   - order: As the core knew it at that moment.
    ///   - touches: What an instrument's book showed at a moment; `none` where it can't be relied on.
    public func follow(_ fill: Fill, of order: Order?, at time: Timestamp, _ touches: (Int, Timestamp) -> Touch) {
        markouts.fill(
            fill, at: time, age: order.map { time - $0.submittedAt } ?? .zero, isCancelling: order?.pending == .cancel,
            rate: rate(fill.instrument), touches)
    }

    /// Whether the instruments are of one symbol: a fill of one may be hedged on the other.
    public func isPeer(_ one: InstrumentID, _ two: InstrumentID) -> Bool { hedges.symbols[one.index] == hedges.symbols[two.index] }

    /// A fill that is no hedge.
    ///
    /// - Parameter take: Takes an instrument's recorded book for so many lots, if it can be trusted.
    public func opened(_ fill: Fill, _ take: (InstrumentID, Int64, inout BookDepth) -> Void) { hedges.opened(fill, take) }

    /// A fill of a hedge: at its first the venue's book is taken.
    public func hedgeFilled(_ order: OrderID, at time: Timestamp, _ take: (inout BookDepth) -> Void) {
        hedges.filledAtVenue(order, at: time, take)
    }

    /// An account's distance from liquidation during the last `span`.
    public func margin(_ account: Int, distance: Double, for span: Nanoseconds) {
        margins[account].smallest = min(margins[account].smallest ?? distance, distance)
        if distance < LegRisk.MarginDistance.warning {
            margins[account].timeBelowWarning = margins[account].timeBelowWarning + span
        }
        if distance < LegRisk.MarginDistance.critical {
            margins[account].timeBelowCritical = margins[account].timeBelowCritical + span
        }
    }

    // MARK: What the core did

    /// What a quote's hedge would cost, as our book of another instrument shows it when the quote is sent or amended.
    public func planned(_ order: OrderID, hedge: InstrumentID, at price: FinePrice) {
        _ = decisions.update(order.rawValue) { $0.planned = .init(instrument: Int32(hedge.index), price: price) }
    }

    /// An order was decided; a hedge leaves at `sent`.
    public func decided(_ order: Order, at time: Timestamp, sent: Timestamp, mid: FinePrice?) {
        let symbol = hedges.symbols[order.draft.instrument.index]
        if order.draft.purpose == .hedge { hedges.decided(order, at: time, sent: sent) }
        guard order.draft.purpose != .quote else { return }
        attempts.submitted(order, symbol: symbol, residual: residual(symbol, order.draft.instrument, mid), mid: mid, at: time)
    }

    private func residual(_ symbol: Int, _ instrument: InstrumentID, _ mid: FinePrice?) -> ExactAmount {
        guard let mid else { return .zero }
        let base = abs(hedges.outstanding(symbol))
        return ExactAmount(
            nanos: roundedBillionth(Int128(base) * Int128(mid.nanos)), rate: lastRates[contracts[instrument.index].quote] ?? 0
        )
    }

    /// A hedge leaves, and our book of it is taken.
    public func left(_ order: OrderID, _ take: (inout BookDepth) -> Void) { hedges.left(order, take) }
    public func acknowledged(_ order: OrderID, venueTime: Timestamp) { hedges.accepted(order, at: venueTime) }
    public func becameUnknown(_ order: Order) { attempts.becameUnknown(order) }

    /// We hear of a fill that is no hedge.
    ///
    /// - Parameter take: Takes our own book of an instrument for so many lots.
    public func heard(_ fill: Fill, at time: Timestamp, venueTime: Timestamp, _ take: (InstrumentID, Int64, inout BookDepth) -> Void) {
        hedges.heard(
            fill, at: time, venueTime: venueTime, planned: fill.role == .maker ? decisions[fill.order.rawValue]?.planned : nil,
            rate: rate(fill.instrument), take)
    }

    /// We hear of a fill of a hedge.
    public func hedged(_ fill: Fill, at time: Timestamp, venueTime: Timestamp) {
        hedges.told(fill, at: time, venueTime: venueTime) { rate(InstrumentID($0)) }
    }

    /// We hear of a fill of an order that closes a position; `isFlat` when nothing is left of it.
    public func closed(_ fill: Fill, account: AccountID, isFlat: Bool, at time: Timestamp) {
        let contract = contracts[fill.instrument.index]
        let paid = value(contract, fill.signedQuantity, contract.finePrice(fill.price))
        attempts.closed(fill, account: account, paid: paid, contract, rate: rate(fill.instrument))
        if isFlat { attempts.flat(account, fill.instrument, at: time) }
    }

    func hedgeEnded(_ order: Order) {
        attempts.ended(order, symbol: hedges.symbols[order.draft.instrument.index])
        hedges.ended(order.id) { rate(InstrumentID($0)) }
    }

    private func rate(_ instrument: InstrumentID) -> Int64 { lastRates[contracts[instrument.index].settlement] ?? 0 }

    /// All of it, at the end.
    func legRisk(_ exposures: [LegRisk.Exposure]) -> LegRisk {
        hedges.finish { rate(InstrumentID($0)) }
        attempts.finish()
        var result = hedges.result
        result.attempts = attempts.attempts
        result.flattens = attempts.flattens
        result.exposures = exposures
        result.margins = margins
        return result
    }
}
