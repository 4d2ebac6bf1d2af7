import Market
import Trading

@testable import Simulation

/// One venue with one instrument and hand-made records, for stories about its rules.
struct VenueWorld {
    static let usd = Currency("USD")!
    static let btc = Currency("BTC")!

    let venue: SimulatedVenue
    var now: Int64 = 1_000_000
    private var nextOrder: UInt64 = 0

    static func instrument(_ kind: Instrument.Kind) -> Instrument {
        switch kind {
        case .linear, .spot:
            Instrument(
                symbol: "BTC", venue: "v", venueSymbol: "BTC", kind: kind, base: btc, quote: usd, tickSize: FinePrice(nanos: 1_000_000_000),
                lotSize: 1_000_000_000)
        case .inverse:
            Instrument(
                symbol: "BTC", venue: "v", venueSymbol: "BTC", kind: .inverse, base: btc, quote: usd,
                tickSize: FinePrice(nanos: 1_000_000_000),
                lotSize: 1_000_000_000, contractSize: 100_000_000_000)
        }
    }

    /// Latencies are 10 ns there and 5 ns back; maker 1 bp, taker 10 bp; the book is a snapshot of 100 × 5 and 102 × 4, 103 × 6.
    init(
        _ kind: Instrument.Kind = .linear, accounts: Int = 1, queue: QueueModel = .riskAverse, collateral: [Money]? = nil,
        postOnly: VenueConfiguration.PostOnlyPolicy = .reject, spotFee: VenueConfiguration.SpotFee = .quote,
        book: [(Side, Int64, Int64)] = [(.buy, 100, 5), (.buy, 99, 8), (.sell, 102, 4), (.sell, 103, 6)]
    ) {
        venue = SimulatedVenue(
            VenueConfiguration(
                listings: [.init(id: InstrumentID(0), instrument: Self.instrument(kind))],
                accounts: (0..<accounts).map {
                    .init(
                        id: AccountID($0), collateral: collateral ?? [Money(nanos: 1_000_000_000_000, Self.usd)],
                        makerFee: Rate(basisPoints: 1),
                        takerFee: Rate(basisPoints: 10), entryLatency: Nanoseconds(count: 10), responseLatency: Nanoseconds(count: 5))
                }, queue: queue, postOnly: postOnly, spotFee: spotFee, reportsAccountState: false))
        snapshot(book)
    }

    mutating func snapshot(_ levels: [(Side, Int64, Int64)]) {
        for (index, level) in levels.enumerated() {
            var flags: MarketEvent.Flags = [.snapshot]
            if index == 0 { flags.insert(.first) }
            if index == levels.count - 1 { flags.insert(.last) }
            record(.level, level.0, level.1, level.2, flags)
        }
    }

    mutating func record(
        _ kind: MarketEvent.Kind, _ side: Side, _ price: Int64, _ quantity: Int64, _ flags: MarketEvent.Flags = [.first, .last],
        detail: Int64 = 0
    ) {
        now += 1
        venue.receive(
            MarketEvent(
                kind: kind, instrument: InstrumentID(0), venueTime: Timestamp(nanoseconds: now), receiveTime: Timestamp(nanoseconds: now),
                price: price, quantity: quantity, detail: detail, flags: side == .sell ? flags.union(.sell) : flags))
    }

    mutating func level(_ side: Side, _ ticks: Int64, _ lots: Int64) { record(.level, side, ticks, lots) }
    mutating func trade(_ aggressor: Side, _ ticks: Int64, _ lots: Int64) { record(.trade, aggressor, ticks, lots) }

    /// Sends an order and lets it arrive.
    @discardableResult
    mutating func submit(
        _ side: Side, _ ticks: Int64?, _ lots: Int64, _ force: TimeInForce = .goodTillCancelled, postOnly: Bool = false,
        reduceOnly: Bool = false,
        account: Int = 0
    ) -> OrderID {
        nextOrder += 1
        let id = OrderID(nextOrder)
        venue.handle(
            .submit(
                OrderRequest(
                    account: AccountID(account), instrument: InstrumentID(0), order: id, side: side, type: ticks == nil ? .market : .limit,
                    timeInForce: force, price: ticks.map { Price(ticks: $0) }, quantity: Quantity(lots: lots), postOnly: postOnly,
                    reduceOnly: reduceOnly)), now: Timestamp(nanoseconds: now))
        arrive()
        return id
    }

    mutating func cancel(_ id: OrderID) {
        venue.handle(
            .cancel(CancelRequest(account: AccountID(0), instrument: InstrumentID(0), order: id)), now: Timestamp(nanoseconds: now))
        arrive()
    }

    mutating func arrive() {
        now += 10
        venue.advance(to: Timestamp(nanoseconds: now))
    }

    /// Everything that has been reported and not read yet, as short words.
    mutating func reports() -> [String] {
        now += 1_000
        var words: [String] = []
        while let event = venue.nextReport(now: Timestamp(nanoseconds: now)) {
            switch event.report {
            case .acknowledged(let id): words.append("ack \(id.rawValue)")
            case .filled(let fill):
                words.append("\(fill.role) \(fill.order.rawValue) \(fill.side) \(fill.quantity.lots)@\(fill.price.ticks)")
            case .cancelled(let id, let reason): words.append("cancelled \(id.rawValue) \(reason)")
            case .expired(let id, let reason): words.append("expired \(id.rawValue) \(reason)")
            case .rejected(let id, let kind, let reason): words.append("rejected \(id.rawValue) \(kind) \(reason)")
            case .funding(let payment): words.append("funding \(payment.amount)")
            default: words.append("\(event.report)")
            }
        }
        return words
    }

    func balance(_ currency: Currency, _ account: Int = 0) -> Int64 {
        venue.balances(AccountID(account)).first { $0.currency == currency }?.nanos ?? 0
    }
}
