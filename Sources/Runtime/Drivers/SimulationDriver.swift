public import Market
public import Simulation
public import Trading

/// Hears what happens in a simulated world, at its own time. Called for fills, settlements and samples, never for a record.
public protocol SimulationObserver: AnyObject {
    /// Fills of one venue, at venue time; `mids` are those before the record that made them.
    func filled(_ fill: VenueFill, venue: Int)
    /// A venue has dealt with a request, or did what was due; before its fills are told.
    func acted(venue: Int, at time: Timestamp)
    /// Equity may have changed; every sample too.
    func changed(at time: Timestamp)
    /// Once a sample: whether the run goes on.
    func sampled(at time: Timestamp, events: Int64) throws(RunError) -> Bool
    /// When it wants to look at our books next, though nothing happens then; asked after each call.
    var nextDue: Timestamp { get }
    /// That time has come: all books are as of it.
    func due(at time: Timestamp)
    /// Every feed has come to this time: nobody asks any more what was before it. Called every few thousand records.
    func caughtUp(to time: Timestamp)
}

extension SimulationObserver {
    public func acted(venue: Int, at time: Timestamp) {}
    public var nextDue: Timestamp { .never }
    public func due(at time: Timestamp) {}
    public func caughtUp(to time: Timestamp) {}
}

/// Runs a core against simulated venues on a virtual clock.
///
/// Everything that happens has a time and a rank; the smallest pair is next. Ranks follow the classes of the design: venue
/// data, order arrival at the venue, report at us, data at us, wake, sample; within a class the feed's or the venue's index.
/// No two events are equal, so that a seed, a scenario and its tapes fix every command.
///
///     source:   venue data │ arrivals │ reports │ data at us │ wake │ sample │ observer's
///     sources:  F          │ V        │ V       │ F          │ 1    │ 1      │ 1
///
/// A record that only moves a book commutes with all that does not read this book. So only the *live* sides of feeds are
/// merged record by record: at the venue where an order of ours may fill, at us where a strategy is woken. The others
/// follow in runs, and are brought up to the instant before anything may look at them.
@safe public final class SimulationDriver {
    public struct Feed {
        public var source: any MarketSource
        /// Index of its venue.
        public var venue: Int
        /// Its book is trusted by its touch, not from a snapshot on.
        public var usesTouchSync: Bool

        public init(source: any MarketSource, venue: Int, usesTouchSync: Bool = false) {
            self.source = source
            self.venue = venue
            self.usesTouchSync = usesTouchSync
        }
    }

    /// Why the loop returned.
    public enum Outcome: Equatable, Sendable {
        case endOfData, interrupted
        /// The time of `stop(at:)` has come: the run can go on.
        case stopped
    }

    public internal(set) var core: TradingCore { didSet { corePort = Port(core) } }
    /// `core`, called without counting a reference.
    private(set) var corePort: Port<TradingCore>
    public let venues: [SimulatedVenue]
    /// By feed.
    let sides: Table<FeedSides>
    /// Index of the venue that each account belongs to.
    private let venueOfAccount: Table<Int>
    /// `venues`, called without counting a reference.
    let ports: Table<VenuePort>
    let observer: (any SimulationObserver)?

    let feedCount: Int
    let venueCount: Int
    /// When each source that is not data is due: arrivals, reports, wake, sample, the stop.
    private let times: UnsafeMutablePointer<Int64>
    private let timeCount: Int
    let end: Int64
    /// The end, or before it the end of a stride: how far data may go in one go.
    private var stride = Int64.min
    private let sampleInterval: Int64
    private let computeTime: Nanoseconds
    let keepsVenueBooks: Bool
    private var lastTime: Int64 = .min
    private var lastWatchCount = -1
    private var isStarted = false
    /// The core's process died: nothing reaches it, and it does nothing.
    var isDead = false
    /// Streams that are down now.
    var lostConnections: [Connection] = []

    /// - Parameters:
    ///   - feeds: One for each instrument, in the instruments' order.
    ///   - end: Events after it do not happen.
    ///   - computeTime: Commands leave this long after what brought them about. Meanwhile the core goes on: it is charged
    ///     the time, not kept busy.
    ///   - keepsVenueBooks: false replays into the core's books alone, for measuring: orders then meet an empty venue.
    public init(
        core: TradingCore, venues: [SimulatedVenue], feeds: [Feed], venueOfAccount: [Int], end: Timestamp = .never,
        observer: (any SimulationObserver)? = nil, sampleInterval: Nanoseconds = .seconds(1),
        computeTime: Nanoseconds = .zero, keepsVenueBooks: Bool = true
    ) throws(RunError) {
        self.core = core
        corePort = Port(core)
        self.venues = venues
        sides = try Table(count: feeds.count) { (index) throws(RunError) in
            FeedSides(
                try FeedWindow(feeds[index].source, skipsVenue: !keepsVenueBooks), VenuePort(venues[feeds[index].venue]),
                index: feeds[index].venue,
                usesTouchSync: feeds[index].usesTouchSync)
        }
        self.venueOfAccount = Table(venueOfAccount)
        ports = Table(venues.map(VenuePort.init))
        self.observer = observer
        feedCount = feeds.count
        venueCount = venues.count
        timeCount = 2 * venues.count + 4
        unsafe times = .allocate(capacity: timeCount)
        unsafe times.initialize(repeating: .max, count: timeCount)
        self.end = end.nanoseconds
        self.sampleInterval = sampleInterval.count
        self.computeTime = computeTime
        self.keepsVenueBooks = keepsVenueBooks
    }

