public import Trading

extension Basis {
    private static let second: Int64 = 1_000_000_000
    private static let day: Int64 = 86_400 * second
    private static let percent: Int64 = 10_000_000_000

    public static let specification = StrategySpecification(
        name: "basis",
        purpose: "Sells a perpetual's premium over spot, or over another perpetual, and buys it back when it has gone.",
        phases: ["closed", "candidate", "opening", "opened", "closing", "delay", "suspended"],
        roles: [
            .init("base", "what the premium is over: spot, or a perpetual; it is sent first"),
            .init("perp", "the perpetual, sized by what the base leg filled"),
        ],
        parameters: [
            .init(
                "size", .amount(1...1_000_000_000_000_000_000), default: nil, isLiveUpdatable: true,
                "Of one position, in base (\"0.01 BTC\") or quote (\"500 USDT\")."),
            .init(
                "signal", .choice(["premium", "z_score"]), default: ["premium"],
                "Whether a stated premium opens a position, or one that is far from its average."),
            .init(
                "sides", .choice(["premium", "both"]), default: ["premium"],
                "Whether a discount is traded too, the other way around; spot can't be sold short."),
            .init(
                "costs", .rate(-percent...10 * percent), default: ["0.3 %"], isLiveUpdatable: true,
                "Fees of entering and leaving at both venues together, taken off the premium."),
            .init(
                "open", .rate(0...10 * percent), default: ["0.1 %"], isLiveUpdatable: true,
                "Executable premium, after costs and with the carry, from which on a position is opened."),
            .init(
                "close", .rate(-10 * percent...10 * percent), default: ["0.05 %"], isLiveUpdatable: true,
                "Executable premium at which it is closed."),
            .init(
                "carry_horizon", .duration(0...365 * day), default: ["0 s"], isLiveUpdatable: true,
                "Time whose funding, less interest, counts towards the premium."),
            .init(
                "interest", .rate(-percent * 100...100 * percent), default: ["0 %"], isLiveUpdatable: true,
                "By the year, on what the base leg ties up or borrows."),
            .init(
                "basis_stop", .rate(0...10 * percent), default: ["0.5 %"], isLiveUpdatable: true,
                "By how much the premium may go against a position before it is given up."),
            .init("sampling", .duration(1_000_000...3_600 * second), default: ["1 s"], "Between two samples of the basis, and two checks."),
            .init("half_life", .duration(second...day), default: ["10 min"], "Of the basis' average and deviation."),
            .init("warm_up", .duration(0...30 * day), default: ["10 min"], "Time of sampling before z_score opens anything."),
            .init(
                "z_in", .factor(0...100_000_000_000_000), default: ["2.5"], isLiveUpdatable: true,
                "Deviations from the average at which a position is opened."),
            .init("z_out", .factor(0...100_000_000_000_000), default: ["0.5"], isLiveUpdatable: true, "At which it is closed."),
            .init(
                "z_stop", .factor(0...100_000_000_000_000), default: ["4"], isLiveUpdatable: true,
                "At which it is given up, and nothing is opened."),
            .init(
                "persistence", .integer(1...1_000), default: ["3"], isLiveUpdatable: true,
                "Samples in a row that must say so before a position is opened."),
            .init(
                "stationarity", .boolean, default: ["true"], isLiveUpdatable: true,
                "Whether z_score wants a basis that is seen to come back: Dickey and Fuller's test at 5 %, over four half-lives."),
            .init(
                "max_hold", .duration(second...365 * day), default: ["24 h"], isLiveUpdatable: true, "Longest time that a position is held."
            ),
            .init(
                "next_open_delay", .duration(1_000_000...30 * day), default: ["10 min"], isLiveUpdatable: true,
                "Time between two positions."),
            .init("leverage", .integer(1...100), default: ["3"], isLiveUpdatable: true, "Of a contract's collateral, at most."),
            .init(
                "max_slippage", .rate(0...10 * percent), default: ["0.05 %"], isLiveUpdatable: true,
                "How far beyond the touch the base leg may take to open."),
            .init("open_attempts", .integer(1...100), default: ["3"], isLiveUpdatable: true, "Orders that the base leg may take to open."),
            .init(
                "open_delay", .duration(1_000_000...60 * second), default: ["500 ms"], isLiveUpdatable: true, "Time between two of them."),
            .init(
                "stale_after", .duration(1_000_000...3_600 * second), default: ["3 s"], isLiveUpdatable: true,
                "Nothing is opened while either book is older."),
            .init(
                "delta_band", .rate(0...100 * percent), default: ["0.5 %"], isLiveUpdatable: true,
                "Sum of both positions, of their sizes, that is left as it is."),
            .init(
                "max_delta_failures", .integer(1...1_000), default: ["3"], isLiveUpdatable: true,
                "Checks in a row that find more before everything is closed and the strategy is suspended."),
            .init(
                "exit_slice", .amount(1...1_000_000_000_000_000_000), default: ["unlimited"], mayBeUnlimited: true, isLiveUpdatable: true,
                "Largest slice of an exit, in base or quote."),
        ] + SharedParameters.hedger + SharedParameters.slicedExit + SharedParameters.flatten)
}
