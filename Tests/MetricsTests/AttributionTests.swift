import Market
import TestSupport
import Testing
import Trading

@testable import Metrics

extension Currency {
    fileprivate static let usd = Currency("USD")!
    fileprivate static let btc = Currency("BTC")!
    fileprivate static let eur = Currency("EUR")!
}

private let billion: Int64 = 1_000_000_000

private func instrument(_ symbol: String, _ venue: String, quote: Currency = .usd) -> Instrument {
    Instrument(
        symbol: symbol, venue: venue, venueSymbol: symbol + "USD", kind: .linear, base: Currency(symbol)!, quote: quote,
        tickSize: FinePrice(nanos: billion), lotSize: billion)
}

private func price(_ units: Int64) -> FinePrice { FinePrice(nanos: units * billion) }

private func fill(
    _ instrument: Int, _ side: Side, _ ticks: Int64, _ lots: Int64, trade: UInt64 = 1, role: LiquidityRole = .maker, fee: Int64 = 0
) -> Fill {
    Fill(
        order: OrderID(trade), instrument: InstrumentID(instrument), trade: trade, side: side, role: role, price: Price(ticks: ticks),
        quantity: Quantity(lots: lots), fee: Money(nanos: fee, .usd))
}

@Test func `what paired positions cancel is basis, the rest is exposure`() {
    var ledger = AttributionLedger([instrument("BTC", "a"), instrument("BTC", "b")], accounts: 2)
    ledger.fill(fill(0, .buy, 100, 3), account: AccountID(0), purpose: .quote, mid: price(101))
    ledger.fill(fill(1, .sell, 103, 2, role: .taker), account: AccountID(1), purpose: .hedge, mid: price(102))
    ledger.move([price(111), price(110)])
    // 3 × 10 on one side, −2 × 8 on the other; two of the three are paired.
    let edges = ledger.edges.map { ($0.key.role, $0.key.purpose, $0.amounts[.usd]) }
    #expect(edges.count == 2 && edges[0] == (.maker, .quote, 3 * billion) && edges[1] == (.taker, .hedge, 2 * billion))
    #expect(ledger.basis[.usd] == 4 * billion)
    #expect(ledger.inventory[.usd] == 10 * billion)
    #expect(ledger.markDifference([price(112), price(110)])[.usd] == 3 * billion)
}

@Test func `positions of different symbols are not a pair`() {
    var ledger = AttributionLedger([instrument("BTC", "a"), instrument("ETH", "a")], accounts: 2)
    ledger.fill(fill(0, .buy, 100, 3), account: AccountID(0), purpose: .quote, mid: price(100))
    ledger.fill(fill(1, .sell, 10, 3), account: AccountID(0), purpose: .quote, mid: price(10))
    ledger.move([price(101), price(11)])
    #expect(ledger.basis[.usd] == 0 && ledger.inventory[.usd] == 0)
    ledger.move([price(102), price(11)])
    #expect(ledger.basis[.usd] == 0 && ledger.inventory[.usd] == 3 * billion)
}

@Test func `a fill while no mid is known loses no move`() {
    var ledger = AttributionLedger([instrument("BTC", "a")], accounts: 2)
    ledger.fill(fill(0, .buy, 100, 3), account: AccountID(0), purpose: .quote, mid: price(100))
    ledger.move([nil])
    ledger.fill(fill(0, .sell, 90, 3, trade: 2), account: AccountID(0), purpose: .quote, mid: nil)
    ledger.move([price(80)])
    // Bought at 100 and sold at 90: −30 in all, wherever it is booked.
    let edge = ledger.edges.reduce(0) { $0 + ($1.amounts[.usd] ?? 0) }
    #expect(edge + (ledger.basis[.usd] ?? 0) + (ledger.inventory[.usd] ?? 0) == -30 * billion)
    #expect(ledger.position(AccountID(0), InstrumentID(0)) == .zero)
}

// MARK: A run

