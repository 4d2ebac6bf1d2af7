import Market
import Simulation
import Testing
import Trading

/// A venue whose accounts are audited after everything that happens: what was paid in is where the venue says it is, and
/// each account is what its reports make of it.
final class MarginWorld {
    static let usdc = Currency("USDC")!

    /// What one account was told, reckoned apart from the venue.
    private struct Ledger {
        var cash: Int64
        var positions: [Int64]
    }

    let venue: SimulatedVenue
    let instruments: [Instrument]
    private(set) var now: Timestamp
    private let start: Int64
    private var ledgers: [Ledger]
    private var lastOrder: UInt64 = 0
    /// Reduce-only orders.
    private var reducing: Set<OrderID> = []
    /// All reports so far.
    private(set) var log: [(account: Int, report: AccountEvent.Report)] = []

    /// Ticks of 0.01, lots of 0.0001; latencies of a nanosecond.
    init(
        _ margin: VenueConfiguration.Margin? = nil, symbols: [String] = ["ETH"], collateral: [String] = ["1000"], maker: Rate = .zero,
        taker: Rate = .zero, time: String = "2026-09-01T10:30:00Z", feeTerms: VenueConfiguration.FeeTerms? = nil,
        leverage: Int64? = nil, _ configure: (inout VenueConfiguration) -> Void = { _ in }
    ) throws {
        instruments = symbols.map { symbol in
            Instrument(
                symbol: symbol, venue: "test", venueSymbol: symbol + "USDC", kind: .linear, base: Currency(symbol)!, quote: Self.usdc,
                tickSize: FinePrice(nanos: 10_000_000), lotSize: 100_000)
        }
        let amounts = try collateral.map { try Decimal.parse($0, decimals: 9) }
        now = try #require(Timestamp(iso8601: time))
        start = amounts.reduce(0, +)
        ledgers = amounts.map { Ledger(cash: $0, positions: symbols.map { _ in 0 }) }
        var configuration = VenueConfiguration(
            listings: instruments.enumerated().map { .init(id: InstrumentID($0.offset), instrument: $0.element) },
            accounts: amounts.enumerated().map { number, amount in
                var account = VenueConfiguration.Account(
                    id: AccountID(number), collateral: [Money(nanos: amount, Self.usdc)], makerFee: maker, takerFee: taker,
                    entryLatency: Nanoseconds(count: 1), responseLatency: Nanoseconds(count: 1))
                account.feeTerms = feeTerms
                account.leverage = leverage
                return account
            }, reportsAccountState: false)
        configuration.margin = margin
        configure(&configuration)
        venue = SimulatedVenue(configuration)
        for index in instruments.indices { venue.setSynchronised(InstrumentID(index), true) }
    }

