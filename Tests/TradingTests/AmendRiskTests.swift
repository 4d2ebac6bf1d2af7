import Market
import Testing

@testable import Trading

private typealias Draft = CoreStage

/// An amend passes the limits that a new order of its terms would.
@Suite struct AmendRiskTests {
    @Test func `a denial of an amend arrives after the call, nothing leaves, and the order stands`() throws {
        let stage = CoreStage(limits: RiskLimits(priceCollar: Rate(basisPoints: 200)))
        let id = stage.open()
        stage.act { context in
            context.amend(id, price: Price(ticks: 104), quantity: Quantity(lots: 5))
            #expect(stage.probe.events.isEmpty)
        }
        #expect(stage.takeEvents() == [.order(id, .amendDenied(.priceCollar))] && stage.takeCommands() == [])
        let order = try stage.order(id)
        #expect(order.pending == .none && order.price == Price(ticks: 98) && order.life == .open)
        // What costs nothing may leave.
        #expect(stage.amendDenial(id, 90, 5) == nil && stage.takeCommands().count == 1)
    }

    /// An order to buy 5 at 98, beside one to sell 5 at 105, in a book of 99 at 100: amended to what each limit refuses, and to what it
    /// does not; and without the limit to the former.
    @Test(arguments: [
        (RiskLimits(priceCollar: Rate(basisPoints: 200), preventsSelfTrade: false), 104 as Int64, 5 as Int64, DenyReason.priceCollar),
        (RiskLimits(maximumOrderNotional: 600_000_000_000), 98, 7, .notional),
        (RiskLimits(maximumPosition: 6_000_000_000), 98, 7, .position),
        (RiskLimits(), 105, 5, .selfTrade),
    ])
    func `each limit holds for amends, and for nothing else`(limits: RiskLimits, ticks: Int64, lots: Int64, reason: DenyReason) {
        func stage(_ limits: RiskLimits) -> (CoreStage, OrderID) {
            let stage = CoreStage(limits: limits)
            _ = stage.open(.sell, 105, 5)
            return (stage, stage.open(.buy, 98, 5))
        }
        let (limited, id) = stage(limits)
        #expect(limited.amendDenial(id, ticks, lots) == reason)
        #expect(limited.amendDenial(id, 97, 6) == nil)
        let (free, other) = stage(RiskLimits(preventsSelfTrade: false))
        #expect(free.amendDenial(other, ticks, lots) == nil)
    }

    @Test func `steps and minimums hold, and a post-only order may not be amended into the book`() {
        var instrument = Instrument.plain
        (instrument.priceStep, instrument.quantityStep, instrument.minimumQuantity) = (2, 2, Quantity(lots: 4))
        let stage = CoreStage(instrument)
        let id = stage.open(.buy, 98, 6)
        #expect(stage.amendDenial(id, 97, 6) == .priceStep && stage.amendDenial(id, 98, 5) == .quantityStep)
        #expect(stage.amendDenial(id, 96, 2) == .minimumQuantity && stage.amendDenial(id, 98, 0) == .quantity)
        #expect(stage.amendDenial(id, 98, 2) == .minimumQuantity, "a smaller one too")
        #expect(stage.amendDenial(id, 96, 4) == nil)
        let maker = CoreStage()
        let quote = maker.submit(Draft.draft(.buy, 98, 5, postOnly: true))
        maker.report(.acknowledged(quote))
        #expect(maker.amendDenial(quote, 100, 5) == .postOnlyWouldTake && maker.amendDenial(quote, 99, 5) == nil)
    }

    @Test func `the position counts what the amend adds, and what has filled once`() {
        let stage = CoreStage(limits: RiskLimits(maximumPosition: 10_000_000_000))
        let id = stage.open(.buy, 98, 8)
        stage.fill(id, .buy, 98, 3)
        #expect(stage.amendDenial(id, 98, 11) == .position && stage.amendDenial(id, 98, 10) == nil)
        // The venue has not answered: what may fill by then counts for others.
        #expect(stage.denial(Draft.draft(.buy, 97, 1)) == .position)
        stage.report(.rejected(id, .amend, .venue))
        #expect(stage.denial(Draft.draft(.buy, 97, 1)) == nil)
    }

    @Test func `amends count among a second's orders, and leave the reserve`() {
        let stage = CoreStage(limits: RiskLimits(maximumOrdersPerSecond: 3, reservedOrdersPerSecond: 1))
        let id = stage.open()
        #expect(stage.amendDenial(id, 97, 5) == nil)
        stage.report(.amended(id, price: Price(ticks: 97), quantity: Quantity(lots: 5)))
        #expect(stage.amendDenial(id, 96, 5) == .orderRate && stage.denial(Draft.draft(.buy, 95, 1)) == .orderRate)
        #expect(stage.denial(Draft.draft(.sell, 99, 1, purpose: .hedge)) == nil)
        stage.pass(.seconds(1))
        #expect(stage.amendDenial(id, 96, 5) == nil)
    }

    @Test func `a quote is amended only where one may be sent, and made smaller anywhere`() {
        let stage = CoreStage(limits: RiskLimits(staleAfter: .seconds(1)))
        let id = stage.open()
        func reprice() -> DenyReason? { stage.amendDenial(id, 97, 5) }
        stage.pass(.seconds(2))
        #expect(reprice() == .staleBook)
        stage.receive(.gap, GapCause.sequence.rawValue)
        #expect(reprice() == .notSynchronised)
        stage.snapshot(bid: 99, ask: 100)
        stage.act { $0.freeze(.unhedged) }
        #expect(reprice() == .frozen)
        #expect(stage.amendDenial(id, 98, 4) == nil, "less at the same price takes risk away")
        stage.report(.amended(id, price: Price(ticks: 98), quantity: Quantity(lots: 4)))
        #expect(stage.amendDenial(id, 98, 5) == .frozen)
        stage.act { $0.freeze(nil) }
        #expect(reprice() == nil)
    }

    @Test func `after a kill no quote is amended; what closes is`() {
        let stage = CoreStage()
        let id = stage.open()
        let closing = stage.submit(Draft.draft(.sell, 105, 2, reduceOnly: true, purpose: .flatten))
        stage.report(.acknowledged(closing))
        stage.pass()
        stage.core.receive(.kill(.stopQuoting), at: stage.now)
        #expect(stage.amendDenial(id, 97, 5) == .killed && stage.amendDenial(closing, 104, 2) == nil)
    }
}
