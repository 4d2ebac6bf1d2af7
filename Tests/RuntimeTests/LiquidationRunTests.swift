import Market
import Metrics
import Scenario
import Simulation
import Strategies
import Tape
import Testing
import Trading

@testable import Runtime

/// Buys one coin whenever it has none, rests an order below, and says each second what it believes to have.
private final class Gambler: Strategy {
    static let specification = StrategySpecification(
        name: "gambler", purpose: "Buys what falls.", phases: [], roles: [.init("maker", "")], parameters: [])
    private let leg: StrategyBinding.Leg
    private let currency: Currency

    init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
        leg = binding.leg("maker")
        currency = binding.instruments[leg.instrument.index].settlement
    }

    var interests: Interests { [] }
    func start(_ context: inout Context) { context.wake(at: context.now) }
    func stop(_ reason: StopReason, _ context: inout Context) { tell(&context) }

    func receive(_ event: StrategyEvent, _ context: inout Context) {
        guard case .timer = event else { return }
        tell(&context)
        context.wake(at: context.now + .seconds(1))
        guard let ask = context.books[leg.instrument].bestAsk, context.openOrders().isEmpty else { return }
        if context.position(leg.account, leg.instrument).isZero { send(ask, .immediateOrCancel, &context) }
        send(Price(ticks: ask.ticks - 20_000), .goodTillCancelled, &context)
    }

    private func send(_ price: Price, _ force: TimeInForce, _ context: inout Context) {
        context.submit(
            OrderDraft(
                account: leg.account, instrument: leg.instrument, side: .buy, timeInForce: force, price: price,
                quantity: Quantity(lots: 100_000), purpose: .quote))
    }

    private func tell(_ context: inout Context) {
        let (balance, position) = (context.balance(leg.account, currency), context.position(leg.account, leg.instrument))
        context.note("\(balance), \(position.lots) lots")
    }
}

/// Keeps the lines of the log.
private final class Lines: RunOutput {
    var lines: [String] = []
    func note(_ text: String, at time: Timestamp) throws(RunError) { lines.append(text) }
}

@Suite struct LiquidationRunTests {
    /// 50 dollars down each second, a jump of 6,000 after 150; marks a little off the mid; funding each 20 s.
    private static func falling() throws -> (Workbench, String) {
        let bench = try Workbench()
        let path = bench.folder + "/falling.tape"
        let instrument = Instrument(
            symbol: "BTC", venue: "backpack", venueSymbol: "BTC_USDC_PERP", kind: .linear, base: Currency("BTC")!, quote: Currency("USDC")!,
            tickSize: FinePrice(nanos: 1_000_000_000), lotSize: 10_000)
        let writer = try TapeWriter(creating: path)
        let feed = try writer.addFeed(FeedDescription(instrument: instrument, source: "test"))
        var last: Int64 = 0
        for second in 0..<240 as Range<Int64> {
            let base = 60_000 - second * 50 - (second >= 150 ? 6_000 : 0)
            let start = 1_700_000_000_000_000_000 + second * 1_000_000_000
            func write(
                _ kind: MarketEvent.Kind, _ price: Int64, _ quantity: Int64, detail: Int64 = 0,
                _ flags: MarketEvent.Flags = [.first, .last]
            ) throws {
                let time = Timestamp(nanoseconds: start)
                try writer.append(
                    MarketEvent(
                        kind: kind, instrument: feed, venueTime: time, receiveTime: time + .milliseconds(2), price: price,
                        quantity: quantity, detail: detail, flags: flags))
            }
            if second == 0 {
                try write(.level, base - 1, 60_000, [.first, .snapshot])
                try write(.level, base + 1, 500_000, [.last, .snapshot, .sell])
                try write(.funding, 123_456_789, 20_000_000_000, detail: start + 20_000_000_000)
            } else {
                try write(.level, last - 1, 0, .first)
                try write(.level, last + 1, 0, .sell)
                // Not enough to take a whole coin.
                try write(.level, base - 1, 60_000, [])
                try write(.level, base - 30, 30_000, [])
                try write(.level, base + 1, 500_000, [.last, .sell])
            }
            try write(.mark, base * 1_000_000_000 + 123_456_789, 0)
            last = base
        }
        try writer.close()
        return (bench, path)
    }

    private static func scenario(_ path: String, venue: String, account: String = "") throws -> (Scenario, StrategyRegistry) {
        var registry = StrategyRegistry()
        registry.add(Gambler.self)
        let scenario = try ScenarioLoader(strategies: registry.specifications).resolve(
            """
            version: 1
            name: gambler
            tapes: ["\(path)"]
            venues: { v: { feed: backpack, \(venue) } }
            accounts:
              M: { venue: v, collateral: ["4000 USDC"], maker_fee: "1 bp", taker_fee: "5 bp", \(account) }
            strategy: { name: gambler, symbol: BTC, accounts: { maker: M } }
            reporting: USDC
            """, file: "gambler.yaml")
        return (scenario, registry)
    }

