public import Market
internal import Scenario
internal import Signing
public import Strategies
internal import Tape
internal import Trading
public import Venues

/// Numbers of orders that no other run has used or will use, kept where they outlive the process.
public protocol OrderNumbers: AnyObject, Sendable {
    /// The run's orders up to this one may be sent; read from any thread.
    var reserved: UInt64 { get }
    /// Reserves more, elsewhere: it comes back at once.
    func reserveMore()
}

/// A live run but for its sockets, clock and keys: the core with its sessions, and the journal in which all of it is kept.
///
///     begin ─▶ start ─▶ … ─▶ hold back, wait until nothing is open ─▶ end
///     dead, or ended with positions ─▶ rebuild from the journal ─▶ goOn ─▶ …
///
/// Where the journal or the numbers of orders do not keep up, no new risk is taken until they do; hedges, reductions and cancels go on.
public final class LiveRun {
    /// What people may want to know of.
    public struct Notice: Hashable, Sendable {
        public enum Kind: String, Hashable, Sendable, CaseIterable {
            /// What a session says of its venue.
            case venue
            /// What the core notes: closings, adjustments, restarts.
            case core
            case journal
        }

        public var kind: Kind
        public var time: Timestamp
        public var text: String
        /// Whether somebody should look at once.
        public var isAlarm: Bool

        public init(kind: Kind, time: Timestamp, text: String, isAlarm: Bool) {
            (self.kind, self.time, self.text, self.isAlarm) = (kind, time, text, isAlarm)
        }
    }

    /// How a run ended.
    public enum Ending: Hashable, Sendable {
        /// Nothing is held or open: the journal is complete.
        case complete
        /// The next start goes on with it.
        case suspended(reason: String)
    }

    /// Why no new risk is taken.
    private struct Holds: OptionSet {
        let rawValue: UInt8
        static let journal = Holds(rawValue: 1)
        static let numbers = Holds(rawValue: 2)
        static let ending = Holds(rawValue: 4)
    }

    public let live: LiveCore
    public let journal: LiveJournal
    private let record: Journal
    private let numbers: any OrderNumbers
    private var holds: Holds = []
    private let notes: NoteTaker
    private let watch: VenueWatch
    /// By session: its venue, as the scenario calls it.
    public let names: [String]
    private var notices: [Notice] = []
    private var lastPressure = LiveJournal.Pressure.fine
    private var hasEnded = false

    /// Numbers that are left when more are reserved, and when no more are quoted: hedges may need them, and each order that is denied
    /// meanwhile takes one.
    private static let (lowNumbers, lastNumbers): (UInt64, UInt64) = (25_000, 5_000)

    /// Connections for orders of each venue; questions go by one more.
    public static let lanes = 4

    /// By session: index of its venue in the scenario.
    public let venues: [Int]

    let header: RunHeader

    private init(
        _ live: LiveCore, _ core: RunHeader, _ header: LiveHeader, _ record: Journal, _ journal: LiveJournal, _ numbers: any OrderNumbers
    ) {
        (self.live, self.record, self.journal, self.numbers) = (live, record, journal, numbers)
        (self.header, venues) = (core, header.sessions.map(\.venue))
        notes = NoteTaker(live.core)
        names = header.sessions.map { core.venues.indices.contains($0.venue) ? core.venues[$0.venue] : "" }
        watch = VenueWatch(live, names: names)
        live.border = journal
        live.core.observe(notes)
        live.observer = watch
    }

    // MARK: How it comes to be

    /// What a new run's sessions are to be like.
    public struct Terms: Sendable {
        /// By venue of the scenario: added to an order's number to make its client id.
        public var clientBases: [UInt32]
        /// By venue of the scenario.
        public var clocks: [ClockOffset]
        /// Drawn once a run: of the waits before sockets are opened again.
        public var seed: UInt64

        public init(clientBases: [UInt32], clocks: [ClockOffset], seed: UInt64) {
            (self.clientBases, self.clocks, self.seed) = (clientBases, clocks, seed)
        }
    }

    /// How far a clock that was not measured may be off.
    private static let clockDoubt = Nanoseconds.milliseconds(500)

