public import Market
public import Simulation
public import Trading

/// Hears what happens in a simulated world, at its own time. Called for fills, settlements and samples, never for a record.
public protocol SimulationObserver: AnyObject {
    /// Fills of one venue, at venue time; `mids` are those before the record that made them.
    func filled(_ fill: VenueFill, venue: Int)
    /// Equity may have changed; every sample too.
    func changed(at time: Timestamp)
    /// Once a sample: whether the run goes on.
    func sampled(at time: Timestamp, events: Int64) throws(RunError) -> Bool
}

/// Runs a core against simulated venues on a virtual clock.
///
/// Everything that happens has a time and a rank; the smallest pair is next. Ranks follow the classes of the design: venue
/// data, order arrival at the venue, report at us, data at us, wake, sample; within a class the feed's or the venue's index.
/// No two events are equal, so that a seed, a scenario and its tapes fix every command.
///
///     source:   venue data │ arrivals │ reports │ data at us │ wake │ sample
///     sources:  F          │ V        │ V       │ F          │ 1    │ 1
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
    public enum Outcome: Equatable, Sendable { case endOfData, interrupted }

    public let core: TradingCore
    public let venues: [SimulatedVenue]
    private let feeds: [Feed]
    private let windows: [FeedWindow]
    private var venueTouch: [TouchFollower]
    private var localTouch: [TouchFollower]
    /// Index of the venue that each account belongs to.
    private let venueOfAccount: [Int]
    private weak var observer: (any SimulationObserver)?

    private let feedCount: Int
    private let venueCount: Int
    private let sourceCount: Int
    private let times: UnsafeMutablePointer<Int64>
    private let end: Int64
    private let sampleInterval: Int64
    private let keepsVenueBooks: Bool
    private var lastTime: Int64 = .min

    /// - Parameters:
    ///   - feeds: One for each instrument, in the instruments' order.
    ///   - end: Events after it do not happen.
    ///   - keepsVenueBooks: false replays into the core's books alone, for measuring: orders then meet an empty venue.
    public init(
        core: TradingCore, venues: [SimulatedVenue], feeds: [Feed], venueOfAccount: [Int], end: Timestamp = .never,
        observer: (any SimulationObserver)? = nil, sampleInterval: Nanoseconds = .seconds(1), keepsVenueBooks: Bool = true
    ) throws(RunError) {
        self.core = core
        self.venues = venues
        self.feeds = feeds
        var windows: [FeedWindow] = []
        for feed in feeds { windows.append(try FeedWindow(feed.source)) }
        self.windows = windows
        venueTouch = feeds.map { _ in TouchFollower() }
        localTouch = venueTouch
        self.venueOfAccount = venueOfAccount
        self.observer = observer
        feedCount = feeds.count
        venueCount = venues.count
        sourceCount = 2 * feeds.count + 2 * venues.count + 2
        unsafe times = .allocate(capacity: sourceCount)
        unsafe times.initialize(repeating: .max, count: sourceCount)
        self.end = end.nanoseconds
        self.sampleInterval = sampleInterval.count
        self.keepsVenueBooks = keepsVenueBooks
    }

    deinit { unsafe times.deallocate() }

    // Ranks of the sources.
    private var arrivalRank: Int { feedCount }
    private var reportRank: Int { feedCount + venueCount }
    private var dataRank: Int { feedCount + 2 * venueCount }
    private var wakeRank: Int { 2 * feedCount + 2 * venueCount }
    private var sampleRank: Int { wakeRank + 1 }

    /// Starts the core at `start`, runs to the end of the data, stops the core and lets what is in flight arrive.
    ///
    /// Records before `start` only build the books. The run ends when every feed has ended, or at `end`.
    public func run(from start: Timestamp) throws(RunError) -> Outcome {
        for feed in 0..<feedCount {
            unsafe times[feed] = keepsVenueBooks ? windows[feed].venueTime : .max
            if !keepsVenueBooks { windows[feed].skipVenue() }
            unsafe times[dataRank + feed] = windows[feed].localTime
        }
        unsafe times[sampleRank] = start.nanoseconds
        var isStarted = false
        while true {
            let (time, rank, limit) = next()
            if time > end || (rank >= wakeRank && isQuiet && (isStarted || time == .max)) { break }
            lastTime = max(lastTime, time)
            if rank == sampleRank {
                if !isStarted {
                    isStarted = true
                    core.start(at: Timestamp(nanoseconds: time))
                    flush()
                }
                observer?.changed(at: Timestamp(nanoseconds: time))
                let events = windows.reduce(0) { $0 + $1.eventCount }
                if let observer, try !observer.sampled(at: Timestamp(nanoseconds: time), events: events) {
                    finish(.interrupted, at: time)
                    return .interrupted
                }
                unsafe times[sampleRank] = time + sampleInterval
            } else {
                try step(rank, time, min(limit, end))
            }
        }
        finish(.endOfData, at: end == .max ? lastTime : max(min(end, lastTime), core.now.nanoseconds))
        return .endOfData
    }

    /// Records handed out so far.
    public var eventCount: Int64 { windows.reduce(0) { $0 + $1.eventCount } }

    /// Nothing but timers and samples is left.
    private var isQuiet: Bool {
        for rank in 0..<wakeRank where unsafe times[rank] != .max { return false }
        return true
    }

    /// The earliest source, and until when it may go on alone.
    @inline(__always)
    private func next() -> (time: Int64, rank: Int, limit: Int64) {
        let times = unsafe self.times
        var (first, firstRank, second, secondRank) = (Int64.max, sourceCount, Int64.max, sourceCount)
        for rank in 0..<sourceCount {
            let time = unsafe times[rank]
            if time < first {
                (second, secondRank) = (first, firstRank)
                (first, firstRank) = (time, rank)
            } else if time < second {
                (second, secondRank) = (time, rank)
            }
        }
        return (first, firstRank, secondRank > firstRank ? second : second - 1)
    }

    private func step(_ rank: Int, _ time: Int64, _ limit: Int64) throws(RunError) {
        if rank < arrivalRank {
            try venueData(rank, limit)
        } else if rank < reportRank {
            let venue = rank - arrivalRank
            venues[venue].processArrival()
            refresh(venue)
            observe(venue, time)
        } else if rank < dataRank {
            let venue = rank - reportRank
            if let report = venues[venue].nextReport(now: Timestamp(nanoseconds: time)) { core.receive(report) }
            refresh(venue)
            flush()
        } else if rank < wakeRank {
            try localData(rank - dataRank, limit)
        } else {
            core.wake(at: Timestamp(nanoseconds: time))
            flush()
        }
    }

    /// Lets one feed's records happen at the venue until another source is due or the venue has something to report.
    @inline(__always)
    private func venueData(_ feed: Int, _ limit: Int64) throws(RunError) {
        let index = feeds[feed].venue
        let venue = venues[index]
        let window = windows[feed]
        let pending = unsafe times[reportRank + index]
        if feeds[feed].usesTouchSync {
            try window.drainVenue(through: limit) { event in
                venue.receive(event)
                if venueTouch[feed].receive(event, touch: venue.touch(event.instrument)) {
                    venue.setSynchronised(event.instrument, venueTouch[feed].isSynchronised)
                }
                return venue.nextReportTime.nanoseconds == pending && !venue.hasFills
            }
        } else {
            try window.drainVenue(through: limit) { event in
                venue.receive(event)
                return venue.nextReportTime.nanoseconds == pending && !venue.hasFills
            }
        }
        unsafe times[feed] = window.venueTime
        if venue.nextReportTime.nanoseconds != pending || venue.hasFills {
            refresh(index)
            observe(index, lastTime)
        }
    }

    /// Lets one feed's records reach the core until another source is due or the core wants something.
    @inline(__always)
    private func localData(_ feed: Int, _ limit: Int64) throws(RunError) {
        let window = windows[feed]
        let core = self.core
        if feeds[feed].usesTouchSync {
            try window.drainLocal(through: limit) { event in
                core.receive(event)
                let book = (core.books[event.instrument].bestBidTicks, core.books[event.instrument].bestAskTicks)
                if localTouch[feed].receive(event, touch: book) { core.setSynchronised(event.instrument, localTouch[feed].isSynchronised) }
                return !core.hasNews
            }
        } else {
            try window.drainLocal(through: limit) { event in
                core.receive(event)
                return !core.hasNews
            }
        }
        unsafe times[dataRank + feed] = window.localTime
        if core.hasNews { flush() }
    }

    /// Takes the core's commands to their venues and notes when each source is due next.
    @inline(__always)
    private func flush() {
        while let command = core.nextCommand() {
            let venue = venueOfAccount[command.account.index]
            venues[venue].handle(command, now: core.now)
            refresh(venue)
        }
        unsafe times[wakeRank] = core.nextWake.nanoseconds
        core.acknowledgeNews()
    }

    @inline(__always)
    private func refresh(_ venue: Int) {
        unsafe times[arrivalRank + venue] = venues[venue].nextArrival.nanoseconds
        unsafe times[reportRank + venue] = venues[venue].nextReportTime.nanoseconds
    }

    @inline(__always)
    private func observe(_ venue: Int, _ time: Int64) {
        guard let observer, venues[venue].hasFills else { return venues[venue].takeFills { _ in } }
        venues[venue].takeFills { observer.filled($0, venue: venue) }
        observer.changed(at: Timestamp(nanoseconds: time))
    }

    /// Stops the core and lets requests and reports that are on their way arrive; the market stands still.
    private func finish(_ outcome: Outcome, at time: Int64) {
        if time > core.now.nanoseconds { core.wake(at: Timestamp(nanoseconds: time)) }
        core.stop(outcome == .interrupted ? .interrupted : .endOfData)
        flush()
        for feed in 0..<feedCount {
            unsafe times[feed] = .max
            unsafe times[dataRank + feed] = .max
        }
        unsafe times[wakeRank] = .max
        unsafe times[sampleRank] = .max
        while true {
            let (time, rank, _) = next()
            guard time != .max else { break }
            if rank < reportRank {
                venues[rank - arrivalRank].processArrival()
                refresh(rank - arrivalRank)
                observe(rank - arrivalRank, time)
            } else {
                let venue = rank - reportRank
                if let report = venues[venue].nextReport(now: Timestamp(nanoseconds: time)) { core.receive(report) }
                refresh(venue)
                while let command = core.nextCommand() {
                    venues[venueOfAccount[command.account.index]].handle(command, now: core.now)
                    refresh(venueOfAccount[command.account.index])
                }
            }
            lastTime = max(lastTime, time)
        }
        observer?.changed(at: Timestamp(nanoseconds: lastTime))
    }
}

/// Follows one feed's quotes and book to tell when a book without a snapshot can be trusted.
struct TouchFollower {
    private var sync = TouchSync()
    private var bid: Int64 = 0

    var isSynchronised: Bool { sync.isSynchronised }

    /// Whether the verdict changed with this record.
    mutating func receive(_ event: borrowing MarketEvent, touch: (bid: Int64, ask: Int64)) -> Bool {
        let before = sync.isSynchronised
        switch event.kind {
        case .quote:
            if event.side == .buy {
                bid = event.price
            } else {
                sync.receiveQuote(number: event.detail, bidTicks: bid, askTicks: event.price)
            }
        case .level where event.isLast:
            sync.receiveBook(number: event.detail, bidTicks: touch.bid, askTicks: touch.ask, at: event.venueTime)
        case .gap: sync.reset()
        default: return false
        }
        return sync.isSynchronised != before
    }
}
