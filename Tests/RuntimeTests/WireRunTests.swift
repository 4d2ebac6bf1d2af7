import Market
import Scenario
import Simulation
import Strategies
import Testing
import Trading
import Venues

@testable import Runtime

/// Runs whose core meets its venues over their protocol, on a virtual network.
@Suite struct WireRunTests {
    private struct Bench {
        let bench: Workbench
        let plan: RunPlan
        let market: ChaosMarket

        init() throws {
            bench = try Workbench()
            let tapes = try bench.synth(minutes: 8)
            let plan = try RunPlan(bench.scenario(tapes, parameters: Workbench.xemm, latency: "\"5 ms\""), TapeCatalog(tapes))
            self.plan = plan
            market = try ChaosMarket(
                plan.listings.enumerated().map { index, listing in
                    TapeCatalog.source(
                        listing.parts, instrument: InstrumentID(index), minimumLatency: plan.scenario.venues[listing.venue].minimumLatency)
                })
        }

        var span: ClosedRange<Timestamp> { plan.start + .minutes(1)...plan.start + .minutes(4) }

        func world(_ border: (any BorderLog)?, _ faults: [WireFault] = []) throws -> (world: WireWorld, journal: Journal) {
            let journal = Journal(sink: nil)
            let core = try plan.makeCore(plan.coreConfiguration, .builtIn, journal: journal)
            let world = WireWorld(plan, core, seed: 3, border: border, wireFaults: { $0 == 0 ? faults : [] }) {
                plan.venueConfiguration($0)
            }
            return (world, journal)
        }

        /// Runs to the end; returns what crossed the border and the journal's hash.
        ///
        /// - Parameter told: What an operator says, a minute after the start.
        func run(_ faults: [WireFault] = [], told: OperatorEvent? = nil) throws -> (border: MemoryBorder, hash: UInt64, fills: Int) {
            let border = MemoryBorder()
            let (world, journal) = try world(border, faults)
            let counter = FillCounter()
            if let told { counter.told = (world.live, told, span.lowerBound + .minutes(1)) }
            let driver = try world.driver(market.sources(from: span.lowerBound), until: span.upperBound, counter)
            try driver.run(from: span.lowerBound)
            return (border, journal.hash, counter.fills)
        }
    }

    private final class FillCounter: SimulationObserver {
        var fills = 0
        var told: (live: LiveCore, event: OperatorEvent, time: Timestamp)?
        func filled(_ fill: VenueFill, venue: Int) { fills += 1 }
        func changed(at time: Timestamp) {}
        func sampled(at time: Timestamp, events: Int64) throws(RunError) -> Bool {
            if let told, time >= told.time {
                told.live.receive(told.event, at: time)
                self.told = nil
            }
            return true
        }
    }

    /// A cut, a half-open connection and a reset, while the run trades.
    private static func faults(_ start: Timestamp) -> [WireFault] {
        [
            WireFault(.cut, from: start + .seconds(30), until: start + .seconds(33)),
            WireFault(.halfOpen, from: start + .seconds(60), until: start + .seconds(75)),
            WireFault(.reset, from: start + .seconds(110), until: start + .seconds(112)),
            WireFault(.answersLost, from: start + .seconds(140), until: start + .seconds(142)),
        ]
    }

    @Test func `what a run hands over follows from what came to it, through lost connections too`() throws {
        let bench = try Bench()
        for faults in [[], Self.faults(bench.span.lowerBound)] {
            let run = try bench.run(faults)
            #expect(run.fills > 10 && run.border.entries.contains { $0.record.kind == .request })
            // The same seed, the same bytes.
            #expect(try bench.run(faults).border.entries == run.border.entries)
            let (fresh, journal) = try bench.world(nil)
            var replay = LiveReplay(fresh.live)
            for entry in run.border.entries {
                guard let difference = replay.take(entry) else { continue }
                Issue.record("\(difference)")
                break
            }
            #expect(!replay.isAhead() && journal.hash == run.hash)
        }
    }

