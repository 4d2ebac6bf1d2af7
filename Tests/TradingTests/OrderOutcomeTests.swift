import Market
import Testing

@testable import Trading

@Test func `an order goes out, is acknowledged, and fills`() throws {
    let stage = CoreStage()
    let id = stage.submit(CoreStage.draft(.buy, 98, 5, postOnly: true))
    #expect(try stage.order(id).life == .submitting)
    #expect(
        stage.takeCommands() == [
            .submit(
                OrderRequest(
                    account: CoreStage.account, instrument: CoreStage.instrument, order: id, side: .buy, type: .limit,
                    timeInForce: .goodTillCancelled, price: Price(ticks: 98), quantity: Quantity(lots: 5), postOnly: true))
        ])
    stage.report(.acknowledged(id))
    stage.report(.acknowledged(id))
    stage.fill(id, .buy, 98, 2)
    #expect(try stage.order(id).life == .open && stage.order(id).remaining == Quantity(lots: 3))
    stage.fill(id, .buy, 97, 3)
    let order = try stage.order(id)
    #expect(order.life == .done(.filled) && order.filled == Quantity(lots: 5) && order.filledTickLots == 98 * 2 + 97 * 3)
    #expect(
        stage.takeEvents() == [
            .order(id, .acknowledged), .order(id, .filled(CoreStage.fill(id, .buy, 98, 2, trade: 1), isLate: false)),
            .order(id, .filled(CoreStage.fill(id, .buy, 97, 3, trade: 2), isLate: false)),
        ])
    #expect(stage.act { $0.position(CoreStage.account, CoreStage.instrument) } == Quantity(lots: 5))
    #expect(stage.act { $0.openOrders() } == [])
}

@Test func `a cancel that loses to the fill is no news`() throws {
    let stage = CoreStage()
    let id = stage.open()
    stage.act { $0.cancel(id) }
    stage.act { $0.cancel(id) }
    #expect(stage.takeCommands().count == 1)
    stage.fill(id, .buy, 98, 5)
    stage.report(.rejected(id, .cancel, .unknownOrder))
    #expect(try stage.order(id).life == .done(.filled))
    #expect(stage.takeEvents().count == 1 && stage.takeCommands().isEmpty)
}

@Test func `a cancel that comes before its fill's report makes the order unknown, not gone`() throws {
    let stage = CoreStage()
    let id = stage.open()
    stage.act { $0.cancel(id) }
    _ = stage.takeCommands()
    stage.report(.rejected(id, .cancel, .unknownOrder))
    let order = try stage.order(id)
    #expect(order.life == .open && order.certainty == .unknown(since: stage.now, asking: 1))
    #expect(order.remaining == Quantity(lots: 5))
    #expect(stage.takeEvents() == [.order(id, .cancelRejected(.unknownOrder)), .order(id, .unknown)])
    #expect(
        stage.takeCommands() == [
            .query(QueryRequest(account: CoreStage.account, query: 1, subject: .order(id, CoreStage.instrument)))
        ])
    stage.fill(id, .buy, 98, 5)
    #expect(try stage.order(id).life == .done(.filled) && stage.order(id).certainty == .known)
}

@Test(arguments: [
    (AccountEvent.Report.expired(OrderID(1), .postOnlyWouldTake), Order.End.expired, OrderChange.expired(.postOnlyWouldTake)),
    (.rejected(OrderID(1), .submit, .balance), .rejected, .rejected(.balance)),
    (.cancelled(OrderID(1), .selfTrade), .cancelled, .cancelled(.selfTrade)),
])
func `the venue ends an order once`(report: AccountEvent.Report, end: Order.End, change: OrderChange) throws {
    let stage = CoreStage()
    let id = stage.submit(CoreStage.draft(.buy, 98, 5))
    stage.report(report)
    stage.report(report)
    stage.report(.acknowledged(id))
    stage.report(.amended(id, price: Price(ticks: 97), quantity: Quantity(lots: 1)))
    #expect(try stage.order(id).life == .done(end) && stage.order(id).price == Price(ticks: 98))
    #expect(stage.takeEvents() == [.order(id, change)])
}

