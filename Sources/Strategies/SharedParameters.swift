internal import Market
internal import Trading

/// Parameters that several strategies have, once.
enum SharedParameters {
    private static let second: Int64 = 1_000_000_000
    private static let day: Int64 = 86_400 * 1_000_000_000
    private static let percent: Int64 = 10_000_000_000

    /// Of a tracking limit order.
    static let trackingLimit: [ParameterSpecification] = [
        .init(
            "offset_ticks", .integer(-1_000...1_000), default: ["0"], isLiveUpdatable: true,
            "Ticks behind the touch at which an order rests; negative improves it."),
        .init(
            "min_reprice", .duration(1_000_000...day), default: ["250 ms"], isLiveUpdatable: true,
            "Shortest time between two prices of one order."),
        .init(
            "interval", .duration(1_000_000...day), default: ["10 s"], isLiveUpdatable: true,
            "Longest time without a review of the price."),
        .init("post_only", .boolean, default: ["true"], "Whether entry and exit orders may only rest."),
        .init(
            "post_only_retries", .integer(0...100), default: ["3"], isLiveUpdatable: true,
            "Tries, each one tick further back, after a post-only order would have taken."),
        .init("allow_taker", .boolean, default: ["false"], "Whether an order may take when its post-only tries are used up."),
        .init(
            "entry_timeout", .duration(second...day), default: ["120 s"], isLiveUpdatable: true,
            "How long an entry or exit order is worked."),
        .init(
            "max_attempts", .integer(1...100_000), default: ["unlimited"], mayBeUnlimited: true, isLiveUpdatable: true,
            "How many orders an entry or exit may send."),
    ]

    /// Of both legs, before either is sent.
    static let leverage = ParameterSpecification(
        "leverage", .integer(1...100), default: ["10"], isLiveUpdatable: true,
        "Of either account's collateral, at most, that a quote or its hedge may lead to; beyond it only what reduces is quoted.")

    /// Of a hedger.
    static let hedger: [ParameterSpecification] = [
        .init(
            "max_hedge_slippage", .rate(0...10 * percent), default: ["0.2 %"], isLiveUpdatable: true,
            "How far beyond the touch a hedge may trade at its first try; each further try adds as much."),
        .init(
            "hedge_attempts", .integer(1...100), default: ["5"], isLiveUpdatable: true,
            "Hedges in a row that may fail before the maker leg is reduced instead."),
        .init(
            "hedge_retry_delay", .duration(1_000_000...60 * second), default: ["500 ms"], isLiveUpdatable: true,
            "Time between two tries of a hedge."),
        .init(
            "inflight_policy", .choice(["wait", "duplicate_reduce_only"]), default: ["wait"],
            "What is done while nobody tells what became of a hedge: it is waited for, or its need is taken off the maker leg, reduce-only."
        ),
        .init("unknown_patience", .duration(1_000_000...3_600 * second), default: ["5 s"], "How long it is waited for at least."),
    ]

    /// Of a hedger whose strategy can do without it.
    static let alternate = StrategySpecification.Role(
        "alternate", "where a hedge goes that the taker has refused again and again, before the maker leg is reduced.", isOptional: true)

    /// Of quotes that are sent anew when they are off.
    static let quotes: [ParameterSpecification] = [
        .init(
            "requote_ticks", .integer(1...10_000), default: ["2"], isLiveUpdatable: true,
            "A quote stays while its price is off by fewer ticks than this."),
        .init(
            "requote", .rate(0...percent), default: ["0.2 bp"], isLiveUpdatable: true,
            "A quote stays while its price is off by less than this."),
        .init(
            "min_requote", .duration(1_000_000...3_600 * second), default: ["100 ms"], isLiveUpdatable: true,
            "Shortest time between two quotes of one side."),
        .init(
            "quote_ttl", .duration(1_000_000...86_400 * second), default: ["30 s"], isLiveUpdatable: true,
            "Longest time a quote rests without being sent anew."),
    ]

    static func quotes(_ parameters: Parameters, _ leg: StrategyBinding.Leg) -> QuotePair.Rules {
        QuotePair.Rules(
            leg: leg, ticks: parameters.integer("requote_ticks"), share: parameters.rate("requote"),
            minimumTime: parameters.duration("min_requote"), timeToLive: parameters.duration("quote_ttl"))
    }

