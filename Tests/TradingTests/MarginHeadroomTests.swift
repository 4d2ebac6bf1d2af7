import Market
import Testing

@testable import Trading

private typealias Draft = CoreStage

/// Orders that an account's collateral does not carry.
@Suite struct MarginHeadroomTests {
    /// An account with 1,000 dollars that is asked for a tenth of what it holds: 10,000 dollars at most, or 100 coins at 100.
    private static func stage(_ headroom: Rate?, leverage: Int64? = nil, worstSide: Bool = true) -> CoreStage {
        let table = MarginTable(symbol: "BTC", initial: .flat(Rate(basisPoints: 1_000)), maintenance: .flat(Rate(basisPoints: 500)))
        let stage = CoreStage(
            limits: RiskLimits(preventsSelfTrade: false, marginHeadroom: headroom),
            margins: [
                MarginTerms(
                    table: table, openOrders: worstSide ? .worstSide : .riskIncreasing, leverageIsPerAccount: false, leverage: leverage)
            ])
        stage.receive(.mark, 100_000_000_000)
        return stage
    }

    @Test func `a quote that needs more than the equity is denied before it leaves`() {
        let stage = Self.stage(.zero)
        #expect(stage.denial(Draft.draft(.buy, 98, 101)) == .margin && stage.takeCommands() == [])
        #expect(stage.denial(Draft.draft(.buy, 98, 100)) == nil)
        #expect(Self.stage(nil).denial(Draft.draft(.buy, 98, 101)) == nil, "who does not ask for it is not held back")
    }

    @Test func `the headroom stays free`() {
        let stage = Self.stage(Rate(basisPoints: 2_000))
        #expect(stage.denial(Draft.draft(.buy, 98, 81)) == .margin)
        #expect(stage.denial(Draft.draft(.buy, 98, 80)) == nil)
    }

    @Test func `a lower leverage asks for more, also one that the venue confirms later`() {
        let low = Self.stage(.zero, leverage: 5)
        #expect(low.denial(Draft.draft(.buy, 98, 51)) == .margin && low.denial(Draft.draft(.buy, 98, 50)) == nil)
        let stage = Self.stage(.zero)
        stage.report(.leverage(CoreStage.instrument, 2))
        #expect(stage.denial(Draft.draft(.buy, 98, 21)) == .margin && stage.denial(Draft.draft(.buy, 98, 20)) == nil)
    }

    @Test func `positions, working orders and unknown ones count; the other side counts as the venue counts it`() {
        let stage = Self.stage(.zero)
        stage.fill(stage.open(.buy, 98, 40), .buy, 100, 40)
        _ = stage.open(.buy, 98, 30)
        #expect(stage.denial(Draft.draft(.buy, 97, 31)) == .margin)
        let silent = stage.submit(Draft.draft(.buy, 97, 20))
        stage.wake(after: .seconds(2))
        #expect(stage.core.order(silent)?.certainty != .known)
        #expect(stage.denial(Draft.draft(.buy, 97, 11)) == .margin && stage.denial(Draft.draft(.buy, 96, 10)) == nil)
        // By this venue's rule the larger side counts: 40 and 60 to buy, or what is to be sold.
        #expect(stage.denial(Draft.draft(.sell, 101, 101)) == .margin && stage.denial(Draft.draft(.sell, 101, 100)) == nil)
    }

    @Test func `an order that makes the risk no larger passes, whatever the equity`() {
        let stage = Self.stage(.zero)
        stage.fill(stage.open(.buy, 98, 90), .buy, 100, 90)
        stage.receive(.mark, 91_000_000_000)
        // 190 dollars are left, and 819 are asked for.
        #expect(stage.denial(Draft.draft(.buy, 89, 1)) == .margin)
        #expect(stage.denial(Draft.draft(.sell, 105, 90)) == nil)
        #expect(stage.denial(Draft.draft(.sell, 105, 1, reduceOnly: true)) == nil)
    }

    @Test(arguments: [OrderPurpose.hedge, .rebalance, .flatten])
    func `what hedges or closes is the venue's to refuse`(purpose: OrderPurpose) {
        #expect(Self.stage(.zero).denial(Draft.draft(.buy, 98, 500, purpose: purpose)) == nil)
    }

    @Test func `an amend is asked for the difference`() {
        let stage = Self.stage(.zero)
        let id = stage.open(.buy, 98, 60)
        stage.fill(id, .buy, 100, 20)
        #expect(stage.amendDenial(id, 98, 101) == .margin && stage.amendDenial(id, 98, 100) == nil)
    }

    @Test func `an instrument whose margin nobody knows is not asked for`() {
        let stage = CoreStage(limits: RiskLimits(marginHeadroom: .zero))
        #expect(stage.denial(Draft.draft(.buy, 98, 5_000)) == nil)
    }

    @Test(arguments: [(base: 100_000_000_000 as Int64, carries: true), (101_000_000_000, false), (-100_000_000_000, true)])
    func `a strategy asks by a leverage of its own`(base: Int64, carries: Bool) {
        let stage = Self.stage(nil)
        let leg = StrategyBinding.Leg(account: CoreStage.account, instrument: CoreStage.instrument)
        #expect(stage.act { $0.canCarry(base, more: leg, at: FinePrice(nanos: 100_000_000_000), leverage: 10) } == carries)
        #expect(stage.act { $0.collateral(leg) } == 1_000_000_000_000)
    }
}
