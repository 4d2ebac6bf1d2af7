internal import Market
internal import Trading

/// Two legs that are held against each other: what they hold, and what they would trade at.
struct TradedPair {
    let legs: [StrategyBinding.Leg]
    /// The roles of the legs, for notes.
    let names: [String]
    let sizing: PairSizing

    /// - Throws: `ParameterError` when both legs trade one instrument, or the size is in a currency that is neither's.
    init(_ names: [String], _ binding: StrategyBinding) throws(ParameterError) {
        self.names = names
        legs = names.map(binding.leg)
        let instruments = legs.map { binding.instruments[$0.instrument.index] }
        sizing = PairSizing(maker: instruments[0], taker: instruments[1])
        guard legs[0].instrument != legs[1].instrument else {
            throw ParameterError(
                parameter: "accounts", message: "\(names[0]) and \(names[1]) trade the same instrument",
                hint: "name accounts at two venues")
        }
    }

    /// - Throws: `ParameterError` when one of the `legs` is spot.
    func refuseSpot(_ legs: [Int]) throws(ParameterError) {
        guard let spot = legs.first(where: { instrument($0).kind == .spot }) else { return }
        throw ParameterError(
            parameter: "accounts", message: "the \(names[spot]) leg is spot, which can't be sold short",
            hint: "name accounts at venues of contracts")
    }

    var size: CommonSize { sizing.common }

    func instrument(_ leg: Int) -> Instrument { leg == 0 ? sizing.maker : sizing.taker }

    func leg(_ account: AccountID, _ instrument: InstrumentID) -> Int? {
        legs.firstIndex { $0.account == account && $0.instrument == instrument }
    }

    // MARK: Positions

    func position(_ leg: Int, _ context: Context) -> Quantity { context.position(legs[leg].account, legs[leg].instrument) }

    func isFlat(_ context: Context) -> Bool { legs.indices.allSatisfy { position($0, context).isZero } }

    /// By leg, in 10⁻⁹ of the base currency, signed; nil while a leg has no price.
    func bases(_ context: Context) -> [Int64]? {
        var bases: [Int64] = []
        for leg in legs.indices {
            guard let price = mid(leg, context) ?? context.mark(legs[leg].instrument) else { return nil }
            bases.append(instrument(leg).baseAmount(position(leg, context), at: price))
        }
        return bases
    }

    /// The sum of both legs, in 10⁻⁹ of the base currency, where it is more than this share of their sizes and can be traded; nil where
    /// it isn't, or a leg has no price.
    func imbalance(beyond band: Rate, _ context: Context) -> Int64? {
        guard let bases = bases(context), let mid = mid(0, context) else { return nil }
        let (net, gross) = (bases[0] + bases[1], abs(bases[0]) + abs(bases[1]))
        let allowed = roundedQuotient(Int128(gross) * Int128(band.trillionths), Int128(Rate.scale))
        return abs(net) > max(allowed, size.minimum(at: mid)) ? net : nil
    }

    /// What both legs hold, as a note says it.
    func text(_ context: Context) -> String {
        legs.indices.map { "\(instrument($0).text(position($0, context)))" }.joined(separator: " and ")
    }

    // MARK: Prices

    func mid(_ leg: Int, _ context: Context) -> FinePrice? { context.books[legs[leg].instrument].mid(instrument(leg)) }

    /// What a leg would trade at on a side by taking, for an amount in 10⁻⁹ of the base currency.
    func executable(_ leg: Int, _ side: Side, _ base: Int64, _ context: Context) -> FinePrice? {
        guard let mid = mid(leg, context) else { return nil }
        let (id, instrument) = (legs[leg].instrument, instrument(leg))
        return context.books[id].executablePrice(side, instrument.quantity(baseAmount: base, at: mid), instrument)
    }

    /// What taking an amount on a side of a leg costs against its mid.
    func slippage(_ leg: Int, _ side: Side, _ base: Int64, _ context: Context) -> Rate? {
        guard let mid = mid(leg, context), let price = executable(leg, side, base, context) else { return nil }
        return Rate(trillionths: roundedQuotient(Int128(abs(price.nanos - mid.nanos)) * Int128(Rate.scale), Int128(mid.nanos)))
    }

    /// What the second leg is dearer by where the first buys, cheaper by where it sells, in 10⁻⁹ of the quote currency.
    ///
    /// - Parameters:
    ///   - side: The first leg's, when entering.
    ///   - rests: The first leg does not take but rests at the touch.
    func gap(_ side: Side, entering: Bool, rests: Bool = false, _ base: Int64, _ context: Context) -> Int64? {
        let (one, two) = entering ? (side, side.opposite) : (side.opposite, side)
        let book = legs[0].instrument
        let touch = rests ? (one == .buy ? context.books[book].bestBid : context.books[book].bestAsk) : nil
        guard let first = rests ? touch.map(sizing.maker.finePrice) : executable(0, one, base, context),
            let second = executable(1, two, base, context)
        else { return nil }
        return (second.nanos - first.nanos) * side.sign
    }

    // MARK: Guards

    /// Whether both books can be traded on and are no older than `limit`.
    func canTrade(within limit: Nanoseconds, _ context: Context) -> Bool {
        legs.allSatisfy { context.canTrade($0) && context.bookAge($0.instrument) <= limit }
    }

    /// The largest amount, in 10⁻⁹ of the base currency, that both accounts can hold: contracts at this leverage, spot in full.
    func affordable(leverage: Int64, _ context: Context) -> Int64 {
        legs.indices.map { leg in
            guard let mid = mid(leg, context) else { return 0 }
            let instrument = instrument(leg)
            let usable =
                instrument.kind == .spot
                // A price that moves while the order is on its way, and fees, have to be paid too.
                ? context.balance(legs[leg].account, instrument.quote).nanos / 100 * 99 : context.collateral(legs[leg]) * leverage
            return roundedQuotient(Int128(max(0, usable)) * 1_000_000_000, Int128(mid.nanos))
        }.min() ?? 0
    }
}
