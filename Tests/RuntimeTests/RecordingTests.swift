import Feeds
import Foundation
import Market
import Metrics
import Scenario
import Strategies
import Testing

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
    private func run(_ scenario: String, _ tapes: [(name: String, files: [String])], settings: [String] = []) throws -> Backtest.Outcome {
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
        return try Backtest(loaded, registry: .builtIn).run()
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
        expectHedged(try run("usdm-spot", [Self.usdm, Self.spot]))
    }

    @Test func `a spot feed without a snapshot is traded once its touch has proved itself`() throws {
        let outcome = try run("usdm-spot-2023", [Self.usdm2023, (name: "spot.tape", files: ["binance/spot_btcusdt_20230405.txt"])])
        expectHedged(outcome)
        #expect(outcome.feeds.first { $0.venue == "spot" }?.unsynchronised ?? .zero >= .seconds(10))
    }

    @Test func `funding is what the recorded mark and rate say, to the last digit`() throws {
        let outcome = try run("usdm-funding", [Self.usdm2023], settings: ["strategy.parameters.max_cycles=1"])
        // 0.1 BTC × 28,157.1 (the last mark before 00:00:00) × 0.00002754 = 0.0775446534: the long pays it, the short gets it.
        #expect(outcome.result.attribution.residual == .zero)
        #expect(outcome.result.attribution.funding == .zero)
        let alone = try run(
            "usdm-funding", [Self.usdm2023], settings: ["strategy.parameters.max_cycles=1", "accounts.T.venue=other", Self.otherVenue])
        #expect(alone.result.attribution.residual == .zero)
    }

    private static let otherVenue = "venues.other={ feed: binance-usdm, profile: generic }"

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
