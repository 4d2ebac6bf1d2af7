import Feeds
import Foundation
import Market
import Metrics
import Scenario
import Simulation
import Strategies
import Tape
import Testing

@testable import Runtime

@Suite struct ExactQueueRunTests {
    private static let shared: URL = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return ProcessInfo.processInfo.environment["MMSIM_SHARED"].map { URL(filePath: $0) } ?? root.appending(path: "../shared")
    }()
    private static let log = shared.appending(path: "data/bitstamp-l3/bitstamp_btcusd_20150501.log.gz").path
    private static let hasLog = FileManager.default.fileExists(atPath: log)

    /// One feed of single orders traded under two queue models against itself.
    private func scenario(_ tape: String, queue: String, _ bench: Workbench) throws -> Scenario {
        let text = """
            version: 1
            name: orders
            tapes: ["\(tape)"]
            venues:
              one: { feed: bitstamp, queue: \(queue) }
              two: { feed: bitstamp }
            accounts:
              M: { venue: one, collateral: ["100000 USD", "100 BTC"], maker_fee: "0 bp", taker_fee: "0 bp" }
              T: { venue: two, collateral: ["100000 USD", "100 BTC"], maker_fee: "0 bp", taker_fee: "0 bp" }
            strategy:
              name: xemm
              symbol: BTC
              accounts: { maker: M, taker: T }
              parameters: { size: "0.5 BTC", min_net: "-20 bp", buffer: "0 bp", maker_fee: "0 bp", taker_fee: "0 bp", warm_up: "1 s" }
            reporting: USD
            """
        return try ScenarioLoader(strategies: StrategyRegistry.builtIn.specifications).resolve(text, file: bench.folder + "/test.yaml")
    }

    @Test func `exact queues of a feed without order ids are refused`() throws {
        let bench = try Workbench()
        var scenario = try bench.scenario(bench.synth(minutes: 1), parameters: Workbench.xemm)
        scenario.venues[0].queue = .exactFIFO
        let error = #expect(throws: RunError.self) { try Backtest(scenario, registry: .builtIn) }
        #expect(error?.exitCode == 2)
        #expect(error?.message.hasPrefix("venue 'one' wants the queue exact-fifo, but the feed 'backpack ") == true)
        #expect(error?.hint == "use another queue model, such as risk-averse, or a feed of single orders")
    }

    @Test(.enabled(if: hasLog, "the recordings are not here: set MMSIM_SHARED to the folder that holds data/"))
    func `a recording of single orders is traded once its book has settled, by exact places`() throws {
        let bench = try Workbench()
        let tape = bench.folder + "/orders.tape"
        _ = try Importer(inputs: [Self.log], output: tape).run()
        func run(_ queue: String) throws -> Backtest.Outcome { try bench.run(scenario(tape, queue: queue, bench)) }
        let exact = try run("exact-fifo")
        #expect(exact.feeds.map(\.unsynchronised).allSatisfy { (Nanoseconds.seconds(590)...Nanoseconds.seconds(610)).contains($0) })
        #expect(exact.result.unverifiedFills == 0 && exact.result.attribution.residual == .zero)
        #expect(exact.result.activity.reduce(0) { $0 + $1.makerFills } > 100)
        #expect(try run("exact-fifo").journalHash == exact.journalHash)
    }
}
