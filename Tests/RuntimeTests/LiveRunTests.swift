import Foundation
import Market
import Scenario
import Simulation
import Strategies
import Synchronization
import Tape
import TestSupport
import Testing
import Trading
import VenueServers

@testable import Runtime
@testable import Venues

/// Live runs whose sockets are virtual: kept in a journal, killed, gone on with.
@Suite struct LiveRunTests {
    private final class Numbers: OrderNumbers {
        private let limit: Mutex<UInt64>
        let step: UInt64

        init(_ limit: UInt64, step: UInt64 = 10_000) {
            self.limit = Mutex(limit)
            self.step = step
        }

        var reserved: UInt64 { limit.withLock { $0 } }
        func reserveMore() { limit.withLock { $0 += step } }
    }

    /// Looks after the run as often as its runner would, and counts what the venues filled.
    private final class Watch: SimulationObserver {
        var run: LiveRun?
        var fills = 0
        private(set) var lastFill = Timestamp.distantPast
        private(set) var notices: [LiveRun.Notice] = []

        func filled(_ fill: VenueFill, venue: Int) { (fills, lastFill) = (fills + 1, fill.time) }
        func changed(at time: Timestamp) {}
        func sampled(at time: Timestamp, events: Int64) throws(RunError) -> Bool {
            run?.look(at: time)
            notices += run?.takeNotices(at: time) ?? []
            return true
        }
    }

    private struct Bench {
        static let clientBase: UInt32 = 7_000
        let bench: Workbench
        let scenario: Scenario
        let tapes: RunPlan
        let plan: LivePlan
        let market: ChaosMarket

        init() throws {
            bench = try Workbench()
            let paths = try bench.synth(minutes: 8)
            let text = """
                version: 1
                name: test
                seed: 7
                tapes: [\(paths.map { "\"\($0)\"" }.joined(separator: ", "))]
                venues:
                  one: { feed: backpack, profile: backpack }
                  two: { feed: lighter, profile: backpack }
                accounts:
                  M: { venue: one, collateral: ["50000 USDC"], entry_latency: "5 ms", response_latency: "5 ms" }
                  T: { venue: two, collateral: ["50000 USDC"], entry_latency: "5 ms", response_latency: "5 ms" }
                strategy: { name: xemm, symbol: BTC, accounts: { maker: M, taker: T }, parameters: { \(Workbench.xemm) } }
                reporting: USD
                rates: { "USDC/USD": "1" }
                """
            scenario = try ScenarioLoader(strategies: StrategyRegistry.builtIn.specifications)
                .resolve(text, file: bench.folder + "/test.yaml", overrides: [])
            let tapes = try RunPlan(scenario, TapeCatalog(paths))
            self.tapes = tapes
            let listed = scenario.venues.indices.map { venue in tapes.listings.filter { $0.venue == venue }.map(\.instrument) }
            plan = try LivePlan(scenario, listed: listed, at: tapes.start + .minutes(1))
            market = try ChaosMarket(
                tapes.listings.enumerated().map { index, listing in
                    TapeCatalog.source(
                        listing.parts, instrument: InstrumentID(index), minimumLatency: tapes.scenario.venues[listing.venue].minimumLatency)
                })
        }

        var start: Timestamp { tapes.start + .minutes(1) }
        func path(_ name: String) -> String { bench.folder + "/" + name }

        static func account(_ id: AccountID, _ speaks: VenueProtocol) -> VenueAccount? {
            .backpack(BackpackAccount(id, key: WireWorld.key(id.index)))
        }

        /// - Parameter clocks: By venue; nil: none was measured.
        func begin(_ name: String, _ numbers: Numbers, clocks: [ClockOffset]? = nil) throws -> LiveRun {
            let terms = LiveRun.Terms(
                clientBases: scenario.venues.map { _ in Self.clientBase }, clocks: clocks ?? scenario.venues.map { _ in ClockOffset() },
                seed: 3)
            return try LiveRun.begin(
                plan, terms, registry: .builtIn, journal: path(name), numbers: numbers, account: Self.account)
        }

