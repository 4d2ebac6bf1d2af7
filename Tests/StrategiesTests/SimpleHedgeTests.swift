import Market
import Simulation
import Strategies
import Testing
import Trading

@Suite struct SimpleHedgeTests {
    private static func world(_ changes: [String: ParameterValue] = [:], takerCollateral: Int64 = 100_000) -> PairWorld {
        var parameters = changes
        if parameters["size"] == nil { parameters["size"] = .amount(Money(nanos: 20_000_000, PairWorld.btc)) }
        return PairWorld(takerCollateral: takerCollateral) { binding in
            do { return try SimpleHedge(PairWorld.parameters(SimpleHedge.specification, parameters), binding) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
    }

    @Test func `it enters at the touch, hedges what filled, holds, leaves and is flat`() {
        var world = Self.world(["max_cycles": .integer(1)])
        world.start()
        world.pass(milliseconds: 30)
        #expect(world.notes.sent.first?.draft.price == Price(ticks: 60_000))
        world.record(0, .trade, .sell, 60_000, 18)
        world.pass(milliseconds: 50)
        #expect(world.position(0) == 8 && world.position(1) == -8, "10 stood ahead")
        world.record(0, .trade, .sell, 59_999, 50)
        world.pass(milliseconds: 50)
        #expect(world.position(0) == 20 && world.position(1) == -20)
        world.pass(milliseconds: 61_000)
        world.record(0, .trade, .buy, 60_003, 50)
        world.pass(milliseconds: 100)
        #expect(world.position(0) == 0 && world.position(1) == 0)
        world.pass(milliseconds: 200_000)
        #expect(world.position(0) == 0 && world.notes.texts.last == "stopped after 1 cycles")
    }

    @Test func `the entry follows the touch by one order at a time`() {
        var world = Self.world()
        world.start()
        world.pass(milliseconds: 300)
        world.record(0, .level, .buy, 60_001, 5)
        world.pass(milliseconds: 15)
        #expect(world.venues[0].restingOrderCount == 0, "cancelled, the new one not sent before that is known")
        world.pass(milliseconds: 100)
        #expect(world.notes.sent.map { $0.draft.price?.ticks } == [60_000, 60_001])
        #expect(world.venues[0].restingOrderCount == 1)
    }

    @Test func `what the venue says has filled is waited for before the rest is sent`() {
        func at(_ milliseconds: Int64) -> Timestamp {
            Timestamp(nanoseconds: 1_700_000_000 * PairWorld.second + milliseconds * 1_000_000)
        }
        let lost = FaultPlan([Fault(.droppedReports(probability: PairWorld.certain), from: at(500), until: at(2_000))])
        let parameters = PairWorld.parameters(
            SimpleHedge.specification, ["size": .amount(Money(nanos: 20_000_000, PairWorld.btc))])
        var world = PairWorld(
            PairWorld.instruments(), [.init(role: "maker", venue: 0), .init(role: "taker", venue: 1)], faults: [lost, nil]
        ) { binding in
            do { return try SimpleHedge(parameters, binding) } catch {
                preconditionFailure("the parameters of the test are valid: \(error)")
            }
        }
        world.start()
        world.pass(milliseconds: 550)
        // 8 of ours; then the touch moves, and neither the fill nor the cancel is told.
        world.record(0, .trade, .sell, 60_000, 18)
        world.record(0, .level, .buy, 60_001, 5)
        world.pass(milliseconds: 5_000)
        #expect(world.notes.sent.filter { $0.draft.account.index == 0 }.map(\.draft.quantity.lots) == [20, 12])
        #expect(world.position(0) == 8 && world.position(1) == -8)
    }

    @Test func `an entry that times out with a part keeps the part hedged`() {
        var world = Self.world(["entry_timeout": .duration(.seconds(5))])
        world.start()
        world.pass(milliseconds: 30)
        world.record(0, .trade, .sell, 60_000, 13)
        world.pass(milliseconds: 8_000)
        #expect(world.position(0) == 3 && world.position(1) == -3)
        #expect(world.venues[0].restingOrderCount == 0)
    }

    @Test func `collateral below the threshold flattens both legs for good`() {
        var world = Self.world(["margin_threshold": .amount(Money(nanos: 99_990 * PairWorld.second, PairWorld.usd))])
        world.start()
        world.pass(milliseconds: 30)
        world.record(0, .trade, .sell, 59_999, 50)
        world.pass(milliseconds: 100)
        #expect(world.position(0) == 20 && world.position(1) == -20)
        // The long leg loses 20 lots × 600: 12 USD and more.
        world.snapshot(0, 59_300, 59_302)
        world.snapshot(1, 59_300, 59_302)
        world.pass(milliseconds: 61_000)
        #expect(world.position(0) == 0 && world.position(1) == 0)
        #expect(world.notes.texts.last == "flat; stopped")
    }

    @Test func `the size is the taker's collateral times buffer and leverage over the price`() {
        var world = Self.world(["size": .unlimited, "leverage": .integer(2)], takerCollateral: 1_000)
        world.start()
        world.pass(milliseconds: 30)
        // 1,000 × 0.96 × 2 ÷ 60,001 = 0.03199…: 31 lots.
        #expect(world.notes.sent.first?.draft.quantity == Quantity(lots: 31))
    }

    @Test func `it refuses accounts and sizes that make no sense`() {
        let instruments = PairWorld.instruments()
        let leg = StrategyBinding.Leg(account: AccountID(0), instrument: InstrumentID(0))
        let other = StrategyBinding.Leg(account: AccountID(1), instrument: InstrumentID(1))
        let size = ParameterValue.amount(Money(nanos: 1, Currency("ETH")!))
        #expect(throws: ParameterError.self) {
            try SimpleHedge(
                PairWorld.parameters(SimpleHedge.specification, [:]),
                StrategyBinding(legs: ["maker": leg, "taker": leg], instruments: instruments))
        }
        let error = #expect(throws: ParameterError.self) {
            try SimpleHedge(
                PairWorld.parameters(SimpleHedge.specification, ["size": size]),
                StrategyBinding(legs: ["maker": leg, "taker": other], instruments: instruments))
        }
        #expect(error?.parameter == "size" && error?.hint == "write it in BTC or USD")
    }
}

@Suite struct ExposureLedgerTests {
    @Test func `the need is what filled and is neither hedged nor in flight`() {
        var ledger = ExposureLedger()
        let (one, two) = (Timestamp(nanoseconds: 1), Timestamp(nanoseconds: 2))
        ledger.addMaker(500, at: one)
        #expect(ledger.need(inFlight: 0) == -500 && ledger.need(inFlight: -300) == -200)
        ledger.addHedge(-300, at: two)
        #expect(ledger.pending == 200 && ledger.since == one)
        ledger.addHedge(-200, at: two)
        #expect(ledger.pending == 0 && ledger.since == nil)
        ledger.addMaker(3, at: two)
        ledger.settle(at: two)
        #expect(ledger.need(inFlight: 0) == 0 && ledger.since == nil)
    }
}
