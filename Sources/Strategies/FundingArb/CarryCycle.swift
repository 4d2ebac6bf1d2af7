internal import Market
internal import Trading

/// One pair that collects a difference of funding: what it paid, what it collected and what that was expected to be.
struct CarryCycle {
    private static let hour = Nanoseconds.hours(1)

    let number: Int
    /// The leg that is sold.
    let short: Int
    /// What each leg is to hold at most, in 10⁻⁹ of the base currency.
    let target: Int64
    private let begunAt: Timestamp
    /// An hour's rate of each leg at the entry.
    private let predicted: [Int64]
    private(set) var entry = [AveragePrice(), AveragePrice()]
    private var collected: [Money?] = [nil, nil]
    private var payments = 0
    /// Of realised less predicted, in bp an hour: mean and sum of squares.
    private var (errorMean, errorSquares) = (0.0, 0.0)

    init(_ number: Int, short: Int, target: Int64, predicted: [Int64], at now: Timestamp) {
        (self.number, self.short, self.target, self.predicted, begunAt) = (number, short, target, predicted, now)
    }

    /// Of a leg, when entering.
    func side(_ leg: Int) -> Side { leg == short ? .sell : .buy }

    mutating func add(_ fill: Fill, leg: Int, _ instrument: Instrument) {
        // What closes is not what was paid.
        guard fill.side == side(leg) else { return }
        let price = instrument.finePrice(fill.price)
        entry[leg].add(abs(instrument.baseAmount(fill.quantity, at: price)), at: price)
    }

    mutating func add(_ payment: FundingPayment, leg: Int, interval: Nanoseconds?) {
        collected[leg] = collected[leg].map { $0 + payment.amount } ?? payment.amount
        guard let interval, interval > .zero else { return }
        let perHour = roundedQuotient(Int128(payment.rate.trillionths) * Int128(Self.hour.count), Int128(interval.count))
        payments += 1
        let error = Double(perHour - predicted[leg]) / 100_000_000
        let step = error - errorMean
        errorMean += step / Double(payments)
        errorSquares += step * (error - errorMean)
    }

    // MARK: Returns

    /// What leaving at these prices would bring, of what entering cost; nil before both legs have filled.
    func priceReturn(_ exit: (Int) -> FinePrice?) -> Rate? {
        var sum: Int64 = 0
        for leg in entry.indices {
            guard let paid = entry[leg].value, let price = exit(leg) else { return nil }
            let change = Int128(price.nanos - paid.nanos) * Int128(side(leg).sign)
            sum += roundedQuotient(change * Int128(Rate.scale), Int128(paid.nanos))
        }
        return Rate(trillionths: sum)
    }

    /// What was collected, of the notional.
    func fundingReturn(_ instrument: (Int) -> Instrument) -> Rate {
        var sum: Int64 = 0
        for leg in entry.indices {
            guard let amount = collected[leg], let paid = entry[leg].value else { continue }
            let quote = roundedBillionth(Int128(entry[leg].base) * Int128(paid.nanos))
            let notional = instrument(leg).kind == .inverse ? entry[leg].base : quote
            if notional > 0 { sum += roundedQuotient(Int128(amount.nanos) * Int128(Rate.scale), Int128(notional)) }
        }
        return Rate(trillionths: sum)
    }

    func report(_ reason: String, at now: Timestamp) -> String {
        func text(_ number: Double) -> String { Decimal.text(Int64(number * 1_000), decimals: 3) }
        let amounts = collected.compactMap { $0?.description }.joined(separator: " and ")
        var line = "cycle \(number) ended: \(reason); \(Decimal.text((now - begunAt).count / 1_000_000, decimals: 3)) s"
        guard payments > 0 else { return line + ", no funding" }
        line += ", funding \(amounts) in \(payments) payments, realised less predicted \(text(errorMean))"
        if payments > 1 { line += " ± \(text((errorSquares / Double(payments - 1)).squareRoot()))" }
        return line + " bp an hour"
    }
}
