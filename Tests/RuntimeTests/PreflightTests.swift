import Market
import Scenario
import Strategies
import Testing
import Trading

@testable import Runtime
@testable import Venues

/// What keeps a scenario from trading for real, and what is only said of it.
@Suite struct PreflightTests {
    private static func scenario(_ extra: String = "", account: String = "", risk: String = "", venue: String = "") throws -> Scenario {
        let limits = risk.isEmpty ? #"risk: { max_position: "1 SOL", max_order_notional: "100 USDC" }"# : risk
        let text = """
            version: 1
            name: quotes
            seed: 1
            tapes: ["unused.tape"]
            venues: { bp: { feed: backpack, profile: backpack\(venue) } }
            accounts: { M: { venue: bp, key: main, collateral: ["100 USDC"]\(account) } }
            strategy: { name: diagnostics, symbol: SOL, accounts: { account: M }, parameters: { budget: "1 USDC" } }
            reporting: USD
            rates: { "USDC/USD": "1" }
            \(limits)
            \(extra)
            """
        return try ScenarioLoader(strategies: StrategyRegistry.builtIn.specifications).resolve(text, file: "test.yaml", overrides: [])
    }

    private static let sol = Instrument(
        symbol: "SOL", venue: "backpack", venueSymbol: "SOL_USDC_PERP", kind: .linear, base: Currency("SOL")!, quote: Currency("USDC")!,
        tickSize: FinePrice(nanos: 10_000_000), lotSize: 10_000_000, fundingInterval: .hours(1))

    /// Nothing is wrong.
    private static func facts(_ change: (inout AccountFacts) -> Void = { _ in }) -> AccountFacts {
        var facts = AccountFacts()
        facts.markets = [
            .init(symbol: "SOL_USDC_PERP", instrument: sol, status: .trading, statusText: "Open", lowestPrice: nil, highestPrice: nil)
        ]
        facts.fees = .init(
            contractMaker: Rate(basisPoints: 2), contractTaker: Rate(basisPoints: 5), spotMaker: Rate(basisPoints: 8),
            spotTaker: Rate(basisPoints: 10))
        facts.leverageLimit = 20_000_000_000
        facts.isBeingLiquidated = false
        facts.holdings = [.init(asset: "USDC", total: 150_000_000_000)]
        facts.equity = .init(net: 150_000_000_000, available: 140_000_000_000)
        (facts.positions, facts.openOrders) = ([], [])
        change(&facts)
        return facts
    }

    private static func findings(
        _ scenario: Scenario, _ facts: AccountFacts, disk: Int64? = 6 << 30, goesOn: Bool = false,
        confirmed: Preflight.Confirmed = .never
    ) throws -> [Preflight.Finding] {
        let listed = [(facts.markets ?? []).compactMap(\.instrument)]
        let traded = try Preflight.traded(scenario, listed: listed.map { $0.isEmpty ? [sol] : $0 }, at: Timestamp(nanoseconds: 0))
        return Preflight(scenario, facts: [facts], traded: traded, freeDisk: disk, goesOn: goesOn, confirmed: confirmed).findings
    }

    private static func troubles(_ findings: [Preflight.Finding]) -> [String] {
        findings.filter { $0.verdict != .ok }.map { "\($0.verdict.rawValue) \($0.check): \($0.text)" }
    }

