import Feeds
import Foundation
import Market
import Metrics
import Scenario
import Simulation
import Strategies
import Testing
import Trading

@testable import Runtime

/// Whole runs on real recordings, where they are at hand.
private enum Shared {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let folder = ProcessInfo.processInfo.environment["MMSIM_SHARED"].map { URL(filePath: $0) } ?? root.appending(path: "../shared")
    static let data = folder.appending(path: "data").path
    static let exists = FileManager.default.fileExists(atPath: data)
}

@Suite(.enabled(if: Shared.exists, "the recordings are not here: set MMSIM_SHARED to the folder that holds data/"))
struct RecordingTests {
    /// Imports recordings and runs one of the repository's scenarios on them.
    private func run(
        _ scenario: String, _ tapes: [(name: String, files: [String])], settings: [String] = [], output: (any RunOutput)? = nil
    ) throws -> Backtest.Outcome {
        let bench = try Workbench()
        var paths: [String] = []
        for tape in tapes {
            let path = "\(bench.folder)/\(tape.name)"
            _ = try Importer(inputs: tape.files.map { "\(Shared.data)/\($0).gz" }, output: path).run()
            paths.append("\"\(path)\"")
        }
        let loader = ScenarioLoader(strategies: StrategyRegistry.builtIn.specifications)
        let file = Shared.root.appending(path: "Scenarios/recordings/\(scenario).yaml").path
        let loaded = try loader.load(path: file, overrides: ["tapes=[\(paths.joined(separator: ", "))]"] + settings)
        let journal = bench.folder + "/journal.sqlite"
        let outcome = try Backtest(loaded, registry: .builtIn).run(journalPath: journal, output: output)
        let replay = try Replay(JournalFile(opening: journal), tapes: [bench.folder], registry: .builtIn).run()
        #expect(replay.difference == nil && replay.hash == outcome.journalHash, "a replay differs from its run")
        return outcome
    }

    private static let usdm = (name: "usdm.tape", files: ["binance/usdm_btcusdt_20240808.txt"])
    private static let coinm = (name: "coinm.tape", files: ["binance/cm_btcusd_perp_20240808.txt", "binance/cm_btcusd_perp_20240809.txt"])
    private static let spot = (name: "spot.tape", files: ["binance/spot_btcusdt_20240808.txt", "binance/spot_btcusdt_20240809.txt"])
    private static let usdm2023 = (name: "usdm.tape", files: ["binance/usdm_btcusdt_20230404.txt", "binance/usdm_btcusdt_20230405.txt"])

    private func expectHedged(_ outcome: Backtest.Outcome) {
        let result = outcome.result
        #expect(result.attribution.residual == .zero)
        #expect(result.activity.reduce(0) { $0 + $1.makerFills } >= 20)
        #expect(result.activity.reduce(0) { $0 + $1.takerFills } >= 20)
        #expect(result.activity.contains { $0.partialFills > 0 })
        #expect(result.unverifiedFills == 0)
        let sum = result.inventory.reduce(0) { $0 + ($1.series.buckets.last?.last ?? 0) }
        #expect(abs(sum) < 0.01, "hedged to less than a hundredth of a coin")
    }

    @Test func `a linear contract hedged with an inverse one`() throws {
        let outcome = try run("usdm-coinm", [Self.usdm, Self.coinm])
        expectHedged(outcome)
        #expect(outcome.result.roundTrips.count >= 1)
    }

    @Test func `a perpetual hedged with spot`() throws {
        let outcome = try run("usdm-spot", [Self.usdm, Self.spot])
        expectHedged(outcome)
        #expect(outcome.result.roundTrips.count >= 1)
    }

    @Test func `a spot feed without a snapshot is traded once its touch has proved itself`() throws {
        let outcome = try run("usdm-spot-2023", [Self.usdm2023, (name: "spot.tape", files: ["binance/spot_btcusdt_20230405.txt"])])
        expectHedged(outcome)
        #expect(outcome.feeds.first { $0.venue == "spot" }?.unsynchronised ?? .zero >= .seconds(10))
    }

    /// Keeps what a run noted.
    private final class Notes: RunOutput {
        var notes: [String] = []
        var fills: [(fill: Fill, instrument: Instrument)] = []
        func fill(
            _ fill: Fill, of strategy: String?, purpose: OrderPurpose?, account: String, instrument: Instrument, venueTime: Timestamp,
            isLate: Bool
        ) {
            fills.append((fill, instrument))
        }
        func note(_ text: String, at time: Timestamp) { notes.append(text) }
    }

