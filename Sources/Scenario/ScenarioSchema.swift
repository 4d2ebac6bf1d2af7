internal import Market
public import Trading

/// The keys of a scenario file: the one table that reading, did-you-mean and the JSON Schema go by.
public enum ScenarioSchema {
    enum Shape: Hashable {
        case text
        case integer
        case decimal
        case duration
        /// One duration, or a list of two.
        case durations
        case rate
        case amount
        case instant
        case choice([String])
        case list(Item)
        case section(String)
        /// A list of sections.
        case sections(String)
        /// A mapping from the user's names to a section.
        case named(String)
        /// A mapping from the user's names to a text.
        case words
        /// Of symbols to `words` by venue.
        case symbols
        /// Of pairs of currencies to a number or a section.
        case rates
        /// What is in it depends on the strategy.
        case parameters
        case flag
        case ratio
        /// A word, or a section of this name.
        case choiceOrSection([String], String)
        /// A duration or a model that latencies are drawn from.
        case latency
        /// The same, or one for each kind of request.
        case latencies
        /// Of probabilities to durations.
        case quantiles
    }

    enum Item: Hashable { case path, amount }

    struct Key {
        var name: String
        var shape: Shape
        var isRequired: Bool
        var summary: String

        init(_ name: String, _ shape: Shape, required: Bool = false, _ summary: String) {
            self.name = name
            self.shape = shape
            isRequired = required
            self.summary = summary
        }
    }

    static let sections = mainSections + latencySections

