public import Market
public import Simulation
public import Trading

/// Runs a core against simulated venues on a virtual clock.
///
/// Everything that happens has a time and a rank; the smallest pair is next. Ranks follow the classes of the design: venue
/// data, order arrival at the venue, report at us, data at us, wake, sample; within a class the feed's or the venue's index.
/// No two events are equal, so that a seed, a scenario and its tapes fix every command.
///
///     source:   venue data │ arrivals │ reports │ data at us │ wake │ sample
///     rank:     0 ..< F    │ F ..< …V │ … V     │ … F        │ 1    │ 1
@safe public final class SimulationDriver {
    public let core: TradingCore
    public let venues: VenueTable
    private let windows: [FeedWindow]
    /// The venue that each feed belongs to, by feed; a feed's index is its instrument's.
    private let venueOfFeed: [Int]
    /// The venue that each account belongs to, by account.
    private let venueOfAccount: [Int]
    private let observer: (any SimulationObserver)?

    private let feedCount: Int
    private let venueCount: Int
    private let sourceCount: Int
    private let times: UnsafeMutablePointer<Int64>
    private let end: Int64
    private var sampleInterval: Int64

    /// - Parameters:
    ///   - sources: One for each instrument, in the instruments' order.
    ///   - end: Events after it do not happen.
    public init(
        core: TradingCore, venues: consuming VenueTable, sources: [any MarketSource], venueOfFeed: [Int], venueOfAccount: [Int],
        end: Timestamp = .never, observer: (any SimulationObserver)? = nil, sampleInterval: Nanoseconds = .seconds(1)
    ) throws(RunError) {
        self.core = core
        self.venues = venues
        var windows: [FeedWindow] = []
        for source in sources { windows.append(try FeedWindow(source)) }
        self.windows = windows
        self.venueOfFeed = venueOfFeed
        self.venueOfAccount = venueOfAccount
        self.observer = observer
        feedCount = windows.count
        venueCount = venues.count
        sourceCount = 2 * windows.count + 2 * venues.count + 2
        unsafe times = .allocate(capacity: sourceCount)
        self.end = end.nanoseconds
        self.sampleInterval = sampleInterval.count
        for rank in 0..<sourceCount { unsafe times[rank] = .max }
    }

    deinit { unsafe times.deallocate() }
}

extension SimulationDriver {
    /// Why the loop returned.
    public enum Outcome: Equatable, Sendable {
        case endOfData
        case interrupted
    }

    /// Starts the core at `start`, runs to the end of the data, stops the core and lets what is in flight arrive.
    ///
    /// Records before `start` only build the books. The run ends when every feed has ended, or at `end`.
    public func run(from start: Timestamp) throws(RunError) -> Outcome {
        for feed in 0..<feedCount { refreshFeed(feed) }
        var isStarted = false
        unsafe times[sampleRank] = start.nanoseconds
        while true {
            let (time, rank, limit) = next()
            if time > end || isOutOfData { break }
            if rank == sampleRank {
                if !isStarted {
                    isStarted = true
                    core.start(at: start)
                    flush()
                }
                if try !sample(at: time) {
                    finish(.interrupted, at: Timestamp(nanoseconds: time))
                    return .interrupted
                }
            } else {
                try step(rank, time, min(limit, end))
            }
        }
        finish(.endOfData, at: lastTime)
        return .endOfData
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

    // Ranks of the sources.
    private var arrivalRank: Int { feedCount }
    private var reportRank: Int { feedCount + venueCount }
    private var dataRank: Int { feedCount + 2 * venueCount }
    private var wakeRank: Int { 2 * feedCount + 2 * venueCount }
    private var sampleRank: Int { wakeRank + 1 }

    private func step(_ rank: Int, _ time: Int64, _ limit: Int64) throws(RunError) {
        if rank < arrivalRank {
            try venueData(rank, limit)
        } else if rank < reportRank {
            let venue = rank - arrivalRank
            venues[venue].processArrival()
            refreshVenue(venue)
            observeFills(venue)
        } else if rank < dataRank {
            let venue = rank - reportRank
            while let report = venues[venue].nextReport(now: Timestamp(nanoseconds: time)) { core.receive(report) }
            refreshVenue(venue)
            flush()
        } else if rank < wakeRank {
            localData(rank - dataRank, limit)
        } else {
            core.wake(at: Timestamp(nanoseconds: time))
            flush()
        }
    }

    /// Lets one feed's records happen at the venue until another source is due or the venue has something to report.
    @inline(__always)
    private func venueData(_ feed: Int, _ limit: Int64) throws(RunError) {
        let venue = venueOfFeed[feed]
        let window = windows[feed]
        let reports = unsafe times + reportRank + venue
        try window.drainVenue(through: limit) { event in
            venues[venue].receive(event)
            let report = venues[venue].nextReportTime.nanoseconds
            guard unsafe report != reports.pointee else { return true }
            unsafe reports.pointee = report
            return false
        }
        unsafe times[feed] = window.venueTime
        observeFills(venue)
    }

    /// Lets one feed's records reach the core until another source is due or the core wants something.
    @inline(__always)
    private func localData(_ feed: Int, _ limit: Int64) {
        let window = windows[feed]
        let core = self.core
        let wake = unsafe times[wakeRank]
        window.drainLocal(through: limit) { event in
            core.receive(event)
            return !core.hasCommands && core.nextWake.nanoseconds == wake
        }
        unsafe times[dataRank + feed] = window.localTime
        flush()
    }

    /// Takes the core's commands to their venues and notes when each source is due next.
    @inline(__always)
    private func flush() {
        while let command = core.nextCommand() {
            let venue = venueOfAccount[command.account.index]
            venues[venue].handle(command, now: core.now)
            refreshVenue(venue)
        }
        unsafe times[wakeRank] = core.nextWake.nanoseconds
    }
}