@Test func `an amend holds when the venue confirms it`() throws {
    let stage = CoreStage()
    let id = stage.open()
    stage.act { $0.amend(id, price: Price(ticks: 97), quantity: Quantity(lots: 4)) }
    #expect(try stage.order(id).price == Price(ticks: 98))
    #expect(try stage.order(id).pending == .amend(price: Price(ticks: 97), quantity: Quantity(lots: 4)))
    stage.report(.amended(id, price: Price(ticks: 97), quantity: Quantity(lots: 4)))
    let order = try stage.order(id)
    #expect(order.price == Price(ticks: 97) && order.remaining == Quantity(lots: 4) && order.pending == .none)
    stage.act { $0.amend(id, price: Price(ticks: 96), quantity: Quantity(lots: 4)) }
    stage.report(.rejected(id, .amend, .postOnlyWouldTake))
    #expect(try stage.order(id).price == Price(ticks: 97) && stage.order(id).pending == .none)
    #expect(stage.takeEvents() == [.order(id, .amended), .order(id, .amendRejected(.postOnlyWouldTake))])
}

@Test func `an amend down to what is filled ends the order`() throws {
    let stage = CoreStage()
    let id = stage.open()
    stage.act { $0.amend(id, price: Price(ticks: 98), quantity: Quantity(lots: 2)) }
    stage.fill(id, .buy, 98, 2)
    stage.report(.amended(id, price: Price(ticks: 98), quantity: Quantity(lots: 2)))
    #expect(try stage.order(id).life == .done(.filled))
    stage.act { $0.amend(id, price: Price(ticks: 98), quantity: Quantity(lots: 9)) }
    #expect(stage.takeEvents().last == .order(id, .amendRejected(.unknownOrder)))
}

// MARK: Unknown outcomes

@Test func `silence makes an outcome unknown and is asked about again and again`() throws {
    let stage = CoreStage()
    let id = stage.submit(CoreStage.draft(.buy, 98, 5))
    let sent = stage.now
    _ = stage.takeCommands()
    #expect(stage.core.nextWake == sent + .seconds(2))
    stage.wake(after: .seconds(2))
    #expect(try stage.order(id).certainty == .unknown(since: stage.now, asking: 1))
    #expect(stage.act { $0.inFlight(CoreStage.account, CoreStage.instrument) } == Quantity(lots: 5))
    stage.wake(after: .seconds(2))
    #expect(stage.takeCommands().count == 2)
    #expect(stage.takeEvents() == [.order(id, .unknown)])
    stage.report(.notFound(id))
    #expect(try stage.order(id).life == .done(.failed) && stage.order(id).certainty == .known)
    #expect(stage.core.nextWake == .never)
}

@Test func `a status tells what became of an unknown order`() throws {
    let stage = CoreStage()
    let id = stage.submit(CoreStage.draft(.buy, 98, 5))
    stage.wake(after: .seconds(3))
    _ = stage.takeCommands()
    func status(isOpen: Bool, filled: Int64) -> AccountEvent.Report {
        .status(
            OrderStatus(
                order: id, instrument: CoreStage.instrument, isOpen: isOpen, price: Price(ticks: 98), quantity: Quantity(lots: 5),
                filled: Quantity(lots: filled)))
    }
    stage.report(status(isOpen: true, filled: 0))
    #expect(try stage.order(id).life == .open && stage.order(id).certainty == .known)
    #expect(stage.core.nextWake == .never)
    // It ended with a fill that we have not seen: the account's fills are asked for, and count late.
    stage.report(status(isOpen: false, filled: 2))
    #expect(try stage.order(id).life == .done(.cancelled))
    #expect(stage.takeCommands() == [.query(QueryRequest(account: CoreStage.account, query: 2, subject: .fills(after: 0)))])
    stage.fill(id, .buy, 98, 2)
    #expect(try stage.order(id).filled == Quantity(lots: 2))
}

@Test func `each request waits its own time for an answer`() throws {
    let stage = CoreStage()
    let id = stage.open()
    stage.pass(.milliseconds(1_900))
    stage.act { $0.cancel(id) }
    let asked = stage.now
    #expect(stage.core.nextWake == asked + .seconds(2))
    stage.wake(after: .milliseconds(200))
    #expect(try stage.order(id).certainty == .known)
    #expect(stage.takeEvents().isEmpty)
}

