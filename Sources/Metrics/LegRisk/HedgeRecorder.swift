internal import Market
internal import Trading

/// Joins fills that open exposure with the hedges that answer them.
///
/// It is told of each stage when it happens, with the books of that moment; what is kept is one row for each fill that has no
/// hedge yet and one for each hedge under way.
struct HedgeRecorder: ~Copyable {
    /// Takes an instrument's book for so many lots into a place; leaves it empty where the book can't be trusted.
    typealias Books = (_ instrument: InstrumentID, _ lots: Int64, _ depth: inout BookDepth) -> Void

    /// A fill, or what is left of it, that no hedge has answered.
    struct Leg: BitwiseCopyable {
        /// In 10⁻⁹ of the base currency.
        var base: Int64
        /// Of what is left, in the settlement currency: positive if paid.
        var paid: Int64
        var rate: Int64
        var venueTime: Timestamp
        var heard: Timestamp
        /// Rows of `books`, by instrument: what a hedge would have met. None at the venue when the fill was not told there.
        var atVenue: Int?
        var atUs: Int
        var planned: PlannedHedge?
    }

    /// What a quote counted on when it was sent.
    struct PlannedHedge: BitwiseCopyable {
        var instrument: Int32
        var price: FinePrice
    }

    /// A hedge under way.
    struct Hedge: BitwiseCopyable {
        var order: OrderID
        var instrument: Int
        var side: Side
        var decided: Timestamp
        var sent: Timestamp
        var accepted: Timestamp?
        /// A row of `hedgeBooks`: ours when it left, and the venue's at its first fill.
        var books: Int
        var filledAtVenue: Timestamp?
        var told: Timestamp?
        var lots: Int64 = 0
        /// In the settlement currency, positive if paid.
        var paid: Int64 = 0
    }

    /// Fills beyond these are waiting for no hedge: a strategy that never hedges.
    private static let legLimit = 4_096

    private static let (ours, venues) = (0, 1)

    private let contracts: Table<Contract>
    /// By instrument: the first of the same symbol.
    let symbols: [Int]
    // Elements are not private: the compiler wants their layout where the recorder is held.
    /// By symbol, oldest first.
    private let legs: Table<Ring<Leg>>
    /// By symbol: what its legs sum to, in 10⁻⁹ of the base currency.
    private let outstanding: Table<Int64>
    private var hedges: ContiguousArray<Hedge> = []
    private var books: DepthRows
    private var hedgeBooks = DepthRows(width: 2)
    /// Books at the fill's venue time, until we hear of it: by trade and instrument.
    private var seen: ContiguousArray<(instrument: Int, trade: UInt64, books: Int)> = []
    private(set) var result = LegRisk(stages: Array(repeating: SpanHistogram(), count: LegRisk.Stage.allCases.count))

    init(_ instruments: [Instrument]) {
        contracts = Table(instruments.map(\.contract))
        symbols = instruments.map { instrument in instruments.firstIndex { $0.symbol == instrument.symbol } ?? 0 }
        legs = Table(count: instruments.count) { _ in Ring() }
        outstanding = Table(count: instruments.count) { _ in 0 }
        books = DepthRows(width: instruments.count)
    }

    /// What waits for a hedge, in 10⁻⁹ of the base currency.
    @inline(__always)
    func outstanding(_ symbol: Int) -> Int64 { outstanding[symbol] }

    /// The books of a fill's symbol, each for what a hedge of the fill might take there, what waits already included, twice over.
    private mutating func take(_ fill: Fill, _ take: Books) -> Int {
        let (row, symbol) = (books.open(), symbols[fill.instrument.index])
        let price = contracts[fill.instrument.index].finePrice(fill.price)
        let base = contracts[fill.instrument.index].baseAmount(fill.quantity, at: price) + abs(outstanding[symbol])
        for index in symbols.indices where symbols[index] == symbol {
            take(InstrumentID(index), contracts[index].quantity(baseAmount: 2 * base, at: price).lots + 1, &books[row, index])
        }
        return row
    }