    @Test func `funding is what the recorded mark and rate say, to the last digit`() throws {
        let notes = Notes()
        let outcome = try run("usdm-funding", [Self.usdm2023], settings: ["strategy.parameters.max_cycles=1"], output: notes)
        // 0.1 BTC × 28,157.1 (the last mark before 00:00:00) × 0.00002754 = 0.0775446534: the long pays it, the short gets it.
        #expect(
            notes.notes.filter { $0.contains("funding") } == [
                "M: funding -0.077544653 USDT at rate 0.00002754", "T: funding 0.077544653 USDT at rate 0.00002754",
            ])
        #expect(outcome.result.attribution.residual == .zero)
        #expect(outcome.result.attribution.funding == .zero)
    }

    /// Buys, sells a part and sells the rest by market orders, at 60, 120 and 180 s.
    private final class ThreeFills: Strategy {
        static let specification = StrategySpecification(
            name: "three_fills", purpose: "", phases: [], roles: [.init("taker", "")],
            parameters: [
                .init("lots", .integer(2...1_000_000), default: nil, ""), .init("part", .integer(1...1_000_000), default: nil, ""),
            ])
        private let leg: StrategyBinding.Leg
        private let sizes: [Int64]
        private var timers: [TimerToken] = []

        init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {
            leg = binding.leg("taker")
            let (lots, part) = (parameters.integer("lots"), parameters.integer("part"))
            sizes = [lots, -part, part - lots]
        }

        var interests: Interests { [] }
        func start(_ context: inout Context) { timers = (1...3).map { context.wake(at: context.now + .seconds(60 * $0)) } }
        func stop(_ reason: StopReason, _ context: inout Context) {}
        func receive(_ event: StrategyEvent, _ context: inout Context) {
            guard case .timer(let token) = event, let index = timers.firstIndex(of: token) else { return }
            context.submit(
                OrderDraft(
                    account: leg.account, instrument: leg.instrument, side: sizes[index] > 0 ? .buy : .sell, type: .market,
                    timeInForce: .immediateOrCancel, price: nil, quantity: Quantity(lots: abs(sizes[index])), purpose: .hedge))
        }
    }

    /// The prices are those of the feed's own best quotes 10 ms after each timer.
    private func threeFills(
        _ venue: String, _ files: [String], collateral: String, lots: Int, part: Int
    ) throws -> (outcome: Backtest.Outcome, prices: [String]) {
        let bench = try Workbench()
        let path = "\(bench.folder)/t.tape"
        _ = try Importer(inputs: files.map { "\(Shared.data)/\($0).gz" }, output: path).run()
        var registry = StrategyRegistry()
        registry.add(ThreeFills.self)
        let scenario = try ScenarioLoader(strategies: registry.specifications).resolve(
            """
            version: 1
            name: three
            tapes: ["\(path)"]
            venues: { v: { feed: \(venue), margin_check: none } }
            accounts:
              T: { venue: v, collateral: [\(collateral)], maker_fee: "2 bp", taker_fee: "5 bp" }
            strategy: { name: three_fills, symbol: BTC, accounts: { taker: T }, parameters: { lots: \(lots), part: \(part) } }
            reporting: \(venue == "binance-coinm" ? "BTC" : "USDT")
            """, file: "three.yaml")
        let notes = Notes()
        let outcome = try Backtest(scenario, registry: registry).run(output: notes)
        return (
            outcome, notes.fills.map { "\($0.fill.side) \($0.instrument.text($0.fill.quantity)) @ \($0.instrument.text($0.fill.price))" }
        )
    }

    @Test func `three fills on a real linear market, reckoned by hand`() throws {
        let (outcome, prices) = try threeFills(
            "binance-usdm", Self.usdm.files, collateral: "\"10000 USDT\"", lots: 10, part: 4)
        #expect(prices == ["buy 0.01 @ 61815.1", "sell 0.004 @ 61739.7", "sell 0.006 @ 61700"])
        // −618.151 + 246.9588 + 370.2 = −0.9922; fees 5 bp of 618.151, 246.9588 and 370.2 = 0.6176549.
        #expect(outcome.result.netProfit.exactText == "-1.6098549")
        #expect(outcome.result.attribution.residual == .zero)
    }

    @Test func `three fills on a real inverse market, reckoned by hand`() throws {
        let (outcome, prices) = try threeFills("binance-coinm", Self.coinm.files, collateral: "\"1 BTC\"", lots: 10, part: 4)
        #expect(prices == ["buy 10 @ 61808.8", "sell 4 @ 61741.9", "sell 6 @ 61707.1"])
        // 1,000 ÷ 61,808.8 − 400 ÷ 61,741.9 − 600 ÷ 61,707.1 = 0.016178926 − 0.006478583 − 0.009723354 = −0.000023011 BTC;
        // fees 5 bp of each: 0.000008089 + 0.000003239 + 0.000004862 = 0.00001619.
        #expect(outcome.result.netProfit.exactText == "-0.000039201")
        #expect(outcome.result.attribution.residual == .zero)
    }

    @Test func `three fills on a real spot market, reckoned by hand`() throws {
        let (outcome, prices) = try threeFills(
            "binance-spot", Self.spot.files, collateral: "\"10000 USDT\"", lots: 10_000, part: 4_000)
        #expect(prices == ["buy 0.01 @ 61837.89", "sell 0.004 @ 61762", "sell 0.006 @ 61726.13"])
        // −618.3789 + 247.048 + 370.35678 = −0.97412; fees 5 bp of 618.3789, 247.048 and 370.35678 = 0.61789184.
        #expect(outcome.result.netProfit.exactText == "-1.59201184")
        #expect(outcome.result.attribution.residual == .zero)
    }

    @Test func `two accounts on the recorded Lighter market`() throws {
        let outcome = try run(
            "lighter",
            [(name: "lighter.tape", files: ["lighter/lighter_btc_20251009.jsonl", "lighter/lighter_market_stats_20251009.jsonl"])])
        #expect(outcome.result.attribution.residual == .zero)
        #expect(outcome.result.fillCount >= 20)
    }

    @Test func `a strategy that does nothing earns nothing on a real market`() throws {
        let outcome = try run(
            "usdm-funding", [Self.usdm2023], settings: ["strategy={ name: idle, symbol: BTC, accounts: { maker: M, taker: T } }"])
        #expect(outcome.result.netProfit == .zero && outcome.result.fillCount == 0)
    }
}
