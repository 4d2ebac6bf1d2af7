import Foundation
import Market
import Scenario
import Simulation
import Strategies
import Tape
import TestSupport
import Trading

@testable import Runtime

/// Tapes and scenarios for tests of whole runs, in a folder of its own.
struct Workbench {
    private let scratch: TestFolder
    var folder: String { scratch.path }

    init() throws { scratch = try TestFolder() }

    /// A generated market of two venues, one tape for each.
    func synth(minutes: Int64, seed: UInt64 = 42) throws -> [String] {
        try synth(GeneratedMarket.standard(venues: 2, duration: .minutes(minutes)), seed: seed)
    }

    /// - Parameter spoil: Changes what was generated, a part at a time.
    func synth(_ market: GeneratedMarket, seed: UInt64, spoil: (inout ContiguousArray<MarketEvent>) -> Void = { _ in }) throws -> [String] {
        let paths = market.instruments.map { "\(folder)/\($0.venue)\($0.kind == .spot ? "-spot" : "").tape" }
        let writers = try paths.map { try TapeWriter(creating: $0, replacing: true) }
        for (writer, instrument) in zip(writers, market.instruments) {
            _ = try writer.addFeed(FeedDescription(instrument: instrument, source: "test"))
        }
        var generator = MarketGenerator(market, seed: seed)
        var events = ContiguousArray<MarketEvent>()
        while generator.next(into: &events) {
            spoil(&events)
            for var event in events {
                let writer = writers[event.instrument.index]
                event.instrument = InstrumentID(0)
                try writer.append(event)
            }
        }
        for writer in writers { try writer.close() }
        return paths
    }

    func scenario(
        _ tapes: [String], strategy: String = "xemm", parameters: String = "", extra: String = "", latency: String? = nil,
        overrides: [String] = []
    ) throws -> Scenario {
        let connection = latency.map { ", entry_latency: \($0), response_latency: \($0)" } ?? ""
        let text = """
            version: 1
            name: test
            seed: 7
            tapes: [\(tapes.map { "\"\($0)\"" }.joined(separator: ", "))]
            venues:
              one: { feed: backpack, profile: backpack }
              two: { feed: lighter, margin_check: none }
            accounts:
              M: { venue: one, collateral: ["50000 USDC"]\(connection) }
              T: { venue: two, collateral: ["50000 USDC"], maker_fee: "0.4 bp", taker_fee: "2.8 bp"\(connection) }
            strategy:
              name: \(strategy)
              symbol: BTC
              accounts: { maker: M, taker: T }
              parameters: { \(parameters) }
            reporting: USD
            rates: { "USDC/USD": "1" }
            \(extra)
            """
        return try ScenarioLoader(strategies: StrategyRegistry.builtIn.specifications)
            .resolve(text, file: folder + "/test.yaml", overrides: overrides)
    }

    static let xemm =
        "size: \"0.05 BTC\", min_net: \"0.1 bp\", maker_fee: \"2 bp\", taker_fee: \"2.8 bp\", buffer: \"0 bp\", warm_up: \"1 s\""

    func run(_ scenario: Scenario, journal: String? = nil) throws -> Backtest.Outcome {
        try Backtest(scenario, registry: .builtIn).run(journalPath: journal)
    }
}

/// What a test's output does not keep goes nowhere.
extension RunOutput {
    func fill(
        _ fill: Fill, of strategy: String?, purpose: OrderPurpose?, account: String, instrument: Instrument, venueTime: Timestamp,
        isLate: Bool
    ) throws(RunError) {}
    func witness(_ fill: VenueFill, account: String, instrument: Instrument) throws(RunError) {}
    func order(_ order: Order, of strategy: String?, account: String, instrument: Instrument, at time: Timestamp) throws(RunError) {}
    func equity(_ equity: Int64, at time: Timestamp) throws(RunError) {}
    func position(_ quantity: Quantity, account: String, instrument: Instrument, at time: Timestamp) throws(RunError) {}
    func note(_ text: String, at time: Timestamp) throws(RunError) {}
}
