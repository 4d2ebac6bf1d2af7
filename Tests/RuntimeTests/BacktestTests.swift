import Foundation
import Market
import Metrics
import Scenario
import Simulation
import Strategies
import Tape
import Testing
import Trading

@testable import Runtime

@Suite struct BacktestTests {
    @Test func `a strategy that does nothing earns exactly nothing`() throws {
        let bench = try Workbench()
        let outcome = try bench.run(bench.scenario(bench.synth(minutes: 3), strategy: "idle"))
        #expect(outcome.result.netProfit == .zero)
        #expect(outcome.result.fillCount == 0)
        #expect(outcome.result.drawdown.deepest == 0)
        #expect(outcome.result.attribution.residual == .zero)
    }

    @Test func `a hedge trades, stays hedged, and its attribution sums with nothing left over`() throws {
        let bench = try Workbench()
        let outcome = try bench.run(bench.scenario(bench.synth(minutes: 20), parameters: Workbench.xemm))
        let result = outcome.result
        #expect(result.fillCount >= 40)
        #expect(result.attribution.residual == .zero)
        #expect(result.attribution.netProfit == result.endEquity - result.startEquity)
        let makers = result.activity.first { $0.venue == "one" }
        let takers = result.activity.first { $0.venue == "two" }
        #expect(makers?.takerFills == 0 && (makers?.makerFills ?? 0) >= 20)
        #expect(takers?.makerFills == 0 && (takers?.takerFills ?? 0) >= 20)
        // What is held on one venue is held the other way on the other, but for what was in flight at the end.
        let sum = result.inventory.reduce(0) { $0 + ($1.series.buckets.last?.last ?? 0) }
        #expect(abs(sum) < 0.06)
    }

    @Test func `both venues make and take where both may quote, and what fills on both stays hedged`() throws {
        let bench = try Workbench()
        let tapes = try bench.synth(minutes: 15)
        let parameters = Workbench.xemm + ", makers: both, reverse_maker_fee: \"0.4 bp\", reverse_taker_fee: \"2 bp\", requote: \"0.5 bp\""
        // Slow enough that a second quote fills before the cancel that the first one's fill leads to.
        let journal = bench.folder + "/journal.sqlite"
        let outcome = try bench.run(bench.scenario(tapes, parameters: parameters, latency: "\"100 ms\""), journal: journal)
        let result = outcome.result
        for venue in result.activity { #expect(venue.makerFills > 5 && venue.takerFills > 5, "\(venue.venue)") }
        #expect(result.activity.reduce(0) { $0 + $1.cancelRaceFills } > 0)
        // No more is hedged than was filled.
        let made = result.activity.reduce(0) { $0 + $1.makerNotional.double }
        let taken = result.activity.reduce(0) { $0 + $1.takerNotional.double }
        #expect(taken <= made * 1.01)
        let sum = result.inventory.reduce(0) { $0 + ($1.series.buckets.last?.last ?? 0) }
        #expect(abs(sum) < 0.06)
        #expect(result.attribution.residual == .zero)
        #expect(try Replay(JournalFile(opening: journal), tapes: tapes, registry: .builtIn).run().difference == nil)
    }

    @Test func `an alternate leg that nobody needs changes nothing, and takes the hedges of a taker that refuses`() throws {
        let bench = try Workbench()
        let tapes = try bench.synth(minutes: 3)
        let spare = [
            "accounts.S.venue=two", "accounts.S.collateral=50000 USDC", "accounts.S.maker_fee=0.4 bp", "accounts.S.taker_fee=2.8 bp",
            "accounts.S.entry_latency=10 ms", "accounts.S.response_latency=10 ms", "strategy.accounts.alternate=S",
        ]
        func run(_ overrides: [String]) throws -> Backtest.Outcome {
            let parameters = Workbench.xemm + ", hedge_attempts: 1"
            return try bench.run(bench.scenario(tapes, parameters: parameters, latency: "\"10 ms\"", overrides: overrides))
        }
        let (plain, bound) = (try run([]), try run(spare))
        #expect(plain.result.netProfit == bound.result.netProfit && plain.result.fillCount == bound.result.fillCount)
        let refused = ["faults=[{ kind: rejections, venue: two, account: T, reason: margin, probability: \"1\", after: 30 s, for: 1 h }]"]
        func legs(_ outcome: Backtest.Outcome) -> [String] { outcome.result.positions.map(\.account) }
        #expect(try legs(run(refused + spare)).contains("S"))
        #expect(try !legs(run(refused)).contains("S"))
    }

    @Test func `the same run twice, and with the tapes in another order, is the same run`() throws {
        let bench = try Workbench()
        let tapes = try bench.synth(minutes: 5)
        let one = try bench.run(bench.scenario(tapes, parameters: Workbench.xemm))
        let two = try bench.run(bench.scenario(tapes.reversed(), parameters: Workbench.xemm))
        #expect(one.journalHash == two.journalHash && one.journalRecords == two.journalRecords && one.journalRecords > 100)
        #expect(one.dataHash == two.dataHash)
        // One thread or two.
        let alone = try Backtest(bench.scenario(tapes, parameters: Workbench.xemm), registry: .builtIn).run(decodesAhead: false)
        #expect(one.journalHash == alone.journalHash && one.feeds.map(\.medianLatency) == alone.feeds.map(\.medianLatency))
        #expect(one.result.netProfit == two.result.netProfit)
        let other = try bench.run(bench.scenario(bench.synth(minutes: 5, seed: 43), parameters: Workbench.xemm))
        #expect(one.journalHash != other.journalHash && one.dataHash != other.dataHash)
    }

    @Test func `the journal on disk holds the records that the hash was made of`() throws {
        let bench = try Workbench()
        let path = bench.folder + "/journal.sqlite"
        let outcome = try bench.run(bench.scenario(bench.synth(minutes: 2), parameters: Workbench.xemm), journal: path)
        let reader = try JournalReader(opening: path)
        var (hash, words) = (JournalHash(), 0)
        while let block = try reader.nextBlock()?.bytes {
            for start in stride(from: 0, to: block.count, by: 8) {
                hash.combine(block[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) })
                words += 1
            }
        }
        #expect(hash.value == outcome.journalHash)
        #expect(words > 100)
        #expect(reader.meta["final_hash"] == JournalStore.hexadecimal(outcome.journalHash))
        #expect(reader.feeds.map(\.hash) == reader.feeds.map(\.hash).sorted() && reader.feeds.count == 2)
    }

