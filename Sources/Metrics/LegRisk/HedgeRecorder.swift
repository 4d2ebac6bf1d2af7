internal import Market
internal import Trading

/// Joins fills that open exposure with the hedges that answer them.
///
/// It is told of each stage when it happens, with the books of that moment; what is kept is one row for each fill that has no
/// hedge yet and one for each hedge under way.
struct HedgeRecorder {
    /// A fill, or what is left of it, that no hedge has answered.
    private struct Leg {
        /// In 10⁻⁹ of the base currency.
        var base: Int64
        /// Of what is left, in the settlement currency: positive if paid.
        var paid: Int64
        var rate: Int64
        var venueTime: Timestamp
        var heard: Timestamp
        /// By instrument of the symbol: what a hedge would have met.
        var atVenue: [BookDepth?]
        var atUs: [BookDepth?]
        var planned: PlannedHedge?
    }

    /// What a quote counted on when it was sent.
    struct PlannedHedge: BitwiseCopyable {
        var instrument: Int32
        var price: FinePrice
    }

    /// A hedge under way.
    private struct Hedge {
        var order: OrderID
        var instrument: Int
        var side: Side
        var decided: Timestamp
        var sent: Timestamp
        var accepted: Timestamp?
        var atUs: BookDepth?
        var atVenue: BookDepth?
        var filledAtVenue: Timestamp?
        var told: Timestamp?
        var lots: Int64 = 0
        /// In the settlement currency, positive if paid.
        var paid: Int64 = 0
    }

    /// Fills beyond these are waiting for no hedge: a strategy that never hedges.
    private static let legLimit = 4_096

    private let contracts: [Contract]
    /// By instrument: the first of the same symbol.
    let symbols: [Int]
    /// By symbol, oldest first.
    private var legs: [[Leg]]
    private var hedges: [Hedge] = []
    /// Books at the fill's venue time, until we hear of it: by trade and instrument.
    private var seen: [(instrument: Int, trade: UInt64, time: Timestamp, books: [BookDepth?])] = []
    private(set) var result = LegRisk(stages: Array(repeating: SpanHistogram(), count: LegRisk.Stage.allCases.count))

    init(_ instruments: [Instrument]) {
        contracts = instruments.map(\.contract)
        symbols = instruments.map { instrument in instruments.firstIndex { $0.symbol == instrument.symbol } ?? 0 }
        legs = instruments.map { _ in [] }
    }

    /// What waits for a hedge, in 10⁻⁹ of the base currency.
    func outstanding(_ symbol: Int) -> Int64 { legs[symbol].reduce(0) { $0 + $1.base } }

    /// Lots of an instrument that a hedge of this fill might take, what waits already included, twice over.
    func possibleHedge(of fill: Fill, on instrument: Int, at price: FinePrice) -> Int64 {
        let contract = contracts[fill.instrument.index]
        let base = contract.baseAmount(fill.quantity, at: contract.finePrice(fill.price)) + abs(outstanding(symbols[instrument]))
        return contracts[instrument].quantity(baseAmount: 2 * base, at: price).lots + 1
    }

    // MARK: The stages

    /// t0: a fill that is no hedge, at its venue, with the recorded books of its symbol.
    mutating func opened(_ fill: Fill, at time: Timestamp, _ books: [BookDepth?]) {
        if seen.count >= Self.legLimit { seen.removeFirst() }
        seen.append((fill.instrument.index, fill.trade, time, books))
    }

    /// t1: we hear of it, with our own books.
    mutating func heard(
        _ fill: Fill, at now: Timestamp, venueTime: Timestamp, _ books: [BookDepth?], planned: PlannedHedge?, rate: Int64
    ) {
        let index = fill.instrument.index
        let contract = contracts[index]
        let (symbol, price) = (symbols[index], contract.finePrice(fill.price))
        var leg = Leg(
            base: contract.baseAmount(fill.signedQuantity, at: price), paid: value(contract, fill.signedQuantity, price).nanos, rate: rate,
            venueTime: venueTime, heard: now, atVenue: [], atUs: books, planned: planned)
        if let place = seen.firstIndex(where: { $0.trade == fill.trade && $0.instrument == index }) {
            leg.atVenue = seen.remove(at: place).books
        }
        // What goes the other way takes back what was waiting.
        while leg.base != 0, let first = legs[symbol].first, (first.base > 0) != (leg.base > 0) {
            let common = min(abs(first.base), abs(leg.base))
            _ = Self.take(common, of: &leg)
            _ = take(common, symbol)
        }
        guard leg.base != 0 else { return }
        if legs[symbol].count >= Self.legLimit { legs[symbol].removeFirst() }
        legs[symbol].append(leg)
    }

