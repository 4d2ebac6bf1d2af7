import Market
import Testing

@testable import Trading

private typealias Draft = CoreStage

private func dollars(_ amount: Int64) -> Money { Money(nanos: amount * 1_000_000_000, .usd) }

extension CoreStage {
    fileprivate func fill(_ order: OrderID, _ side: Side, _ ticks: Int64, _ lots: Int64, trade: UInt64, fee: Money) {
        var fill = Self.fill(order, side, ticks, lots, trade: trade)
        fill.fee = fee
        report(.filled(fill))
    }

    /// What all rows of the instances have made, nobody's included, less what the account has.
    fileprivate func difference(_ currency: Currency, start: Int64) -> Int64 {
        let nobody = core.instanceAccount(nil, Self.account)?.sum(currency) ?? 0
        let rest = core.reference(Self.instrument).map { core.worth(nil, Self.account, Self.instrument, at: $0).nanos } ?? 0
        let all = (0..<core.instanceCount).reduce(nobody + rest) { $0 + core.profit(StrategyID($1), currency) }
        return all - (core.equity(Self.account, currency).nanos - start)
    }

    fileprivate func own(_ instance: Int) -> Int64 { core.ownPosition(StrategyID(instance), Self.account, Self.instrument).lots }
}

@Suite struct InstanceTests {
    @Test func `two strategies of opposite views keep what is theirs, and the account sees the sum`() throws {
        let stage = CoreStage(limits: RiskLimits(maximumPosition: 10_000_000_000), second: InstanceLimits())
        let (bull, bear) = (stage.open(.buy, 98, 8), stage.open(.sell, 105, 4, of: 1))
        #expect(try stage.order(bull).instance == StrategyID(0) && stage.order(bear).instance == StrategyID(1))
        _ = (stage.takeEvents(), stage.takeEvents(of: 1))
        stage.fill(bull, .buy, 98, 8, trade: 1, fee: dollars(2))
        #expect(stage.takeEvents().count == 1 && stage.takeEvents(of: 1) == [])
        // Three more would be eleven, whoever asks.
        #expect(stage.denial(Draft.draft(.buy, 97, 3), of: 1) == .position)
        #expect(stage.denial(Draft.draft(.buy, 97, 2), of: 1) == nil)
        stage.fill(bear, .sell, 105, 4, trade: 2, fee: dollars(1))
        #expect(stage.takeEvents() == [] && stage.takeEvents(of: 1).count == 1)
        #expect(stage.own(0) == 8 && stage.own(1) == -4)
        #expect(stage.core.position(CoreStage.account, CoreStage.instrument).lots == 4)
        // One is frozen, the other trades on.
        stage.act { $0.freeze(.unhedged) }
        #expect(stage.denial(Draft.draft(.buy, 90, 1)) == .frozen)
        #expect(stage.denial(Draft.draft(.sell, 110, 1), of: 1) == nil)
        // 8 × (110.5 − 98) − 2 and 4 × (105 − 110.5) − 1.
        stage.snapshot(bid: 110, ask: 111)
        #expect(stage.core.profit(StrategyID(0), .usd) == 98_000_000_000 && stage.core.profit(StrategyID(1), .usd) == -23_000_000_000)
        #expect(stage.difference(.usd, start: 1_000_000_000_000) == 0)
        #expect(stage.core.instanceAccount(StrategyID(0), CoreStage.account)?.fills == 1)
    }

    @Test func `alone the second strategy may have what the first one left no room for`() {
        let stage = CoreStage(limits: RiskLimits(maximumPosition: 10_000_000_000), second: InstanceLimits())
        #expect(stage.denial(Draft.draft(.buy, 97, 3), of: 1) == nil)
    }

