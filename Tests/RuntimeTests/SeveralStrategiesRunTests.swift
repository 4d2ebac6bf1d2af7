import Market
import Metrics
import Scenario
import Simulation
import Strategies
import Testing
import Trading

@testable import Runtime

/// Two strategies of one scenario over the same two accounts.
@Suite struct SeveralStrategiesRunTests {
    private final class Rows: RunOutput {
        var fills: [(strategy: String?, purpose: OrderPurpose?, time: Timestamp)] = []
        var orders: [(order: Order, strategy: String?)] = []
        var notes: [(text: String, time: Timestamp)] = []

        func fill(
            _ fill: Fill, of strategy: String?, purpose: OrderPurpose?, account: String, instrument: Instrument, venueTime: Timestamp,
            isLate: Bool
        ) throws(RunError) { fills.append((strategy, purpose, venueTime)) }
        func order(_ order: Order, of strategy: String?, account: String, instrument: Instrument, at time: Timestamp) throws(RunError) {
            orders.append((order, strategy))
        }
        func note(_ text: String, at time: Timestamp) throws(RunError) { notes.append((text, time)) }
    }

    private let bench: Workbench
    private let tapes: [String]

    init() throws {
        bench = try Workbench()
        var market = GeneratedMarket.standard(venues: 2, duration: .minutes(6))
        market.regimes = [12]
        tapes = try bench.synth(market, seed: 5)
    }

    private func scenario(_ overrides: [String] = [], ids: (String, String) = ("cross", "quotes")) throws -> Scenario {
        let text = """
            version: 1
            name: test
            seed: 7
            tapes: [\(tapes.map { "\"\($0)\"" }.joined(separator: ", "))]
            venues:
              one: { feed: backpack, profile: backpack }
              two: { feed: lighter, margin: { initial: "2 %", maintenance: "1.2 %" }, liquidation_fee: "1 %" }
            accounts:
              M: { venue: one, collateral: ["50000 USDC"], entry_latency: "5 ms", response_latency: "5 ms" }
              T:
                { venue: two, collateral: ["50000 USDC"], maker_fee: "0.4 bp", taker_fee: "2.8 bp", entry_latency: "5 ms",
                  response_latency: "5 ms" }
            strategies:
              \(ids.0):
                { name: xemm, symbol: BTC, accounts: { maker: M, taker: T }, parameters: { \(Workbench.xemm) } }
              \(ids.1):
                name: market_maker
                symbol: BTC
                accounts: { maker: M, taker: T }
                parameters: { size: "0.05 BTC", fair: other_mid, half_spread: "0.6 bp", warm_up: "1 s", hedge: all, max_inventory: 20 }
            risk: { max_position: "3 BTC", stale_after: "5 s" }
            reporting: USD
            rates: { "USDC/USD": "1" }
            """
        return try ScenarioLoader(strategies: StrategyRegistry.builtIn.specifications)
            .resolve(text, file: bench.folder + "/test.yaml", overrides: overrides)
    }

    @Test func `each has its fills, fees, funding and positions, and all together are the run's`() throws {
        let rows = Rows()
        let journal = bench.folder + "/journal.sqlite"
        let outcome = try Backtest(try scenario(), registry: .builtIn).run(journalPath: journal, output: rows)
        let result = outcome.result
        #expect(result.instances.map(\.name) == ["cross", "quotes"])
        #expect(result.instances.allSatisfy { $0.fills >= 5 }, "\(result.instances.map(\.fills))")
        for instance in result.instances {
            #expect(rows.fills.count { $0.strategy == instance.name } == instance.fills)
            #expect(Set(instance.shares.map(\.account)) == ["M", "T"])
        }
        #expect(result.instances.reduce(0) { $0 + $1.fills } == result.fillCount)
        // To the last of eighteen decimals: against the venues' balances, and each account by itself.
        let attribution = result.attribution
        #expect(attribution.residual == .zero)
        #expect(result.instances.reduce(.zero) { $0 + $1.net } == attribution.netProfit - attribution.currency)
        #expect(result.instances.reduce(.zero) { $0 + $1.fees } == attribution.fees)
        #expect(result.instances.reduce(.zero) { $0 + $1.funding } == attribution.funding)
        for (account, amounts) in result.balances {
            let shares = result.instances.flatMap(\.shares).filter { $0.account == account }
            let open = result.positions.filter { $0.account == account }.reduce(Int64(0)) { $0 + $1.unrealised.nanos }
            let earned = amounts.reduce(open) { $0 + $1.nanos } - 50_000_000_000_000
            #expect(shares.reduce(.zero) { $0 + $1.net } == ExactAmount(units: Int128(earned) * 1_000_000_000), "\(account)")
        }
        // What was filled was whose order it was; and the journal says so too.
        let file = try JournalFile(opening: journal)
        var submitted: [String?: Set<OrderID>] = [:]
        for entry in try Journals.entries(journal) {
            guard case .command(.submit(let request), _) = entry else { continue }
            submitted[file.names.strategy(request.instance), default: []].insert(request.order)
            let told = file.names.tell(entry).details.first
            #expect(told?.name == "of" && told?.value == file.names.strategy(request.instance))
        }
        let sent = rows.orders.filter { $0.order.life != .done(.denied) }
        #expect(Set(sent.map(\.strategy)) == ["cross", "quotes"] && Set(submitted.keys) == ["cross", "quotes"])
        #expect(sent.allSatisfy { submitted[$0.strategy]?.contains($0.order.id) == true })
        let replay = try Replay(file, tapes: tapes, registry: .builtIn).run()
        #expect(replay.difference == nil && replay.hash == outcome.journalHash)
    }

