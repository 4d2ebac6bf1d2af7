import Market
import Strategies
import Testing
import Trading

/// A hedger in a process that has begun anew, to which nobody has told of a price yet.
@Suite struct HedgerRestartTests {
    private final class Hedging: Strategy {
        static let specification = StrategySpecification(
            name: "hedging", purpose: "Hedges.", phases: [], roles: [], parameters: [])

        var hedger: Hedger

        init(_ hedger: Hedger) { self.hedger = hedger }
        init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
            hedger = Hedger(.init(maker: binding.leg("maker"), taker: binding.leg("taker")))
        }

        var interests: Interests { .touch }
        func start(_ context: inout Context) {}
        func receive(_ event: StrategyEvent, _ context: inout Context) { hedger.receive(event, &context) }
        func stop(_ reason: StopReason, _ context: inout Context) {}
    }

    @Test(arguments: [Contract.Kind.linear, .inverse])
    func `what filled unrecorded is hedged, also where it is told before there is any price`(kind: Contract.Kind) {
        var instruments = PairWorld.instruments()
        instruments[0] = Instrument(
            symbol: "BTC", venue: "v", venueSymbol: "BTC", kind: kind, base: PairWorld.btc, quote: PairWorld.usd,
            tickSize: FinePrice(nanos: PairWorld.second), lotSize: kind == .linear ? 1_000_000 : PairWorld.second,
            contractSize: kind == .linear ? 1_000_000_000 : 60 * PairWorld.second, minimumQuantity: Quantity(lots: 1))
        let accounts = (0...1).map { index in
            CoreConfiguration.Account(
                name: "\(index)", venue: VenueID(index), balances: [Money(nanos: 100_000 * PairWorld.second, PairWorld.usd)])
        }
        let core = TradingCore(CoreConfiguration(instruments: instruments, accounts: accounts, seed: 1))
        let legs = (0...1).map { StrategyBinding.Leg(account: AccountID($0), instrument: InstrumentID($0)) }
        let strategy = Hedging(Hedger(.init(maker: legs[0], taker: legs[1])))
        core.attach(strategy, subscriptions: [InstrumentID(0), InstrumentID(1)])
        var now = Timestamp(nanoseconds: 1_700_000_000 * PairWorld.second)
        core.start(at: now)
        while core.nextCommand() != nil {}
        now = now + .seconds(1)
        core.restart(at: now, nextOrder: OrderID(100))
        var questions: [QueryRequest] = []
        while let command = core.nextCommand() { if case .query(let request) = command { questions.append(request) } }

        now = now + .milliseconds(5)
        func tell(_ report: AccountEvent.Report, _ account: Int) {
            core.receive(AccountEvent(account: AccountID(account), venueTime: now, receiveTime: now, report: report))
        }
        // Ten lots: 0.01 BTC, or ten contracts of 60 dollars at 60,000.
        tell(
            .filled(
                Fill(
                    order: OrderID(7), instrument: InstrumentID(0), trade: 1, side: .buy, role: .maker, price: Price(ticks: 60_000),
                    quantity: Quantity(lots: 10), fee: .zero(PairWorld.usd))), 0)
        for question in questions { tell(.endOfAnswer(query: question.query), question.account.index) }
        #expect(!core.isRecovering)
        #expect(strategy.hedger.ledger.pending == (kind == .linear ? 10_000_000 : 0))

        now = now + .milliseconds(5)
        for index in 0...1 {
            for (side, ticks) in [(Side.buy, Int64(59_990)), (.sell, 60_010)] {
                var flags: MarketEvent.Flags = side == .buy ? [.first, .snapshot] : [.last, .snapshot]
                if side == .sell { flags.insert(.sell) }
                core.receive(
                    MarketEvent(
                        kind: .level, instrument: InstrumentID(index), venueTime: now, receiveTime: now, price: ticks, quantity: 50,
                        flags: flags))
            }
        }
        now = now + .seconds(1)
        core.wake(at: now)
        #expect(strategy.hedger.ledger.pending == 10_000_000)
        var hedged: Int64 = 0
        while let command = core.nextCommand() {
            if case .submit(let request) = command, request.account == AccountID(1), request.side == .sell {
                hedged += request.quantity.lots
            }
        }
        #expect(hedged == 10)
    }
}
