import Market
import TestSupport
import Testing

@testable import Metrics
@testable import Trading

private let usd = Currency("USD")!
private let billion: Int64 = 1_000_000_000
private let start = Timestamp(nanoseconds: 1_700_000_000 * billion)
private let instruments = ["a", "b"].map { venue in
    Instrument(
        symbol: "BTC", venue: venue, venueSymbol: "BTC", kind: .linear, base: Currency("BTC")!, quote: usd,
        tickSize: FinePrice(nanos: billion), lotSize: billion, minimumQuantity: Quantity(lots: venue == "b" ? 3 : 1))
}

private func at(_ milliseconds: Int64) -> Timestamp { start + .milliseconds(milliseconds) }

private func fill(_ venue: Int, _ side: Side, _ ticks: Int64, _ lots: Int64, order: UInt64, trade: UInt64) -> Fill {
    Fill(
        order: OrderID(order), instrument: InstrumentID(venue), trade: trade, side: side, role: venue == 0 ? .maker : .taker,
        price: Price(ticks: ticks), quantity: Quantity(lots: lots), fee: .zero(usd))
}

/// A book whose bids are these, as one who sells would meet them.
private func bids(_ levels: (Int64, Int64)...) -> BookDepth {
    var book = OrderBook()
    for level in levels { book.set(.buy, ticks: level.0, lots: level.1) }
    var depth = BookDepth()
    depth.take(book, for: .sell, lots: 1_000)
    return depth
}

/// The books of a symbol: that of the second venue is known.
private func atB(_ book: BookDepth) -> HedgeRecorder.Books { { instrument, _, depth in if instrument.index == 1 { depth = book } } }

private func hedge(_ id: UInt64, _ lots: Int64) -> Order {
    let draft = OrderDraft(
        account: AccountID(1), instrument: InstrumentID(1), side: .sell, timeInForce: .immediateOrCancel, price: Price(ticks: 1),
        quantity: Quantity(lots: lots), purpose: .hedge)
    return Order(id: OrderID(id), instance: StrategyID(0), algorithm: nil, draft: draft, now: start)
}

@Suite struct LegRiskTests {
    private static let rates: @Sendable (Int) -> Int64 = { _ in billion }

    @Test func `the stages of a hedge, and its slippage from book to book`() {
        var recorder = HedgeRecorder(instruments)
        let first = fill(0, .buy, 100, 4, order: 1, trade: 1)
        // Four sell for 105 at t0, 104 at t1, two for 104 and two for 102 at t3, for 102 at t5; they got 101.
        recorder.opened(first, atB(bids((105, 9))))
        recorder.heard(
            first, at: at(10), venueTime: at(0), planned: .init(instrument: 1, price: FinePrice(nanos: 106 * billion)), rate: billion,
            atB(bids((104, 9))))
        recorder.decided(hedge(2, 4), at: at(12), sent: at(13))
        recorder.left(OrderID(2)) { $0 = bids((104, 2), (102, 5)) }
        recorder.accepted(OrderID(2), at: at(19))
        recorder.filledAtVenue(OrderID(2), at: at(20)) { $0 = bids((102, 9)) }
        recorder.filledAtVenue(OrderID(2), at: at(21)) { _ in Issue.record("the book of the first fill is the one that counts") }
        recorder.told(fill(1, .sell, 102, 2, order: 2, trade: 2), at: at(30), venueTime: at(20), rates: Self.rates)
        recorder.told(fill(1, .sell, 100, 2, order: 2, trade: 3), at: at(31), venueTime: at(20), rates: Self.rates)
        recorder.ended(OrderID(2), rates: Self.rates)
        let result = recorder.result
        let stages = LegRisk.Stage.allCases.map { result[$0].largest.count / 1_000_000 }
        #expect(stages == [10, 2, 1, 6, 1, 11, 21, 20])
        #expect(stages[1...5].reduce(0, +) == stages[6])
        let slippage = result.slippage
        #expect([slippage.feed, slippage.internal, slippage.wire, slippage.impact].map(\.exactText) == ["4", "4", "4", "4"])
        #expect(slippage.total.exactText == "12" && slippage.shortfall.exactText == "16" && slippage.notional.exactText == "416")
        // Bought at 100, sold at 101 instead of the 106 that the quote had counted on.
        #expect(result.edge.realised.exactText == "4" && result.edge.planned.exactText == "24" && result.edge.notional.exactText == "400")
        #expect(recorder.outstanding(0) == 0 && result.unasked == 0)
    }

    @Test func `a hedge answers the oldest fills, and what goes the other way answers itself`() {
        var recorder = HedgeRecorder(instruments)
        func hear(_ side: Side, _ lots: Int64, _ trade: UInt64, _ time: Int64) {
            recorder.heard(
                fill(0, side, 100, lots, order: trade, trade: trade), at: at(time), venueTime: at(time), planned: nil, rate: billion,
                atB(bids((99, 100))))
        }
        hear(.buy, 2, 1, 0)
        hear(.buy, 3, 2, 10)
        hear(.sell, 1, 3, 20)
        #expect(recorder.outstanding(0) == 4 * billion)
        recorder.decided(hedge(9, 3), at: at(50), sent: at(50))
        recorder.told(fill(1, .sell, 99, 3, order: 9, trade: 9), at: at(60), venueTime: at(55), rates: Self.rates)
        recorder.ended(OrderID(9), rates: Self.rates)
        // One of the first fill, two of the second.
        #expect(recorder.result[.total].count == 2 && recorder.result[.total].largest == .milliseconds(60))
        #expect(recorder.outstanding(0) == billion)
        #expect(recorder.result.slippage.hedges == 0 && recorder.result.slippage.incomplete == 2, "the venue's books were not told")
        // More than there is to hedge.
        recorder.told(fill(1, .sell, 99, 5, order: 9, trade: 10), at: at(70), venueTime: at(65), rates: Self.rates)
        #expect(recorder.outstanding(0) == 0 && recorder.result.unasked == 1)
    }