    @Test func `beside one that never trades a strategy runs as it does alone`() throws {
        let idle = "strategies.quotes={name: idle, symbol: BTC, accounts: {maker: M, taker: T}}"
        let both = try Backtest(try scenario([idle]), registry: .builtIn).run()
        var single = try scenario()
        single.strategies = [single.strategies[0]]
        let alone = try bench.run(single)
        #expect(both.result.instances.map { $0.fills } == [alone.result.fillCount, 0] && alone.result.fillCount > 5)
        #expect(both.journalHash == alone.journalHash && both.result.netProfit == alone.result.netProfit)
        #expect(both.result.instances.map(\.net) == [alone.result.netProfit, .zero] && alone.result.instances.isEmpty)
    }

    @Test func `a strategy that has lost too much quotes no more, and the other goes on`() throws {
        let rows = Rows()
        _ = try Backtest(try scenario(["strategies.quotes.risk.max_drawdown=0.5 USDC"]), registry: .builtIn).run(output: rows)
        let breaker = try #require(rows.notes.first { $0.text.hasPrefix("quotes: breaker of this strategy") })
        let after = rows.fills.filter { $0.time > breaker.time + .seconds(1) && $0.purpose == .quote }
        #expect(!after.contains { $0.strategy == "quotes" } && after.contains { $0.strategy == "cross" })
        #expect(rows.fills.contains { $0.strategy == "quotes" && $0.purpose == .quote })
        let free = Rows()
        _ = try Backtest(try scenario(), registry: .builtIn).run(output: free)
        #expect(free.fills.contains { $0.strategy == "quotes" && $0.purpose == .quote && $0.time > breaker.time + .seconds(1) })
    }

    @Test func `quotes leave the headroom, and a scenario without margin can't ask for it`() throws {
        func denied(_ overrides: [String]) throws -> Int {
            try Backtest(try scenario(overrides), registry: .builtIn).run().result.activity.reduce(0) { $0 + $1.denied }
        }
        let poor = [
            "accounts.M.collateral=[\"400 USDC\"]", "accounts.T.collateral=[\"400 USDC\"]", "strategies.cross.parameters.leverage=100",
        ]
        let all = poor + ["strategies.quotes.parameters.leverage=100"]
        #expect(try denied(all + ["risk.margin_headroom=90 %"]) > denied(all))
        #expect(throws: RunError.self) {
            try Backtest(
                try bench.scenario(
                    tapes, parameters: Workbench.xemm, extra: "risk: { margin_headroom: \"10 %\" }",
                    overrides: ["venues.one.margin_check=none"]), registry: .builtIn)
        }
        #expect(throws: RunError.self) {
            try Backtest(try scenario(["strategies.quotes.risk.max_position=1 ETH"]), registry: .builtIn).run()
        }
    }

    @Test func `faults leave both hedged, and what they hold is the venues'`() throws {
        let outcome = try Chaos(try scenario(), registry: .builtIn, .init(seeds: 8, firstSeed: 1, minutes: 3, jobs: 2)).run()
        #expect(outcome.failures.isEmpty, "\(outcome.failures)")
        #expect(outcome.fills > 20 && !outcome.cells.isEmpty)
    }
}