/// A run of two venues with one account each: what the venues hold is reckoned here, apart from the recorder.
private struct Run {
    let recorder: RunRecorder
    let instruments: [Instrument]
    var balances: [Int64] = [1_000 * billion, 1_000 * billion]
    var positions: [Int64] = [0, 0]
    var costs: [Int64] = [0, 0]
    var mids: [FinePrice?]
    var marks: [FinePrice?]
    var time: Int64 = 0
    var trades: UInt64 = 0
    let quote: Currency

    init(quote: Currency = .usd, rate: RunDescription.Rate? = nil, minutes: Int64 = 60) {
        self.quote = quote
        instruments = [instrument("BTC", "a", quote: quote), instrument("BTC", "b", quote: quote)]
        mids = [price(100), price(101)]
        marks = [price(100), price(102)]
        recorder = RunRecorder(
            RunDescription(
                instruments: instruments, venueOfInstrument: ["a", "b"],
                accounts: ["a", "b"].map { .init(name: $0, venue: $0, collateral: [Money(nanos: 1_000 * billion, quote)]) },
                reporting: .usd,
                rates: rate.map { [quote: $0] } ?? [:], start: Timestamp(nanoseconds: 0),
                plannedEnd: Timestamp(nanoseconds: minutes * 60 * billion)))
        recorder.begin(state)
    }

    var state: VenueState {
        func byAccount<Value>(_ value: (Int) -> Value, _ none: Value) -> [[Value]] { [[value(0), none], [none, value(1)]] }
        return VenueState(
            time: Timestamp(nanoseconds: time), balances: balances.map { [Money(nanos: $0, quote)] },
            positions: byAccount({ Quantity(lots: positions[$0]) }, .zero),
            unrealised: byAccount(
                { Money(nanos: positions[$0] * (marks[$0] ?? price(0)).nanos - costs[$0], quote) }, .zero(quote)), marks: marks, mids: mids)
    }

    mutating func fill(_ leg: Int, _ side: Side, _ ticks: Int64, _ lots: Int64, role: LiquidityRole = .maker, toldLots: Int64? = nil) {
        trades += 1
        let fee = lots * ticks * billion / 1_000
        balances[leg] -= fee
        positions[leg] += side.sign * lots
        costs[leg] += side.sign * lots * ticks * billion
        var fill = told(leg, side, ticks, toldLots ?? lots, fee, role)
        fill.trade = trades
        recorder.venueFill(
            account: AccountID(leg), fill, mechanism: "queueCleared", isVerified: true, isLarge: false, mids: mids)
        recorder.coreFill(
            fill, nil, account: AccountID(leg), isLate: false, cancelPending: false, venueTime: Timestamp(nanoseconds: time))
        recorder.record(state)
    }

    private func told(_ leg: Int, _ side: Side, _ ticks: Int64, _ lots: Int64, _ fee: Int64, _ role: LiquidityRole) -> Fill {
        Fill(
            order: OrderID(1), instrument: InstrumentID(leg), trade: 0, side: side, role: role, price: Price(ticks: ticks),
            quantity: Quantity(lots: lots), fee: Money(nanos: fee, quote))
    }

    mutating func move(_ a: Int64?, _ b: Int64?) {
        time += 20 * billion
        mids = [a.map(price), b.map(price)]
        if let a { marks[0] = price(a) }
        if let b { marks[1] = price(b + 1) }
        recorder.record(state)
    }

    mutating func fund(_ leg: Int, _ amount: Int64) {
        balances[leg] += amount
        recorder.funded(
            FundingPayment(
                instrument: InstrumentID(leg), settledAt: Timestamp(nanoseconds: 1), position: Quantity(lots: positions[leg]),
                mark: marks[leg]!, rate: .zero,
                amount: Money(nanos: amount, quote)))
    }

    func finish() -> RunResult { recorder.finish(state) }
}