    @Test(arguments: TestScale.seeds(40)) func `the parts of the slippage sum to it, whatever is hedged in whatever pieces`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var recorder = HedgeRecorder(instruments)
        func book() -> BookDepth { bids((random.uniform(in: 90...110), random.uniform(in: 1...5)), (random.uniform(in: 60...80), 1_000)) }
        var (trade, open) = (UInt64(0), Int64(0))
        for step in 0..<60 as Range<Int64> {
            trade += 1
            if random.uniform(in: 0...1) == 0 {
                let lots = random.uniform(in: 1...9)
                open += lots
                let opening = fill(0, .buy, random.uniform(in: 90...110), lots, order: trade, trade: trade)
                recorder.opened(opening, atB(book()))
                recorder.heard(opening, at: at(step), venueTime: at(step), planned: nil, rate: billion, atB(book()))
            } else if open > 0 {
                let lots = random.uniform(in: 1...open)
                open -= lots
                recorder.decided(hedge(trade, lots), at: at(step), sent: at(step))
                recorder.left(OrderID(trade)) { $0 = book() }
                recorder.filledAtVenue(OrderID(trade), at: at(step)) { $0 = book() }
                recorder.told(
                    fill(1, .sell, random.uniform(in: 60...110), lots, order: trade, trade: trade), at: at(step), venueTime: at(step),
                    rates: Self.rates)
                recorder.ended(OrderID(trade), rates: Self.rates)
            }
        }
        let slippage = recorder.result.slippage
        #expect(slippage.internal + slippage.wire + slippage.impact == slippage.total)
        #expect(slippage.feed + slippage.internal + slippage.wire + slippage.impact == slippage.shortfall)
        #expect(recorder.outstanding(0) == open * billion && slippage.hedges > 0 && slippage.incomplete == 0)
    }

    // MARK: Exposure

    private static func state(_ seconds: Int64, _ lots: (Int64, Int64), _ mark: Int64) -> VenueState {
        VenueState(
            time: start + .seconds(seconds), balances: [[], []],
            positions: [[Quantity(lots: lots.0), .zero], [.zero, Quantity(lots: lots.1)]],
            unrealised: [[.zero(usd), .zero(usd)], [.zero(usd), .zero(usd)]],
            marks: [FinePrice(nanos: mark * billion), FinePrice(nanos: mark * billion)], mids: [nil, nil])
    }

    private static func exposures(_ accounts: [String] = ["a", "b"]) -> ExposureRecorder {
        let description = RunDescription(
            instruments: instruments, venueOfInstrument: ["a", "b"],
            accounts: accounts.map { .init(name: $0, venue: $0, collateral: []) }, reporting: usd, rates: [:], start: start,
            plannedEnd: start + .minutes(60))
        return ExposureRecorder(description, isListed: accounts.flatMap { account in ["a", "b"].map { $0 == account } })
    }

    @Test func `naked episodes, the integral of what is unhedged, and dust`() {
        var rates = CurrencyAmounts()
        rates[usd] = billion
        var recorder = Self.exposures()
        // Naked from three coins on, which is the least that b trades.
        for (second, lots, mark) in [
            (0, (0, 0), 100), (10, (5, 0), 100), (12, (5, 0), 110), (14, (5, -3), 110), (20, (5, -5), 110), (30, (-4, 5), 100),
            (34, (-9, 5), 100), (40, (-9, 5), 90), (50, (-6, 5), 90), (60, (-6, 5), 90),
        ] as [(Int64, (Int64, Int64), Int64)] { recorder.add(Self.state(second, lots, mark), rates: rates) }
        let exposure = recorder.finish(at: start + .seconds(60))[0]
        #expect(exposure.isHedgeable && exposure.tolerance == 3 * billion)
        // 5 × 100 × 2 + 5 × 110 × 2 + 2 × 110 × 6 + 1 × 100 × 4 + 4 × 100 × 6 + 4 × 90 × 10 + 1 × 90 × 10.
        #expect(ExactAmount(units: exposure.integral).exactText == "10720")
        // From 10 to 14 s and from 34 to 50 s.
        #expect(exposure.episodes == 2 && exposure.nakedTime == .seconds(20) && exposure.durations.largest == .seconds(16))
        // Five coins gained ten dollars; four coins short, too.
        #expect(exposure.profit.exactText == "90" && exposure.peak == 550 * billion && !exposure.isOpen)
        #expect(exposure.dust == -billion && exposure.dustAge == .seconds(10) && exposure.dustNotional == 90 * billion)
        #expect(exposure.dustTime == .seconds(6 + 4 + 10) && exposure.time == .seconds(60))
    }

    @Test func `what can be held at one place only is inventory, never naked`() {
        var rates = CurrencyAmounts()
        rates[usd] = billion
        var recorder = Self.exposures(["a"])
        for second in 0...5 as ClosedRange<Int64> {
            var state = Self.state(second, (7, 0), 100)
            state.positions.removeLast()
            recorder.add(state, rates: rates)
        }
        let exposure = recorder.finish(at: start + .seconds(5))[0]
        #expect(!exposure.isHedgeable && exposure.episodes == 0 && exposure.nakedShare == 0)
        #expect(ExactAmount(units: exposure.integral).exactText == "3500" && recorder.tolerance(0) == nil)
    }
}