    deinit { unsafe times.deallocate() }

    // Ranks of the sources among all; those that are not data have a slot in `times`.
    private var arrivalRank: Int { feedCount }
    private var reportRank: Int { feedCount + venueCount }
    var dataRank: Int { feedCount + 2 * venueCount }
    private var wakeRank: Int { 2 * feedCount + 2 * venueCount }
    private var sampleRank: Int { wakeRank + 1 }
    private var dueRank: Int { wakeRank + 2 }
    private var stopRank: Int { wakeRank + 3 }
    private var wakeSlot: Int { 2 * venueCount }
    private var sampleSlot: Int { 2 * venueCount + 1 }
    private var dueSlot: Int { 2 * venueCount + 2 }
    private var stopSlot: Int { 2 * venueCount + 3 }

    /// Starts the core at `start`, runs to the end of the data, stops the core and lets what is in flight arrive.
    ///
    /// Records before `start` only build the books. The run ends when every feed has ended, or at `end`.
    public func run(from start: Timestamp) throws(RunError) -> Outcome {
        unsafe times[sampleSlot] = start.nanoseconds
        for venue in ports.indices { refresh(venue) }
        findStride()
        return try goOn()
    }

    /// Lets `run` and `goOn` return `stopped` when all that happens until `time` has happened, unless the run ends before.
    public func stop(at time: Timestamp) { unsafe times[stopSlot] = time.nanoseconds }

    /// The core's process dies. What the venues send until it is restarted is lost, and data reach nobody.
    public func loseCore() {
        isDead = true
        unsafe times[wakeSlot] = .max
        for feed in sides.indices { silence(feed) }
    }

    /// Goes on after `stopped`, as `run` does.
    public func goOn() throws(RunError) -> Outcome {
        while true {
            let (time, rank) = next()
            guard time <= stride else {
                let instant = Instant(time: stride, rank: stopRank + 1)
                if try runLive(to: instant) { continue }
                try bringUp(to: instant)
                observer?.caughtUp(to: Timestamp(nanoseconds: stride))
                if stride == end {
                    lastTime = end
                    break
                }
                renewPaces(stride)
                continue
            }
            let instant = Instant(time: time, rank: rank)
            if try runLive(to: instant) { continue }
            if rank >= wakeRank {
                if rank == wakeRank {
                    try bringUpLocal(through: time)
                } else {
                    try bringUp(to: instant)
                }
                if isQuiet, !isDead, isStarted || time == .max { break }
            }
            if rank == dueRank {
                observer?.due(at: Timestamp(nanoseconds: time))
                noteDue()
                continue
            }
            lastTime = max(lastTime, time)
            if rank == stopRank {
                unsafe times[stopSlot] = .max
                return .stopped
            } else if rank == sampleRank {
                if !isStarted {
                    isStarted = true
                    core.start(at: Timestamp(nanoseconds: time))
                    flush()
                }
                observer?.changed(at: Timestamp(nanoseconds: time))
                if let observer, try !observer.sampled(at: Timestamp(nanoseconds: time), events: eventCount) {
                    finish(.interrupted, at: time)
                    return .interrupted
                }
                // An observer may have told the core something, as an operator does.
                if corePort.with({ $0.hasNews }), !isDead { flush() }
                unsafe times[sampleSlot] = time + sampleInterval
            } else if rank == wakeRank {
                corePort.with { $0.wake(at: Timestamp(nanoseconds: time)) }
                flush()
            } else if rank >= reportRank {
                // What reaches us at this instant comes after the report.
                try bringUpLocal(through: time - 1)
                receiveReport(rank - reportRank, time)
            } else {
                try bringUpVenue(rank - arrivalRank, through: time)
                ports[rank - arrivalRank].with { $0.processArrival() }
                refresh(rank - arrivalRank)
                if observer != nil, ports[rank - arrivalRank].with({ $0.hasFills }) { try bringUp(to: instant) }
                observer?.acted(venue: rank - arrivalRank, at: Timestamp(nanoseconds: time))
                observe(rank - arrivalRank, time)
                if ports[rank - arrivalRank].with({ $0.hasFaultNews }) { try tellFaults(rank - arrivalRank, instant) }
            }
        }
        for feed in sides.indices { lastTime = max(lastTime, sides[feed].window.lastLocalTime) }
        finish(.endOfData, at: end == .max ? lastTime : max(min(end, lastTime), core.now.nanoseconds))
        return .endOfData
    }