    @Test(arguments: [
        "profile: generic, margin: { initial: \"5 %\", maintenance: \"2.5 %\" }, liquidation_fee: \"1 %\"",
        "profile: backpack, margin: { initial: \"5 %\", maintenance: \"2.5 %\", close_out: \"1 %\" }", "profile: backpack",
        "profile: lighter-premium, margin: { initial: \"5 %\", maintenance: \"2.5 %\", close_out: \"1.5 %\" }",
    ])
    func `venue and core agree to the last 10⁻⁹ on a run of liquidations and funding`(venue: String) throws {
        let (bench, path) = try Self.falling()
        defer { withExtendedLifetime(bench) {} }
        let (scenario, registry) = try Self.scenario(path, venue: venue)
        let lines = Lines()
        let outcome = try Backtest(scenario, registry: registry).run(output: lines)
        let attribution = outcome.result.attribution
        #expect(attribution.residual == .zero, "\(attribution)")
        #expect(attribution.penalties < .zero && attribution.funding < .zero)
        #expect(lines.lines.contains { $0.contains("closed by force") } && lines.lines.contains { $0.contains("funding") })
        let balance = try #require(outcome.result.balances.first?.amounts.first)
        let position = outcome.result.positions.first?.quantity ?? "0"
        let told = try #require(lines.lines.last { $0.hasSuffix(" lots") })
        let lots = try Decimal.parse(position, decimals: 5)
        #expect(told == "\(balance), \(lots) lots")
        #expect(balance.nanos >= 0)
    }

    @Test func `a jump through the collateral is the fund's loss`() throws {
        let (bench, path) = try Self.falling()
        defer { withExtendedLifetime(bench) {} }
        let (scenario, registry) = try Self.scenario(path, venue: "profile: backpack")
        let lines = Lines()
        let outcome = try Backtest(scenario, registry: registry).run(output: lines)
        #expect(outcome.result.attribution.adjustments > .zero)
        #expect(outcome.result.endEquity == .zero)
        #expect(lines.lines.contains { $0.contains("adjustment") })
    }

    @Test func `where margin is switched off the account goes below nothing`() throws {
        let (bench, path) = try Self.falling()
        defer { withExtendedLifetime(bench) {} }
        let (scenario, registry) = try Self.scenario(path, venue: "profile: backpack, margin_check: none")
        let outcome = try Backtest(scenario, registry: registry).run()
        #expect(outcome.result.attribution.residual == .zero && outcome.result.attribution.penalties == .zero)
        #expect(outcome.result.endEquity < .zero)
    }

    @Test func `a scenario that needs a number which is not known is told which key to state`() throws {
        let (bench, path) = try Self.falling()
        defer { withExtendedLifetime(bench) {} }
        func failure(_ venue: String, _ account: String = "") throws -> RunError? {
            let (scenario, registry) = try Self.scenario(path, venue: venue, account: account)
            do {
                _ = try Backtest(scenario, registry: registry)
                return nil
            } catch { return error }
        }
        let margin =
            "state venues.v.margin: {initial: \"5 %\", maintenance: \"2.5 %\"} with the venue's numbers, or "
            + "venues.v.margin_check: none to ask for none"
        #expect(
            try failure("profile: grvt")
                == .scenario(message: "venue 'v': the profile 'grvt' does not know the margin of BTC", hint: margin))
        #expect(try failure("profile: grvt, margin_check: known, liquidation_fee: \"1 %\"")?.hint == margin)
        #expect(try failure("profile: grvt, margin_check: known") == nil && failure("profile: grvt, margin_check: none") == nil)
        #expect(
            try failure("profile: generic, margin: { initial: \"5 %\", maintenance: \"2 %\" }")
                == .scenario(
                    message: "venue 'v' asks for margin, and the profile 'generic' does not know its liquidation fee",
                    hint: "state venues.v.liquidation_fee, such as \"1 %\" or \"0 bp\""))
        #expect(
            try failure("profile: generic, margin_check: none", "leverage: 5")
                == .scenario(
                    message: "account 'M' chooses a leverage, and venue 'v' asks for no margin",
                    hint: "state venues.v.margin, or leave accounts.M.leverage out"))
        #expect(try failure("profile: backpack", "leverage: 75") == nil)
        #expect(
            try failure("profile: backpack", "leverage: 76")
                == .scenario(
                    message: "account 'M' chooses a leverage of 76, and BTC at 'v' has 75 at most",
                    hint: "lower accounts.M.leverage, or state venues.v.margin"))
    }

    @Test func `what does not apply is said in the report`() throws {
        let (bench, path) = try Self.falling()
        defer { withExtendedLifetime(bench) {} }
        let (scenario, registry) = try Self.scenario(path, venue: "profile: grvt, margin_check: known", account: "volume_30d: \"5 USDC\"")
        let warnings = try Backtest(scenario, registry: registry).warnings
        #expect(
            warnings.contains(
                "venue 'v': the profile 'grvt' does not know the margin of BTC: no margin is asked for and nobody is liquidated"))
        #expect(warnings.contains("account 'M': its fees are stated, so that no volume or stake changes them"))
    }
}
