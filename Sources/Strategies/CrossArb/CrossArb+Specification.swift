public import Trading

extension CrossArb {
    private static let second: Int64 = 1_000_000_000
    private static let day: Int64 = 86_400 * second
    private static let percent: Int64 = 10_000_000_000

    public static let specification = StrategySpecification(
        name: "cross_arb",
        purpose: "Buys at one venue and sells at the other when they differ by enough, and closes both when they don't.",
        phases: ["idle", "candidate", "enter", "settle", "hold", "close", "cool down", "suspended"],
        roles: [
            .init("pilot", "the leg that is sent first: the venue where orders fill less surely"),
            .init("second", "the leg that is sized by what the pilot filled"),
        ],
        parameters: [
            .init(
                "size", .amount(1...1_000_000_000_000_000_000), default: nil, isLiveUpdatable: true,
                "Of one position, in base (\"0.01 BTC\") or quote (\"500 USDT\")."),
            .init(
                "entry", .choice(["taker", "maker"]), default: ["taker"],
                "Whether the pilot takes at once, or rests at the touch while the spread stands."),
            .init(
                "entry_threshold", .rate(0...10 * percent), default: ["0.20 %"], isLiveUpdatable: true,
                "Executable spread for the size, after costs, from which on a position is entered."),
            .init(
                "costs", .rate(-percent...10 * percent), default: ["0.2 %"], isLiveUpdatable: true,
                "Fees of entering and leaving at both venues together, taken off the spread."),
            .init(
                "persistence", .duration(0...3_600 * second), default: ["300 ms"], isLiveUpdatable: true,
                "How long the spread must stand before."),
            .init(
                "take_profit_ratio", .factor(0...2_000_000_000_000), default: ["1"], isLiveUpdatable: true,
                "Share of the spread at entry by which it must have contracted for a profit to be taken."),
            .init(
                "stop_ratio", .factor(1...100_000_000_000_000), default: ["1"], isLiveUpdatable: true,
                "Share of the spread at entry by which it may expand before the position is given up."),
            .init(
                "max_hold", .duration(second...30 * day), default: ["600 s"], isLiveUpdatable: true, "Longest time that a position is held."
            ),
            .init("cooldown", .duration(1_000_000...day), default: ["3 s"], isLiveUpdatable: true, "Time between two positions."),
            .init(
                "latency_limit", .duration(1_000_000...3_600 * second), default: ["1500 ms"], isLiveUpdatable: true,
                "Nothing is entered while either venue's last answer to an order, within a minute, took longer."),
            .init(
                "stale_after", .duration(1_000_000...3_600 * second), default: ["3 s"], isLiveUpdatable: true,
                "Nothing is entered while either book is older than this."),
            .init(
                "delta_tolerance", .factor(0...1_000_000_000_000_000), default: ["0.01"],
                "Sum of both positions, in base, that counts as neutral."),
            .init(
                "max_delta_failures", .integer(1...1_000), default: ["3"], isLiveUpdatable: true,
                "Checks in a row that find more before everything is closed and the strategy is suspended."),
            .init(
                "check_interval", .duration(1_000_000...3_600 * second), default: ["1 s"], isLiveUpdatable: true, "Time between two checks."
            ),
            .init(
                "maintenance", .durationRange(0...day), default: ["0 s", "0 s"], isLiveUpdatable: true,
                "Time of day (UTC, since midnight) of daily maintenance, from and to; nothing is entered then. Equal: there is none."),
            .init(
                "pre_close", .duration(0...day), default: ["10 min"], isLiveUpdatable: true,
                "How long before maintenance positions are closed."),
            .init(
                "leverage", .integer(1...100), default: ["5"], isLiveUpdatable: true,
                "Nothing is entered that is larger than the smaller collateral times this."),
            .init(
                "max_slippage", .rate(0...10 * percent), default: ["0.05 %"], isLiveUpdatable: true,
                "How far beyond the touch the pilot may take."),
        ] + SharedParameters.trackingLimit + SharedParameters.hedger + SharedParameters.flatten)
}