    /// The rules of a profile, with the margin table of each symbol.
    convenience init(_ profile: VenueProfile, collateral: [String] = ["1000"], leverage: Int64? = nil) throws {
        try self.init(
            VenueConfiguration.Margin(
                rules: try #require(profile.marginRules?.value), tables: [try #require(profile.marginTable("ETH")?.value)],
                liquidationFee: try #require(profile.liquidationFee?.value)), collateral: collateral, leverage: leverage
        ) { configuration in
            configuration.fundingPrice = profile.fundingPrice?.value ?? .mark
        }
    }

    // MARK: The market

    @discardableResult
    func record(
        _ kind: MarketEvent.Kind, _ price: Int64 = 0, _ quantity: Int64 = 0, detail: Int64 = 0, _ flags: MarketEvent.Flags = [],
        instrument: Int = 0
    ) -> [AccountEvent.Report] {
        pass()
        venue.receive(
            MarketEvent(
                kind: kind, instrument: InstrumentID(instrument), venueTime: now, receiveTime: now, price: price, quantity: quantity,
                detail: detail, flags: flags.union([.first, .last])))
        return settle()
    }

    /// A displayed size, in dollars and coins.
    @discardableResult
    func level(_ side: Side, _ price: String, _ size: String, instrument: Int = 0) throws -> [AccountEvent.Report] {
        record(.level, try ticks(price), try lots(size), side == .sell ? .sell : [], instrument: instrument)
    }

    @discardableResult
    func mark(_ price: String, instrument: Int = 0) throws -> [AccountEvent.Report] {
        record(.mark, try Decimal.parse(price, decimals: 9), instrument: instrument)
    }

    func pass(_ span: Nanoseconds = Nanoseconds(count: 1_000)) { now = now + span }

    // MARK: Accounts

    @discardableResult
    func submit(
        _ side: Side, _ price: String, _ size: String, account: Int = 0, _ force: TimeInForce = .goodTillCancelled,
        reduceOnly: Bool = false,
        instrument: Int = 0
    ) throws -> [AccountEvent.Report] {
        submit(side, try ticks(price), try lots(size), account: account, force, reduceOnly: reduceOnly, instrument: instrument)
    }

    @discardableResult
    func submit(
        _ side: Side, _ ticks: Int64, _ lots: Int64, account: Int, _ force: TimeInForce, reduceOnly: Bool, instrument: Int
    ) -> [AccountEvent.Report] {
        lastOrder += 1
        if reduceOnly { reducing.insert(OrderID(lastOrder)) }
        return send(
            .submit(
                OrderRequest(
                    account: AccountID(account), instrument: InstrumentID(instrument), order: OrderID(lastOrder), side: side, type: .limit,
                    timeInForce: force, price: Price(ticks: ticks), quantity: Quantity(lots: lots), reduceOnly: reduceOnly)))
    }

    @discardableResult
    func send(_ command: Command) -> [AccountEvent.Report] {
        venue.handle(command, now: now)
        pass()
        venue.advance(to: now)
        return settle()
    }

    @discardableResult
    func setLeverage(_ leverage: Int64, account: Int = 0) -> [AccountEvent.Report] {
        send(.setLeverage(account: AccountID(account), instrument: InstrumentID(0), leverage: leverage))
    }

    @discardableResult
    func deleverage(_ lots: Int64, at nanos: Int64, account: Int, instrument: Int = 0) -> [AccountEvent.Report] {
        pass()
        venue.deleverage(
            AccountID(account), InstrumentID(instrument), Quantity(lots: lots), at: FinePrice(nanos: nanos), time: now)
        return settle()
    }

    func balance(_ account: Int = 0) -> Money { venue.balances(AccountID(account)).first ?? .zero(Self.usdc) }
    func position(_ account: Int = 0, instrument: Int = 0) -> String {
        instruments[instrument].text(venue.position(AccountID(account), InstrumentID(instrument)))
    }
    func standing(_ account: Int = 0) -> MarginStanding { venue.standing(AccountID(account)) }

    func money(_ text: String) throws -> Money { Money(nanos: try Decimal.parse(text, decimals: 9), Self.usdc) }
    func ticks(_ price: String) throws -> Int64 { try Decimal.parse(price, decimals: 2) }
    func lots(_ size: String) throws -> Int64 { try Decimal.parse(size, decimals: 4) }

    func liquidation(_ change: String, _ price: String, penalty: String, instrument: Int = 0) throws -> AccountEvent.Report {
        .liquidation(
            InstrumentID(instrument), Quantity(lots: try lots(change)), FinePrice(nanos: try Decimal.parse(price, decimals: 9)),
            penalty: try money(penalty))
    }

    // MARK: The audit

    /// Takes the reports of what just happened, and checks every account and the sum of all money.
    private func settle() -> [AccountEvent.Report] {
        var reports: [AccountEvent.Report] = []
        while let event = venue.nextReport(now: .never) {
            reports.append(event.report)
            log.append((event.account.index, event.report))
            note(event.report, event.account.index)
        }
        venue.takeFills { _ in }
        audit()
        return reports
    }

    private func note(_ report: AccountEvent.Report, _ account: Int) {
        func change(_ instrument: InstrumentID, _ lots: Int64, _ price: FinePrice, _ cost: Money) {
            ledgers[account].cash -= value(instruments[instrument.index], Quantity(lots: lots), price).nanos + cost.nanos
            ledgers[account].positions[instrument.index] += lots
        }
        switch report {
        case .filled(let fill):
            let before = ledgers[account].positions[fill.instrument.index]
            change(fill.instrument, fill.signedQuantity.lots, instruments[fill.instrument.index].finePrice(fill.price), fill.fee)
            let after = ledgers[account].positions[fill.instrument.index]
            if reducing.contains(fill.order) {
                #expect(abs(after) < abs(before) && after.signum() * before.signum() >= 0, "a reduce-only order opened a position")
            }
        case .liquidation(let instrument, let quantity, let price, let penalty, _):
            let before = ledgers[account].positions[instrument.index]
            change(instrument, quantity.lots, price, penalty)
            let after = ledgers[account].positions[instrument.index]
            #expect(abs(after) < abs(before) && after.signum() * before.signum() >= 0, "a forced closing opened a position")
            #expect(penalty.nanos >= 0)
        case .funding(let payment): ledgers[account].cash += payment.amount.nanos
        case .adjustment(let money):
            ledgers[account].cash += money.nanos
            #expect(money.nanos > 0 && balance(account).nanos >= 0, "an adjustment left a debt")
        default: break
        }
    }

    private func audit() {
        var sum: Int64 = 0
        for account in ledgers.indices {
            let cash = venue.cash(AccountID(account)).reduce(0) { $0 + $1.nanos }
            sum += cash
            #expect(cash == ledgers[account].cash, "account \(account) was told something else than was booked")
            for index in instruments.indices {
                #expect(venue.position(AccountID(account), InstrumentID(index)).lots == ledgers[account].positions[index])
            }
        }
        let funds = venue.funds
        for money in funds.fees + funds.insurance + funds.market { sum += money.nanos }
        #expect(sum == start, "money was made or lost")
    }
}
