internal import Market
internal import Simulation

/// One market as the server shows it: the recorded book with what clients' orders change of it, and all that was told of the market.
///
/// **Numbers.** The book's number goes on by as much as the tape's does, at least by one; every level that clients' orders change
/// takes one more. So served numbers are the tape's own until a client's order changes the book, and from then on further along by
/// what clients changed: contiguous in the stream, and the same in the stream and in the full book. Trades are numbered likewise; of
/// a recorded trade, what clients' orders filled is printed as their trades, and only the rest under its own number.
final class ServedMarket {
    /// A level as it is shown.
    struct Level: Hashable, BitwiseCopyable {
        var side: Side
        var ticks: Int64
        var lots: Int64
    }

    /// A printed trade.
    struct Trade: BitwiseCopyable {
        var id: Int64
        var ticks: Int64
        var lots: Int64
        var isBuyerMaker: Bool
        /// Numbers of the orders that met.
        var buyer: Int64
        var seller: Int64
        var time: Timestamp
    }

    static let tradesKept = 1_000

    let listing: Int
    let id: InstrumentID
    let instrument: Instrument
    let symbol: String
    let priceDecimals: Int
    let sizeDecimals: Int
    let table: MarginTable?

    /// As the tape says, frame by frame; a gap does not empty it.
    private(set) var recorded = OrderBook()
    /// What clients see.
    private(set) var shown = OrderBook()
    private(set) var own: [SimulatedVenue.OwnLevel] = []
    /// Whose change waits for a frame.
    private var unsettled: [SimulatedVenue.OwnLevel] = []
    /// Of the last change of the book that clients were told of.
    private(set) var number: Int64 = 0
    private var tapeNumber: Int64 = 0
    private(set) var bookTime = Timestamp(nanoseconds: 0)
    private(set) var toldTouch = Touch.none
    /// Records of a frame whose last has not come.
    private var pending: [MarketEvent] = []

    private(set) var tradeNumber: Int64 = 0
    private var tapeTrade: Int64 = 0
    private(set) var trades: [Trade] = []
    var prices = CandleSeries()
    var marks = CandleSeries()
    var indices = CandleSeries()

    var mark: FinePrice?
    var index: FinePrice?
    var funding: (rate: Rate, due: Timestamp)?
    /// Rates of intervals that have ended, oldest first.
    var fundingHistory: [(rate: Rate, due: Timestamp)] = []
    var openInterest: (lots: Int64, time: Timestamp)?
    var status = TradingStatus.trading

    let depth: BackpackChannel
    let windows: [DepthWindow]
    let bookTicker: BackpackChannel
    let tradeChannel: BackpackChannel
    let ticker: BackpackChannel
    let markPrice: BackpackChannel
    let openInterestChannel: BackpackChannel
    let klines: [KlineStream]

    init(_ listing: Int, _ terms: VenueConfiguration.Listing, _ table: MarginTable?) {
        let symbol = terms.instrument.venueSymbol
        (self.listing, id, instrument, self.symbol, self.table) = (listing, terms.id, terms.instrument, symbol, table)
        priceDecimals = BackpackTexts.decimals(terms.instrument.tickSize.nanos)
        sizeDecimals = BackpackTexts.decimals(terms.instrument.lotUnit)
        depth = BackpackChannel("depth.\(symbol)")
        windows = [200, 600, 1_000].map { DepthWindow(BackpackChannel("depth.\($0)ms.\(symbol)"), .milliseconds($0)) }
        bookTicker = BackpackChannel("bookTicker.\(symbol)")
        tradeChannel = BackpackChannel("trade.\(symbol)")
        ticker = BackpackChannel("ticker.\(symbol)")
        markPrice = BackpackChannel("markPrice.\(symbol)")
        openInterestChannel = BackpackChannel("openInterest.\(symbol)")
        klines = BackpackInterval.allCases.map { KlineStream(BackpackChannel("kline.\($0.rawValue).\(symbol)"), $0) }
    }

    /// Of a spot market the streams of contracts are none.
    var channels: [BackpackChannel] {
        let all = [depth, bookTicker, tradeChannel, ticker] + windows.map(\.channel) + klines.map(\.channel)
        return isSpot ? all : all + [markPrice, openInterestChannel]
    }

    var isSpot: Bool { instrument.kind == .spot }

    // MARK: The recorded book

    /// Takes a record of the book; returns whether its frame is whole now.
    func take(_ event: borrowing MarketEvent) -> Bool {
        pending.append(copy event)
        return event.isLast
    }

    /// The rest of a frame that has begun is not to come.
    func dropFrame() { pending.removeAll(keepingCapacity: true) }

    /// Brings a whole frame in.
    ///
    /// - Returns: The first number and what is to be told; nil where the frame says nothing new.
    func applyFrame() -> (first: Int64, levels: [Level])? {
        guard let last = pending.last else { return nil }
        bookTime = last.venueTime
        let isFull = pending.contains { $0.flags.contains(.snapshot) }
        var keys: [Level] = []
        if isFull {
            // Against what stood, so that nobody has to begin anew.
            keys = levels(of: recorded)
            recorded.removeAll()
        }
        for event in pending {
            recorded.set(event.side, ticks: event.price, lots: event.quantity)
            keys.append(Level(side: event.side, ticks: event.price, lots: 0))
        }
        pending.removeAll(keepingCapacity: true)
        var changes: [Level] = []
        for key in keys {
            let lots = displayed(key.side, key.ticks)
            if isFull, shown.lots(key.side, key.ticks) == lots { continue }
            shown.set(key.side, ticks: key.ticks, lots: lots)
            changes.append(Level(side: key.side, ticks: key.ticks, lots: lots))
        }
        if isFull, changes.isEmpty, number > 0, last.detail <= tapeNumber { return nil }
        // Nothing was told before the first frame: it begins where the tape does.
        let first = number == 0 ? max(1, last.detail) : number + 1
        number = number == 0 ? first : number + Self.step(from: tapeNumber, to: last.detail)
        if last.detail != 0 { tapeNumber = last.detail }
        return (first, changes)
    }