        /// The run's venues, and what lets it meet them.
        ///
        /// - Parameter faults: Of the first venue's network.
        func driver(
            _ run: LiveRun, _ watch: Watch, minutes: Int64, faults: [WireFault] = []
        ) throws -> (driver: WireDriver, world: WireWorld) {
            let core = try tapes.makeCore(tapes.coreConfiguration, .builtIn, journal: Journal(sink: nil))
            let world = WireWorld(tapes, core, seed: 8, wireFaults: { $0 == 0 ? faults : [] }) { tapes.venueConfiguration($0) }
            watch.run = run
            let driver = try WireDriver(
                run.live, world.venues, feeds: market.sources(from: start), venueOfFeed: tapes.listings.map(\.venue),
                trustsTouch: tapes.listings.map { _ in false }, end: start + .minutes(minutes), observer: watch)
            return (driver, world)
        }

        /// The journal as it stands on the disk, as a process that is killed leaves it.
        func copy(_ run: LiveRun, to name: String) throws -> String {
            while run.journal.lag.bytes > 0 { usleep(5_000) }
            for end in ["", "-wal"] where FileManager.default.fileExists(atPath: run.journal.path + end) {
                try FileManager.default.copyItem(atPath: run.journal.path + end, toPath: path(name) + end)
            }
            return path(name)
        }
    }

    /// Numbers of clients' ids that went out, in order.
    private static func clientIDs(_ path: String) throws -> [Int] {
        let file = try LiveJournalFile(opening: path)
        var found: [Int] = []
        while let entries = try file.nextEntries() {
            for entry in entries where entry.record.kind == .request {
                let text = String(decoding: entry.bytes, as: UTF8.self)
                guard text.hasPrefix("POST") else { continue }
                for match in text.matches(of: /"clientId":(\d+)/) { found.append(Int(match.1) ?? 0) }
            }
        }
        return found
    }

    /// The run's process dies, and the venues go on without it for a while.
    private static func die(_ driver: WireDriver, _ watch: Watch) throws {
        driver.loseCore()
        watch.run = nil
        driver.stop(at: driver.now + .seconds(7))
        _ = try driver.goOn()
    }

    @Test func `a run's journal leads a fresh one to the same bytes and the same hash`() throws {
        let bench = try Bench()
        let (numbers, watch) = (Numbers(10_000), Watch())
        let run = try bench.begin("whole.sqlite", numbers)
        let (driver, _) = try bench.driver(run, watch, minutes: 2)
        try driver.run(from: bench.start)
        #expect(watch.fills > 4)
        _ = try run.end(at: driver.now)
        let outcome = try LiveJournalReplay(bench.path("whole.sqlite"), registry: .builtIn).run()
        #expect(outcome.difference == nil && outcome.records > 1_000 && outcome.handedOver > 20)
        // Every order has an id of its own, beyond those of runs before.
        let ids = try Self.clientIDs(bench.path("whole.sqlite"))
        #expect(ids.count > 4 && Set(ids).count == ids.count && ids.allSatisfy { $0 > Int(Bench.clientBase) })
    }