    @Test func `an interrupted run says so and is whole up to there`() throws {
        let bench = try Workbench()
        let backtest = try Backtest(bench.scenario(bench.synth(minutes: 5), parameters: Workbench.xemm), registry: .builtIn)
        var samples = 0
        let outcome = try backtest.run { _ in
            samples += 1
            return samples < 60
        }
        #expect(outcome.isPartial)
        #expect(outcome.result.attribution.residual == .zero)
        #expect(outcome.result.end < backtest.start + .seconds(70))
    }

    @Test func `a simple hedge completes a cycle and ends flat`() throws {
        let bench = try Workbench()
        let parameters =
            "size: \"0.05 BTC\", hold: [\"30 s\", \"40 s\"], cool_down: [\"5 s\", \"6 s\"], max_cycles: 2, entry_timeout: \"60 s\", "
            + "interval: \"2 s\""
        let outcome = try bench.run(bench.scenario(bench.synth(minutes: 20), strategy: "simple_hedge", parameters: parameters))
        #expect(outcome.result.fillCount >= 8)
        #expect(outcome.result.positions == [])
        #expect(outcome.result.attribution.residual == .zero)
        #expect(outcome.result.roundTrips.count >= 2)
    }

    @Test func `what a scenario and its tapes contradict each other in is an error with a way out`() throws {
        let bench = try Workbench()
        let tapes = try bench.synth(minutes: 2)
        func error(_ scenario: Scenario) -> RunError? {
            do {
                _ = try Backtest(scenario, registry: .builtIn)
                return nil
            } catch {
                return error
            }
        }
        let missing = try error(bench.scenario([tapes[0], bench.folder + "/lightr.tape"], strategy: "idle"))
        #expect(missing?.exitCode == 3 && missing?.hint == "did you mean '\(tapes[1])'?")
        let alone = try error(bench.scenario([tapes[0]], strategy: "idle"))
        #expect(alone == .noFeed(venue: "two", feed: "lighter", symbol: "BTC", available: ["backpack BTC_USDC_PERP"]))
        let copy = bench.folder + "/copy.tape"
        try FileManager.default.copyItem(atPath: tapes[0], toPath: copy)
        let twice = try error(bench.scenario([tapes[0], copy, tapes[1]], strategy: "idle"))
        #expect(twice?.exitCode == 3)
        let outside = try error(bench.scenario(tapes, strategy: "idle", extra: "range: { start: \"2030-01-01\" }"))
        #expect(outside?.exitCode == 2)
        var untaped = try bench.scenario(tapes, strategy: "idle")
        untaped.tapes = []
        #expect(error(untaped)?.exitCode == 2 && error(untaped)?.hint == "list them under 'tapes', or here with --set \"tapes=[FILE]\"")
        let bytes = try Data(contentsOf: URL(filePath: tapes[1]))
        try bytes.prefix(bytes.count / 2).write(to: URL(filePath: tapes[1]))
        #expect(try error(bench.scenario(tapes, strategy: "idle"))?.exitCode == 3)
    }

