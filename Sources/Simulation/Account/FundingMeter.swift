internal import Market

/// Reckons an instrument's funding rate by the venue's formula: the premium of the book over the index, sampled at a random
/// instant of each span, and averaged over the interval between two settlements.
struct FundingMeter {
    private let rule: FundingRule
    private var random: SeededGenerator
    private var sum = Int128(0)
    private var count: Int64 = 0
    /// The span that is sampled next.
    private var span = Timestamp.distantPast
    private(set) var nextSample = Timestamp(nanoseconds: 0)
    private(set) var nextSettlement = Timestamp.never

    init(_ rule: FundingRule, seed: UInt64, instrument: InstrumentID) {
        self.rule = rule
        random = SeededGenerator(seed: seed ^ 0x6675_6E64_696E_67, stream: UInt64(instrument.index))
    }

    var due: Timestamp { min(nextSample, nextSettlement) }

    /// Takes a sample; nil where the book or the index says nothing.
    mutating func sample(_ premium: Rate?) {
        if let premium {
            sum += Int128(premium.trillionths)
            count += 1
        }
        span = span + rule.sampleEvery
        drawSample()
    }

    /// The rate of the interval that has ended, and when it did; without a sample the premium counts as nothing.
    mutating func settle() -> (rate: Rate, time: Timestamp) {
        defer {
            (sum, count) = (0, 0)
            nextSettlement = nextSettlement + rule.interval
        }
        let average = count > 0 ? Rate(trillionths: roundedQuotient(sum, Int128(count))) : .zero
        return (rule.rate(averagePremium: average), nextSettlement)
    }

    /// The first record has come.
    mutating func begin(_ now: Timestamp) {
        guard nextSettlement == .never else { return }
        nextSettlement = Self.next(now, rule.interval)
        span = Self.next(now, rule.sampleEvery)
        drawSample()
    }

    private mutating func drawSample() {
        nextSample = span + Nanoseconds(count: random.uniform(in: 0...rule.sampleEvery.count - 1))
    }

    /// The first multiple after `now`, counted from 1970: full hours are full hours of UTC.
    private static func next(_ now: Timestamp, _ interval: Nanoseconds) -> Timestamp {
        Timestamp(nanoseconds: (floorQuotient(now.nanoseconds, interval.count) + 1) * interval.count)
    }
}

extension VenueMarket {
    /// How far the book stands above or below the index, for taking what an account with the margin of the rule can take at
    /// the highest leverage; nil without an index or a whole book.
    func premium(_ rule: FundingRule, leverage: Int64) -> Rate? {
        guard let index = indexPrice, index.nanos > 0, isSynchronised, book.hasBothSides else { return nil }
        let base = roundedQuotient(Int128(rule.impactMargin) * Int128(leverage) * 1_000_000_000, Int128(index.nanos))
        let lots = max(1, contract.quantity(baseAmount: base, at: index).lots)
        func average(_ side: Side) -> FinePrice {
            // A book that holds less gives what it has.
            let (filled, tickLots) = book.sweep(side, lots: lots)
            return FinePrice(nanos: roundedQuotient(tickLots * Int128(contract.tickSize.nanos), Int128(filled)))
        }
        return FundingRule.premium(impactBid: average(.sell), impactAsk: average(.buy), index: index)
    }
}

extension SimulatedVenue {
    /// Samples the premium, and turns what was sampled into the rate of a settlement, as far as their time has come.
    func measureFunding(_ index: Int, _ now: Timestamp) {
        guard let rule = configuration.fundingRule, markets[index].meter != nil else { return }
        markets[index].meter?.begin(now)
        while let meter = markets[index].meter, meter.due <= now {
            if meter.nextSettlement <= meter.nextSample {
                guard let (rate, time) = markets[index].meter?.settle() else { return }
                markets[index].funding = (rate, time, .zero)
                settleFunding(index, now)
            } else {
                let premium = markets[index].premium(rule, leverage: desk.table(index)?.maximumLeverage ?? 1)
                markets[index].meter?.sample(premium)
            }
        }
    }
}
