import Market
import Testing

@testable import Trading

private typealias Draft = CoreStage

@Test func `a denial arrives after the call that caused it, and nothing leaves`() throws {
    let stage = CoreStage()
    let id = stage.act { context in
        let id = context.submit(CoreStage.draft(.buy, 98, 0))
        #expect(stage.probe.events.isEmpty)
        return id
    }
    #expect(stage.takeEvents() == [.order(id, .denied(.quantity))])
    #expect(try stage.order(id).life == .done(.denied))
    #expect(!stage.core.hasCommands)
}

@Test func `orders that make no sense are denied`() {
    var instrument = Instrument.plain
    instrument.minimumQuantity = Quantity(lots: 2)
    instrument.minimumNotional = 500_000_000_000
    let stage = CoreStage(instrument)
    #expect(stage.denial(Draft.draft(.buy, 98, -1)) == .quantity)
    #expect(stage.denial(Draft.draft(.buy, nil, 5)) == .quantity)
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == .minimumQuantity)
    #expect(stage.denial(Draft.draft(.buy, 98, 5)) == .minimumNotional)
    #expect(stage.denial(Draft.draft(.buy, 98, 1, reduceOnly: true)) == nil)
    #expect(stage.denial(Draft.draft(.buy, 98, 6)) == nil)
    var foreign = Draft.draft(.buy, 98, 6)
    foreign.instrument = InstrumentID(4)
    #expect(stage.denial(foreign) == .unknownInstrument)
    foreign = Draft.draft(.buy, 98, 6)
    foreign.account = AccountID(4)
    #expect(stage.denial(foreign) == .unknownInstrument)
}

@Test func `a quote needs a book that is known and fresh; a hedge goes anyway`() {
    let stage = CoreStage(limits: RiskLimits(staleAfter: .seconds(1)), hasBook: false)
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == .notSynchronised)
    stage.snapshot(bid: 99, ask: 100)
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == nil)
    stage.pass(.seconds(2))
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == .staleBook)
    #expect(stage.denial(Draft.draft(.buy, 98, 1, purpose: .hedge)) == nil)
    stage.receive(.level, 99, 11)
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == nil)
    stage.receive(.gap, GapCause.sequence.rawValue)
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == .notSynchronised)
    #expect(stage.denial(Draft.draft(.buy, 98, 1, purpose: .hedge)) == nil)
}

@Test func `a post-only order that would take is not sent`() {
    let stage = CoreStage()
    #expect(stage.denial(Draft.draft(.buy, 100, 1, postOnly: true)) == .postOnlyWouldTake)
    #expect(stage.denial(Draft.draft(.sell, 99, 1, postOnly: true)) == .postOnlyWouldTake)
    #expect(stage.denial(Draft.draft(.buy, 99, 1, postOnly: true)) == nil)
}

@Test func `a price may not cost more than the collar, but may be as passive as it likes`() {
    let stage = CoreStage(limits: RiskLimits(priceCollar: Rate(basisPoints: 200), preventsSelfTrade: false))
    #expect(stage.denial(Draft.draft(.buy, 101, 1)) == nil)
    #expect(stage.denial(Draft.draft(.buy, 102, 1)) == .priceCollar)
    #expect(stage.denial(Draft.draft(.sell, 98, 1)) == nil)
    #expect(stage.denial(Draft.draft(.sell, 97, 1)) == .priceCollar)
    #expect(stage.denial(Draft.draft(.buy, 10, 1)) == nil)
    #expect(stage.denial(Draft.draft(.sell, 900, 1)) == nil)
}

@Test func `an order may not meet one of our own`() {
    let stage = CoreStage()
    let sell = stage.open(.sell, 105)
    #expect(stage.denial(Draft.draft(.buy, 105, 1)) == .selfTrade)
    #expect(stage.denial(Draft.draft(.buy, nil, 1, type: .market)) == .selfTrade)
    #expect(stage.denial(Draft.draft(.buy, 104, 1)) == nil)
    stage.act { $0.cancel(sell) }
    #expect(stage.denial(Draft.draft(.buy, 105, 1)) == nil)
    let careless = CoreStage(limits: RiskLimits(preventsSelfTrade: false))
    _ = careless.open(.sell, 105)
    #expect(careless.denial(Draft.draft(.buy, 105, 1)) == nil)
}

@Test func `the largest order holds for quotes`() {
    let stage = CoreStage(limits: RiskLimits(maximumOrderNotional: 980_000_000_000))
    #expect(stage.denial(Draft.draft(.buy, 98, 10)) == nil)
    #expect(stage.denial(Draft.draft(.buy, 98, 11)) == .notional)
    #expect(stage.denial(Draft.draft(.buy, 98, 11, purpose: .hedge)) == nil)
}

