internal import Market
internal import Metrics
internal import Scenario
internal import Signing
internal import Simulation
internal import Strategies
internal import Tape
internal import Trading
internal import VenueServers

/// One run of a scenario with a mix of faults, watched from beginning to end.
///
/// The process dies and is restarted as often as the mix says: what the journal has not committed is lost, what was sent is on
/// its way, the venues go on, and what they tell meanwhile reaches nobody. Then a core that is rebuilt from the journal takes over.
struct ChaosRun {
    struct Result {
        var violations: [InvariantWatch.Violation]
        /// By entry of the mix: where it took hold; nil if it did not.
        var phases: [Phase?]
        var course: RunCourse
        var journal: UInt64
        var events: Int64
        var fills: Int
        var adjustments: Int
    }

    /// Ids are reserved so many at a time before they are used, so that a restart knows what may have been used.
    private static let reservedOrders: UInt64 = 1_000

    private let plan: RunPlan
    private let registry: StrategyRegistry
    private let market: ChaosMarket
    private let seed: UInt64
    private let mix: FaultMix
    private let span: ClosedRange<Timestamp>
    private let isOverWire: Bool

    /// - Parameter isOverWire: Whether core and venues meet over the venues' protocols.
    init(
        _ plan: RunPlan, _ registry: StrategyRegistry, _ market: ChaosMarket, seed: UInt64, mix: FaultMix, span: ClosedRange<Timestamp>,
        isOverWire: Bool = false
    ) {
        (self.plan, self.registry, self.market, self.isOverWire) = (plan, registry, market, isOverWire)
        (self.seed, self.mix, self.span) = (seed, mix, span)
    }

    private var header: RunHeader {
        var header = RunHeader(plan)
        header.seed = seed
        let disturbances = mix.disturbances(plan.listings.map(\.venue))
        header.disturbances = disturbances.isEmpty ? nil : disturbances
        return header
    }

    /// What feeds the run, the mix's disturbances among it.
    private var sources: [any MarketSource] {
        let disturbances = mix.disturbances(plan.listings.map(\.venue))
        return market.sources(from: span.lowerBound).enumerated().map { DisturbedSource.among(disturbances, $1, instrument: $0) }
    }

    /// - Parameter path: Where the journal is written; nil: nowhere.
    func run(journal path: String? = nil) throws(RunError) -> Result {
        // Only what is read again is kept.
        let committed = path != nil || mix.entries.contains { $0.name == .restart } ? MemoryJournal() : nil
        let journal = Journal(sink: committed)
        let core = try makeCore(journal)
        // Watches don't keep the core.
        var (watch, events, last, keeper): (InvariantWatch, Int64, Journal, AnyObject)
        if isOverWire {
            committed?.border = CommittedBorder()
            let world = WireWorld(plan, core, seed: seed, border: committed?.border, wireFaults: mix.wireFaults) { venueConfiguration($0) }
            watch = self.watch(core, journal, world.venues.map(\.server.venue))
            watch.networks = world.venues.map(\.network)
            let driver = try world.driver(sources, until: span.upperBound, watch)
            watch.tell = { [unowned driver] in driver.live.receive($0, at: $1) }
            last = try drive(driver, watch, committed) ?? journal
            (events, keeper) = (driver.eventCount, driver)
        } else {
            let venues = plan.scenario.venues.indices.map { SimulatedVenue(venueConfiguration($0)) }
            watch = self.watch(core, journal, venues)
            let driver = try SimulationDriver(
                core: core, venues: venues,
                feeds: zip(sources, plan.listings).map { source, listing in
                    .init(source: source, venue: listing.venue, usesTouchSync: plan.scenario.venues[listing.venue].sync == .touch)
                }, venueOfAccount: plan.venueOfAccount, end: span.upperBound, observer: watch, computeTime: plan.scenario.computeTime)
            last = try drive(driver, watch, committed) ?? journal
            (events, keeper) = (driver.eventCount, driver)
        }
        withExtendedLifetime(keeper) { watch.checkAtRest() }
        let digest = last.close()
        if let path, let committed, let digest { try write(committed, digest, to: path) }
        return Result(
            violations: watch.violations, phases: phases(watch), course: watch.course, journal: last.hash, events: events,
            fills: watch.fills,
            adjustments: watch.adjustments)
    }

    private func venueConfiguration(_ index: Int) -> VenueConfiguration {
        var configuration = plan.venueConfiguration(index)
        configuration.seed = seed
        configuration.faults = mix.plan(index, seed: seed, in: span.lowerBound + Nanoseconds(count: 1)...span.upperBound)
        return configuration
    }

    private func watch(_ core: TradingCore, _ journal: Journal, _ venues: [SimulatedVenue]) -> InvariantWatch {
        var description = plan.description
        (description.start, description.plannedEnd) = (span.lowerBound, span.upperBound)
        let bridge = RunBridge(
            description, venues, venueOfInstrument: plan.listings.map(\.venue), venueOfAccount: plan.venueOfAccount, core,
            RunRecorder(description))
        let length = (span.upperBound - span.lowerBound).count
        let watch = InvariantWatch(
            bridge, core, journal, venues, plan, mix, kill: seed % 4 == 0 ? .flatten : .cancelAll,
            at: span.lowerBound + Nanoseconds(count: length / 5 * 4), end: span.upperBound)
        core.observe(watch)
        return watch
    }

