public import Trading

extension Diagnostics {
    private static let second: Int64 = 1_000_000_000
    private static let percent: Int64 = 10_000_000_000

    public static let specification = StrategySpecification(
        name: "diagnostics",
        purpose: "Proves that an account works: checks rules, book, clock, balances, and the whole life of a small order; then it is done.",
        phases: [
            "observe", "balances", "positions", "rest an order", "query it", "list it", "cancel it", "query it again", "list it again",
            "enter", "close", "done",
        ],
        roles: [.init("account", "the account that is checked")],
        parameters: [
            .init(
                "budget", .amount(1...1_000_000_000_000_000_000), default: nil,
                "Most that it may lose, in base (\"0.0001 BTC\") or quote (\"5 USDC\"): nothing is traded that might cost more."),
            .init(
                "distance", .rate(10 * percent / 1_000...50 * percent), default: ["2 %"],
                "How far below the market the order rests that is to be seen and cancelled."),
            .init("trade", .boolean, default: ["false"], "Whether the smallest size is bought and sold again."),
            .init("taker_fee", .rate(-percent...percent), default: ["10 bp"], "As the cost of trading is reckoned beforehand."),
            .init("observation", .duration(second...600 * second), default: ["10 s"], "Time of listening before the first check."),
            .init("step_timeout", .duration(second / 10...600 * second), default: ["5 s"], "How long an answer is waited for."),
            .init("max_book_age", .duration(second / 1_000...600 * second), default: ["3 s"], "Of the book."),
            .init("max_clock_offset", .duration(second / 1_000...60 * second), default: ["2 s"], "Between the venue's clock and ours."),
        ] + SharedParameters.trackingLimit + SharedParameters.flatten)
}
