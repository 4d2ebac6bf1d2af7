internal import Market
internal import Trading

/// What the two venues of a pair pay for funding, made comparable: an hour's rate of each, whatever its interval.
struct FundingWatch {
    /// The last that a venue told.
    struct Quote {
        /// In 10⁻¹² of the notional; positive: longs pay.
        var perHour: Int64
        var interval: Nanoseconds
        /// When it is settled; nil where the venue does not say.
        var next: Timestamp?
        var toldAt: Timestamp
    }

    private static let hour = Nanoseconds.hours(1)
    private static let samplesKept = 200

    private(set) var quotes: [Quote?] = [nil, nil]
    /// An hour's rate at the last settlement.
    private var settled: [Int64?] = [nil, nil]
    /// What the first leg's was more than the second's, at the settlements of the venue that settles more often.
    private var realised: [Double] = []

    /// Takes a venue's record; one without an interval, stated or the instrument's own, says nothing that can be compared.
    mutating func receive(_ event: MarketEvent, leg: Int, _ instrument: Instrument) {
        let interval = event.quantity > 0 ? Nanoseconds(count: event.quantity) : instrument.fundingInterval ?? .zero
        guard event.kind == .funding, interval > .zero else { return }
        let perHour = roundedQuotient(Int128(event.price) * Int128(Self.hour.count), Int128(interval.count))
        let next = event.detail > 0 ? Timestamp(nanoseconds: event.detail) : nil
        if let old = quotes[leg], let due = old.next, let next, next > due {
            settled[leg] = old.perHour
            sample(leg, old.interval)
        }
        quotes[leg] = Quote(perHour: perHour, interval: interval, next: next, toldAt: event.receiveTime)
    }

    private mutating func sample(_ leg: Int, _ interval: Nanoseconds) {
        guard let other = quotes[1 - leg], interval <= other.interval, interval < other.interval || leg == 0,
            let one = settled[0] ?? quotes[0]?.perHour, let two = settled[1] ?? quotes[1]?.perHour
        else { return }
        realised.append(Double(one - two))
        if realised.count > Self.samplesKept { realised.removeFirst() }
    }

    /// What the first leg's rate is more than the second's, in 10⁻¹² an hour; nil unless both were told within `limit`.
    func difference(at now: Timestamp, within limit: Nanoseconds) -> Int64? {
        guard let one = quotes[0], let two = quotes[1], min(one.toldAt, two.toldAt) + limit >= now else { return nil }
        return one.perHour - two.perHour
    }

    /// The settlement that comes next at either venue; of the legs that pay at it alone, where their signs are given.
    func nextSettlement(after now: Timestamp, paidBy signs: [Int64]? = nil) -> Timestamp {
        quotes.indices.compactMap { leg -> Timestamp? in
            guard let quote = quotes[leg], let next = quote.next, next > now else { return nil }
            if let signs, quote.perHour.signum() * signs[leg] <= 0 { return nil }
            return next
        }.min() ?? .never
    }

    /// The share of today's difference that is expected on average over the coming `hold`, from what was realised; `usual` while too
    /// little was.
    func persistence(of difference: Int64, over hold: Nanoseconds, otherwise usual: Double) -> Double {
        let interval = quotes.compactMap { $0?.interval }.min() ?? .zero
        guard difference != 0, interval > .zero, let model = AutoRegression(realised) else { return usual }
        let count = Int(min(1_000, max(1, hold.count / interval.count)))
        return max(0, min(1, model.expectedMean(after: Double(difference), over: count) / Double(difference)))
    }
}