    /// Of closing everything.
    static let flatten: [ParameterSpecification] = [
        .init(
            "flatten_depth", .rate(percent / 100...100 * percent), default: ["25 %"], isLiveUpdatable: true,
            "Share of the displayed depth that one closing slice may take."),
        .init(
            "flatten_slippage", .rate(0...10 * percent), default: ["0.5 %"], isLiveUpdatable: true,
            "How far beyond the touch a closing slice may trade; each round that fails adds as much, up to 5 %."),
        .init(
            "flatten_rounds", .integer(1...1_000), default: ["10"], isLiveUpdatable: true,
            "Closing rounds in a row that may fail before the alarm."),
    ]

    static func flatten(_ parameters: Parameters, _ legs: [StrategyBinding.Leg]) -> Flatten.Configuration {
        var configuration = Flatten.Configuration(legs: legs)
        configuration.depthShare = parameters.rate("flatten_depth")
        configuration.slippage = parameters.rate("flatten_slippage")
        configuration.maximumSlippage = max(configuration.maximumSlippage, configuration.slippage)
        configuration.rounds = Int(parameters.integer("flatten_rounds"))
        return configuration
    }

    /// Of leaving without haste.
    static let slicedExit: [ParameterSpecification] = [
        .init(
            "exit_depth", .rate(percent / 100...100 * percent), default: ["25 %"], isLiveUpdatable: true,
            "Share of the depth displayed at either venue that one slice of an exit may take."),
        .init(
            "exit_slippage", .rate(0...10 * percent), default: ["0.1 %"], isLiveUpdatable: true,
            "How far beyond the touch a slice of an exit may trade."),
        .init("exit_delay", .duration(1_000_000...day), default: ["1 s"], isLiveUpdatable: true, "Time between two slices of an exit."),
        .init(
            "exit_timeout", .duration(second...day), default: ["10 min"], isLiveUpdatable: true,
            "How long an exit is sliced; then, and where slices fail, everything is closed at once."),
    ]

    /// Of all that the legs of a pair hold.
    static func slicedExit(_ parameters: Parameters, _ legs: [StrategyBinding.Leg], _ quantities: [Quantity], slice: Int64?)
        -> SlicedExit.Configuration
    {
        var configuration = SlicedExit.Configuration(legs: legs, quantities: quantities)
        configuration.slice = slice
        configuration.depthShare = parameters.rate("exit_depth")
        configuration.slippage = parameters.rate("exit_slippage")
        configuration.delay = parameters.duration("exit_delay")
        configuration.timeout = parameters.duration("exit_timeout")
        return configuration
    }

    static func hedger(
        _ parameters: Parameters, maker: StrategyBinding.Leg, taker: StrategyBinding.Leg, alternate: StrategyBinding.Leg? = nil
    ) -> Hedger.Configuration {
        var configuration = Hedger.Configuration(maker: maker, taker: taker)
        configuration.alternate = alternate
        if parameters.choice("inflight_policy") == "duplicate_reduce_only" {
            configuration.duplicateAfter = parameters.duration("unknown_patience")
        }
        configuration.slippage = parameters.rate("max_hedge_slippage")
        configuration.attempts = Int(parameters.integer("hedge_attempts"))
        configuration.retryDelay = parameters.duration("hedge_retry_delay")
        return configuration
    }

    /// What of a running hedger parameters may change.
    static func tune(_ hedger: inout Hedger, _ parameters: Parameters) {
        hedger.tune(
            slippage: parameters.rate("max_hedge_slippage"), attempts: Int(parameters.integer("hedge_attempts")),
            retryDelay: parameters.duration("hedge_retry_delay"))
    }

    /// Maker, taker, and the alternate where the scenario binds one.
    static func legs(_ binding: StrategyBinding) -> [StrategyBinding.Leg] {
        ["maker", "taker", "alternate"].compactMap { binding.legs[$0] }
    }

    static func trackingLimit(_ parameters: Parameters, _ leg: StrategyBinding.Leg, _ side: Side, _ quantity: Quantity)
        -> TrackingLimit.Configuration
    {
        var configuration = TrackingLimit.Configuration(leg: leg, side: side, quantity: quantity)
        configuration.offsetTicks = parameters.integer("offset_ticks")
        configuration.minimumReprice = parameters.duration("min_reprice")
        configuration.interval = parameters.duration("interval")
        configuration.postOnly = parameters.boolean("post_only")
        configuration.postOnlyRetries = Int(parameters.integer("post_only_retries"))
        configuration.allowTaker = parameters.boolean("allow_taker")
        configuration.timeout = parameters.duration("entry_timeout")
        configuration.maximumAttempts = parameters.limit("max_attempts").map(Int.init)
        return configuration
    }
}
