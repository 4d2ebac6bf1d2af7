internal import Market
internal import Trading

/// The rates that an account pays: as stated, or by tiers that follow what it traded.
struct AccountFees {
    private struct Tier {
        let schedule: FeeSchedule
        var volume: RollingVolume
        var rates: (maker: Rate, taker: Rate)
    }

    private let stated: (maker: Rate, taker: Rate)
    private let terms: VenueConfiguration.FeeTerms?
    private var contracts: Tier?
    private var spot: Tier?
    private var lastReview = Timestamp.distantPast

    init(_ configuration: VenueConfiguration.Account) {
        stated = (configuration.makerFee, configuration.takerFee)
        terms = configuration.feeTerms
        guard let terms else { return }
        func tier(_ schedule: FeeSchedule) -> Tier {
            let tier = schedule.tier(volume: terms.volume, stake: terms.stake)
            return Tier(schedule: schedule, volume: RollingVolume(seed: terms.volume), rates: (tier.maker, tier.taker))
        }
        contracts = tier(terms.contracts)
        spot = tier(terms.spot)
    }

    /// The dearer of what a fill may cost now: what a purchase must be able to pay.
    var largestSpotRate: Rate {
        let rates = spot?.rates ?? stated
        return max(.zero, rates.maker, rates.taker)
    }

    /// The rate of a fill of this notional, which then counts for the next review.
    mutating func rate(_ kind: Instrument.Kind, _ role: LiquidityRole, _ notional: @autoclosure () -> Int64, at time: Timestamp) -> Rate {
        guard let terms else { return role == .maker ? stated.maker : stated.taker }
        let review = terms.review.last(before: time)
        if review > lastReview {
            // Nothing was traded before the first fill: the tier is the one to begin with.
            if lastReview != .distantPast {
                Self.review(&contracts, review, terms.stake)
                Self.review(&spot, review, terms.stake)
            }
            lastReview = review
        }
        let rates: (maker: Rate, taker: Rate)?
        if kind == .spot {
            rates = spot?.rates
            spot?.volume.add(notional(), at: time)
        } else {
            rates = contracts?.rates
            contracts?.volume.add(notional(), at: time)
        }
        let pair = rates ?? stated
        return role == .maker ? pair.maker : pair.taker
    }

    private static func review(_ tier: inout Tier?, _ time: Timestamp, _ stake: Int64) {
        guard let current = tier else { return }
        let reached = current.schedule.tier(volume: current.volume.sum(before: time), stake: stake)
        tier?.rates = (reached.maker, reached.taker)
    }
}
