import Market
import Simulation
import Testing
import Trading

private func strictStage() -> Stage {
    var instrument = Instrument.plain
    instrument.minimumQuantity = Quantity(lots: 2)
    instrument.minimumNotional = 300_000_000_000
    instrument.priceStep = 5
    let stage = Stage(instrument)
    stage.bid(100, 50)
    stage.ask(105, 50)
    return stage
}

@Test(arguments: [
    (100 as Int64?, 1 as Int64, RejectReason.minimumQuantity),
    (100, 0, .minimumQuantity),
    (100, -3, .minimumQuantity),
    (100, 2, .minimumNotional),
    (101, 4, .tickSize),
    (0, 4, .tickSize),
    (-100, 4, .tickSize),
    (nil, 4, .unsupported),
])
func `an order that breaks a rule is refused with the rule's reason`(ticks: Int64?, lots: Int64, reason: RejectReason) {
    let stage = strictStage()
    #expect(stage.submit(.buy, ticks, lots) == [.rejected(OrderID(1), .submit, reason)])
    #expect(stage.venue.restingOrderCount == 0)
}

@Test func `sizes between the steps are refused, and what stands there may be closed`() {
    var instrument = Instrument.plain
    instrument.quantityStep = 5
    let stage = Stage(instrument)
    stage.bid(100, 50)
    stage.ask(105, 50)
    #expect(stage.submit(.buy, 100, 7) == [.rejected(OrderID(1), .submit, .lotSize)])
    #expect(stage.submit(.buy, 105, 10, .immediateOrCancel).slices.map(\.lots) == [10])
    #expect(stage.submit(.sell, 100, 3, .immediateOrCancel, reduceOnly: true).slices.map(\.lots) == [3])
    #expect(stage.submit(.sell, 100, 7, .immediateOrCancel, reduceOnly: true).slices.map(\.lots) == [7])
}

@Test func `a market order is held to the minimum at the best price`() {
    let stage = strictStage()
    #expect(
        stage.submit(.buy, nil, 2, type: .market, .immediateOrCancel) == [.rejected(OrderID(1), .submit, .minimumNotional)])
    #expect(stage.submit(.buy, nil, 3, type: .market, .immediateOrCancel).slices.map(\.lots) == [3])
}

@Test func `a new place in the book is held to the rules, too`() {
    let stage = strictStage()
    stage.submit(.buy, 100, 4)
    #expect(stage.amend(1, 99, 4) == [.rejected(OrderID(1), .amend, .tickSize)])
    #expect(stage.amend(1, 95, 3) == [.rejected(OrderID(1), .amend, .minimumNotional)])
    #expect(stage.amend(2, 95, 4) == [.rejected(OrderID(2), .amend, .unknownOrder)])
    #expect(stage.amend(1, 95, 4, account: 1) == [.rejected(OrderID(1), .amend, .unknownOrder)])
    #expect(stage.amend(1, 95, 4) == [.amended(OrderID(1), price: Price(ticks: 95), quantity: Quantity(lots: 4))])
}

@Test func `post-only belongs to orders that can rest`() {
    let stage = Stage()
    #expect(stage.submit(.buy, 100, 1, .immediateOrCancel, postOnly: true) == [.rejected(OrderID(1), .submit, .unsupported)])
}

@Test func `an instrument of another venue is unknown`() {
    let stage = Stage()
    let request = OrderRequest(
        account: AccountID(0), instrument: InstrumentID(7), order: OrderID(1), side: .buy, type: .limit, timeInForce: .goodTillCancelled,
        price: Price(ticks: 100), quantity: Quantity(lots: 1))
    #expect(stage.send(.submit(request)) == [.rejected(OrderID(1), .submit, .unknownInstrument)])
}

@Test func `an order id is used once`() {
    let stage = Stage()
    stage.submit(.buy, 100, 1, order: 5)
    #expect(stage.submit(.buy, 99, 1, order: 5) == [.rejected(OrderID(5), .submit, .duplicateOrder)])
    stage.cancel(5)
    #expect(stage.submit(.buy, 99, 1, order: 5) == [.rejected(OrderID(5), .submit, .duplicateOrder)])
}