    // MARK: The stages

    /// t0: a fill that is no hedge, at its venue, with the recorded books of its symbol.
    mutating func opened(_ fill: Fill, _ take: Books) {
        if seen.count >= Self.legLimit { books.close(seen.removeFirst().books) }
        seen.append((fill.instrument.index, fill.trade, self.take(fill, take)))
    }

    /// t1: we hear of it, with our own books.
    mutating func heard(
        _ fill: Fill, at now: Timestamp, venueTime: Timestamp, planned: PlannedHedge?, rate: Int64, _ take: Books
    ) {
        let index = fill.instrument.index
        let (symbol, price) = (symbols[index], contracts[index].finePrice(fill.price))
        var leg = Leg(
            base: contracts[index].baseAmount(fill.signedQuantity, at: price),
            paid: value(contracts[index], fill.signedQuantity, price).nanos, rate: rate, venueTime: venueTime, heard: now, atVenue: nil,
            atUs: self.take(fill, take), planned: planned)
        if let place = seen.firstIndex(where: { $0.trade == fill.trade && $0.instrument == index }) {
            leg.atVenue = seen.remove(at: place).books
        }
        // What goes the other way takes back what was waiting.
        while leg.base != 0, !legs[symbol].isEmpty, (legs[symbol][0].base > 0) != (leg.base > 0) {
            let common = min(abs(legs[symbol][0].base), abs(leg.base))
            _ = Self.take(common, of: &leg)
            _ = self.take(common, symbol)
        }
        guard leg.base != 0 else { return letGo(leg) }
        if legs[symbol].count >= Self.legLimit { removeFirst(symbol) }
        legs[symbol].append(leg)
        outstanding[symbol] += leg.base
    }

    /// t2, and t3 when it leaves: our book is as of then.
    mutating func decided(_ order: Order, at now: Timestamp, sent: Timestamp) {
        hedges.append(
            Hedge(
                order: order.id, instrument: order.draft.instrument.index, side: order.draft.side, decided: now, sent: sent,
                books: hedgeBooks.open()))
    }

    /// t3, with our book.
    mutating func left(_ order: OrderID, _ take: (inout BookDepth) -> Void) {
        if let place = place(order) { take(&hedgeBooks[hedges[place].books, Self.ours]) }
    }

    /// t4, by the venue's clock.
    mutating func accepted(_ order: OrderID, at time: Timestamp) {
        if let place = place(order), hedges[place].accepted == nil { hedges[place].accepted = time }
    }

    /// t5, at its first fill, with the venue's book.
    mutating func filledAtVenue(_ order: OrderID, at time: Timestamp, _ take: (inout BookDepth) -> Void) {
        guard let place = place(order), hedges[place].filledAtVenue == nil else { return }
        hedges[place].filledAtVenue = time
        take(&hedgeBooks[hedges[place].books, Self.venues])
    }

    /// t6: we hear of one of its fills. One that comes after the order's end answers what is left on its own.
    mutating func told(_ fill: Fill, at now: Timestamp, venueTime: Timestamp, rates: (Int) -> Int64) {
        let index = fill.instrument.index
        let paid = value(contracts[index], fill.signedQuantity, contracts[index].finePrice(fill.price)).nanos
        if let place = place(fill.order) {
            hedges[place].lots += fill.quantity.lots
            hedges[place].paid += paid
            hedges[place].told = now
            if hedges[place].filledAtVenue == nil { hedges[place].filledAtVenue = venueTime }
        } else {
            var late = Hedge(
                order: fill.order, instrument: index, side: fill.side, decided: now, sent: now, books: hedgeBooks.open())
            (late.lots, late.paid, late.told, late.filledAtVenue) = (fill.quantity.lots, paid, now, venueTime)
            answer(late, isLate: true, rates)
            hedgeBooks.close(late.books)
        }
    }

