public import Trading

extension MarketMaker {
    private static let second: Int64 = 1_000_000_000
    private static let percent: Int64 = 10_000_000_000

    public static let specification = StrategySpecification(
        name: "market_maker",
        purpose: "Quotes both sides around a fair price, leans against its inventory, and hedges it elsewhere if asked.",
        phases: ["warm up", "quote", "hedge", "close", "stopped"],
        roles: [
            .init("maker", "the account that quotes"),
            .init("taker", "the other venue: its mid may be the fair price, and the inventory may be hedged there"),
            SharedParameters.alternate,
        ],
        parameters: [
            .init(
                "size", .amount(1...1_000_000_000_000_000_000), default: nil, isLiveUpdatable: true,
                "Of one quote, in base (\"0.01 BTC\") or quote (\"500 USDT\")."),
            .init(
                "fair", .choice(["micro_price", "mid", "other_mid"]), default: ["micro_price"],
                "What is quoted around: own mid weighted by opposite sizes, own mid, or the other venue's mid less the usual difference."),
            .init("basis_half_life", .duration(second...86_400 * second), default: ["60 s"], "Of that usual difference's average."),
            .init(
                "spread", .choice(["fixed", "avellaneda_stoikov"]), default: ["fixed"],
                "Whether distances are stated, or follow from volatility, risk aversion and the decay of arrivals."),
            .init(
                "half_spread", .rate(0...10 * percent), default: ["5 bp"], isLiveUpdatable: true,
                "Distance of each quote from the fair price; of avellaneda_stoikov the least one."),
            .init(
                "inventory_skew", .rate(0...percent), default: ["1 bp"], isLiveUpdatable: true,
                "By how much both quotes shift against each clip held, where the spread is fixed."),
            .init(
                "risk_aversion", .factor(1...1_000_000_000_000_000), default: ["0.1"], isLiveUpdatable: true,
                "γ, per bp and clip: avellaneda_stoikov shifts both quotes by γσ²T bp for each clip held."),
            .init(
                "arrival_decay", .factor(1...1_000_000_000_000_000), default: ["0.5"], isLiveUpdatable: true,
                "k, per bp: orders that come as far as δ bp from the fair price arrive at a rate of A·exp(−kδ)."),
            .init(
                "horizon", .duration(second...86_400 * second), default: ["60 s"], isLiveUpdatable: true,
                "T: for how long inventory is expected to stay."),
            .init(
                "volatility_half_life", .duration(second...86_400 * second), default: ["5 min"],
                "Of the average that σ² is, in bp² a second."),
            .init(
                "max_inventory", .integer(1...10_000), default: ["5"], isLiveUpdatable: true,
                "Position, in clips, beyond which only the reducing side is quoted."),
            .init(
                "hedge", .choice(["none", "excess", "all"]), default: ["none"], "How much of the inventory is hedged at the other venue."),
            .init(
                "hedge_above", .integer(0...10_000), default: ["2"], isLiveUpdatable: true,
                "Clips of inventory that excess leaves unhedged."),
            .init(
                "max_unhedged", .integer(1...1_000), default: ["2"], isLiveUpdatable: true,
                "Clips that should be hedged and are not, beyond which quoting stops."),
            .init("warm_up", .duration(0...86_400 * second), default: ["10 s"], "Time of observing before the first quote."),
            .init(
                "stale_after", .duration(1_000_000...3_600 * second), default: ["3 s"], isLiveUpdatable: true,
                "Age of a book that quoting depends on, beyond which nothing is quoted."),
        ] + [SharedParameters.leverage] + SharedParameters.quotes + SharedParameters.hedger + SharedParameters.flatten)
}