@Test func `every line of a run by hand, and nothing is left over`() {
    var run = Run()
    run.fill(0, .buy, 99, 4)
    run.fill(1, .sell, 100, 3, role: .taker)
    run.move(110, 109)
    run.fund(1, 2 * billion)
    let result = run.finish()
    let attribution = result.attribution
    func units(_ amount: ExactAmount) -> Int64 { amount.nanos }
    #expect(attribution.edges.map(\.role) == [.maker, .taker])
    // Four bought a dollar under the mid, three sold a dollar under it.
    #expect(attribution.edges.map { units($0.amount) } == [4 * billion, -3 * billion])
    // 4 × 10 against −3 × 8; three of four are paired.
    #expect(units(attribution.basis) == 6 * billion && units(attribution.inventory + attribution.nakedExposure) == 10 * billion)
    #expect(units(attribution.fees) == -696_000_000)
    #expect(units(attribution.funding) == 2 * billion)
    // The mark of b is a dollar above its mid, and three are short.
    #expect(units(attribution.markDifference) == -3 * billion)
    #expect(attribution.residual == .zero)
    #expect(units(result.netProfit) == 15_304_000_000)
    #expect(result.fillCount == 2 && result.mechanisms == ["queueCleared": 2])
    #expect(result.activity.map(\.makerRatio) == [1, 0])
    #expect(result.activity.map { $0.notional.nanos } == [396 * billion, 300 * billion])
    #expect(result.activity.map(\.feeBasisPoints) == [10, 10])
}

@Test func `one lot that only one of the books has is a residual`() {
    var run = Run()
    run.fill(0, .buy, 99, 4, toldLots: 5)
    run.move(110, 109)
    #expect(run.finish().attribution.residual != .zero)
}

@Test func `a fill in a book without a mid leaves no residual`() {
    var run = Run()
    run.fill(0, .buy, 99, 4)
    run.move(110, 109)
    run.move(nil, 109)
    run.fill(0, .sell, 90, 2)
    run.move(70, nil)
    run.fill(1, .buy, 95, 2)
    #expect(run.finish().attribution.residual == .zero)
}

@Test func `what the rates between currencies make is a line of its own`() {
    // The collateral is in euros at the mid of no instrument but a stated rate: nothing moves but prices.
    var run = Run(quote: .eur, rate: .stated(1_100_000_000))
    run.fill(0, .buy, 99, 4)
    run.move(110, 109)
    let result = run.finish()
    #expect(result.attribution.currency == .zero && result.attribution.residual == .zero)
    // 44 gained in euros, less a fee of 0.396, at 1.1.
    #expect(result.netProfit.exactText == "47.9644")
    #expect(result.rates.map(\.isStated) == [true])
}

@Test(arguments: TestScale.seeds(8))
func `whatever happens, the lines add up to the profit`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var run = Run(minutes: 1_000)
    for _ in 0..<400 {
        switch random.uniform(in: 0...4) {
        case 0: run.fund(Int(random.uniform(in: 0...1)), random.uniform(in: -billion...billion))
        case 1, 2:
            func mid() -> Int64? { random.uniform(in: 0...9) == 0 ? nil : random.uniform(in: 80...120) }
            run.move(mid(), mid())
        default:
            run.fill(
                Int(random.uniform(in: 0...1)), random.uniform(in: 0...1) == 0 ? .buy : .sell, random.uniform(in: 80...120),
                random.uniform(in: 1...9), role: random.uniform(in: 0...1) == 0 ? .maker : .taker)
        }
    }
    let result = run.finish()
    #expect(result.attribution.residual == .zero, "seed \(seed): \(result.attribution)")
    #expect(result.statistics.count > 30 && result.drawdown.deepest > 0)
}

@Test func `a round trip ends when all is flat`() {
    var run = Run()
    run.fill(0, .buy, 99, 4)
    run.fill(1, .sell, 101, 4)
    run.fill(0, .sell, 100, 4)
    run.fill(1, .buy, 101, 4)
    run.fill(0, .buy, 100, 1)
    run.fill(0, .sell, 98, 1)
    let trips = run.finish().roundTrips
    // 4 less fees of 1.604; then −2 less 0.198.
    #expect(trips.count == 2 && trips.wins == 1 && trips.winRate == 0.5)
    #expect(trips.gains.nanos == 2_396_000_000 && trips.losses.nanos == 2_198_000_000)
}
