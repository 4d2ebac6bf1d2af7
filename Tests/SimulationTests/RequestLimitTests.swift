import Market
import TestSupport
import Testing
import Trading

@testable import Simulation

/// The limits of each venue's notes, by hand.
@Suite struct RequestLimitTests {
    private func limiter(_ profile: VenueProfile) throws -> RequestLimiter { RequestLimiter(try #require(profile.requestLimits).value) }
    private func at(_ seconds: Double) -> Timestamp { Timestamp(nanoseconds: Int64(seconds * 1e9)) }

    @Test func `Backpack: 2,000 requests of any kind in a minute`() throws {
        var limiter = try limiter(.backpack)
        for number in 0..<2_000 {
            let kind = RequestLimits.Request.allCases[number % 5]
            #expect(limiter.refusal(kind, at(Double(number) * 0.01)) == nil)
        }
        // The first ones were sent from 0 s on, one each 10 ms: at 59.9 s all still count, at 60.005 s one has gone.
        #expect(limiter.refusal(.submit, at(59.9)) == .rateLimit)
        #expect(limiter.refusal(.submit, at(60.005)) == nil)
        #expect(limiter.refusal(.submit, at(60.006)) == .rateLimit)
    }

    @Test func `Lighter standard: 60 transactions in a minute, reading is not counted`() throws {
        var limiter = try limiter(.lighterStandard)
        for number in 0..<60 { #expect(limiter.refusal(number % 2 == 0 ? .submit : .cancel, at(Double(number) / 10)) == nil) }
        #expect(limiter.refusal(.cancel, at(30)) == .rateLimit && limiter.refusal(.query, at(30)) == nil)
        // Sixty seconds after the first.
        #expect(limiter.refusal(.cancel, at(60)) == nil)
    }

    @Test func `Lighter premium: 1,000 to begin with, one more for 5 dollars traded, one free each 15 seconds, cancels free`() throws {
        var limiter = try limiter(.lighterPremium)
        // The first is the free one; a thousand follow within the minute's 4,000.
        for number in 0...1_000 { #expect(limiter.refusal(.submit, at(Double(number) * 0.001)) == nil) }
        #expect(limiter.left == 0)
        #expect(limiter.refusal(.submit, at(2)) == .quota && limiter.refusal(.cancel, at(2)) == nil)
        limiter.earn(12_000_000_000)  // 12 dollars: two requests, and 2 dollars towards the next.
        #expect(limiter.left == 2)
        limiter.earn(3_000_000_000)
        #expect(limiter.left == 3)
        for _ in 0..<3 { #expect(limiter.refusal(.cancelAll, at(3)) == nil) }
        #expect(limiter.refusal(.amend, at(14.9)) == .quota)
        #expect(limiter.refusal(.submit, at(15)) == nil && limiter.refusal(.submit, at(15.1)) == .quota)
    }

    @Test func `GRVT: 20 creates and 20 cancels in a second, two cancels of everything, five questions`() throws {
        var limiter = try limiter(.grvt)
        for _ in 0..<20 { #expect(limiter.refusal(.submit, at(1)) == nil && limiter.refusal(.cancel, at(1)) == nil) }
        #expect(limiter.refusal(.amend, at(1.5)) == .rateLimit && limiter.refusal(.cancel, at(1.5)) == .rateLimit)
        for _ in 0..<2 { #expect(limiter.refusal(.cancelAll, at(1.5)) == nil) }
        #expect(limiter.refusal(.cancelAll, at(1.5)) == .rateLimit)
        for _ in 0..<5 { #expect(limiter.refusal(.query, at(1.5)) == nil) }
        #expect(limiter.refusal(.query, at(1.5)) == .rateLimit && limiter.refusal(.submit, at(2)) == nil)
    }

    @Test(arguments: TestScale.seeds(20))
    func `no window ever holds more than its capacity`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let (capacity, span) = (Int(random.uniform(in: 1...30)), random.uniform(in: 1_000...50_000))
        var limiter = RequestLimiter(RequestLimits(windows: [.init(capacity, per: Nanoseconds(count: span), [.submit: 1, .cancel: 2])]))
        var accepted: [(time: Int64, cost: Int)] = []
        var now: Int64 = 0
        for _ in 0..<2_000 {
            now += random.uniform(in: 0...3_000)
            let kind: RequestLimits.Request = random.uniform(in: 0...1) == 0 ? .submit : .cancel
            if limiter.refusal(kind, Timestamp(nanoseconds: now)) == nil { accepted.append((now, kind == .submit ? 1 : 2)) }
            let held = accepted.reduce(0) { $0 + ($1.time > now - span ? $1.cost : 0) }
            #expect(held <= capacity)
        }
        #expect(accepted.count > 20)
    }

    @Test func `a venue refuses what is one too many, by name, and an order that was refused was never there`() {
        let stage = Stage { $0.limits = RequestLimits(windows: [.init(2, per: .seconds(1), [.submit: 1])]) }
        stage.bid(99, 5)
        stage.ask(101, 5)
        stage.submit(.buy, 98, 1, order: 1)
        stage.submit(.buy, 98, 1, account: 1, order: 2)
        stage.submit(.buy, 97, 1, order: 3)
        #expect(stage.submit(.buy, 96, 1, order: 4) == [.rejected(OrderID(4), .submit, .rateLimit)])
        #expect(stage.cancel(1) == [.cancelled(OrderID(1), .requested)])
        stage.pass(.seconds(1))
        #expect(stage.submit(.buy, 96, 1, order: 4) == [.acknowledged(OrderID(4))])
    }

    @Test func `only so many orders stand, and only so many wait`() {
        let stage = Stage {
            $0.limits = RequestLimits(openOrdersPerInstrument: 2, triggersPerInstrument: 1, expiry: .seconds(1) ... .seconds(9))
        }
        stage.bid(99, 5)
        stage.ask(101, 5)
        func order(_ id: UInt64, _ terms: OrderTerms = .plain) -> Command {
            .submit(
                OrderRequest(
                    account: AccountID(0), instrument: Stage.instrument, order: OrderID(id), side: .buy, type: .limit,
                    timeInForce: .goodTillCancelled, price: Price(ticks: 98), quantity: Quantity(lots: 1), terms: terms))
        }
        let trigger = OrderTerms(trigger: Trigger(.stop, .mark, at: FinePrice(nanos: 120_000_000_000)))
        #expect(stage.send(order(1)) == [.acknowledged(OrderID(1))] && stage.send(order(2)) == [.acknowledged(OrderID(2))])
        #expect(stage.send(order(3)) == [.rejected(OrderID(3), .submit, .openOrderLimit)])
        #expect(stage.send(order(4, trigger)) == [.acknowledged(OrderID(4))])
        #expect(stage.send(order(5, trigger)) == [.rejected(OrderID(5), .submit, .openOrderLimit)])
        stage.cancel(1)
        #expect(stage.send(order(6, OrderTerms(expiry: stage.now + .seconds(20)))) == [.rejected(OrderID(6), .submit, .expired)])
        #expect(stage.send(order(7, OrderTerms(expiry: stage.now + .seconds(5)))) == [.acknowledged(OrderID(7))])
    }

    @Test func `Backpack: a buy of BTC is at most 6 % above the mark, a sell at most 6 % below`() throws {
        let band = try #require(VenueProfile.backpack.priceBands.first { $0.value.symbol == "BTC_USDC_PERP" }).value
        let stage = Stage { $0.listings[0].band = band }
        stage.bid(990, 5)
        stage.ask(1_010, 5)
        #expect(stage.submit(.buy, 1_500, 1, order: 1).first == .acknowledged(OrderID(1)), "before a mark there is no band")
        stage.receive(.mark, 1_000_000_000_000)
        #expect(stage.submit(.buy, 1_061, 1, order: 2) == [.rejected(OrderID(2), .submit, .priceBand)])
        #expect(stage.submit(.sell, 939, 1, order: 3) == [.rejected(OrderID(3), .submit, .priceBand)])
        #expect(stage.submit(.buy, 1_060, 1, order: 4).first == .acknowledged(OrderID(4)))
        #expect(stage.submit(.sell, 940, 1, order: 5).first == .acknowledged(OrderID(5)))
    }
}