    private func makeCore(_ journal: Journal) throws(RunError) -> TradingCore {
        var configuration = plan.coreConfiguration
        configuration.seed = seed
        return try plan.makeCore(configuration, registry, journal: journal)
    }

    /// Runs to the end through all deaths; returns the journal in which the last core went on.
    private func drive(_ driver: SimulationDriver, _ watch: InvariantWatch, _ committed: MemoryJournal?) throws(RunError) -> Journal? {
        var deaths = mix.entries.filter { $0.name == .restart }.map(\.span)[...]
        if let first = deaths.first { driver.stop(at: first.lowerBound) }
        var outcome = try driver.run(from: span.lowerBound)
        var journal: Journal?
        while outcome == .stopped, let committed, let death = deaths.popFirst() {
            driver.loseCore()
            watch.lostCore()
            // One that would begin while nobody lives follows at once.
            driver.stop(at: max(death.upperBound, driver.now + .milliseconds(1)))
            guard try driver.goOn() == .stopped else { preconditionFailure("a run ended while its core was dead") }
            let next = Journal(sink: committed, stored: committed.records)
            let rebuilt = try RebuiltCore(
                header, committed.entries(), sources, registry: registry, path: "the run's journal",
                journal: next)
            watch.compare(rebuilt.fresh.core, records: committed.records)
            let reserved = (watch.lastOrder / Self.reservedOrders + 1) * Self.reservedOrders
            let positions = watch.positions(rebuilt.fresh.core)
            try rebuilt.restart(at: driver.now, nextOrder: OrderID(reserved + 1))
            watch.compare(rebuilt.fresh.core, positions: positions)
            watch.follow(rebuilt.fresh.core, next)
            rebuilt.fresh.core.observe(watch)
            driver.revive(rebuilt)
            journal = next
            if let following = deaths.first { driver.stop(at: max(following.lowerBound, driver.now + .milliseconds(1))) }
            outcome = try driver.goOn()
        }
        return journal
    }

    /// Runs to the end through all deaths, over the wire; returns the journal in which the last core went on.
    private func drive(_ driver: WireDriver, _ watch: InvariantWatch, _ committed: MemoryJournal?) throws(RunError) -> Journal? {
        var deaths = mix.entries.filter { $0.name == .restart }.map(\.span)[...]
        if let first = deaths.first { driver.stop(at: first.lowerBound) }
        var outcome = try driver.run(from: span.lowerBound)
        var journal: Journal?
        while outcome == .stopped, let committed, let border = committed.border, let death = deaths.popFirst() {
            driver.loseCore()
            watch.lostCore()
            border.loseRest()
            driver.stop(at: max(death.upperBound, driver.now + .milliseconds(1)))
            guard try driver.goOn() == .stopped else { preconditionFailure("a run ended while its core was dead") }
            let next = Journal(sink: committed, stored: committed.records)
            let live = WireWorld.live(plan, try makeCore(next), seed: seed)
            var replay = LiveReplay(live)
            for entry in border.entries where replay.take(entry) != nil {
                throw .journal(path: "the run's record", message: "a fresh core does not come to what the one that died did", hint: nil)
            }
            watch.compare(live.core, records: next.recordCount)
            let reserved = (watch.lastOrder / Self.reservedOrders + 1) * Self.reservedOrders
            let positions = watch.positions(live.core)
            live.border = border
            live.restart(at: driver.now, nextOrder: OrderID(reserved + 1))
            watch.compare(live.core, positions: positions)
            watch.follow(live.core, next)
            live.core.observe(watch)
            driver.revive(live)
            journal = next
            if let following = deaths.first { driver.stop(at: max(following.lowerBound, driver.now + .milliseconds(1))) }
            outcome = try driver.goOn()
        }
        return journal
    }

    /// Of each entry, as the watch has them: those of a venue in the order of the mix, those that happen to us too.
    private func phases(_ watch: InvariantWatch) -> [Phase?] {
        var places = plan.scenario.venues.map { _ in 0 }
        var wirePlaces = places
        var deaths = 0
        return mix.entries.map { entry in
            guard entry.name.isOfVenue else {
                defer { deaths += 1 }
                return watch.deaths.indices.contains(deaths) ? watch.deaths[deaths] : nil
            }
            guard entry.wireFault == nil else {
                defer { wirePlaces[entry.venue] += 1 }
                return watch.wirePhases[entry.venue][wirePlaces[entry.venue]]
            }
            guard entry.fault != nil else {
                let isShown = plan.listings.indices.contains { index in
                    plan.listings[index].venue == entry.venue && entry.disturbance(of: index).map(market.shows) ?? false
                }
                return isShown ? watch.phaseOfDisturbance[entry.span.lowerBound.nanoseconds] : nil
            }
            defer { places[entry.venue] += 1 }
            let found = watch.phases[entry.venue]
            return places[entry.venue] < found.count ? found[places[entry.venue]] : nil
        }
    }

    private func write(_ committed: MemoryJournal, _ digest: SHA256Digest, to path: String) throws(RunError) {
        let feeds = plan.listings.flatMap { listing in
            listing.parts.map { (name: listing.parts[0].summary.description.name, hash: $0.summary.contentHash) }
        }
        let meta = [
            "scenario_hash": plan.scenario.hash.description, "scenario": plan.scenario.canonicalText, "kind": "chaos",
            RunHeader.key: header.json,
        ]
        try committed.write(to: path, meta: meta, feeds: feeds, closing: digest)
    }
}