    /// By how much a served number goes on: as the tape's does, where that counts what happens in the market.
    private static func step(from last: Int64, to next: Int64) -> Int64 {
        let (step, isOverflow) = next.subtractingReportingOverflow(last)
        return next == 0 || isOverflow || !(1...1 << 40).contains(step) ? 1 : step
    }

    /// Begins to count the book's changes anew.
    func renumber() {
        guard number > 0 else { return }
        number = 1
        for window in windows { window.renumber() }
    }

    /// Whether a frame has begun that has not ended.
    var isWithinFrame: Bool { !pending.isEmpty }

    /// Brings in what clients' orders changed; each level takes a number. Before a frame that waits, only what is less than it was
    /// goes first, at levels that the frame does not tell of.
    func applyOwn(_ ownNow: [SimulatedVenue.OwnLevel], at time: Timestamp) -> (first: Int64, levels: [Level])? {
        guard !own.isEmpty || !ownNow.isEmpty || !unsettled.isEmpty else { return nil }
        // Those of before come up again after the frame.
        let keys = own + ownNow + unsettled
        unsettled = isWithinFrame ? keys : []
        own = ownNow
        var changes: [Level] = []
        for key in keys where !pending.contains(where: { $0.side == key.side && $0.price == key.ticks }) {
            let lots = displayed(key.side, key.ticks)
            let before = shown.lots(key.side, key.ticks)
            guard lots < before || (lots > before && !isWithinFrame) else { continue }
            shown.set(key.side, ticks: key.ticks, lots: lots)
            changes.append(Level(side: key.side, ticks: key.ticks, lots: lots))
        }
        guard !changes.isEmpty else { return nil }
        bookTime = max(bookTime, time)
        let first = number + 1
        number += Int64(changes.count)
        return (first, changes)
    }

    private func displayed(_ side: Side, _ ticks: Int64) -> Int64 {
        let own = own.first { $0.side == side && $0.ticks == ticks }
        return max(0, recorded.lots(side, ticks) - (own?.taken ?? 0)) + (own?.resting ?? 0)
    }

    private func levels(of book: borrowing OrderBook) -> [Level] {
        var levels: [Level] = []
        for side in Side.allCases {
            var at: Int64?
            while let level = book.next(side, after: at) {
                levels.append(Level(side: side, ticks: level.ticks, lots: level.lots))
                at = level.ticks
            }
        }
        return levels
    }

    /// The touch, if it is not what was told last and both sides have one.
    func takeTouch() -> Touch? {
        let touch = shown.touch
        guard shown.hasBothSides, touch != toldTouch else { return nil }
        toldTouch = touch
        return touch
    }

    // MARK: Trades

    /// The number of a recorded trade, or of what is left of it.
    func numberTrade(tape: Int64, isPrinted: Bool) -> Int64 {
        if isPrinted { tradeNumber = tradeNumber == 0 && tape > 0 ? tape : tradeNumber + Self.step(from: tapeTrade, to: tape) }
        if tape != 0 { tapeTrade = tape }
        return tradeNumber
    }

    func noteOwnTrade(_ number: Int64) { tradeNumber = max(tradeNumber, number) }

    func print(_ trade: Trade) {
        trades.append(trade)
        if trades.count > 2 * Self.tradesKept { trades.removeFirst(Self.tradesKept) }
        prices.add(
            trade.ticks * instrument.tickSize.nanos, volume: trade.lots * instrument.lotUnit,
            quoteVolume: worth(trade.lots, at: trade.ticks),
            trades: 1, at: trade.time)
    }

    // MARK: Texts

    /// With the market's own number of decimals, as streams write it.
    func priceText(_ ticks: Int64) -> String { Decimal.text(ticks * instrument.tickSize.nanos, decimals: 9, minimum: priceDecimals) }
    func sizeText(_ lots: Int64) -> String { Decimal.text(lots * instrument.lotUnit, decimals: 9, minimum: sizeDecimals) }
    func quoteText(_ nanos: Int64, always: Bool = false) -> JSONValue {
        .text(nanos == 0 && !always ? "0" : Decimal.text(nanos, decimals: 9, minimum: min(9, priceDecimals + sizeDecimals)))
    }

    /// Without trailing zeros, as REST writes it.
    func priceJSON(_ ticks: Int64) -> JSONValue { BackpackTexts.amount(ticks * instrument.tickSize.nanos) }
    func sizeJSON(_ lots: Int64) -> JSONValue { BackpackTexts.amount(lots * instrument.lotUnit) }

    /// In 10⁻⁹ of the quote currency.
    func worth(_ lots: Int64, at ticks: Int64) -> Int64 {
        instrument.notional(Quantity(lots: lots), instrument.finePrice(Price(ticks: ticks))).nanos
    }

    var lastPrice: FinePrice? { prices.last.map { FinePrice(nanos: $0) } }

    /// What positions are valued at: the mark, or the middle of the book where there is none.
    var valuation: FinePrice? { mark ?? shown.mid(instrument) }
}
