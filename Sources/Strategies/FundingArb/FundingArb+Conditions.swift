internal import Market
internal import Trading

/// What has to hold for a pair to be opened, and to stay as it is.
extension FundingArb {
    private static let hoursInYear: Int64 = 8_760

    func difference(_ context: Context) -> Int64? {
        funding.difference(at: context.now, within: parameters.duration("funding_stale"))
    }

    func isAtLeast(_ name: String, _ perHour: Int64) -> Bool {
        Int128(perHour) * Int128(Self.hoursInYear) >= Int128(parameters.rate(name).trillionths)
    }

    /// The leg to sell, if a pair would earn more than it costs; and how long it takes to earn that, in hours.
    func worthwhile(_ context: Context) -> (short: Int, breakEven: Double)? {
        guard let difference = difference(context), difference != 0, isAtLeast("min_edge_apr", abs(difference)) else { return nil }
        let short = difference > 0 ? 0 : 1
        guard let mid = pair.mid(0, context) else { return nil }
        let clip = parameters.amount("clip").baseAmount(of: pair.instrument(0), at: mid)
        let makerSide: Side = short == 0 ? .sell : .buy
        // The maker leg rests when it enters; all else takes.
        guard let hedge = pair.slippage(1, makerSide.opposite, clip, context),
            let exit = pair.slippage(0, makerSide.opposite, clip, context), let other = pair.slippage(1, makerSide, clip, context)
        else { return nil }
        let costs =
            parameters.rate("costs").trillionths + parameters.rate("basis_buffer").trillionths + hedge.trillionths + exit.trillionths
            + other.trillionths
        let hold = parameters.duration("expected_hold")
        let usual = Double(parameters.factor("persistence").trillionths) / Double(Rate.scale)
        let lasting = Double(abs(difference)) * funding.persistence(of: difference, over: hold, otherwise: usual)
        let hours = Double(hold.count) / 3_600_000_000_000
        guard lasting > 0, lasting * hours > Double(costs) else { return nil }
        return (short, Double(costs) / lasting)
    }

    /// Whether the collaterals differ too much; without prices that is not known.
    func isSkewed(_ context: Context) -> Bool {
        guard pair.legs.indices.allSatisfy({ pair.mid($0, context) != nil }) else { return false }
        let collateral = pair.legs.map { Int128(context.collateral($0)) }
        let (sum, distance) = (collateral[0] + collateral[1], abs(collateral[0] - collateral[1]))
        return distance * Int128(Rate.scale) > sum * Int128(parameters.rate("equity_skew").trillionths)
    }

    func mayOpen(_ context: Context) -> Bool {
        guard context.freeze == nil, pair.canTrade(within: parameters.duration("stale_after"), context), !isSkewed(context) else {
            return false
        }
        return opens.count(where: { $0 + .hours(1) > context.now }) < parameters.integer("max_opens") && target(context) != nil
    }

    /// What each leg is to hold, in 10⁻⁹ of the base currency; nil where that is less than both venues take.
    func target(_ context: Context) -> Int64? {
        guard let mid = pair.mid(0, context) else { return nil }
        let wanted = parameters.amount("max_notional").baseAmount(of: pair.instrument(0), at: mid)
        let base = pair.size.largest(within: min(wanted, pair.affordable(leverage: parameters.integer("leverage"), context)))
        return base >= pair.size.minimum(at: mid) ? base : nil
    }

    func settlementIsNear(_ context: Context) -> Bool {
        funding.nextSettlement(after: context.now) <= context.now + parameters.duration("settlement_lead")
    }

    // MARK: An open pair

    static func share(_ quantity: Quantity, _ share: Rate) -> Quantity {
        Quantity(lots: Int64(Int128(quantity.magnitude.lots) * Int128(share.trillionths) / Int128(Rate.scale)))
    }

    /// The share of both legs that has to go for no account to have more leverage than a pair is opened with; nil: none has too much.
    func excess(_ bases: [Int64], _ context: Context) -> Rate? {
        var largest = Rate.zero
        for leg in pair.legs.indices {
            guard let mid = pair.mid(leg, context) else { return nil }
            let notional = Int128(abs(bases[leg])) * Int128(mid.nanos) / 1_000_000_000
            let equity = Int128(max(0, context.collateral(pair.legs[leg])))
            guard notional > equity * Int128(parameters.integer("max_leverage")) else { continue }
            let kept = equity * Int128(parameters.integer("leverage")) * Int128(Rate.scale) / notional
            largest = max(largest, Rate(trillionths: Rate.scale - Int64(kept)))
        }
        return largest > .zero ? largest : nil
    }

    /// What is unpaired beyond the band, in 10⁻⁹ of the base currency.
    func imbalance(_ context: Context) -> Int64? { pair.imbalance(beyond: parameters.rate("delta_band"), context) }
}
