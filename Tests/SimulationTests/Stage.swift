import Market
import Simulation
import Trading

extension Currency {
    static let usd = Currency("USD")!
    static let btc = Currency("BTC")!
    static let eth = Currency("ETH")!
}

extension Instrument {
    /// One dollar a tick, one coin a lot: prices and sizes read as they are.
    static let plain = Instrument(
        symbol: "BTC", venue: "test", venueSymbol: "BTCUSD", kind: .linear, base: .btc, quote: .usd,
        tickSize: FinePrice(nanos: 1_000_000_000),
        lotSize: 1_000_000_000)
}

/// A venue and its feed, in the steps that a story needs: every step takes a microsecond.
final class Stage {
    static let instrument = InstrumentID(0)
    static let entryLatency = Nanoseconds(count: 30)
    static let responseLatency = Nanoseconds(count: 50)

    let venue: SimulatedVenue
    private(set) var now = Timestamp(nanoseconds: 1_000_000)
    private var lastOrder: UInt64 = 0
    /// Every settlement so far.
    private(set) var payments: [(account: AccountID, payment: FundingPayment)] = []

    init(
        _ instrument: Instrument = .plain, accounts: Int = 2, collateral: [Money] = [Money(nanos: 1_000_000_000_000_000, .usd)],
        makerFee: Rate = .zero, takerFee: Rate = .zero, queue: QueueModel = .riskAverse,
        matching: VenueConfiguration.Matching = .faithful, postOnly: VenueConfiguration.PostOnlyPolicy = .reject,
        reportsAccountState: Bool = false, isSynchronised: Bool = true, faults: FaultPlan? = nil
    ) {
        venue = SimulatedVenue(
            VenueConfiguration(
                listings: [.init(id: Self.instrument, instrument: instrument)],
                accounts: (0..<accounts).map {
                    .init(
                        id: AccountID($0), collateral: collateral, makerFee: makerFee, takerFee: takerFee, entryLatency: Self.entryLatency,
                        responseLatency: Self.responseLatency)
                },
                queue: queue, matching: matching, postOnly: postOnly, reportsAccountState: reportsAccountState, faults: faults))
        venue.setSynchronised(Self.instrument, isSynchronised)
    }

    /// A plain venue, changed by `change`.
    convenience init(_ change: (inout VenueConfiguration) -> Void) {
        var configuration = VenueConfiguration(
            listings: [.init(id: Self.instrument, instrument: .plain)],
            accounts: (0..<2).map {
                .init(
                    id: AccountID($0), collateral: [Money(nanos: 1_000_000_000_000_000, .usd)], makerFee: .zero, takerFee: .zero,
                    entryLatency: Self.entryLatency, responseLatency: Self.responseLatency)
            }, reportsAccountState: false)
        change(&configuration)
        self.init(SimulatedVenue(configuration))
    }

    private init(_ venue: SimulatedVenue) {
        self.venue = venue
        venue.setSynchronised(Self.instrument, true)
    }

    // MARK: The market

    /// Hands the venue a record and returns what it reports because of it.
    @discardableResult
    func receive(
        _ kind: MarketEvent.Kind, _ price: Int64 = 0, _ quantity: Int64 = 0, detail: Int64 = 0, flags: MarketEvent.Flags = [.first, .last]
    ) -> [AccountEvent.Report] {
        pass()
        // As in a run: what was due before the record has happened.
        venue.advance(to: now - Nanoseconds(count: 1))
        venue.receive(
            MarketEvent(
                kind: kind, instrument: Self.instrument, venueTime: now, receiveTime: now, price: price, quantity: quantity, detail: detail,
                flags: flags))
        return reports()
    }

    @discardableResult
    func bid(_ ticks: Int64, _ lots: Int64) -> [AccountEvent.Report] { receive(.level, ticks, lots) }
    @discardableResult
    func ask(_ ticks: Int64, _ lots: Int64) -> [AccountEvent.Report] { receive(.level, ticks, lots, flags: [.first, .last, .sell]) }
    @discardableResult
    func sold(_ ticks: Int64, _ lots: Int64) -> [AccountEvent.Report] { receive(.trade, ticks, lots, flags: [.first, .last, .sell]) }
    @discardableResult
    func bought(_ ticks: Int64, _ lots: Int64) -> [AccountEvent.Report] { receive(.trade, ticks, lots) }

