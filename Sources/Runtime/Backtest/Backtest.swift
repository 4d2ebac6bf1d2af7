internal import Feeds
public import Market
public import Metrics
public import Scenario
internal import Signing
internal import Simulation
public import Strategies
internal import Tape
internal import Trading

/// Runs a scenario against its tapes on a virtual clock.
public struct Backtest {
    /// What a run leaves behind.
    public struct Outcome: Sendable {
        public var result: RunResult
        public var isPartial: Bool
        public var events: Int64
        /// The running hash of the journal, and the SHA-256 of its bytes where one was written.
        public var journalHash: UInt64
        public var journalRecords: Int64
        public var journalDigest: String?
        /// SHA-256 over the sorted content hashes of the feeds.
        public var dataHash: String
        public var feeds: [Feed]
        public var accounts: [Terms]
        /// How each venue that is traded estimates queues.
        public var queues: [(venue: String, model: String)]
        public var assumptions: [String]
        public var warnings: [String]
        /// By start.
        public var faults: [FaultRow]
        /// What the strategy had to prove, in order.
        public var checks: [Check] = []
        /// How far its venues stood behind the feeds; nil of a backtest, where they do not.
        public var paper: PaperFigures?
    }

    /// Something that a strategy had to prove.
    public struct Check: Sendable, Hashable, CustomStringConvertible {
        public var text: String
        public var passes: Bool

        public init(text: String, passes: Bool) { (self.text, self.passes) = (text, passes) }

        public var description: String { (passes ? "pass    " : "FAILED  ") + text }
    }

    /// On what terms an account trades.
    public struct Terms: Sendable {
        public var account: String
        public var venue: String
        public var makerFee: Rate
        public var takerFee: Rate
        public var connection: ConnectionModel
    }

    public struct Feed: Sendable {
        public var venue: String
        public var name: String
        public var contentHash: String
        /// Added to the receiver's clock, as estimated at the end; nil where a feed has not both times.
        public var clockOffset: Nanoseconds?
        public var clockDrift: Nanoseconds
        /// Records whose times were lifted, so that they never decrease and nothing is received before it happened.
        public var liftedVenueTimes: Int
        public var liftedReceiveTimes: Int
        /// From the venue to us, by corrected times.
        public var medianLatency: Nanoseconds
        public var latency99: Nanoseconds
        public var largestLatency: Nanoseconds
        /// Time during which the strategy ran and the book could not be trusted.
        public var unsynchronised: Nanoseconds
        /// The same, and it could be trusted but had not changed for as long as the scenario calls stale, or was crossed.
        public var stale: Nanoseconds
        public var crossed: Nanoseconds
        public var gaps: Int
    }

    public struct Progress: Sendable {
        /// Of the range that is traded.
        public var time: Timestamp
        public var start: Timestamp
        public var end: Timestamp
        public var events: Int64
    }

    private let plan: RunPlan
    private let registry: StrategyRegistry

    public var start: Timestamp { plan.start }
    public var end: Timestamp { plan.end }
    public var instruments: [Instrument] { plan.instruments }
    public var assumptions: [String] { plan.assumptions }
    public var warnings: [String] { plan.warnings }

    /// Opens the tapes and binds the scenario to them.
    ///
    /// - Throws: `RunError` saying what contradicts what.
    public init(_ scenario: Scenario, registry: StrategyRegistry) throws(RunError) {
        plan = try RunPlan(scenario, TapeCatalog(of: scenario))
        self.registry = registry
    }