    /// t2, and t3 when it leaves: our book is as of then.
    mutating func decided(_ order: Order, at now: Timestamp, sent: Timestamp) {
        hedges.append(
            Hedge(
                order: order.id, instrument: order.draft.instrument.index, side: order.draft.side, decided: now, sent: sent))
    }

    mutating func left(_ order: OrderID, _ book: BookDepth?) {
        if let place = place(order) { hedges[place].atUs = book }
    }

    /// t4, by the venue's clock.
    mutating func accepted(_ order: OrderID, at time: Timestamp) {
        if let place = place(order), hedges[place].accepted == nil { hedges[place].accepted = time }
    }

    /// t5: whether the book is wanted, and the book.
    func wantsBook(_ order: OrderID) -> Bool { place(order).map { hedges[$0].filledAtVenue == nil } ?? false }

    mutating func filledAtVenue(_ order: OrderID, at time: Timestamp, _ book: BookDepth?) {
        guard let place = place(order), hedges[place].filledAtVenue == nil else { return }
        hedges[place].filledAtVenue = time
        hedges[place].atVenue = book
    }

    /// t6: we hear of one of its fills. One that comes after the order's end answers what is left on its own.
    mutating func told(_ fill: Fill, at now: Timestamp, venueTime: Timestamp, rates: (Int) -> Int64) {
        let contract = contracts[fill.instrument.index]
        let paid = value(contract, fill.signedQuantity, contract.finePrice(fill.price)).nanos
        if let place = place(fill.order) {
            hedges[place].lots += fill.quantity.lots
            hedges[place].paid += paid
            hedges[place].told = now
            if hedges[place].filledAtVenue == nil { hedges[place].filledAtVenue = venueTime }
        } else {
            var late = Hedge(order: fill.order, instrument: fill.instrument.index, side: fill.side, decided: now, sent: now)
            (late.lots, late.paid, late.told, late.filledAtVenue) = (fill.quantity.lots, paid, now, venueTime)
            answer(late, isLate: true, rates)
        }
    }

    /// The order is over: what it filled answers the oldest legs.
    mutating func ended(_ order: OrderID, rates: (Int) -> Int64) {
        guard let place = place(order) else { return }
        let hedge = hedges.remove(at: place)
        if hedge.lots > 0 { answer(hedge, isLate: false, rates) }
    }

    mutating func finish(rates: (Int) -> Int64) {
        for order in hedges.map(\.order) { ended(order, rates: rates) }
    }

    private func place(_ order: OrderID) -> Int? { hedges.firstIndex { $0.order == order } }

    // MARK: Pairs

    /// Takes a part off a leg and returns what it had paid.
    private static func take(_ base: Int64, of leg: inout Leg) -> Int64 {
        let paid = base == abs(leg.base) ? leg.paid : roundedQuotient(Int128(leg.paid) * Int128(base), Int128(abs(leg.base)))
        leg.paid -= paid
        leg.base -= leg.base > 0 ? base : -base
        return paid
    }

    /// The same of the oldest one, which is gone when nothing is left of it.
    private mutating func take(_ base: Int64, _ symbol: Int) -> Int64 {
        let paid = Self.take(base, of: &legs[symbol][0])
        if legs[symbol][0].base == 0 { legs[symbol].removeFirst() }
        return paid
    }

