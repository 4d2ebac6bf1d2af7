public import Trading

extension LiquidationFlow {
    private static let second: Int64 = 1_000_000_000
    private static let percent: Int64 = 10_000_000_000

    public static let specification = StrategySpecification(
        name: "liquidation_flow",
        purpose: "Rests deep where others' forced orders sweep the book, hedges what fills elsewhere, and leaves when the price is back.",
        phases: ["watch", "hold", "exit", "settle", "close", "cool down", "stopped"],
        roles: [
            .init("maker", "A: the account that rests where orders are forced"),
            .init("taker", "B: the account that hedges; its prices tell where A's belong"),
            SharedParameters.alternate,
        ],
        parameters: [
            .init(
                "size", .amount(1...1_000_000_000_000_000_000), default: nil, isLiveUpdatable: true,
                "Of the nearest level, in base (\"0.01 BTC\") or quote (\"500 USDT\")."),
            .init("levels", .integer(1...8), default: ["4"], "How many levels rest on a side."),
            .init(
                "first_deviation", .rate(1...10 * percent), default: ["25 bp"], isLiveUpdatable: true,
                "Distance of the nearest level from where A's price belongs; each further one is twice as far."),
            .init(
                "growth", .factor(1_000_000_000_000...10_000_000_000_000), default: ["1.5"], isLiveUpdatable: true,
                "Each level's size by the nearer one's."),
            .init(
                "max_inventory", .integer(1...10_000), default: ["10"], isLiveUpdatable: true,
                "Most that is held on A, in sizes of the nearest level."),
            .init(
                "signal", .choice(FlowSignal.Source.allCases.map(\.rawValue)), default: ["either"],
                "When levels rest: while orders are forced, while the price deviates, on either, or always."),
            .init(
                "min_flow", .integer(1...1_000_000), default: ["20"], isLiveUpdatable: true,
                "Forced orders that count as a signal, in sizes of the nearest level."),
            .init("flow_memory", .duration(second / 1_000...3_600 * second), default: ["5 s"], "How long after the last one they count."),
            .init(
                "deviations", .factor(1...1_000_000_000_000_000), default: ["8"],
                "Standard deviations of A's distance from where it belongs that count as a signal."),
            .init("min_deviation", .rate(0...10 * percent), default: ["10 bp"], "No less than this counts."),
            .init("arm_for", .duration(second / 1_000...86_400 * second), default: ["20 s"], "How long levels rest after a signal."),
            .init(
                "basis_half_life", .duration(second...86_400 * second), default: ["10 min"],
                "Of the average difference between the venues: long, or what is forced is taken for usual."),
            .init("warm_up", .duration(0...86_400 * second), default: ["30 s"], "Time of observing before the first level rests."),
            .init(
                "stale_after", .duration(second / 1_000...3_600 * second), default: ["3 s"], isLiveUpdatable: true,
                "Age of either book beyond which nothing rests."),
            .init(
                "max_spread", .rate(1...10 * percent), default: ["10 bp"], isLiveUpdatable: true,
                "Of B's best prices, beyond which nothing rests."),
            .init(
                "calm", .rate(0...10 * percent), default: ["15 bp"], isLiveUpdatable: true,
                "Where B has moved with A by less than this, a fill is hedged whole at once."),
            .init(
                "calm_window", .duration(second / 1_000...3_600 * second), default: ["10 s"], "Half-life of the average it has moved from."
            ),
            .init(
                "hedge_share", .rate(0...100 * percent), default: ["50 %"], isLiveUpdatable: true,
                "Of a fill at the nearest level, hedged at once where B moves with A; it grows to all of it at the deepest."),
            .init(
                "rest_time", .duration(second / 1_000...3_600 * second), default: ["5 s"], isLiveUpdatable: true,
                "How long the rest is worked passively before it is taken."),
            .init(
                "max_unhedged", .integer(0...1_000), default: ["2"], isLiveUpdatable: true,
                "Most that is left to be worked, in sizes of the nearest level."),
            .init(
                "exit", .rate(0...10 * percent), default: ["3 bp"], isLiveUpdatable: true,
                "Distance from where A's price belongs at which both are left."),
            .init(
                "exit_style", .choice(["passive", "both"]), default: ["passive"],
                "Whether A is left by an order that rests while B follows, or both at once."),
            .init(
                "max_hold", .duration(second...86_400 * second), default: ["5 min"], isLiveUpdatable: true,
                "After which both are closed whatever the price."),
            .init("cooldown", .duration(0...86_400 * second), default: ["5 s"], isLiveUpdatable: true, "Between two positions."),
        ] + [SharedParameters.leverage] + SharedParameters.quotes + SharedParameters.trackingLimit + SharedParameters.hedger
            + SharedParameters.flatten)
}