@Test func `a cancel meets the account's own open order only`() {
    let stage = Stage()
    stage.submit(.buy, 100, 1)
    #expect(stage.cancel(1, account: 1) == [.rejected(OrderID(1), .cancel, .unknownOrder)])
    #expect(stage.cancel(1) == [.cancelled(OrderID(1), .requested)])
    #expect(stage.cancel(1) == [.rejected(OrderID(1), .cancel, .unknownOrder)])
    #expect(stage.cancel(7) == [.rejected(OrderID(7), .cancel, .unknownOrder)])
}

@Test func `cancelling all leaves other accounts alone`() {
    let stage = Stage()
    stage.submit(.buy, 100, 1)
    stage.submit(.buy, 99, 1, account: 1)
    stage.submit(.sell, 105, 1)
    #expect(
        stage.send(.cancelAll(account: AccountID(0), instrument: nil)) == [
            .cancelled(OrderID(1), .requested), .cancelled(OrderID(3), .requested),
        ])
    #expect(stage.send(.cancelAll(account: AccountID(1), instrument: InstrumentID(3))) == [])
    #expect(stage.venue.restingOrderCount == 1)
}

@Test func `before a book is known no quote is taken`() {
    let stage = Stage(isSynchronised: false)
    #expect(stage.submit(.buy, 100, 1) == [.rejected(OrderID(1), .submit, .notSynchronised)])
    stage.snapshot(bids: [(99, 1)], asks: [(101, 1)])
    #expect(stage.submit(.buy, 100, 1) == [.acknowledged(OrderID(2))])
}

@Test(arguments: [
    (TradingStatus.trading, [true, true, true]), (.postOnly, [false, true, false]), (.reduceOnly, [false, false, true]),
    (.halted, [false, false, false]), (.delisted, [false, false, false]),
])
func `the venue's status decides which orders may enter`(status: TradingStatus, allowed: [Bool]) {
    let stage = Stage()
    stage.ask(101, 9)
    stage.submit(.buy, 101, 9)
    stage.receive(.status, status.rawValue)
    let plain = stage.submit(.sell, 105, 1).first != .rejected(OrderID(2), .submit, .halted)
    let postOnly = stage.submit(.sell, 105, 1, postOnly: true).first != .rejected(OrderID(3), .submit, .halted)
    let reduceOnly = stage.submit(.sell, 105, 1, reduceOnly: true).first != .rejected(OrderID(4), .submit, .halted)
    #expect([plain, postOnly, reduceOnly] == allowed)
}

// MARK: Time

@Test func `requests and reports take their latency, first in first out`() {
    let stage = Stage()
    let start = stage.now
    let venue = stage.venue
    func limit(_ id: UInt64) -> Command {
        .submit(
            OrderRequest(
                account: AccountID(0), instrument: Stage.instrument, order: OrderID(id), side: .buy, type: .limit,
                timeInForce: .goodTillCancelled, price: Price(ticks: 100), quantity: Quantity(lots: 1)))
    }
    venue.handle(limit(1), now: start)
    venue.handle(limit(2), now: start + Nanoseconds(count: 10))
    #expect(venue.nextArrival == start + Nanoseconds(count: 30) && venue.nextWake == venue.nextArrival)
    venue.advance(to: start + Nanoseconds(count: 29))
    #expect(venue.restingOrderCount == 0 && venue.nextReportTime == .never)
    venue.advance(to: start + Nanoseconds(count: 30))
    #expect(venue.restingOrderCount == 1 && venue.nextArrival == start + Nanoseconds(count: 40))
    venue.advance(to: start + Nanoseconds(count: 40))
    #expect(venue.nextArrival == .never && venue.nextReportTime == start + Nanoseconds(count: 80))
    #expect(venue.nextReport(now: start + Nanoseconds(count: 79)) == nil)
    let first = AccountEvent(
        account: AccountID(0), venueTime: start + Nanoseconds(count: 30), receiveTime: start + Nanoseconds(count: 80),
        report: .acknowledged(OrderID(1)))
    #expect(venue.nextReport(now: start + Nanoseconds(count: 80)) == first)
    #expect(venue.nextReport(now: start + Nanoseconds(count: 80)) == nil)
    #expect(venue.nextReport(now: .never)?.receiveTime == start + Nanoseconds(count: 90))
    #expect(venue.nextReportTime == .never)
}