    private mutating func answer(_ hedge: Hedge, isLate: Bool, _ rates: (Int) -> Int64) {
        let (contract, symbol) = (contracts[hedge.instrument], symbols[hedge.instrument])
        let quantity = Quantity(lots: hedge.side.sign * hedge.lots)
        // The amount that the hedge moved, at its own price: exact for linear contracts.
        let units = max(1, Int128(hedge.lots) * Int128(contract.lotUnit))
        let mean = abs(
            contract.kind == .inverse
                ? roundedQuotient(units * 1_000_000_000, Int128(max(1, abs(hedge.paid))))
                : roundedQuotient(Int128(hedge.paid) * 1_000_000_000, units))
        let whole = max(1, abs(contract.baseAmount(quantity, at: FinePrice(nanos: max(1, mean)))))
        let rate = rates(hedge.instrument)
        func worth(_ book: BookDepth?) -> Int64? { book?.executablePrice(quantity, contract).map { value(contract, quantity, $0).nanos } }
        let (atUs, atVenue) = (worth(hedge.atUs), worth(hedge.atVenue))
        var left = whole
        while left > 0, let leg = legs[symbol].first, (leg.base > 0) != (hedge.side == .buy) {
            let part = min(left, abs(leg.base))
            func share(_ amount: Int64) -> Int64 { roundedQuotient(Int128(amount) * Int128(part), Int128(whole)) }
            if isLate { result.slippage.incomplete += 1 } else { time(leg, hedge) }
            let open = leg.atVenue.isEmpty ? nil : worth(leg.atVenue[hedge.instrument])
            let known = leg.atUs.isEmpty ? nil : worth(leg.atUs[hedge.instrument])
            if !isLate {
                if let open, let known, let atUs, let atVenue {
                    add(paid: share(hedge.paid), open: share(open), known: share(known), sent: share(atUs), met: share(atVenue), rate)
                } else {
                    result.slippage.incomplete += 1
                }
            }
            let paid = take(part, symbol)
            pair(leg, paid, hedge, share(hedge.paid), part, whole, rate)
            left -= part
        }
        if left > 0 { result.unasked += 1 }
    }

    private mutating func time(_ leg: Leg, _ hedge: Hedge) {
        func add(_ stage: LegRisk.Stage, _ from: Timestamp?, _ to: Timestamp?) {
            if let from, let to { result.stages[stage.rawValue].add(to - from) }
        }
        add(.heard, leg.venueTime, leg.heard)
        add(.decided, leg.heard, hedge.decided)
        add(.sent, hedge.decided, hedge.sent)
        add(.accepted, hedge.sent, hedge.accepted)
        add(.filled, hedge.accepted, hedge.filledAtVenue)
        add(.told, hedge.filledAtVenue, hedge.told)
        add(.total, leg.heard, hedge.told)
        add(.atVenues, leg.venueTime, hedge.filledAtVenue)
    }

    /// All amounts are what buying costs, or minus what selling brings: the larger, the worse.
    private mutating func add(paid: Int64, open: Int64, known: Int64, sent: Int64, met: Int64, _ rate: Int64) {
        func amount(_ nanos: Int64) -> ExactAmount { ExactAmount(nanos: nanos, rate: rate) }
        result.slippage.hedges += 1
        result.slippage.notional += amount(abs(known))
        result.slippage.feed += amount(known - open)
        result.slippage.internal += amount(sent - known)
        result.slippage.wire += amount(met - sent)
        result.slippage.impact += amount(paid - met)
        result.slippage.total += amount(paid - known)
        result.slippage.shortfall += amount(paid - open)
    }

    private mutating func pair(_ leg: Leg, _ paid: Int64, _ hedge: Hedge, _ answered: Int64, _ part: Int64, _ whole: Int64, _ rate: Int64) {
        guard let planned = leg.planned, Int(planned.instrument) == hedge.instrument else { return }
        let contract = contracts[hedge.instrument]
        let quantity = Quantity(lots: hedge.side.sign * hedge.lots)
        let expected = roundedQuotient(Int128(value(contract, quantity, planned.price).nanos) * Int128(part), Int128(whole))
        let first = ExactAmount(nanos: paid, rate: leg.rate)
        result.edge.pairs += 1
        result.edge.notional += first < .zero ? .zero - first : first
        result.edge.realised -= first + ExactAmount(nanos: answered, rate: rate)
        result.edge.planned -= first + ExactAmount(nanos: expected, rate: rate)
    }
}