    private static let mainSections: [(name: String, keys: [Key])] = [
        (
            "",
            [
                .init("version", .integer, required: true, "Of this format: 1."),
                .init("name", .text, required: true, "Of the run; also the folder of its report: letters, digits, . _ -"),
                .init("seed", .integer, "Of all randomness. Default 1."),
                .init(
                    "tapes", .list(.path),
                    "Tapes, relative to this file; parts of one feed may be in several. None are needed on paper and live."),
                .init("range", .section("range"), "Part of the tapes that is traded. Default: where all feeds of the run overlap."),
                .init("venues", .named("venue"), required: true, "Simulated venues by a name of yours."),
                .init("accounts", .named("account"), required: true, "Accounts by a name of yours."),
                .init("symbols", .symbols, "The venue's own symbol by symbol and venue, where the tape's is not enough."),
                .init("strategy", .section("strategy"), "What trades."),
                .init("strategies", .named("strategy of several"), "Several at once by a name of yours, in place of `strategy`."),
                .init("risk", .section("risk"), "Limits that every order is checked against. Default: none."),
                .init("reporting", .text, required: true, "The currency of the report, such as USD."),
                .init("rates", .rates, "What other currencies are worth: {\"USDT/USD\": \"1\"}, or {feed: VENUE, symbol: SYMBOL}."),
                .init("faults", .sections("fault"), "What goes wrong at venues. Default: nothing."),
                .init("report", .section("report"), "How results are presented."),
            ]
        ),
        (
            "range",
            [
                .init("start", .instant, "First instant that is traded, such as \"2024-08-08T23:55:00Z\"."),
                .init("end", .instant, "Last instant that is traded."),
            ]
        ),
        (
            "venue",
            [
                .init("feed", .text, required: true, "The recorded venue, as `mmsim tape info` names it."),
                .init("profile", .choice(VenueProfile.all.map(\.name)), "Whose fees and delays apply. Default generic: none are known."),
                .init("minimum_latency", .duration, "Smallest time from the venue to us. Default \"1 ms\"."),
                .init("sync", .choice(Scenario.Sync.allCases.map(\.rawValue)), "When a book is trusted. Default snapshot."),
                .init(
                    "queue", .choice(Scenario.Queue.allCases.map(\.rawValue)),
                    "How the size ahead of an order shrinks. Default trades-only; exact-fifo wants a feed of single orders."),
                .init("queue_exponent", .decimal, "Of the models power, power2 and power3, 0.1 to 20. Default 2."),
                .init(
                    "post_only", .choice(Scenario.PostOnly.allCases.map(\.rawValue)), "What becomes of one that would take. Default reject."
                ),
                .init(
                    "spot_fee", .choice(Scenario.SpotFee.allCases.map(\.rawValue)),
                    "What a spot fee is taken from: quote, or what the fill brings (received). Default quote."),
                .init(
                    "self_trade", .choice(Scenario.SelfTrade.allCases.map(\.rawValue)),
                    "When an order meets its own owner's. Default: the profile's, else expire-maker."),
                .init(
                    "self_trade_scope", .choice(Scenario.SelfTradeScope.allCases.map(\.rawValue)),
                    "Whose orders are kept apart: the account's own, or all of yours at the venue. Default account."),
                .init(
                    "market_price", .choice(Scenario.MarketPrice.allCases.map(\.rawValue)),
                    "What a market order's price bounds: its worst part or its average. Default worst."),
                .init(
                    "amend_place", .choice(Scenario.AmendPlace.allCases.map(\.rawValue)),
                    "Whether a smaller quantity keeps the order's place. Default kept."),
                .init(
                    "limits", .choiceOrSection(Scenario.Limits.allCases.map(\.rawValue), "limits"),
                    "Of requests, open orders and prices: the profile's, none, or numbers in place of the profile's. Default profile."),
                .init(
                    "nonces", .choice(Scenario.Nonces.allCases.map(\.rawValue)),
                    "What the numbers of an account's requests have to be, or that they have none. Default profile."),
                .init(
                    "funding", .choice(Scenario.Funding.allCases.map(\.rawValue)),
                    "Where funding rates come from: the recording, or the profile's formula from book and index. Default recording."),
                .init("funding_interval", .duration, "Of settlements by the formula. Default: the profile's."),
                .init(
                    "replenish", .duration,
                    "In which time half of what we took of a level is put in again by others. Default: never, until the level shows less."
                ),
                .init("minimum_notional", .amount, "Smallest order value in quote, such as \"5 USDT\". Default: the recording's."),
                .init("instruments", .named("instrument"), "What orders must be like, by the trader's symbol, such as BTC."),
                .init(
                    "margin_check", .choice(Scenario.MarginCheck.allCases.map(\.rawValue)),
                    "Whether accounts are asked for margin: required refuses a run where a number is missing. Default required."),
                .init("margin", .section("margin"), "Its numbers, in place of the profile's."),
                .init("liquidation_fee", .rate, "Of what is closed by force, such as \"1 %\". Default: the profile's."),
            ]
        ),
        (
            "margin",
            [
                .init("initial", .rate, required: true, "Of a position's value, to open it: \"5 %\" are twenty times leverage."),
                .init("maintenance", .rate, required: true, "To keep it: with less, the venue reduces it or takes it over."),
                .init("close_out", .rate, "With less, the venue takes it over. Default: with nothing left."),
            ]
        ),
        (
            "account",
            [
                .init("venue", .text, required: true, "One of `venues`."),
                .init("collateral", .list(.amount), required: true, "What it holds at the start, such as [\"1 BTC\", \"50000 USDT\"]."),
                .init("maker_fee", .rate, "Such as \"2 bp\"; negative is a rebate. Default: the profile's."),
                .init("taker_fee", .rate, "Such as \"5 bp\". Default: the profile's."),
                .init("volume_30d", .amount, "Traded in the 30 days before, for the profile's fee tiers. Default: nothing."),
                .init("stake", .amount, "Staked with the venue in its own token, for the profile's fee tiers. Default: nothing."),
                .init("leverage", .integer, "Chosen before the run, such as 10. Default: the venue's."),
                .init("entry_latency", .latencies, "From our sending to the venue's door. Default \"10 ms\"."),
                .init("response_latency", .latency, "From the venue's matching to our receiving. Default \"10 ms\"."),
                .init("tier", .text, "The kind of account, for the profile's speed bumps, such as \"30k LIT\". Default: the usual one."),
                .init("speed_bumps", .section("speed bumps"), "What is held up at the venue's door. Default: the tier's."),
                .init("cancel_on_disconnect", .flag, "Whether losing the connection cancels its orders. Default false."),
                .init("batches", .flag, "Whether orders, and cancels, of one instant travel as one request. Default false."),
                .init("separate_lanes", .flag, "Whether quotes, takers and cancels do not hold each other up. Default false."),
                .init("key", .text, "The name of a credential, for live commands; never the secret itself."),
            ]
        ),
        (
            "rate",
            [
                .init("feed", .text, required: true, "One of `venues`."),
                .init("symbol", .text, required: true, "Whose mid is the rate, such as BTC."),
            ]
        ),
        ("strategy", strategyKeys),
        (
            "strategy of several",
            strategyKeys + [.init("risk", .section("risk of one"), "Limits of this one alone, beside those of all. Default: none.")]
        ),
        (
            "risk of one",
            [
                .init("max_order_notional", .amount, "Largest value of its quotes."),
                .init("max_position", .amount, "Largest position of its own that its quotes may lead to, in base."),
                .init("max_orders_per_second", .integer, "Of its orders: its quotes are refused beyond it."),
                .init("max_drawdown", .amount, "Its own profit in this currency below its highest: more, and it quotes no more."),
                .init("max_loss_per_hour", .amount, "The same below what it was an hour ago."),
                .init("max_loss_per_day", .amount, "The same below what it was a day ago."),
            ]
        ),
        (
            "risk",
            [
                .init("max_order_notional", .amount, "Largest value of a quote."),
                .init("max_position", .amount, "Largest position of an account that quotes may lead to, in base."),
                .init("price_collar", .rate, "Largest distance of a price from the mid, on the side where it costs."),
                .init("max_orders_per_second", .integer, "Of all orders."),
                .init("reserved_orders_per_second", .integer, "Of these, kept from quotes for hedges. Default 0."),
                .init("duplicate_window", .duration, "The same order again within this time is refused."),
                .init("stale_after", .duration, "Quotes are refused on a book that has been silent for longer."),
                .init(
                    "reconcile_every", .duration,
                    "How often fills, open orders and positions are compared with the venues'. Default \"30 s\"."),
                .init("max_rejects_per_minute", .integer, "More than these, and quotes freeze."),
                .init(
                    "margin_headroom", .rate,
                    "Share of an account's equity that quotes leave free of margin, such as \"20 %\". Default: quotes are not asked for it."
                ),
                .init("max_drawdown", .amount, "Equity of all accounts in this currency below its highest: more, and on_breaker happens."),
                .init("max_loss_per_hour", .amount, "The same below what it was an hour ago."),
                .init("max_loss_per_day", .amount, "The same below what it was a day ago."),
                .init(
                    "on_breaker", .choice(LossLimits.Policy.allCases.map(\.rawValue)),
                    "What a loss beyond its limit does, for good: cancel and refuse quotes and go on hedging, also close what offsets "
                        + "each other, or close everything. Default hold_neutral."),
            ]
        ),
        ("instrument", Scenario.InstrumentTerms.keys),
        ("limits", Scenario.LimitsChoice.keys),
        ("fault", ScenarioResolver.faultKeys),
        (
            "report",
            [
                .init("capital", .amount, "What returns are reckoned on. Default: the collateral at the start."),
                .init("returns", .choice(Scenario.Returns.allCases.map(\.rawValue)), "Default additive."),
            ]
        ),
    ]

    private static let strategyKeys: [Key] = [
        .init("name", .text, required: true, "As `mmsim strategies` lists it."),
        .init("symbol", .text, required: true, "What is traded, such as BTC."),
        .init("accounts", .words, required: true, "An account for each role of the strategy."),
        .init("parameters", .parameters, "As `mmsim strategies NAME` explains them."),
        .init("compute_time", .duration, "From an event to the commands that it brings about. Default \"0 ms\"."),
    ]

    static func keys(_ section: String) -> [Key] { sections.first { $0.name == section }?.keys ?? [] }

    /// A JSON Schema (draft 2020-12) of the file, with the parameters of each strategy.
    public static func json(_ strategies: [StrategySpecification]) -> String { JSONSchema(strategies).text }
}