    @Test func `a symbol that means two things is no hedge`() throws {
        let bench = try Workbench()
        var market = GeneratedMarket.standard(venues: 2, duration: .minutes(2))
        let listed = market.venues[1].instrument
        market.venues[1].instrument = Instrument(
            symbol: listed.symbol, venue: listed.venue, venueSymbol: listed.venueSymbol, kind: .linear, base: try #require(Currency("ETH")),
            quote: listed.quote, tickSize: listed.tickSize, lotSize: listed.lotSize)
        let scenario = try bench.scenario(bench.synth(market, seed: 1), strategy: "idle")
        let error = #expect(throws: RunError.self) { try Backtest(scenario, registry: .builtIn) }
        #expect(error?.message == "'BTC' is BTC at 'one' and ETH at 'two': that is no hedge")
        #expect(error?.hint == "say under symbols.BTC what each venue calls it" && error?.exitCode == 2)
    }

    @Test func `two parts of a feed follow each other with a gap, and nothing trades until the book is back`() throws {
        let bench = try Workbench()
        let tapes = try bench.synth(minutes: 4)
        let tape = try Tape(opening: tapes[0])
        var (events, chunk) = ([MarketEvent](), EventBatch())
        let reader = try tape.reader(feed: InstrumentID(0))
        while try reader.next(into: chunk) { events += chunk }
        let start = events[0].venueTime
        let parts = [
            events.filter { $0.venueTime < start + .seconds(60) }, events.filter { $0.venueTime >= start + .seconds(120) },
        ]
        var paths: [String] = []
        for (index, part) in parts.enumerated() {
            let path = "\(bench.folder)/part\(index).tape"
            let writer = try TapeWriter(creating: path)
            _ = try writer.addFeed(tape.feeds[0].description)
            for event in part { try writer.append(event) }
            try writer.close()
            paths.append(path)
        }
        let outcome = try bench.run(bench.scenario(paths.reversed() + [tapes[1]], parameters: Workbench.xemm))
        let feed = outcome.feeds.first { $0.venue == "one" }
        #expect(feed?.gaps == 1)
        // The second part has no snapshot: its book is never trusted again.
        #expect((feed?.unsynchronised ?? .zero) > .seconds(100))
        let late = outcome.result.inventory.first { $0.name.hasPrefix("M") }?.series.buckets.last { $0.time < start + .seconds(119) }?.last
        let final = outcome.result.inventory.first { $0.name.hasPrefix("M") }?.series.buckets.last?.last
        #expect(late == final)
    }
}

@Suite struct IdentityTests {
    /// One fill of the core's record that is one lot larger than the venue's.
    @Test(arguments: [0, 1] as [Int64])
    func `a core record that differs by one lot leaves a residual`(extra: Int64) throws {
        let usd = Currency("USD")!
        let instrument = Instrument(
            symbol: "BTC", venue: "v", venueSymbol: "BTC", kind: .linear, base: Currency("BTC")!, quote: usd,
            tickSize: FinePrice(nanos: 1_000_000_000),
            lotSize: 1_000_000)
        let recorder = RunRecorder(
            RunDescription(
                instruments: [instrument], venueOfInstrument: ["v"], accounts: [.init(name: "M", venue: "v", collateral: [])],
                reporting: usd, rates: [:],
                start: Timestamp(nanoseconds: 0), plannedEnd: Timestamp(nanoseconds: 1_000_000_000_000)))
        let mid = FinePrice(nanos: 101_000_000_000)
        func state(_ time: Int64, _ balance: Int64, _ position: Int64, _ unrealised: Int64) -> VenueState {
            VenueState(
                time: Timestamp(nanoseconds: time), balances: [[Money(nanos: balance, usd)]], positions: [[Quantity(lots: position)]],
                unrealised: [[Money(nanos: unrealised, usd)]], marks: [mid], mids: [mid])
        }
        recorder.begin(state(0, 1_000_000_000_000, 0, 0))
        var fill = Fill(
            order: OrderID(1), instrument: InstrumentID(0), trade: 1, side: .buy, role: .maker, price: Price(ticks: 100),
            quantity: Quantity(lots: 500),
            fee: Money(nanos: 5_000_000, usd))
        recorder.venueFill(account: AccountID(0), fill, mechanism: "queueCleared", isVerified: true, isLarge: false, mids: [mid])
        fill.quantity = Quantity(lots: 500 + extra)
        recorder.coreFill(fill, nil, account: AccountID(0), isLate: false, cancelPending: false, venueTime: Timestamp(nanoseconds: 5))
        // 0.5 at 100 marked at 101: 0.5, less a fee of 0.005.
        let result = recorder.finish(state(10, 999_995_000_000, 500, 500_000_000))
        #expect(result.netProfit == ExactAmount(units: 495_000_000 * 1_000_000_000))
        #expect((result.attribution.residual == .zero) == (extra == 0))
    }
}