    @Test func `a strategy has limits of its own`() {
        let limits = InstanceLimits(maximumOrderNotional: 490_000_000_000, maximumPosition: 6_000_000_000, maximumOrdersPerSecond: 3)
        let stage = CoreStage(second: limits)
        #expect(stage.denial(Draft.draft(.buy, 98, 6), of: 1) == .notional)
        #expect(stage.denial(Draft.draft(.buy, 98, 6)) == nil)
        let order = stage.open(.buy, 98, 4, of: 1)
        stage.fill(order, .buy, 98, 4)
        #expect(stage.denial(Draft.draft(.buy, 98, 3), of: 1) == .position, "the six of the other one are not its own")
        #expect(stage.denial(Draft.draft(.buy, 97, 2), of: 1) == nil && stage.denial(Draft.draft(.buy, 97, 7)) == nil)
        #expect(stage.denial(Draft.draft(.sell, 110, 1), of: 1) == nil)
        #expect(stage.denial(Draft.draft(.sell, 111, 1), of: 1) == .orderRate)
        #expect(stage.denial(Draft.draft(.sell, 111, 1)) == nil, "the other one has its own count")
        #expect(stage.denial(Draft.draft(.sell, 111, 1, purpose: .hedge), of: 1) == nil)
        stage.pass(.seconds(1))
        #expect(stage.denial(Draft.draft(.sell, 111, 1), of: 1) == nil)
    }

    @Test(arguments: [true, false]) func `a loss of one strategy freezes it for good, and the other trades on`(isLimited: Bool) throws {
        let limits = InstanceLimits(losses: isLimited ? LossLimits(.usd, drawdown: 40_000_000_000) : nil)
        let stage = CoreStage(own: limits, second: InstanceLimits())
        let (bull, bear) = (stage.open(.buy, 98, 10), stage.open(.sell, 105, 10, of: 1))
        let (quote, other) = (stage.open(.buy, 90, 1), stage.open(.buy, 91, 1, of: 1))
        stage.fill(bull, .buy, 98, 10)
        stage.fill(bear, .sell, 105, 10)
        stage.wake(after: .seconds(2))
        _ = (stage.takeEvents(), stage.takeEvents(of: 1), stage.takeCommands())
        // The account is flat and loses nothing: the first one alone has lost 60 of what it had made.
        stage.snapshot(bid: 93, ask: 94)
        stage.wake(after: .seconds(2))
        #expect(stage.core.frozen(StrategyID(0)) == (isLimited ? .drawdown : nil))
        #expect(stage.takeEvents() == (isLimited ? [.frozen(.drawdown)] : []) && stage.takeEvents(of: 1) == [])
        let cancelled = stage.takeCommands().compactMap { if case .cancel(let request) = $0 { request.order } else { nil } }
        #expect(cancelled == (isLimited ? [quote] : []))
        #expect(try stage.order(other).pending == .none)
        #expect(stage.core.frozen(StrategyID(1)) == nil && stage.denial(Draft.draft(.buy, 90, 2), of: 1) == nil)
        #expect(stage.denial(Draft.draft(.buy, 89, 1)) == (isLimited ? .frozen : nil))
        #expect(stage.denial(Draft.draft(.sell, 99, 1, purpose: .hedge)) == nil)
        // Neither the strategy nor a better price takes it back.
        stage.act { $0.freeze(nil) }
        stage.snapshot(bid: 120, ask: 121)
        stage.wake(after: .seconds(2))
        #expect(stage.denial(Draft.draft(.buy, 88, 1)) == (isLimited ? .frozen : nil))
    }

    @Test func `what the venue closes by force is told to those who held it, each its share`() {
        let stage = CoreStage(second: InstanceLimits())
        stage.fill(stage.open(.buy, 98, 3), .buy, 98, 3)
        stage.fill(stage.open(.buy, 97, 5, of: 1), .buy, 97, 5)
        _ = (stage.takeEvents(), stage.takeEvents(of: 1))
        stage.report(.liquidation(CoreStage.instrument, Quantity(lots: -7), FinePrice(nanos: 90_000_000_000), penalty: dollars(7)))
        func told(_ lots: Int64) -> [StrategyEvent] { [.liquidation(CoreStage.account, CoreStage.instrument, Quantity(lots: lots))] }
        #expect(stage.takeEvents() == told(-3) && stage.takeEvents(of: 1) == told(-4))
        #expect(stage.own(0) == 0 && stage.own(1) == 1)
        // 3 × (90 − 98) − 3, of 7 dollars for 7 coins.
        #expect(stage.core.profit(StrategyID(0), .usd) == -27_000_000_000 && stage.difference(.usd, start: 1_000_000_000_000) == 0)
    }