    @Test func `a venue that begins to count anew is asked for its book within a second, and trading goes on`() throws {
        let bench = try Bench()
        let reset = bench.span.lowerBound + .seconds(60)
        func books(_ faults: [WireFault]) throws -> (asked: [Timestamp], sent: [Timestamp]) {
            let requests = try bench.run(faults).border.entries.filter { $0.record.kind == .request && $0.record.session == 0 }
            func times(_ text: String) -> [Timestamp] {
                requests.filter { String(decoding: $0.bytes, as: UTF8.self).contains(text) }.map(\.record.time)
            }
            return (times("/api/v1/depth").filter { $0 >= reset }, times("POST /api/v1/order").filter { $0 > reset + .seconds(10) })
        }
        let calm = try books([])
        #expect(calm.asked.isEmpty && calm.sent.count > 3)
        let anew = try books([WireFault(.renumbered, from: reset, until: reset + .seconds(1))])
        let asked = try #require(anew.asked.first)
        #expect(anew.asked.count == 1 && asked < reset + .seconds(1) && anew.sent.count > 3)
    }

    @Test func `a changed parameter is part of what came: with it the run is the same again, without it another`() throws {
        let bench = try Bench()
        let desk = ParameterDesk(bench.plan.scenario, bindings: bench.plan.bindings, registry: .builtIn)
        let change = try desk.change("min_net", to: "12 bp", in: bench.world(MemoryBorder()).world.live.core).change
        let run = try bench.run(told: .set(change))
        let place = try #require(run.border.entries.firstIndex { $0.record.kind == .parameter })
        #expect(run.hash != (try bench.run().hash), "it decides otherwise")
        func replayed(_ entries: [BorderEntry]) throws -> (difference: Int?, hash: UInt64) {
            let (fresh, journal) = try bench.world(nil)
            var replay = LiveReplay(fresh.live)
            let difference = entries.lazy.compactMap { replay.take($0) }.first
            return (difference?.number, journal.hash)
        }
        #expect(try replayed(run.border.entries) == (nil, run.hash))
        var without = run.border.entries
        without.remove(at: place)
        #expect(try #require(replayed(without).difference) > place)
    }

    @Test func `a byte that came otherwise is found where it matters`() throws {
        let bench = try Bench()
        var entries = try bench.run().border.entries
        // The price of one trade of ours that the private stream told.
        let told = try #require(
            entries.firstIndex { $0.record.kind == .frame && String(decoding: $0.bytes, as: UTF8.self).contains("\"orderFill\"") })
        entries.remove(at: told)
        var replay = LiveReplay(try bench.world(nil).world.live)
        let difference = entries.lazy.compactMap { replay.take($0) }.first
        #expect(try #require(difference).number > told)
    }

    @Test func `no key and no signature crosses into the record`() throws {
        let bench = try Bench()
        let entries = try bench.run().border.entries
        let out = entries.filter { !$0.record.kind.comes }.map { String(decoding: $0.bytes, as: UTF8.self) }
        #expect(out.contains { $0.contains("X-Signature: -\n") && $0.contains("X-API-Key: -\n") })
        #expect(out.contains { $0.contains("account.orderUpdate") } && !out.contains { $0.contains("\"signature\"") })
        // Base64 of 64 bytes ends in two signs of equality, of 32 in one.
        #expect(!out.contains { $0.contains("==\n") })
    }

    @Test func `chaos over the wire finds nothing, and draws what belongs to it`() throws {
        let bench = try Workbench()
        let scenario = try bench.scenario(bench.synth(minutes: 12), parameters: Workbench.xemm)
        let chaos = try Chaos(scenario, registry: .builtIn, .init(seeds: 2, minutes: 10, jobs: 2, isOverWire: true))
        let outcome = try chaos.run()
        #expect(outcome.failures.isEmpty, "\(outcome.failures)")
        #expect(outcome.seeds == 2 && outcome.fills > 0 && outcome.hedged > 0)
        let drawn = Set(ChaosFault.drawn(overWire: true))
        #expect(drawn.isSuperset(of: ChaosFault.allCases.filter { $0.level == .wire }) && !drawn.contains(.reportsLost))
        #expect(Set(outcome.cells.keys.map(\.fault)).isSubset(of: drawn))
    }
}