@Test func `the largest position counts working orders, and lets the way back open`() {
    let stage = CoreStage(limits: RiskLimits(maximumPosition: 10_000_000_000))
    stage.fill(OrderID(90), .buy, 98, 4)
    _ = stage.open(.buy, 98, 5)
    #expect(stage.denial(Draft.draft(.buy, 98, 2)) == .position)
    #expect(stage.denial(Draft.draft(.sell, 101, 14)) == nil)
    #expect(stage.denial(Draft.draft(.sell, 101, 1)) == .position)
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == nil)
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == .position)
    #expect(stage.denial(Draft.draft(.buy, 98, 9, purpose: .hedge)) == nil)
}

@Test func `orders a second are limited, with a reserve for hedges`() {
    let stage = CoreStage(limits: RiskLimits(maximumOrdersPerSecond: 3, reservedOrdersPerSecond: 1))
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == nil)
    #expect(stage.denial(Draft.draft(.buy, 97, 1)) == nil)
    #expect(stage.denial(Draft.draft(.buy, 96, 1)) == .orderRate)
    #expect(stage.denial(Draft.draft(.buy, 96, 1, purpose: .hedge)) == nil)
    #expect(stage.denial(Draft.draft(.buy, 95, 1, purpose: .hedge)) == .orderRate)
    stage.pass(.seconds(1))
    #expect(stage.denial(Draft.draft(.buy, 96, 1)) == nil)
}

@Test func `the same order again within the window is a mistake`() {
    let stage = CoreStage(limits: RiskLimits(duplicateWindow: .milliseconds(100)))
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == nil)
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == .duplicate)
    #expect(stage.denial(Draft.draft(.buy, 98, 2)) == nil)
    stage.pass(.milliseconds(100))
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == nil)
}

@Test func `too many rejects freeze quotes for a while`() {
    let stage = CoreStage(limits: RiskLimits(maximumRejectsPerMinute: 1))
    for _ in 0..<2 {
        let id = stage.submit(Draft.draft(.buy, 98, 1))
        stage.report(.rejected(id, .submit, .margin))
    }
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == .frozen)
    #expect(stage.denial(Draft.draft(.buy, 98, 1, purpose: .hedge)) == nil)
    stage.pass(.minutes(1))
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == nil)
}

/// A core that bought 10 coins at 100 and whose price is `bid` now.
private func losing(_ limits: LossLimits, bid: Int64, after span: Nanoseconds = .seconds(2)) -> CoreStage {
    let stage = CoreStage(limits: RiskLimits(losses: limits))
    let order = stage.open(.buy, 98, 10)
    _ = stage.open(.buy, 97, 1)
    stage.fill(order, .buy, 98, 10)
    stage.wake(after: .seconds(2))
    stage.pass(span)
    stage.snapshot(bid: bid, ask: bid + 1)
    _ = (stage.takeEvents(), stage.takeCommands())
    stage.wake(after: .seconds(1))
    return stage
}

@Test(arguments: [
    (LossLimits(.usd, drawdown: 40_000_000_000), 95 as Int64, nil as FreezeReason?), (.init(.usd, drawdown: 40_000_000_000), 94, .drawdown),
    (.init(.usd, hourly: 30_000_000_000), 94, .lossLimit), (.init(.usd, daily: 30_000_000_000), 94, .lossLimit),
    (.init(.usd, hourly: 60_000_000_000, daily: 60_000_000_000), 94, nil), (.init(.btc, drawdown: 1), 90, nil),
])
func `a loss beyond its limit cancels and refuses quotes for good, and hedges go on`(
    limits: LossLimits, bid: Int64, reason: FreezeReason?
) {
    // 10 coins, worth 1,015 with the rest at most and 1,000 at the start.
    let stage = losing(limits, bid: bid)
    #expect(stage.core.frozen(StrategyID(0)) == reason)
    let cancels = stage.takeCommands().count { if case .cancel = $0 { true } else { false } }
    #expect(cancels == (reason == nil ? 0 : 1))
    #expect(stage.denial(Draft.draft(.buy, bid - 2, 1)) == (reason == nil ? nil : .killed))
    #expect(stage.denial(Draft.draft(.sell, 99, 1, purpose: .hedge)) == nil)
    // It is latched: the price comes back, and nothing else does.
    stage.snapshot(bid: 120, ask: 121)
    stage.wake(after: .seconds(2))
    #expect(stage.denial(Draft.draft(.buy, 98, 2)) == (reason == nil ? nil : .killed))
}

