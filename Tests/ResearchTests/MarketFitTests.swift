import Feeds
import Foundation
import Market
import Simulation
import Tape
import TestSupport
import Testing

@testable import Research

@Suite struct MarketFitTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func tape(_ market: GeneratedMarket, seed: UInt64) throws -> String {
        let path = folder.fresh()
        let writer = try TapeWriter(creating: path)
        for instrument in market.instruments { _ = try writer.addFeed(FeedDescription(instrument: instrument, source: "")) }
        var (generator, events) = (MarketGenerator(market, seed: seed), ContiguousArray<MarketEvent>())
        while generator.next(into: &events) { for event in events { try writer.append(event) } }
        try writer.close()
        return path
    }

    private static func calm(venues: Int = 2, minutes: Int64 = 5, _ change: (inout GeneratedMarket) -> Void = { _ in }) -> GeneratedMarket {
        var market = GeneratedMarket.standard(venues: venues, duration: .minutes(minutes))
        (market.jumpEvery, market.droughtEvery, market.regimes) = (.hours(1_000_000), .hours(1_000_000), [4])
        market.tickSize = market.venues[0].instrument.tickSize
        change(&market)
        return market
    }

    private static func isNear(_ found: Int64, _ truth: Int64, within share: Double) -> Bool {
        abs(Double(found) / Double(truth) - 1) <= share
    }

    @Test(arguments: TestScale.seeds(1)) func `a fit of a generated market gives its settings back`(seed: UInt64) throws {
        let truth = Self.calm { market in
            market.venues[0].takes = .init(800, of: 10_000)
            (market.venues[0].followers, market.venues[1].followers) = (600, 0)
            (market.venues[0].takeLots, market.venues[1].takeLots) = (8_000, 20_000)
            market.venues[0].depthProfile = [500, 500, 700, 1_000, 1_500, 2_000, 3_000, 3_000, 3_000, 3_000, 3_000, 3_000]
            (market.venues[0].strayShare, market.venues[1].strayShare) = (500, 500)
        }
        let fit = try MarketFit(path: tape(truth, seed: seed), sample: .minutes(2), rounds: 12, seed: 77)
        #expect(Self.isNear(fit.market.volatility, truth.volatility, within: 0.4), "\(fit.market.volatility)\n\(fit.text)")
        for (found, venue) in zip(fit.market.venues, truth.venues) {
            let name = venue.instrument.venue
            #expect(Self.isNear(found.meanGap.count, venue.meanGap.count, within: 0.1), "\(name) \(found.meanGap)")
            #expect(Self.isNear(found.levelLots, venue.levelLots, within: 0.5), "\(name) \(found.levelLots)")
            #expect(abs(found.lag.count - venue.lag.count) <= 150_000_000, "\(name) \(found.lag)")
            #expect(Self.isNear(found.latency.count, venue.latency.count, within: 0.2), "\(name) \(found.latency)")
            #expect(Self.isNear(found.strayShare, venue.strayShare, within: 0.6), "\(name) \(found.strayShare)")
        }
        #expect(fit.market.venues[0].followers > 300 && fit.market.venues[1].followers < 300, "\(fit.text)")
        #expect(fit.market.venues[0].depthProfile[6] > 2 * fit.market.venues[0].depthProfile[1], "\(fit.text)")
    }

    @Test func `what is generated has the facts of what was fitted`() throws {
        let fit = try MarketFit(path: tape(Self.calm(venues: 3, minutes: 4), seed: 3), sample: .minutes(2), rounds: 12)
        for (recorded, generated) in zip(fit.recorded.venues, fit.generated.venues) {
            for fact in [\VenueFacts.framesPerSecond, \.levelLots, \.takersPerSecond, \.takeLots, \.tenSecondMove, \.spreadTicks] {
                let ratio = generated[keyPath: fact] / recorded[keyPath: fact]
                #expect((0.55...1.8).contains(ratio), "\(fact)\n\(fit.text)")
            }
        }
        #expect(fit.recorded.venues.map(\.lag).max() ?? .zero > .zero)
    }

    @Test func `settings come back from their file, and one that was tampered with is refused`() throws {
        let fit = try MarketFit(path: tape(Self.calm(minutes: 1), seed: 5), sample: .seconds(30), rounds: 8)
        let file = fit.file(source: "t.tape")
        let again = try FittedMarket(json: file.json, path: "like.json")
        #expect(again == file)
        let market = try #require(again.market(duration: .seconds(20)))
        func records(_ market: GeneratedMarket) -> [MarketEvent] {
            var (generator, events, all) = (MarketGenerator(market, seed: 1), ContiguousArray<MarketEvent>(), [MarketEvent]())
            while generator.next(into: &events) { all += events }
            return all
        }
        var fitted = fit.market
        fitted.duration = .seconds(20)
        #expect(records(market) == records(fitted))
        let changes = [
            ("\"version\" : 2", "\"version\" : 1"), ("\"levelLots\"", "\"levelLot\""), ("\"kind\" : \"linear\"", "\"kind\" : \"cubic\""),
            ("\"tickSize\" : 1000000000", "\"tickSize\" : -1"),
        ]
        for (old, new) in changes {
            #expect(throws: ResearchError.self, "\(new)") { try FittedMarket(json: file.json.replacing(old, with: new), path: "like.json") }
        }
    }

    @Test func `a tape without prices in common is refused`() throws {
        let path = try tape(Self.calm(minutes: 1) { $0.duration = .seconds(5) }, seed: 1)
        #expect(throws: ResearchError.noMarket(path: path)) { try MarketFit(path: path) }
    }
}

/// Fits to recordings, where they are at hand. Backpack's is too short for one.
@Suite(.enabled(if: Shared.hasLog, "the recordings are not here: set MMSIM_SHARED to the folder that holds data/"))
struct RecordingFitTests {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func tape(_ recording: String) throws -> String {
        let path = folder.path("recorded.tape")
        _ = try Importer(inputs: [Shared.data.appending(path: recording).path], output: path).run()
        return path
    }

    /// A fit of many minutes of a busy market is too slow for every day.
    private static let recordings =
        ["lighter/lighter_btc_20251009.jsonl.gz"] + (TestScale.factor >= 10 ? ["binance/usdm_btcusdt_20240808.txt.gz"] : [])

    @Test(arguments: recordings) func `what is generated has the facts of a recording within a fifth`(recording: String) throws {
        let path = try tape(recording)
        let fit = try TestScale.factor >= 10 ? MarketFit(path: path) : MarketFit(path: path, sample: .minutes(3), rounds: 16)
        let (recorded, generated) = (fit.recorded.venues[0], fit.generated.venues[0])
        let facts: [KeyPath<VenueFacts, Double>] = [
            \.framesPerSecond, \.changesPerFrame, \.spreadTicks, \.secondMove, \.tenSecondMove, \.levelLots, \.levelGap, \.takersPerSecond,
            \.takeLots, \.crowding,
        ]
        for fact in facts {
            let ratio = generated[keyPath: fact] / recorded[keyPath: fact]
            #expect((0.8...1.25).contains(ratio), "\(fact)\n\(fit.text)")
        }
        #expect(abs(generated.latency.count - recorded.latency.count) <= recorded.latency.count / 5)
    }

    @Test func `a recording of a second is refused by name`() throws {
        let path = try tape("backpack/backpack_sol_usdc_20260902.jsonl.gz")
        #expect(throws: ResearchError.noMarket(path: path)) { try MarketFit(path: path) }
    }
}