    @Test(arguments: [
        (
            WireFault.Kind.publicStall, ["one: no market data for 5 s"],
            ["one: market data stands still", "one: market data came back after "]
        ),
        (.privateStall, ["one: silent: the private stream tells nothing"], ["one: news of the accounts ended"]),
        (.cut, ["one: no market data for 5 s", "one: no news of the accounts for 5 s"], ["one: market data ended"]),
        (.halfOpen, ["one: no market data for 5 s", "one: unanswered: no answer within"], ["one: market data came back after "]),
        (.tooMany, ["one: 5 requests refused or not answered within 10 s, the last because rateLimit"], []),
        (.unavailable(isDone: false), ["one: nobody tells what became of "], ["one: what became of every order is known again"]),
        (.unavailable(isDone: true), ["one: unanswered: HTTP_503"], []),
    ])
    func `what goes wrong at a venue for a while is an alarm, and is over`(kind: WireFault.Kind, alarms: [String], told: [String]) throws {
        let bench = try Bench()
        let watch = Watch()
        let run = try bench.begin("fault.sqlite", Numbers(10_000))
        let (from, until) = (bench.start + .seconds(30), bench.start + .seconds(55))
        let (driver, world) = try bench.driver(run, watch, minutes: 3, faults: [WireFault(kind, from: from, until: until)])
        try driver.run(from: bench.start)
        let found = watch.notices.filter(\.isAlarm)
        for alarm in alarms { #expect(found.contains { $0.text.hasPrefix(alarm) }, "\(watch.notices.map(\.text))") }
        #expect(found.allSatisfy { $0.time >= from && $0.time <= until + .seconds(20) }, "\(found)")
        for text in told { #expect(watch.notices.contains { $0.text.hasPrefix(text) && !$0.isAlarm }, "\(watch.notices.map(\.text))") }
        #expect(watch.lastFill > until + .seconds(20))
        #expect(run.live.core.openOrders.allSatisfy { $0.certainty == .known })
        for (index, listing) in bench.tapes.listings.enumerated() {
            let account = AccountID(listing.venue)
            let venue = world.venues[listing.venue].server.venue
            #expect(run.live.core.position(account, InstrumentID(index)) == venue.position(account, InstrumentID(index)))
        }
        _ = try run.end(at: driver.now)
        let outcome = try LiveJournalReplay(bench.path("fault.sqlite"), registry: .builtIn).run()
        #expect(outcome.difference == nil && outcome.isCoreEqual)
    }

    @Test func `a run that died goes on from its journal to the exposure that the venues have`() throws {
        let bench = try Bench()
        let (numbers, watch) = (Numbers(10_000), Watch())
        let run = try bench.begin("first.sqlite", numbers)
        let (driver, world) = try bench.driver(run, watch, minutes: 5)
        driver.stop(at: bench.start + .seconds(100))
        #expect(try driver.run(from: bench.start) == .stopped)
        let path = try bench.copy(run, to: "second.sqlite")
        let before = watch.fills
        try Self.die(driver, watch)

        let again = try LiveRun.rebuild(journal: path, registry: .builtIn, numbers: numbers, account: Bench.account)
        #expect(again.live.core.now <= run.live.core.now)
        try again.goOn(at: driver.now)
        #expect(again.live.core.isRecovering)
        watch.run = again
        driver.revive(again.live)
        _ = try driver.goOn()
        #expect(before > 2 && watch.fills > before + 2)
        let core = again.live.core
        for (index, listing) in bench.tapes.listings.enumerated() {
            for account in core.accounts.indices where core.accounts[account].venue.index == listing.venue {
                let (ours, theirs) = (
                    core.position(AccountID(account), InstrumentID(index)),
                    world.venues[listing.venue].server.venue.position(AccountID(account), InstrumentID(index))
                )
                #expect(ours == theirs)
            }
        }
        _ = try again.end(at: driver.now)
        _ = try run.end(at: driver.now)
        let ids = try Self.clientIDs(path)
        #expect(Set(ids).count == ids.count && ids.contains { $0 > Int(Bench.clientBase) + 10_000 })
        // What was killed and went on is still one record.
        let outcome = try LiveJournalReplay(path, registry: .builtIn).run()
        #expect(outcome.difference == nil && outcome.restarts == 1)
    }

    @Test func `a run that goes on from an old journal gives no number twice, and comes to what the venues have`() throws {
        let bench = try Bench()
        let (numbers, watch) = (Numbers(10_000), Watch())
        let run = try bench.begin("first.sqlite", numbers)
        let (driver, world) = try bench.driver(run, watch, minutes: 5)
        driver.stop(at: bench.start + .seconds(60))
        #expect(try driver.run(from: bench.start) == .stopped)
        let old = try bench.copy(run, to: "old.sqlite")
        // Since then it has gone on for a while, and nothing is left of that but what was reserved, and what the venues know.
        driver.stop(at: driver.now + .seconds(40))
        _ = try driver.goOn()
        let (before, reserved) = (watch.fills, numbers.reserved)
        try Self.die(driver, watch)

        let again = try LiveRun.rebuild(journal: old, registry: .builtIn, numbers: numbers, account: Bench.account)
        #expect(again.live.core.nextOrder < run.live.core.nextOrder)
        try again.goOn(at: driver.now)
        #expect(again.live.core.nextOrder.rawValue > reserved)
        watch.run = again
        driver.revive(again.live)
        _ = try driver.goOn()
        #expect(watch.fills > before + 2)
        let core = again.live.core
        for (index, listing) in bench.tapes.listings.enumerated() {
            let account = AccountID(listing.venue)
            let theirs = world.venues[listing.venue].server.venue.position(account, InstrumentID(index))
            #expect(core.position(account, InstrumentID(index)) == theirs)
        }
        _ = try again.end(at: driver.now)
        _ = try run.end(at: driver.now)
        let (first, second) = (Set(try Self.clientIDs(bench.path("first.sqlite"))), try Self.clientIDs(old))
        // Those up to the copy are in both.
        let after = second.filter { !first.contains($0) }
        #expect(after.count > 2 && Set(second).count == second.count && after.allSatisfy { $0 > Int(Bench.clientBase) + Int(reserved) })
        let outcome = try LiveJournalReplay(old, registry: .builtIn).run()
        #expect(outcome.difference == nil && outcome.restarts == 1)
    }

    @Test func `a run that is stopped while it holds something can go on, one that holds nothing is over`() throws {
        let bench = try Bench()
        let run = try bench.begin("stopped.sqlite", Numbers(10_000))
        run.start(at: bench.start)
        run.holdBack(at: bench.start + .seconds(1))
        #expect(run.isQuiet && run.live.core.isHeld)
        #expect(try run.end(at: bench.start + .seconds(2)) == .complete)
        #expect(throws: RunError.self) {
            try LiveRun.rebuild(journal: bench.path("stopped.sqlite"), registry: .builtIn, numbers: Numbers(0), account: Bench.account)
        }
    }

    @Test func `a run that was stopped in order goes on, and all of it is one record`() throws {
        let bench = try Bench()
        let watch = Watch()
        let run = try bench.begin("first.sqlite", Numbers(10_000))
        let (driver, _) = try bench.driver(run, watch, minutes: 6)
        var ended = false
        // What is held when it stops is a matter of luck: it is stopped where it holds something.
        for seconds in 60..<180 where !ended {
            driver.stop(at: bench.start + .seconds(Int64(seconds)))
            _ = seconds == 60 ? try driver.run(from: bench.start) : try driver.goOn()
            ended = !run.live.core.position(AccountID(0), InstrumentID(0)).isZero
        }
        run.holdBack(at: driver.now)
        driver.stop(at: driver.now + .seconds(10))
        _ = try driver.goOn()
        #expect(run.isQuiet)
        guard case .suspended = try run.end(at: driver.now) else { return #expect(Bool(false), "nothing was held") }
        try Self.die(driver, watch)
        let again = try LiveRun.rebuild(
            journal: bench.path("first.sqlite"), registry: .builtIn, numbers: Numbers(20_000), account: Bench.account)
        #expect(throws: RunError.self) { try again.goOn(at: again.live.core.now) }
        let before = watch.fills
        try again.goOn(at: driver.now)
        #expect(!again.live.core.isHeld)
        watch.run = again
        driver.revive(again.live)
        driver.stop(at: driver.now + .seconds(60))
        _ = try driver.goOn()
        #expect(watch.fills > before + 2)
        _ = try again.end(at: driver.now)
        let outcome = try LiveJournalReplay(bench.path("first.sqlite"), registry: .builtIn).run()
        #expect(outcome.difference == nil && outcome.isCoreEqual && outcome.restarts == 1)
    }

    @Test func `a run that died before anything of it was written begins then`() throws {
        let bench = try Bench()
        _ = try bench.begin("empty.sqlite", Numbers(10_000)).journal.suspend()
        let again = try LiveRun.rebuild(
            journal: bench.path("empty.sqlite"), registry: .builtIn, numbers: Numbers(20_000), account: Bench.account)
        let watch = Watch()
        let (driver, _) = try bench.driver(again, watch, minutes: 2)
        driver.loseCore()
        driver.stop(at: bench.start)
        _ = try driver.goOn()
        try again.goOn(at: driver.now)
        driver.revive(again.live)
        _ = try driver.goOn()
        #expect(watch.fills > 4)
        _ = try again.end(at: driver.now)
        let outcome = try LiveJournalReplay(bench.path("empty.sqlite"), registry: .builtIn).run()
        #expect(outcome.difference == nil && outcome.isCoreEqual && outcome.restarts == 1)
    }

    @Test func `what filled before a run began, by the venue's clock, is none of it`() throws {
        let bench = try Bench()
        var ahead = ClockOffset()
        ahead.add(
            asked: bench.start, answered: bench.start + .milliseconds(4), venue: bench.start + .milliseconds(3_002),
            resolution: .milliseconds(1))
        try bench.begin("clocks.sqlite", Numbers(10_000), clocks: [ahead, ClockOffset()]).journal.suspend()
        let from = try LiveJournalFile(opening: bench.path("clocks.sqlite")).sessions.sessions.map(\.historyFrom)
        // Half of a flight and the answer's resolution may be wrong; of a clock that nobody asked half a second.
        #expect(from == [bench.start + Nanoseconds(count: 2_997_500_000), bench.start - .milliseconds(500)].map(\.nanoseconds))
    }

    @Test func `without numbers for its orders a run takes no new risk until it has some`() throws {
        let bench = try Bench()
        let (numbers, watch) = (Numbers(1, step: 0), Watch())
        let run = try bench.begin("numbers.sqlite", numbers)
        let (driver, _) = try bench.driver(run, watch, minutes: 2)
        try driver.run(from: bench.start)
        #expect(watch.fills == 0 && run.live.core.isHeld)
        _ = try run.end(at: driver.now)
        #expect(try Self.clientIDs(bench.path("numbers.sqlite")).isEmpty)
    }

    @Test func `what waits too long for the disk is told, and what comes meanwhile is written in the end`() throws {
        let folder = try TestFolder()
        let path = folder.path("slow.sqlite")
        let store = try JournalStore(creating: path, meta: [:], feeds: [])
        let journal = LiveJournal(store, path: path, behindAt: 1_000)
        #expect(journal.pressure == .fine)
        let other = try JournalStore(continuing: path)
        let bytes = [UInt8](repeating: 7, count: 600)
        try other.together {
            for _ in 0..<4 { journal.append(BorderRecord(.frame, at: Timestamp(nanoseconds: 5)), bytes.span) }
            // The writer may hold a part of it already, and waits for the other one.
            usleep(100_000)
            for _ in 0..<4 { journal.append(BorderRecord(.frame, at: Timestamp(nanoseconds: 6)), bytes.span) }
            guard case .behind = journal.pressure else { return #expect(Bool(false), "\(journal.pressure)") }
        }
        try journal.suspend()
        #expect(journal.pressure == .fine)
        let reader = try JournalReader(opening: path)
        var entries: [BorderEntry] = []
        while let block = try reader.nextBorderBlock() { entries += try BorderBlock.entries(block.bytes) }
        #expect(entries.count == 8 && entries.allSatisfy { $0.bytes == bytes && $0.record.kind == .frame })
    }

    @Test func `a block that was changed is refused, wherever`() throws {
        var block = BorderBlock()
        let (one, two) = ([UInt8](1...9), [UInt8]())
        block.append(BorderRecord(.answered, session: 3, at: Timestamp(nanoseconds: -5), number: .max, detail: -404), one.span)
        block.append(BorderRecord(.wake, at: Timestamp(nanoseconds: 9)), two.span)
        let entries = try BorderBlock.entries(block.bytes)
        #expect(entries.map(\.bytes) == [one, two] && block.records == 2)
        #expect(entries[0].record == BorderRecord(.answered, session: 3, at: Timestamp(nanoseconds: -5), number: .max, detail: -404))
        for end in 1..<block.bytes.count where end != BorderBlock.headSize + one.count {
            #expect(throws: JournalFault.self) { try BorderBlock.entries(Array(block.bytes[..<end])) }
        }
        var changed = block.bytes
        changed[0] = 0xFF
        #expect(throws: JournalFault.self) { try BorderBlock.entries(changed) }
        let hash = BorderBlock.hash(block.bytes, after: JournalHash())
        for place in block.bytes.indices {
            var changed = block.bytes
            changed[place] ^= 1
            #expect(BorderBlock.hash(changed, after: JournalHash()) != hash)
        }
    }
}
