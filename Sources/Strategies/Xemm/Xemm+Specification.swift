public import Trading

extension Xemm {
    private static let second: Int64 = 1_000_000_000
    private static let percent: Int64 = 10_000_000_000

    public static let specification = StrategySpecification(
        name: "xemm",
        purpose: "Rests on A where hedging on B at the executable price nets a wanted margin, and hedges each fill at once.",
        phases: ["warm up", "quote", "hedge", "close", "stopped"],
        roles: [
            .init("maker", "A: the account that quotes"), .init("taker", "B: the account that hedges; it may quote, too"),
            SharedParameters.alternate,
        ],
        parameters: [
            .init(
                "size", .amount(1...1_000_000_000_000_000_000), default: nil, isLiveUpdatable: true,
                "Of one quote, in base (\"0.01 BTC\") or quote (\"500 USDT\")."),
            .init(
                "makers", .choice(["one", "both"]), default: ["one"],
                "Whether quotes rest on A alone, or on B too, where a fill is hedged on A."),
            .init(
                "sides", .choice(["both", "buy", "sell"]), default: ["both"], "Which sides are quoted on A; on B it is the opposite ones."),
            .init(
                "min_net", .rate(-percent...10 * percent), default: ["3 bp"], isLiveUpdatable: true, "Margin wanted after fees and buffers."
            ),
            .init(
                "maker_fee", .rate(-percent...percent), default: ["2 bp"], isLiveUpdatable: true,
                "A's maker fee, as the quote reckons it."),
            .init(
                "taker_fee", .rate(-percent...percent), default: ["5 bp"], isLiveUpdatable: true,
                "B's taker fee, as the quote reckons it."),
            .init(
                "reverse_maker_fee", .rate(-percent...percent), default: ["2 bp"], isLiveUpdatable: true,
                "B's maker fee, where both make."),
            .init(
                "reverse_taker_fee", .rate(-percent...percent), default: ["5 bp"], isLiveUpdatable: true,
                "A's taker fee, where both make."),
            .init(
                "buffer", .rate(0...percent), default: ["2 bp"], isLiveUpdatable: true,
                "For slippage and latency of the hedge, and drift of the basis."),
            .init(
                "inventory_skew", .rate(0...percent), default: ["0 bp"], isLiveUpdatable: true,
                "Added on the side that would grow the position, for each clip held."),
            .init(
                "max_inventory", .integer(1...10_000), default: ["5"], isLiveUpdatable: true,
                "Position where it quotes, in clips, beyond which only the reducing side is quoted."),
            .init(
                "depth_multiple", .integer(1...1_000), default: ["2"], isLiveUpdatable: true,
                "B must show this many clips on the side that would be taken."),
            .init(
                "basis_half_life", .duration(second...86_400 * second), default: ["60 s"], "Of the average difference between the venues."),
            .init("warm_up", .duration(0...86_400 * second), default: ["10 s"], "Time of observing both books before the first quote."),
        ] + SharedParameters.quotes + [
            .init(
                "stale_after", .duration(1_000_000...3_600 * second), default: ["3 s"], isLiveUpdatable: true,
                "Age of either book beyond which nothing is quoted."
            ),
            .init(
                "max_pending_maker", .integer(1...1_000), default: ["unlimited"], mayBeUnlimited: true, isLiveUpdatable: true,
                "Quotes that may rest at both accounts together, in clips, A's before B's: all of them may fill before one is cancelled."),
            .init(
                "max_unhedged", .integer(1...1_000), default: ["2"], isLiveUpdatable: true,
                "Unhedged exposure, in clips, beyond which quoting stops."),
            .init(
                "max_unhedged_age", .duration(1_000_000...3_600 * second), default: ["4 s"], isLiveUpdatable: true,
                "Time that a hedgeable exposure may stand before quoting stops."),
            .init(
                "sub_min", .choice(["accumulate", "flatten_on_maker", "overshoot_then_trim"]), default: ["accumulate"],
                "What is done with fills below B's minimum: they wait for others, are taken off on A, or B's minimum is hedged "
                    + "and what that is too much traded on A."),
            .init(
                "max_pending_age", .duration(second...86_400 * second), default: ["30 s"],
                "How long they accumulate before anything else is done."),
        ] + [SharedParameters.leverage] + SharedParameters.hedger + SharedParameters.flatten)
}