    /// The order is over: what it filled answers the oldest legs.
    mutating func ended(_ order: OrderID, rates: (Int) -> Int64) {
        guard let place = place(order) else { return }
        let hedge = hedges.remove(at: place)
        if hedge.lots > 0 { answer(hedge, isLate: false, rates) }
        hedgeBooks.close(hedge.books)
    }

    mutating func finish(rates: (Int) -> Int64) {
        for order in hedges.map(\.order) { ended(order, rates: rates) }
    }

    @inline(__always)
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
        let before = legs[symbol][0].base
        let paid = Self.take(base, of: &legs[symbol][0])
        outstanding[symbol] += legs[symbol][0].base - before
        if legs[symbol][0].base == 0 { removeFirst(symbol) }
        return paid
    }

    private mutating func removeFirst(_ symbol: Int) {
        let leg = legs[symbol].removeFirst()
        outstanding[symbol] -= leg.base
        letGo(leg)
    }

    private mutating func letGo(_ leg: Leg) {
        books.close(leg.atUs)
        if let row = leg.atVenue { books.close(row) }
    }

    private mutating func answer(_ hedge: Hedge, isLate: Bool, _ rates: (Int) -> Int64) {
        let (index, symbol) = (hedge.instrument, symbols[hedge.instrument])
        let quantity = Quantity(lots: hedge.side.sign * hedge.lots)
        let whole = moved(hedge, quantity)
        let rate = rates(index)
        let atUs = worth(hedgeBooks[hedge.books, Self.ours], quantity, index)
        let atVenue = worth(hedgeBooks[hedge.books, Self.venues], quantity, index)
        var left = whole
        while left > 0, !legs[symbol].isEmpty, (legs[symbol][0].base > 0) != (hedge.side == .buy) {
            let leg = legs[symbol][0]
            let part = min(left, abs(leg.base))
            func share(_ amount: Int64) -> Int64 {
                part == whole ? amount : roundedQuotient(Int128(amount) * Int128(part), Int128(whole))
            }
            if isLate { result.slippage.incomplete += 1 } else { time(leg, hedge) }
            if !isLate {
                if let row = leg.atVenue, let open = worth(books[row, index], quantity, index),
                    let known = worth(books[leg.atUs, index], quantity, index), let atUs, let atVenue
                {
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

    /// What a hedge moved in 10⁻⁹ of the base currency, at its own price: exact for linear contracts.
    @inline(__always)
    private func moved(_ hedge: Hedge, _ quantity: Quantity) -> Int64 {
        guard contracts[hedge.instrument].kind == .inverse else {
            return max(1, abs(contracts[hedge.instrument].baseAmount(quantity, at: FinePrice(nanos: 1))))
        }
        let units = max(1, Int128(hedge.lots) * Int128(contracts[hedge.instrument].lotUnit))
        let mean = abs(roundedQuotient(units * 1_000_000_000, Int128(max(1, abs(hedge.paid)))))
        return max(1, abs(contracts[hedge.instrument].baseAmount(quantity, at: FinePrice(nanos: max(1, mean)))))
    }

    /// What a quantity would have paid; nil where the book was not known or held less.
    @inline(__always)
    private func worth(_ book: borrowing BookDepth, _ quantity: Quantity, _ instrument: Int) -> Int64? {
        book.executablePrice(quantity, contracts[instrument]).map { value(contracts[instrument], quantity, $0).nanos }
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
        let quantity = Quantity(lots: hedge.side.sign * hedge.lots)
        let expected = roundedQuotient(
            Int128(value(contracts[hedge.instrument], quantity, planned.price).nanos) * Int128(part), Int128(whole))
        let first = ExactAmount(nanos: paid, rate: leg.rate)
        result.edge.pairs += 1
        result.edge.notional += first < .zero ? .zero - first : first
        result.edge.realised -= first + ExactAmount(nanos: answered, rate: rate)
        result.edge.planned -= first + ExactAmount(nanos: expected, rate: rate)
    }
}