@Test func `a loss counts from an hour ago, and where it is to be closed everything is`() {
    let slow = losing(.init(.usd, hourly: 30_000_000_000), bid: 94, after: .hours(2))
    #expect(slow.core.frozen(StrategyID(0)) == .lossLimit)
    // What was lost before the hour is not lost in it.
    slow.wake(after: .minutes(1))
    let later = losing(.init(.usd, hourly: 30_000_000_000), bid: 97, after: .seconds(2))
    for _ in 0..<70 { later.wake(after: .minutes(1)) }
    later.snapshot(bid: 94, ask: 95)
    later.wake(after: .seconds(1))
    #expect(later.core.frozen(StrategyID(0)) == nil)
    let closing = losing(.init(.usd, drawdown: 40_000_000_000, policy: .flattenAll), bid: 94)
    var asked = false
    for case .query(let request) in closing.takeCommands() where request.subject == .positions { asked = true }
    #expect(asked && closing.denial(Draft.draft(.sell, 94, 1, purpose: .hedge)) == .killed)
}

@Test func `a frozen instance hedges but does not quote`() {
    let stage = CoreStage()
    stage.act { $0.freeze(.unhedged) }
    #expect(stage.takeEvents() == [.frozen(.unhedged)])
    #expect(stage.act { $0.freeze } == .unhedged)
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == .frozen)
    #expect(stage.denial(Draft.draft(.buy, 98, 1, purpose: .hedge)) == nil)
    stage.act { $0.freeze(nil) }
    #expect(stage.takeEvents() == [.released])
    #expect(stage.denial(Draft.draft(.buy, 98, 1)) == nil)
}

// MARK: Kill levels

@Test(arguments: [
    (KillLevel.stopQuoting, [DenyReason.killed, nil, nil], 0), (.cancelAll, [.killed, nil, nil], 1),
    (.reduceOnly, [.killed, .killed, nil], 1),
    (.flatten, [.killed, .killed, nil], 6),
])
func `each level stops more`(level: KillLevel, denials: [DenyReason?], commands: Int) {
    let stage = CoreStage()
    stage.fill(OrderID(90), .buy, 98, 4)
    let working = stage.open(.buy, 97)
    stage.pass()
    stage.core.receive(.kill(level), at: stage.now)
    #expect(stage.takeEvents() == [.frozen(.killed)])
    let sent = stage.takeCommands()
    #expect(sent.count == commands)
    if commands > 0 {
        #expect(sent[0] == .cancel(CancelRequest(account: CoreStage.account, instrument: CoreStage.instrument, order: working)))
    }
    if commands > 1 {
        // What there is to close is asked for twice, and nothing is sent before the venue has told it.
        let queries = sent.compactMap { if case .query(let request) = $0 { request.subject } else { nil } }
        #expect(queries == [.fills(after: 0), .openOrders, .positions, .positions])
        #expect(sent[4] == .cancelAll(account: CoreStage.account, instrument: CoreStage.instrument))
    }
    let found = [
        stage.denial(Draft.draft(.buy, 96, 1)), stage.denial(Draft.draft(.buy, 96, 1, purpose: .hedge)),
        stage.denial(Draft.draft(.sell, 103, 1, reduceOnly: true, purpose: .flatten)),
    ]
    #expect(found == denials)
    #expect(stage.act { $0.freeze } == .killed)
}

@Test func `a stopped core cancels, sends nothing new, and still counts what comes`() throws {
    let stage = CoreStage()
    let working = stage.open()
    stage.act { $0.wake(at: stage.now + .seconds(1)) }
    stage.pass()
    stage.core.receive(.stop, at: stage.now)
    #expect(stage.probe.stopped == [.operator])
    #expect(
        stage.takeCommands() == [.cancel(CancelRequest(account: CoreStage.account, instrument: CoreStage.instrument, order: working))])
    _ = stage.submit(Draft.draft(.buy, 98, 1))
    #expect(!stage.core.hasCommands)
    stage.fill(working, .buy, 98, 1)
    stage.report(.cancelled(working, .requested))
    stage.wake(after: .seconds(2))
    #expect(stage.takeEvents().isEmpty)
    #expect(try stage.order(working).life == .done(.cancelled) && stage.order(working).filled == Quantity(lots: 1))
    stage.core.stop(.interrupted)
    #expect(stage.probe.stopped == [.operator])
}