@Test func `an order that was known and is not found has ended, and its fills are asked for`() throws {
    let stage = CoreStage()
    let id = stage.open()
    stage.report(.notFound(id))
    #expect(try stage.order(id).life == .done(.cancelled))
    #expect(stage.takeCommands() == [.query(QueryRequest(account: CoreStage.account, query: 1, subject: .fills(after: 0)))])
}

// MARK: Money

@Test func `the core's own record is worth what the fills make it`() {
    let stage = CoreStage()
    let account = CoreStage.account
    stage.fill(OrderID(90), .buy, 100, 3)
    stage.fill(OrderID(91), .sell, 110, 1)
    func balance() -> Int64 { stage.act { $0.balance(account, .usd).nanos } }
    #expect(balance() == 1_010_000_000_000)
    stage.receive(.mark, 105_000_000_000)
    #expect(stage.act { $0.equity(account, .usd).nanos } == 1_020_000_000_000)
    stage.fill(OrderID(92), .sell, 90, 4)
    #expect(balance() == 990_000_000_000)
    #expect(stage.act { $0.position(account, CoreStage.instrument) } == Quantity(lots: -2))
    stage.receive(.mark, 80_000_000_000)
    #expect(stage.act { $0.equity(account, .usd).nanos } == 1_010_000_000_000)
    stage.report(
        .funding(
            FundingPayment(
                instrument: CoreStage.instrument, settledAt: Timestamp(nanoseconds: 1), position: Quantity(lots: -2),
                mark: FinePrice(nanos: 80_000_000_000),
                rate: Rate(basisPoints: 1), amount: Money(nanos: 16_000_000, .usd))))
    #expect(balance() == 990_016_000_000)
}

@Test func `deposits, withdrawals and forced closings that have a number count once, however often they are told`() {
    let stage = CoreStage()
    func balance() -> Int64 { stage.act { $0.balance(CoreStage.account, .usd).nanos } }
    let start = balance()
    for _ in 0..<2 { stage.report(.externalFlow(Money(nanos: 7, .usd), transfer: 4)) }
    #expect(balance() == start + 7)
    for _ in 0..<2 { stage.report(.externalFlow(Money(nanos: -2, .usd))) }
    #expect(balance() == start + 3)
    let price = FinePrice(nanos: 100_000_000_000)
    func position() -> Quantity { stage.act { $0.position(CoreStage.account, CoreStage.instrument) } }
    for trade in [9, 9, 10] as [UInt64] {
        stage.report(.liquidation(CoreStage.instrument, Quantity(lots: 1), price, penalty: .zero(.usd), trade: trade))
    }
    #expect(position() == Quantity(lots: 2))
    // A fill of that trade is the same again.
    stage.fill(OrderID(91), .buy, 100, 1, trade: 10)
    #expect(position() == Quantity(lots: 2))
}

@Test func `whatever fills come, profit paid and profit open add up to the nanodollar`() {
    var random = SeededGenerator(seed: 3)
    var inverse = Instrument(
        symbol: "BTC", venue: "test", venueSymbol: "BTCUSD", kind: .inverse, base: .btc, quote: .usd,
        tickSize: FinePrice(nanos: 1_000_000_000),
        lotSize: 1_000_000_000)
    inverse.minimumNotional = 0
    for instrument in [Instrument.plain, inverse] {
        var cost = PositionCost()
        var paid: Int64 = 0
        var worths: Int64 = 0
        for _ in 0..<10_000 {
            let change = Quantity(lots: random.uniform(in: -20...20))
            let price = FinePrice(nanos: random.uniform(in: 1_000_000_000...90_000_000_000))
            let worth = value(instrument, change, price)
            paid += cost.apply(instrument.contract, change, price, worth: worth).nanos
            worths += worth.nanos
            #expect(paid - cost.cost == -worths)
            if cost.quantity.isZero { #expect(cost.cost == 0) }
        }
    }
}