    /// A new run.
    ///
    /// - Parameters:
    ///   - account: What signs for an account.
    ///   - path: Of the journal, which is made.
    /// - Throws: `RunError` where a strategy refuses its parameters or the journal can't be made.
    public static func begin(
        _ plan: LivePlan, _ terms: Terms, registry: StrategyRegistry, journal path: String, numbers: any OrderNumbers,
        account: (AccountID, VenueProtocol) -> VenueAccount?
    ) throws(RunError) -> LiveRun {
        var sessions: [LiveHeader.Session] = []
        for venue in plan.venues {
            let profile = plan.scenario.venues[venue].profile.name
            guard let speaks = VenueProtocol(profile: profile) else {
                throw .scenario(
                    message: "venue '\(plan.scenario.venues[venue].name)': the protocol of \(profile) is not spoken here yet",
                    hint: "live runs speak: \(VenueProtocol.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            // Fills of before are none of the run's.
            let clock = terms.clocks[venue]
            let from = plan.plan.start + clock.offset - (clock.error ?? Self.clockDoubt)
            sessions.append(
                .init(
                    venue: venue, speaks: speaks.rawValue, lanes: lanes, clientBase: terms.clientBases[venue],
                    historyFrom: from.nanoseconds, auditEvery: Nanoseconds.seconds(30).count, seed: terms.seed &+ UInt64(venue)))
        }
        let (core, sessionsHeader) = (RunHeader(plan.plan), LiveHeader(sessions: sessions))
        // The strategies are asked before a file is made.
        _ = try plan.plan.makeCore(plan.plan.coreConfiguration, registry, journal: Journal(sink: nil))
        let meta = [
            "kind": "live", "scenario": plan.scenario.canonicalText, "scenario_hash": plan.scenario.hash.description,
            "scenario_source": plan.scenario.source, "run": plan.scenario.name, RunHeader.key: core.json,
            LiveHeader.key: sessionsHeader.json,
        ]
        let store: JournalStore
        do { store = try JournalStore(creating: path, meta: meta, feeds: []) } catch { throw .output(path: path, message: error.message) }
        let journal = LiveJournal(store, path: path)
        let record = Journal(sink: journal, digests: false)
        let live = try sessionsHeader.makeLive(core, registry, record, path: path, account: account)
        return LiveRun(live, core, sessionsHeader, record, journal, numbers)
    }

    /// The run of a journal whose process died or was stopped, as far as the journal tells of it: `goOn` lets it go on.
    ///
    /// - Parameter progress: Told how many records of what came it has been fed.
    /// - Throws: `RunError.journal` where the journal is damaged, is over, or is of another program.
    public static func rebuild(
        journal path: String, registry: StrategyRegistry, numbers: any OrderNumbers,
        account: (AccountID, VenueProtocol) -> VenueAccount?, progress: (Int) -> Void = { _ in }
    ) throws(RunError) -> LiveRun {
        let file = try LiveJournalFile(opening: path)
        guard !file.isComplete else {
            throw .journal(path: path, message: "the run of '\(path)' is over: it can't go on", hint: "start a new one")
        }
        let stored = try file.storedRecords()
        let store: JournalStore
        do { store = try JournalStore(continuing: path) } catch { throw RunError(journal: error, path: path) }
        let sink = LaterSink()
        let record = Journal(sink: sink, stored: stored.count, digests: false)
        let live = try file.sessions.makeLive(file.core, registry, record, path: path, account: account)
        var (replay, count) = (LiveReplay(live), 0)
        while let entries = try file.nextEntries() {
            for entry in entries {
                count += 1
                guard replay.take(entry) == nil else {
                    throw .journal(
                        path: path, message: "'\(path)': this program does not do after record \(count) what the run did",
                        hint: "go on with the program that wrote it; `mmsim replay` shows where they differ")
                }
            }
            progress(count)
        }
        guard stored.count == 0 || record.storedHash == stored.hash else {
            throw .journal(
                path: path, message: "'\(path)': what crossed the border of the run does not lead to what its core recorded", hint: nil)
        }
        let journal = LiveJournal(store, path: path, borderHash: file.borderHash)
        sink.hand(to: journal)
        return LiveRun(live, file.core, file.sessions, record, journal, numbers)
    }

    // MARK: Beginning and end

    public func start(at now: Timestamp) { live.start(at: now) }

    /// Lets a run that was rebuilt go on: it asks its venues what it missed, hedges first and quotes later.
    ///
    /// - Throws: `RunError.journal` where the clock stands before the journal's end.
    public func goOn(at now: Timestamp) throws(RunError) {
        guard now > live.core.now else {
            throw .journal(
                path: journal.path,
                message: "the journal goes until \(live.core.now.iso8601), and this machine's clock says \(now.iso8601)",
                hint: "set the clock right")
        }
        let hasStarted = live.core.now > .distantPast
        live.restart(at: now, nextOrder: OrderID(numbers.reserved + 1))
        // One that died before anything of it was written has still to begin.
        if !hasStarted { live.start(at: now) }
        numbers.reserveMore()
        if live.core.isHeld { live.receive(.release, at: now) }
        note(.core, now, "the run goes on from its journal")
    }

    /// Takes no new risk any more: what is quoted is withdrawn, and hedges go on until nothing is open.
    public func holdBack(at now: Timestamp) { hold(.ending, true, now) }

    /// Whether no order is open, or may be.
    public var isQuiet: Bool { live.core.openOrders.isEmpty }

    /// Ends the run: complete where it holds nothing, else to go on with the next start.
    ///
    /// - Throws: Where the journal could not be written to its end.
    public func end(at now: Timestamp) throws(RunError) -> Ending {
        guard !hasEnded else { return .complete }
        hasEnded = true
        let (core, reason) = (live.core, whyItGoesOn)
        guard reason == nil else {
            record.commit()
            try journal.suspend()
            return .suspended(reason: reason ?? "")
        }
        live.stop(.operator, at: max(now, core.now))
        while live.nextAction() != nil {}
        _ = record.close()
        try journal.close(hash: record.hash)
        return .complete
    }

    private var whyItGoesOn: String? {
        let core = live.core
        guard isQuiet else { return "orders are open, or may be" }
        for account in core.accounts.indices {
            for instrument in core.instruments.indices {
                let held = core.position(AccountID(account), InstrumentID(instrument))
                guard !held.isZero, core.instruments[instrument].kind != .spot else { continue }
                let listed = core.instruments[instrument]
                return "\(core.accounts[account].name) holds \(listed.text(held)) \(listed.venueSymbol)"
            }
        }
        return nil
    }

    // MARK: While it runs

    /// Records of the core so far.
    var recordCount: Int64 { record.recordCount }

    /// Looks after journal and numbers; to be called several times a second.
    public func look(at now: Timestamp) {
        record.commit()
        let pressure = journal.pressure
        if pressure != lastPressure, Self.isTold(lastPressure, pressure) {
            switch pressure {
            case .fine: note(.journal, now, "the journal is written again")
            case .behind(let reason): note(.journal, now, "the journal can't be written: \(reason); no new risk is taken", isAlarm: true)
            case .ended(let reason):
                note(.journal, now, "the journal has ended (\(reason)): no new risk is taken until the run is started again", isAlarm: true)
            }
        }
        lastPressure = pressure
        hold(.journal, pressure != .fine, now)
        let next = live.core.nextOrder.rawValue
        if next + Self.lowNumbers > numbers.reserved { numbers.reserveMore() }
        hold(.numbers, next + Self.lastNumbers > numbers.reserved, now)
        watch.look(at: now, live.core)
    }

    /// How much waits changes from look to look: that is no news.
    private static func isTold(_ before: LiveJournal.Pressure, _ now: LiveJournal.Pressure) -> Bool {
        if case (.behind, .behind) = (before, now) { false } else { true }
    }

    private func hold(_ reason: Holds, _ isSet: Bool, _ now: Timestamp) {
        let before = holds
        if isSet { holds.insert(reason) } else { holds.remove(reason) }
        guard before.isEmpty != holds.isEmpty else { return }
        live.receive(holds.isEmpty ? .release : .hold, at: now)
    }

    private func note(_ kind: Notice.Kind, _ time: Timestamp, _ text: String, isAlarm: Bool = false) {
        notices.append(Notice(kind: kind, time: time, text: text, isAlarm: isAlarm))
    }

    /// What there is to tell since the last call, in order.
    public func takeNotices(at now: Timestamp) -> [Notice] {
        for (session, alarm) in live.takeAlarms() { watch.alarmed(alarm, session, now) }
        notices += watch.take()
        notices += notes.take().map { Notice(kind: .core, time: $0.time, text: $0.text, isAlarm: $0.isAlarm) }
        defer { notices = [] }
        return notices
    }
}

/// Keeps what the core notes.
private final class NoteTaker: CoreObserver {
    /// The core holds its observers.
    private unowned let core: TradingCore
    private var notes: [(time: Timestamp, text: String, isAlarm: Bool)] = []

    init(_ core: TradingCore) { self.core = core }

    func noted(_ text: String, instance: StrategyID?, at time: Timestamp) { notes.append((time, text, false)) }

    func adjusted(_ quantity: Quantity, of instrument: InstrumentID, account: AccountID, at time: Timestamp) {
        let (listed, side) = (core.instruments[instrument.index], quantity.lots > 0 ? "more" : "less")
        let what = "\(listed.text(quantity.magnitude)) \(listed.venueSymbol) \(side) than its fills say"
        notes.append((time, "\(core.accounts[account.index].name) holds \(what)", true))
    }

    func take() -> [(time: Timestamp, text: String, isAlarm: Bool)] {
        defer { notes = [] }
        return notes
    }
}

/// Keeps the blocks of a core that is rebuilt until there is a journal that takes them.
private final class LaterSink: JournalSink {
    private struct Block {
        var bytes: [UInt8]
        var records: Int
        var times: ClosedRange<Timestamp>
        var hash: UInt64
    }

    private var blocks: [Block] = []
    private weak var target: LiveJournal?

    func append(_ block: [UInt8], records: Int, times: ClosedRange<Timestamp>, hash: UInt64) {
        if let target { return target.append(block, records: records, times: times, hash: hash) }
        blocks.append(Block(bytes: block, records: records, times: times, hash: hash))
    }

    func hand(to journal: LiveJournal) {
        for block in blocks { journal.append(block.bytes, records: block.records, times: block.times, hash: block.hash) }
        (target, blocks) = (journal, [])
    }
}