    @Test func `what a kill closes belongs to those who held it`() throws {
        let stage = CoreStage(second: InstanceLimits())
        stage.fill(stage.open(.buy, 98, 1), .buy, 98, 1)
        stage.fill(stage.open(.buy, 97, 7, of: 1), .buy, 97, 7)
        _ = stage.takeCommands()
        stage.pass()
        stage.core.receive(.kill(.flatten), at: stage.now)
        var closing: OrderRequest?
        for _ in 0..<20 where closing == nil {
            for command in stage.takeCommands() {
                if case .query(let query) = command {
                    if query.subject == .positions {
                        stage.report(.position(CoreStage.instrument, quantity: Quantity(lots: 8), entry: FinePrice(nanos: 98_000_000_000)))
                    }
                    stage.report(.endOfAnswer(query: query.query))
                }
                if case .submit(let request) = command { closing = request }
            }
            if closing == nil { stage.wake(after: .milliseconds(500)) }
        }
        let request = try #require(closing)
        let lots = request.quantity.lots
        #expect(request.reduceOnly && request.side == .sell && lots >= 2)
        stage.fill(request.order, .sell, 99, lots, trade: 900, fee: dollars(lots))
        #expect(stage.own(0) == 0 && stage.own(1) == 8 - lots)
        let fees = (0..<2).map { stage.core.instanceAccount(StrategyID($0), CoreStage.account)?.fees ?? [] }
        #expect(fees.map { $0.last } == [dollars(-1), dollars(1 - lots)])
        #expect(stage.difference(.usd, start: 1_000_000_000_000) == 0)
    }

    /// Odd prices of an inverse contract, whose worth is rounded each time.
    @Test(arguments: 0..<20 as Range<UInt64>) func `profits of strategies add up to the account's, to the last billionth`(seed: UInt64) {
        let inverse = Instrument(
            symbol: "BTC", venue: "test", venueSymbol: "BTCUSD", kind: .inverse, base: .btc, quote: .usd,
            tickSize: FinePrice(nanos: 100_000_000), lotSize: 1_000_000_000, contractSize: 1_000_000_000)
        let stage = CoreStage(inverse, limits: RiskLimits(preventsSelfTrade: false), second: InstanceLimits())
        var random = SeededGenerator(seed: seed)
        var trade: UInt64 = 0
        for _ in 0..<200 {
            trade += 1
            let (ticks, lots) = (random.uniform(in: 880...1_120), random.uniform(in: 1...37))
            let side: Side = random.uniform(in: 0...1) == 0 ? .buy : .sell
            switch random.uniform(in: 0...6) {
            case 0...3:
                let owner = Int(random.uniform(in: 0...1))
                let order = stage.submit(Draft.draft(side, ticks, lots), of: owner)
                stage.fill(order, side, ticks, lots, trade: trade, fee: Money(nanos: random.uniform(in: -777...7_777), .btc))
            case 4:
                stage.report(
                    .funding(
                        FundingPayment(
                            instrument: CoreStage.instrument, settledAt: Timestamp(nanoseconds: Int64(trade)), position: .zero,
                            mark: FinePrice(nanos: ticks * 100_000_000), rate: Rate(trillionths: 1),
                            amount: Money(nanos: random.uniform(in: -99_999...99_999), .btc))))
            case 5:
                stage.report(
                    .liquidation(
                        CoreStage.instrument, Quantity(lots: lots * side.sign), FinePrice(nanos: ticks * 100_000_000),
                        penalty: Money(nanos: lots * 13, .btc)))
            default:
                // Of an order that nobody knows.
                stage.fill(OrderID(1_000_000), side, ticks, lots, trade: trade, fee: Money(nanos: 3, .btc))
            }
            stage.receive(.mark, random.uniform(in: 880...1_120) * 100_000_000 + 7)
            #expect(stage.difference(.btc, start: 0) == 0)
        }
        #expect(stage.core.position(CoreStage.account, CoreStage.instrument).lots != stage.own(0) + stage.own(1), "some is nobody's")
    }
}