    @Test func `where nothing is wrong everything is told, and fine`() throws {
        let findings = try Self.findings(Self.scenario(), Self.facts())
        #expect(Preflight.verdict(findings) == .ok)
        #expect(
            Preflight.table(findings) == """
                ok  disk          6144 MiB are free for the journal
                ok  scenario      'quotes' is confirmed for the first time
                ok  limits        risk.max_position is set
                ok  limits        risk.max_order_notional is set
                ok  market     M  SOL_USDC_PERP, Open, steps of 0.01 USDC and 0.01 SOL, at least 0.01
                ok  fees       M  contracts: maker 2 bp and taker 5 bp; the scenario reckons with 2 bp and 5 bp
                ok  balance    M  150 USDC; the scenario reckons with 100 USDC
                ok  margin     M  worth 150, of which 140 are free
                ok  positions  M  none
                ok  orders     M  none
                ok  key        M  the venue doesn't tell whether 'main' may withdraw
                """)
    }

    @Test func `a position or an order that no run explains is refused; the run that goes on explains it`() throws {
        let facts = Self.facts { facts in
            facts.positions = [
                .init(symbol: "SOL_USDC_PERP", quantity: -1_500_000_000, entry: FinePrice(nanos: 99_000_000_000)),
                .init(symbol: "ETH_USDC_PERP", quantity: 1_000_000_000, entry: FinePrice(nanos: 0)),
            ]
            facts.openOrders = [
                .init(
                    symbol: "SOL_USDC_PERP", id: "77", client: nil, side: .sell, price: FinePrice(nanos: 101_000_000_000),
                    quantity: 2_000_000_000, filled: 500_000_000)
            ]
        }
        let begun = try Self.findings(Self.scenario(), facts)
        #expect(Preflight.verdict(begun) == .refused)
        #expect(
            Self.troubles(begun) == [
                "refused positions: SOL_USDC_PERP: -1.5 from 99, which no run explains",
                "warning positions: ETH_USDC_PERP: 1, which the scenario doesn't trade: it binds margin",
                "refused orders: SOL_USDC_PERP: an order to sell 1.5 at 101, number 77, which no run explains",
            ])
        let goesOn = try Self.findings(Self.scenario(), facts, goesOn: true)
        #expect(
            Self.troubles(goesOn) == ["warning positions: ETH_USDC_PERP: 1, which the scenario doesn't trade: it binds margin"])
    }

    @Test(arguments: [
        ((1 << 30) - 1 as Int64?, "refused disk: 1023 MiB are free for the journal"),
        (4 << 30, "warning disk: 4096 MiB are free for the journal"),
        (nil, "warning disk: how much of it is free is not known"),
    ])
    func `a disk that is full soon`(free: Int64?, expected: String) throws {
        #expect(try Self.troubles(Self.findings(Self.scenario(), Self.facts(), disk: free)) == [expected])
    }

    @Test func `what is not as it was confirmed is told key by key`() throws {
        let difference = ScenarioDifference(from: "a = 1\nb = 2\nc = x = y\n", to: "a = 1\nb = 3\nd = 4\n")
        #expect(
            difference.changes == [
                .changed(key: "b", from: "2", to: "3"), .removed(key: "c", value: "x = y"), .added(key: "d", value: "4"),
            ])
        let findings = try Self.findings(Self.scenario(), Self.facts(), confirmed: .before(difference))
        #expect(Self.troubles(findings) == ["warning scenario: 'quotes' is not as it was confirmed last: 3 keys differ"])
        #expect(findings[1].details == ["~ b = 3, was 2", "- c = x = y", "+ d = 4"])
        #expect(Preflight.table([findings[1]]).split(separator: "\n").count == 5)
        let same = try Self.findings(Self.scenario(), Self.facts(), confirmed: .before(ScenarioDifference(from: "a = 1", to: "a = 1")))
        #expect(Preflight.verdict(same) == .ok)
    }

    @Test func `what limits nothing, and what means nothing, is told`() throws {
        let scenario = try Self.scenario(
            "range: { start: \"2026-01-01T00:00:00Z\" }\nfaults: [{ kind: outage, venue: bp, after: \"10 s\", for: \"5 s\" }]",
            risk: "risk: { stale_after: \"5 s\" }")
        #expect(
            try Self.troubles(Self.findings(scenario, Self.facts())) == [
                "warning limits: there is no risk.max_position: nothing but the strategy limits what is at risk",
                "warning limits: there is no risk.max_order_notional: nothing but the strategy limits what is at risk",
                "warning settings: the scenario's 1 faults are not made here: the venues have their own",
                "warning settings: `range` ends nothing here: the run goes on until somebody stops it",
            ])
    }

    @Test func `money that is less than stated, or none`() throws {
        let less = Self.facts { $0.holdings = [.init(asset: "USDC", total: 99_000_000_000)] }
        #expect(
            try Self.troubles(Self.findings(Self.scenario(), less))
                == ["warning balance: 99 USDC; the scenario reckons with 100 USDC"])
        let none = Self.facts { facts in
            facts.holdings = []
            facts.equity = .init(net: 0, available: 0)
        }
        #expect(
            try Self.troubles(Self.findings(Self.scenario(), none))
                == ["refused balance: the account is worth 0: there is nothing to trade with"])
    }

    @Test func `terms that are worse than the scenario's, and an account in trouble`() throws {
        let facts = Self.facts { facts in
            facts.fees?.contractTaker = Rate(basisPoints: 6)
            facts.isBeingLiquidated = true
            facts.mayWithdraw = true
        }
        #expect(
            try Self.troubles(Self.findings(Self.scenario(account: ", leverage: 10"), facts)) == [
                "warning fees: contracts: maker 2 bp and taker 6 bp; the scenario reckons with 2 bp and 5 bp",
                "refused margin: the account is being liquidated",
                "warning margin: the leverage is limited to 20 there; the scenario reckons with 10",
                "warning key: 'main' may withdraw",
            ])
    }

    @Test(arguments: [
        (
            TradingStatus.halted,
            "refused market: SOL_USDC_PERP, CancelOnly, steps of 0.01 USDC and 0.01 SOL, at least 0.01: it takes no orders"
        ),
        (
            .postOnly,
            "warning market: SOL_USDC_PERP, CancelOnly, steps of 0.01 USDC and 0.01 SOL, at least 0.01: it takes orders that rest, "
                + "and no others"
        ),
    ])
    func `a market that is not open`(status: TradingStatus, expected: String) throws {
        let facts = Self.facts { facts in
            facts.markets?[0].status = status
            facts.markets?[0].statusText = "CancelOnly"
        }
        #expect(try Self.troubles(Self.findings(Self.scenario(), facts)) == [expected])
    }

    @Test func `terms of the scenario that are not the venue's`() throws {
        let coarser = try Self.scenario(venue: ", instruments: { SOL: { size_step: \"0.05 SOL\" } }")
        #expect(
            try Self.troubles(Self.findings(coarser, Self.facts())) == [
                "warning market: SOL_USDC_PERP, Open, steps of 0.01 USDC and 0.05 SOL, at least 0.05: the venue lists steps of 0.01 USDC "
                    + "and 0.01 SOL, at least 0.01"
            ])
        let least = Self.facts { facts in
            var instrument = Self.sol
            instrument.minimumQuantity = Quantity(lots: 5)
            facts.markets?[0].instrument = instrument
        }
        let finer = try Self.scenario(venue: ", instruments: { SOL: { minimum_size: \"0.02 SOL\" } }")
        #expect(
            try Self.troubles(Self.findings(finer, least)) == [
                "refused market: SOL_USDC_PERP, Open, steps of 0.01 USDC and 0.01 SOL, at least 0.02: the venue lists steps of 0.01 USDC "
                    + "and 0.01 SOL, at least 0.05"
            ])
    }

    @Test func `a question without an answer is refused, and nothing is concluded from it`() throws {
        let facts = Self.facts { facts in
            (facts.positions, facts.openOrders, facts.fees) = (nil, nil, nil)
            facts.troubles = [
                .init(.account, .refused(code: "UNAUTHORIZED", message: "who?")), .init(.positions, .unanswered(reason: "lost")),
            ]
        }
        let findings = try Self.findings(Self.scenario(), facts)
        #expect(
            Self.troubles(findings) == [
                "refused answers: account: refused: UNAUTHORIZED \"who?\"", "refused answers: positions: no answer: lost",
            ])
        #expect(findings.first { $0.check == "answers" }?.hint?.contains("'main'") == true)
        #expect(!findings.contains { $0.check == "positions" || $0.check == "orders" })
    }

    @Test func `an account without a key can't be traded on`() throws {
        var scenario = try Self.scenario()
        scenario.accounts[0].key = nil
        #expect(try Self.troubles(Self.findings(scenario, Self.facts())) == ["refused key: the account has no key"])
    }
}
