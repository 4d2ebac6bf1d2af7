public import Trading

extension LiquidationHedge {
    private static let second: Int64 = 1_000_000_000
    private static let day: Int64 = 86_400 * second
    private static let percent: Int64 = 10_000_000_000

    public static let specification = StrategySpecification(
        name: "liquidation_hedge",
        purpose: "Holds T1 and T2 in opposite directions at high leverage, M carrying the difference; unwinds when one is liquidated.",
        phases: ["plan", "enter M", "hedge T1", "pause", "enter T2", "rebalance M", "monitor", "exit", "stopped"],
        roles: [
            .init("maker", "M: enters passively and carries the difference"), .init("taker_1", "T1: hedges M at high leverage"),
            .init("taker_2", "T2: goes the other way at high leverage"),
        ],
        parameters: [
            .init("direction", .choice(["long_maker", "short_maker"]), default: ["long_maker"], "Which way M, and later T2, enters."),
            .init("leverage", .integer(1...100), default: ["50"], "Of T1's and T2's collateral; also set at their venue."),
            .init(
                "collateral_buffer", .factor(1...1_000_000_000_000), default: ["0.96"], isLiveUpdatable: true,
                "Share of their collateral that is used."),
            .init(
                "min_collateral", .amount(0...1_000_000_000_000_000_000), default: ["30 USD"], isLiveUpdatable: true,
                "Collateral of any account, at its instrument's price, below which no cycle begins."),
            .init("entry_attempts", .integer(1...100), default: ["3"], isLiveUpdatable: true, "Tracking orders that M's entry may take."),
            .init(
                "entry_delay", .duration(1_000_000...60 * second), default: ["500 ms"], isLiveUpdatable: true,
                "Time between two of them, and between cycles."),
            .init(
                "max_slippage", .rate(0...10 * percent), default: ["0.1 %"], isLiveUpdatable: true,
                "How far beyond the touch T1, T2 and M's rebalancing may trade; the hedge of M adds as much at each further try."),
            .init(
                "taker_attempts", .integer(1...100), default: ["3"], isLiveUpdatable: true,
                "Orders in a row that may fail, of T1 and of T2."),
            .init(
                "taker_delay", .duration(1_000_000...60 * second), default: ["500 ms"], isLiveUpdatable: true, "Time between two of them."),
            .init(
                "pause", .durationRange(0...day), default: ["2 s", "5 s"], isLiveUpdatable: true,
                "Between T1 and T2, drawn from the run's seed."),
            .init(
                "confirmation_timeout", .duration(1_000_000...60 * second), default: ["2 s"], isLiveUpdatable: true,
                "How long a position report may take to say what the fills say; then the venue is asked, once."),
            .init(
                "rebalance_attempts", .integer(1...100), default: ["3"], isLiveUpdatable: true, "Orders that a rebalancing of M may take."),
            .init(
                "monitor_interval", .duration(1_000_000...day), default: ["5 s"],
                "How often the venues are asked for the positions, beside what they tell by themselves."),
            .init(
                "tolerance", .factor(0...1_000_000_000_000_000), default: ["0.0001"],
                "Sum of the three positions, in base, that is left as it is."),
            .init("timeout", .duration(second...30 * day), default: ["24 h"], "Length of a cycle, from M's entry on."),
            .init("reverse", .boolean, default: ["true"], "Whether the cycle after a timeout goes the other way."),
            .init("max_cycles", .integer(1...1_000_000), default: ["1"], mayBeUnlimited: true, "Cycles before it stops."),
        ] + SharedParameters.trackingLimit + SharedParameters.flatten)
}