    /// - Parameters:
    ///   - journalPath: Where the journal is written; nil: nowhere, its hash is made all the same.
    ///   - output: Where the rows of the tables go.
    ///   - decodesAhead: Whether a second thread decodes the tapes; the outcome is the same.
    ///   - goesOn: Asked once a simulated second; false interrupts the run, whose report is then partial.
    public func run(
        journalPath: String? = nil, output: (any RunOutput)? = nil, decodesAhead: Bool = true,
        goesOn: @escaping (Progress) -> Bool = { _ in true }
    ) throws(RunError) -> Outcome {
        let scenario = plan.scenario
        let hashes = plan.listings.map { listing in listing.parts.map(\.summary.contentHash) }
        let store = try journalPath.map { (path) throws(RunError) in try Self.store(path, plan, hashes) }
        let sink = store.map { RunJournal($0, path: journalPath ?? "") }
        let journal = Journal(sink: sink)
        let core = try plan.makeCore(plan.coreConfiguration, registry, journal: journal)
        let venues = scenario.venues.indices.map { SimulatedVenue(plan.venueConfiguration($0)) }
        let recorder = RunRecorder(plan.description)
        let sources = plan.listings.enumerated().map { index, listing in
            TapeCatalog.source(
                listing.parts, instrument: InstrumentID(index), minimumLatency: scenario.venues[listing.venue].minimumLatency)
        }
        // Decoding the tapes is a third of the work of a run, and no part of its order.
        let readers = decodesAhead ? ReadAhead.sources(sources) : sources
        let (start, end) = (plan.start, plan.end)
        let venueOfAccount = plan.venueOfAccount
        let bridge = RunBridge(
            plan.description, venues, venueOfInstrument: plan.listings.map(\.venue), venueOfAccount: venueOfAccount, core, recorder,
            output: output, computeTime: scenario.computeTime
        ) { (time, events) throws(RunError) in
            if let failure = sink?.failure { throw failure }
            return goesOn(Progress(time: time, start: start, end: end, events: events))
        }
        core.observe(bridge)
        let driver = try SimulationDriver(
            core: core, venues: venues,
            feeds: zip(readers, plan.listings).map { source, listing in
                .init(source: source, venue: listing.venue, usesTouchSync: scenario.venues[listing.venue].sync == .touch)
            },
            venueOfAccount: venueOfAccount, end: end,
            observer: bridge, computeTime: scenario.computeTime)
        let ending = try driver.run(from: start)
        for reader in readers { (reader as? ReadAhead)?.finish() }
        if let failure = bridge.failure { throw failure }
        let digest = journal.close()
        if let failure = sink?.failure { throw failure }
        if let store, let digest {
            do { try store.close(finalHash: journal.hash, digest: digest) } catch {
                throw .output(path: journalPath ?? "", message: error.message)
            }
        }
        let result = bridge.finish(at: max(core.now, start))
        return Outcome(
            result: result, isPartial: ending == .interrupted, events: driver.eventCount, journalHash: journal.hash,
            journalRecords: journal.recordCount, journalDigest: digest?.description, dataHash: Self.dataHash(hashes),
            feeds: feeds(sources, bridge), accounts: Self.terms(plan), queues: Self.queues(plan), assumptions: plan.assumptions,
            warnings: plan.warnings,
            faults: Self.faultRows(plan, venues), checks: bridge.checks)
    }

    static func queues(_ plan: RunPlan) -> [(venue: String, model: String)] {
        plan.scenario.venues.enumerated().filter { index, _ in plan.listings.contains { $0.venue == index } }.map { _, venue in
            (venue.name, venue.queue.rawValue + (venue.queueExponent.map { " \(Decimal.text($0, decimals: 9))" } ?? ""))
        }
    }

    static func terms(_ plan: RunPlan) -> [Terms] {
        plan.scenario.accounts.map {
            Terms(
                account: $0.name, venue: $0.venue, makerFee: $0.makerFee, takerFee: $0.takerFee, connection: $0.connection)
        }
    }

    private func feeds(_ sources: [TapeSource], _ bridge: RunBridge) -> [Feed] {
        plan.listings.enumerated().map { index, listing in
            var hasher = SHA256Hasher()
            for part in listing.parts { hasher.update(part.summary.contentHash.description) }
            let clock = sources[index].clockStatistics
            let latency = sources[index].latency.summary
            return Feed(
                venue: plan.scenario.venues[listing.venue].name, name: listing.parts[0].summary.description.name,
                contentHash: hasher.finish().description, clockOffset: clock.offset, clockDrift: clock.drift,
                liftedVenueTimes: clock.liftedVenueTimes, liftedReceiveTimes: clock.liftedReceiveTimes,
                medianLatency: latency?.median ?? .zero,
                latency99: latency?.percentile99 ?? .zero, largestLatency: latency?.maximum ?? .zero,
                unsynchronised: bridge.unsynchronised[index], stale: bridge.stale[index], crossed: bridge.crossed[index],
                gaps: sources[index].gapCount)
        }
    }

    static func dataHash(_ hashes: [[SHA256Digest]]) -> String {
        sha256(hashes.flatMap { $0 }.sorted().map(\.description).joined(separator: "\n")).description
    }

    private static func store(_ path: String, _ plan: RunPlan, _ hashes: [[SHA256Digest]]) throws(RunError) -> JournalStore {
        var feeds: [(name: String, hash: SHA256Digest)] = []
        for (listing, parts) in zip(plan.listings, hashes) {
            for hash in parts { feeds.append((listing.parts[0].summary.description.name, hash)) }
        }
        let meta = [
            "scenario_hash": plan.scenario.hash.description, "scenario": plan.scenario.canonicalText, "kind": "backtest",
            RunHeader.key: RunHeader(plan).json,
        ]
        do { return try JournalStore(creating: path, meta: meta, feeds: feeds) } catch { throw .output(path: path, message: error.message) }
    }
}