    /// Records handed out so far.
    public var eventCount: Int64 { sides.indices.reduce(0) { $0 + sides[$1].window.eventCount } }

    /// Nothing but timers and samples is left.
    private var isQuiet: Bool {
        for feed in sides.indices where sides[feed].window.localTime != .max { return false }
        return areVenuesQuiet
    }

    private var areVenuesQuiet: Bool { ports.indices.allSatisfy { ports[$0].with { $0.isQuiet } } }

    /// The earliest source that is not data: its time, and its rank among all sources.
    @inline(__always)
    private func next() -> (time: Int64, rank: Int) {
        let times = unsafe self.times
        var (first, slot) = unsafe (times[0], 0)
        for other in 1..<timeCount where unsafe times[other] < first { (first, slot) = unsafe (times[other], other) }
        return (first, slot < wakeSlot ? feedCount + slot : slot - wakeSlot + wakeRank)
    }

    private func renewPaces(_ time: Int64) {
        for feed in sides.indices { sides[feed].window.renewPace(time) }
        findStride()
    }

    private func findStride() {
        stride = end
        for feed in sides.indices { stride = min(stride, sides[feed].window.pace) }
    }

    private func receiveReport(_ venue: Int, _ time: Int64) {
        unsafe times[venueCount + venue] = ports[venue].with { venue in
            venue.receiveReport(now: Timestamp(nanoseconds: time)) { report in
                if !isDead { corePort.with { $0.receive(report) } }
            }
            return venue.nextReportTime.nanoseconds
        }
        flush()
    }

    /// The time up to which everything has happened.
    var now: Timestamp { Timestamp(nanoseconds: lastTime) }

    /// Takes the core's commands to their venues and notes when each source is due next.
    func flush() {
        guard !isDead else { return }
        corePort.with { core in
            let departure = core.now + computeTime
            while core.hasCommands {
                core.takeCommand { command in
                    let index = venueOfAccount[command.account.index]
                    ports[index].with { venue in
                        venue.handle(command, now: departure)
                        unsafe times[index] = venue.nextArrival.nanoseconds
                        // A request that never reaches the venue is answered without it.
                        unsafe times[venueCount + index] = venue.nextReportTime.nanoseconds
                    }
                }
            }
            unsafe times[wakeSlot] = core.nextWake.nanoseconds
            core.acknowledgeNews()
        }
        if computeTime > .zero { noteDue() }
        noteWatched()
    }

    /// Nothing is known of whom the core wakes.
    func noteNewCore() { lastWatchCount = -1 }

    /// Which feeds wake somebody may change whenever the core was called.
    func noteWatched() {
        let count = corePort.with { $0.watchCount }
        guard count != lastWatchCount else { return }
        lastWatchCount = count
        for feed in sides.indices {
            sides[feed].isWatched = core.isWatched(InstrumentID(feed)) && !sides[feed].isSilent
        }
    }

    /// The venue did something: when its sources are due next, and what records of its feeds may do.
    func refresh(_ venue: Int) {
        unsafe times[venue] = ports[venue].with { $0.nextArrival }.nanoseconds
        unsafe times[venueCount + venue] = ports[venue].with { $0.nextReportTime }.nanoseconds
        for feed in sides.indices where sides[feed].venueIndex == venue { sides[feed].noteReaction(InstrumentID(feed)) }
    }

    /// Hands a venue's fills over; every book is as of `time`.
    func observe(_ venue: Int, _ time: Int64) {
        guard ports[venue].with({ $0.hasFills }) else { return }
        guard let observer else { return ports[venue].with { $0.dropFills() } }
        ports[venue].with { $0.takeFills { observer.filled($0, venue: venue) } }
        observer.changed(at: Timestamp(nanoseconds: time))
        noteDue()
    }

    private func noteDue() { unsafe times[dueSlot] = observer?.nextDue.nanoseconds ?? .max }

    /// Stops the core and lets requests and reports that are on their way arrive; the market stands still.
    private func finish(_ outcome: Outcome, at time: Int64) {
        if time > core.now.nanoseconds { core.wake(at: Timestamp(nanoseconds: time)) }
        core.stop(outcome == .interrupted ? .interrupted : .endOfData)
        flush()
        unsafe times[wakeSlot] = .max
        unsafe times[sampleSlot] = .max
        unsafe times[dueSlot] = .max
        while true {
            let (time, rank) = next()
            guard time != .max, !areVenuesQuiet else { break }
            if rank == dueRank {
                unsafe times[dueSlot] = .max
                continue
            }
            if rank < reportRank {
                ports[rank - arrivalRank].with { $0.processArrival() }
                refresh(rank - arrivalRank)
                observer?.acted(venue: rank - arrivalRank, at: Timestamp(nanoseconds: time))
                observe(rank - arrivalRank, time)
            } else {
                receiveReport(rank - reportRank, time)
                unsafe times[wakeSlot] = .max
            }
            lastTime = max(lastTime, time)
        }
        observer?.changed(at: Timestamp(nanoseconds: lastTime))
    }
}