@Test func `a switch that nobody renews cancels everything of its account`() {
    let stage = Stage()
    stage.submit(.buy, 100, 1)
    stage.submit(.buy, 99, 1, account: 1)
    stage.send(.deadMan(account: AccountID(0), Nanoseconds(count: 3_000)))
    stage.send(.deadMan(account: AccountID(0), Nanoseconds(count: 3_000)))
    let due = stage.now - Nanoseconds(count: 1_000) + Stage.entryLatency + Nanoseconds(count: 3_000)
    #expect(stage.venue.nextWake == due)
    #expect(stage.submit(.sell, 120, 1) == [.acknowledged(OrderID(3))])
    stage.pass(Nanoseconds(count: 2_000))
    stage.venue.advance(to: due)
    #expect(stage.bid(90, 1) == [.cancelled(OrderID(1), .deadMan), .cancelled(OrderID(3), .deadMan)])
    #expect(stage.venue.restingOrderCount == 1 && stage.venue.nextWake == .never)
    // Zero switches it off.
    stage.submit(.buy, 100, 1)
    stage.send(.deadMan(account: AccountID(0), Nanoseconds(count: 3_000)))
    stage.send(.deadMan(account: AccountID(0), .zero))
    #expect(stage.venue.nextWake == .never)
    stage.venue.advance(to: .never)
    #expect(stage.venue.restingOrderCount == 2)
}

// MARK: Queries

@Test func `queries are answered with what the venue knows`() {
    let stage = Stage(collateral: [Money(nanos: 5_000_000_000_000, .usd)])
    stage.ask(101, 2)
    stage.submit(.buy, 101, 2)
    stage.submit(.buy, 99, 4)
    let end = AccountEvent.Report.endOfAnswer(query: 9)
    func status(_ order: UInt64, _ ticks: Int64, _ lots: Int64, filled: Int64, isOpen: Bool) -> AccountEvent.Report {
        .status(
            OrderStatus(
                order: OrderID(order), instrument: Stage.instrument, isOpen: isOpen, price: Price(ticks: ticks),
                quantity: Quantity(lots: lots), filled: Quantity(lots: filled)))
    }
    #expect(stage.ask(.order(OrderID(1), Stage.instrument)) == [status(1, 101, 2, filled: 2, isOpen: false), end])
    #expect(stage.ask(.order(OrderID(8), Stage.instrument)) == [.notFound(OrderID(8)), end])
    #expect(stage.ask(.openOrders) == [status(2, 99, 4, filled: 0, isOpen: true), end])
    #expect(stage.ask(.openOrders, account: 1) == [end])
    #expect(
        stage.ask(.positions) == [
            .position(Stage.instrument, quantity: Quantity(lots: 2), entry: FinePrice(nanos: 101_000_000_000)), end,
        ])
    #expect(stage.ask(.balances) == [.balance(Money(nanos: 5_000_000_000_000, .usd)), end])
    let fill = Fill(
        order: OrderID(1), instrument: Stage.instrument, trade: 1, side: .buy, role: .taker, price: Price(ticks: 101),
        quantity: Quantity(lots: 2), fee: .zero(.usd))
    #expect(stage.ask(.fills(after: 0)) == [.filled(fill), end])
    #expect(stage.ask(.fills(after: 1)) == [end])
    #expect(stage.send(.setLeverage(account: AccountID(0), instrument: Stage.instrument, leverage: 7)) == [.leverage(Stage.instrument, 7)])
}

// MARK: hftbacktest's rules

@Test func `in the comparison mode orders fill whole and taking leaves no trace`() {
    let stage = Stage(matching: .hftbacktest)
    stage.bid(100, 10)
    stage.ask(102, 1)
    #expect(stage.submit(.buy, nil, 5, type: .market, .immediateOrCancel).slices == [Slice(order: 1, ticks: 102, lots: 5, role: .taker)])
    #expect(stage.submit(.buy, nil, 5, type: .market, .immediateOrCancel).slices == [Slice(order: 2, ticks: 102, lots: 5, role: .taker)])
    #expect(stage.submit(.buy, 102, 1, postOnly: true).last == .expired(OrderID(3), .postOnlyWouldTake))
    stage.submit(.buy, 100, 5)
    #expect(stage.sold(100, 10).isEmpty)
    #expect(stage.sold(100, 1).slices == [Slice(order: 4, ticks: 100, lots: 5, role: .maker)])
    stage.submit(.buy, 101, 5)
    #expect(stage.ask(101, 1).slices == [Slice(order: 5, ticks: 101, lots: 5, role: .maker)])
}
