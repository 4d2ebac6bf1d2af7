public import Trading

extension FundingArb {
    private static let second: Int64 = 1_000_000_000
    private static let day: Int64 = 86_400 * second
    private static let percent: Int64 = 10_000_000_000

    public static let specification = StrategySpecification(
        name: "funding_arb",
        purpose: "Sells the perpetual whose longs pay more funding, buys the other, and collects the difference while it lasts.",
        phases: ["idle", "candidate", "open clips", "confirm", "open", "rebalance", "close", "cool down", "suspended"],
        roles: [
            .init("maker", "the leg that is entered passively: the less liquid venue"),
            .init("taker", "the leg that hedges what fills of it"),
        ],
        parameters: [
            .init(
                "max_notional", .amount(1...1_000_000_000_000_000_000), default: nil, isLiveUpdatable: true,
                "Of each leg at most, in base (\"0.5 BTC\") or quote (\"20000 USDT\")."),
            .init(
                "clip", .amount(1...1_000_000_000_000_000_000), default: nil, isLiveUpdatable: true,
                "What is opened, or closed, at a time: no more is ever unpaired."),
            .init(
                "min_edge_apr", .rate(0...100_000 * percent), default: ["15 %"], isLiveUpdatable: true,
                "Difference of the funding rates, by the year, from which on a pair is opened."),
            .init(
                "exit_apr", .rate(-100_000 * percent...100_000 * percent), default: ["3 %"], isLiveUpdatable: true,
                "Difference below which it is closed."),
            .init("confirm", .duration(0...day), default: ["60 s"], isLiveUpdatable: true, "How long either must last."),
            .init(
                "expected_hold", .duration(second...365 * day), default: ["24 h"], isLiveUpdatable: true,
                "The funding of this time, as far as it is expected to last, must be more than the costs."),
            .init(
                "persistence", .factor(0...1_000_000_000_000), default: ["0.5"], isLiveUpdatable: true,
                "Share of the difference that is expected to last, until eight settlements tell."),
            .init(
                "costs", .rate(-percent...10 * percent), default: ["0.2 %"], isLiveUpdatable: true,
                "Fees of entering and leaving at both venues together; what the books cost is added."),
            .init(
                "basis_buffer", .rate(0...10 * percent), default: ["2 bp"], isLiveUpdatable: true,
                "Added to the costs for what the basis may move."),
            .init(
                "leverage", .integer(1...3), default: ["2"], isLiveUpdatable: true,
                "Of the smaller collateral, at most; where a leg is shrunk, to this."),
            .init(
                "max_leverage", .integer(1...100), default: ["5"], isLiveUpdatable: true,
                "Of either account; beyond it both legs are shrunk."),
            .init(
                "equity_skew", .rate(0...100 * percent), default: ["30 %"], isLiveUpdatable: true,
                "Difference of the collaterals, of their sum, beyond which nothing is opened and a pair is closed."),
            .init(
                "delta_band", .rate(0...100 * percent), default: ["0.5 %"], isLiveUpdatable: true,
                "Sum of both positions, of their sizes, beyond which the larger one is reduced."),
            .init(
                "settlement_lead", .duration(0...day), default: ["30 s"], isLiveUpdatable: true,
                "Nothing is entered this long before a settlement; a pair that would pay at one is closed this long before it."),
            .init(
                "min_hold", .duration(0...365 * day), default: ["1 h"], isLiveUpdatable: true,
                "Before this time only risk, or a profit, closes a pair."),
            .init(
                "max_hold", .duration(second...365 * day), default: ["168 h"], isLiveUpdatable: true, "Longest time that a pair is held."),
            .init(
                "take_profit", .rate(0...100 * percent), default: ["unlimited"], mayBeUnlimited: true, isLiveUpdatable: true,
                "Profit of prices and funding together, of the notional, at which a pair is closed."),
            .init(
                "basis_stop", .rate(0...100 * percent), default: ["0.5 %"], isLiveUpdatable: true,
                "Loss of both prices together, of the notional, at which a pair is closed."),
            .init("max_opens", .integer(1...1_000), default: ["4"], isLiveUpdatable: true, "Pairs opened within an hour at most."),
            .init("cooldown", .duration(1_000_000...day), default: ["60 s"], isLiveUpdatable: true, "Time between two pairs."),
            .init(
                "stale_after", .duration(1_000_000...3_600 * second), default: ["3 s"], isLiveUpdatable: true,
                "Nothing is entered while either book is older."),
            .init(
                "funding_stale", .duration(second...day), default: ["10 min"], isLiveUpdatable: true,
                "Rates that are older are not believed."),
            .init(
                "confirmation_timeout", .duration(1_000_000...60 * second), default: ["2 s"], isLiveUpdatable: true,
                "How long both venues may take to report what the fills make; they are asked five times."),
            .init(
                "max_unhedged_age", .duration(1_000_000...3_600 * second), default: ["4 s"], isLiveUpdatable: true,
                "How long an exposure may stand before the entry order is taken back."),
            .init(
                "check_interval", .duration(1_000_000...3_600 * second), default: ["1 s"], isLiveUpdatable: true,
                "Time between two checks of what is held."),
        ] + SharedParameters.trackingLimit + SharedParameters.hedger + SharedParameters.slicedExit + SharedParameters.flatten)
}