    /// A full book that replaces what was known.
    @discardableResult
    func snapshot(bids: [(Int64, Int64)], asks: [(Int64, Int64)]) -> [AccountEvent.Report] {
        let levels = bids.map { ($0.0, $0.1, MarketEvent.Flags()) } + asks.map { ($0.0, $0.1, MarketEvent.Flags.sell) }
        var reports: [AccountEvent.Report] = []
        for (index, (ticks, lots, side)) in levels.enumerated() {
            var flags = side.union(.snapshot)
            if index == 0 { flags.insert(.first) }
            if index == levels.count - 1 { flags.insert(.last) }
            reports += receive(.level, ticks, lots, flags: flags)
        }
        return reports
    }

    func pass(_ span: Nanoseconds = Nanoseconds(count: 1_000)) { now = now + span }

    // MARK: Orders

    /// Sends a command and returns all reports of the step.
    @discardableResult
    func send(_ command: Command) -> [AccountEvent.Report] {
        venue.handle(command, now: now)
        pass()
        venue.advance(to: now)
        return reports()
    }

    @discardableResult
    func submit(
        _ side: Side, _ ticks: Int64?, _ lots: Int64, account: Int = 0, type: OrderType = .limit,
        _ timeInForce: TimeInForce = .goodTillCancelled,
        postOnly: Bool = false, reduceOnly: Bool = false, order: UInt64? = nil
    ) -> [AccountEvent.Report] {
        lastOrder = order ?? lastOrder + 1
        return send(
            .submit(
                OrderRequest(
                    account: AccountID(account), instrument: Self.instrument, order: OrderID(lastOrder), side: side, type: type,
                    timeInForce: timeInForce, price: ticks.map(Price.init(ticks:)), quantity: Quantity(lots: lots), postOnly: postOnly,
                    reduceOnly: reduceOnly)))
    }

    @discardableResult
    func cancel(_ order: UInt64, account: Int = 0) -> [AccountEvent.Report] {
        send(.cancel(CancelRequest(account: AccountID(account), instrument: Self.instrument, order: OrderID(order))))
    }

    @discardableResult
    func amend(_ order: UInt64, _ ticks: Int64, _ lots: Int64, account: Int = 0) -> [AccountEvent.Report] {
        send(
            .amend(
                AmendRequest(
                    account: AccountID(account), instrument: Self.instrument, order: OrderID(order), price: Price(ticks: ticks),
                    quantity: Quantity(lots: lots))))
    }

    func ask(_ subject: QueryRequest.Subject, account: Int = 0) -> [AccountEvent.Report] {
        send(.query(QueryRequest(account: AccountID(account), query: 9, subject: subject)))
    }

    // MARK: What came of it

    private func reports() -> [AccountEvent.Report] {
        var reports: [AccountEvent.Report] = []
        while let event = venue.nextReport(now: .never) {
            reports.append(event.report)
            if case .funding(let payment) = event.report { payments.append((event.account, payment)) }
        }
        return reports
    }

    func takeFills() -> [VenueFill] {
        var fills: [VenueFill] = []
        venue.takeFills { fills.append($0) }
        return fills
    }

    /// The fills since the last call in the order that the venue made them.
    func takeSlices() -> [Slice] { takeFills().map { AccountEvent.Report.filled($0.fill) }.slices }

    /// What the open position of an account would pay at the venue's mark, or its mid.
    func unrealised(_ account: Int = 0) -> Money? {
        (venue.mark(Self.instrument) ?? venue.mid(Self.instrument)).map { venue.unrealised(AccountID(account), Self.instrument, at: $0) }
    }

    func position(_ account: Int = 0) -> Int64 { venue.position(AccountID(account), Self.instrument).lots }
}

/// A fill without its running numbers: what stories compare.
struct Slice: Equatable {
    var order: UInt64
    var ticks: Int64
    var lots: Int64
    var role: LiquidityRole
}

extension [AccountEvent.Report] {
    var slices: [Slice] {
        compactMap {
            guard case .filled(let fill) = $0 else { return nil }
            return Slice(order: fill.order.rawValue, ticks: fill.price.ticks, lots: fill.quantity.lots, role: fill.role)
        }
    }

    /// All but the fills.
    var notices: [AccountEvent.Report] { filter { if case .filled = $0 { false } else { true } } }
}
