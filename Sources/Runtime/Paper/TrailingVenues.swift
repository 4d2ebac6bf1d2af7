internal import Feeds
internal import Market
internal import Simulation

/// One feed on its way through its venue: what has come and has not been dealt with.
final class TrailingFeed {
    let venue: Int
    private var waiting = Ring<MarketEvent>()
    private var clock: PaperClock
    private(set) var allowance: PaperAllowance
    /// Venue time of the last record that came.
    private(set) var latest = Timestamp.distantPast
    /// By our clock: what happened until then has come, or is not waited for.
    private(set) var reach = Timestamp.distantPast
    private(set) var latency = LatencyRecorder()
    private(set) var gapCount = 0
    private(set) var count: Int64 = 0

    init(venue: Int, minimumLatency: Nanoseconds, allowance: Nanoseconds?) {
        self.venue = venue
        clock = PaperClock(minimumLatency: minimumLatency)
        self.allowance = PaperAllowance(fixed: allowance)
    }

    var statistics: FeedClock.Statistics { clock.statistics }
    /// What is added to our clock to make the venue's.
    var clockOffset: Nanoseconds? { clock.offset }
    var isEmpty: Bool { waiting.isEmpty }
    /// Venue time of the record that is dealt with next; `.never` if none waits.
    var next: Timestamp { waiting.isEmpty ? .never : waiting[0].venueTime }

    /// Takes a record as it came.
    ///
    /// - Parameter measured: The venue's clock less ours, where it was asked.
    func take(_ told: MarketEvent, measured: Nanoseconds?) {
        var event = told
        clock.correct(&event, measured: measured)
        latest = event.venueTime
        count += 1
        if event.kind == .gap {
            gapCount += 1
        } else if event.isLast, !event.flags.contains(.snapshot) {
            latency.record((event.receiveTime - event.venueTime).count)
            allowance.add(event.receiveTime - event.venueTime)
        }
        waiting.append(event)
    }

    func removeFirst() -> MarketEvent { waiting.removeFirst() }

    func noteTime(_ now: Timestamp) { reach = max(reach, now - allowance.value) }

    /// Whether no record that is yet to come can precede what happens at `time` and `rank`.
    func knows(_ time: Timestamp, rank: Int, own: Int) -> Bool {
        reach >= time || latest > time || (latest == time && own > rank)
    }
}

/// The venues of a paper run, each a model of the scenario's, going through the feeds in the order of venue time, as a backtest does.
///
/// What happens at `t` is dealt with once all records until `t` are known: every feed has told of something later, or is silent for
/// longer than its allowance. All venues go on together, so that figures see the books of one moment.
final class TrailingVenues {
    let venues: [SimulatedVenue]
    let feeds: [TrailingFeed]
    private let observer: any SimulationObserver
    private let sampleInterval: Nanoseconds
    private var nextSample = Timestamp.never
    /// What is later does not happen.
    private var end = Timestamp.never
    /// To which everything has happened.
    private(set) var time = Timestamp.distantPast
    /// The observer wants no more.
    private(set) var isOver = false

    /// - Parameter feeds: By instrument.
    init(_ venues: [SimulatedVenue], feeds: [TrailingFeed], observer: any SimulationObserver, sampleInterval: Nanoseconds) {
        (self.venues, self.feeds, self.observer, self.sampleInterval) = (venues, feeds, observer, sampleInterval)
    }

    var eventCount: Int64 { feeds.reduce(0) { $0 + $1.count } }

    /// The first look at the equity is due.
    func begin(at start: Timestamp) { nextSample = start }

    /// The market stands still from then on.
    func end(at time: Timestamp) { end = time }

    // MARK: What is next

    private enum Step {
        case record(feed: Int)
        case arrival(venue: Int)
        case sample
    }

    private var sampleRank: Int { feeds.count + venues.count }

    /// What happens next: at one moment records by feed, then requests by venue, then the sample.
    private func next() -> (time: Timestamp, rank: Int, step: Step)? {
        var first: (time: Timestamp, rank: Int, step: Step)?
        func consider(_ time: Timestamp, _ rank: Int, _ step: Step) {
            if time <= end, time != .never, first.map({ time < $0.time }) ?? true { first = (time, rank, step) }
        }
        for (index, feed) in feeds.enumerated() where !feed.isEmpty { consider(max(feed.next, time), index, .record(feed: index)) }
        for (index, venue) in venues.enumerated() { consider(venue.nextArrival, feeds.count + index, .arrival(venue: index)) }
        consider(nextSample, sampleRank, .sample)
        return first
    }

    private func knows(_ time: Timestamp, rank: Int) -> Bool {
        for (index, feed) in feeds.enumerated() where feed.isEmpty && !feed.knows(time, rank: rank, own: index) { return false }
        return true
    }

    /// When `advance` can do more, whatever the feeds tell until then.
    var nextWake: Timestamp {
        guard let next = next() else { return end == .never || isDone ? .never : wake(for: end, rank: sampleRank) }
        return wake(for: next.time, rank: next.rank)
    }

    private func wake(for time: Timestamp, rank: Int) -> Timestamp {
        var wake = time
        for (index, feed) in feeds.enumerated() where feed.isEmpty && !feed.knows(time, rank: rank, own: index) {
            wake = max(wake, time + feed.allowance.value)
        }
        return wake
    }

    /// Everything has happened that does before the end.
    var isDone: Bool { end != .never && next() == nil && knows(end, rank: sampleRank) }

    /// To which everything is known by now.
    var horizon: Timestamp {
        feeds.reduce(Timestamp.never) { min($0, max($1.latest, $1.reach)) }
    }

    // MARK: Going on

    /// Lets everything happen that is known by now.
    func advance(to now: Timestamp, _ figures: inout PaperFigures) throws(RunError) {
        for feed in feeds { feed.noteTime(now) }
        while !isOver, let (time, rank, step) = next(), knows(time, rank: rank) {
            switch step {
            case .record(let feed): receive(feed, at: time, &figures)
            case .arrival(let venue): arrive(venue, at: time)
            case .sample: try sample(at: time)
            }
            self.time = max(self.time, time)
        }
        // Before a feed is there, the venues are nowhere.
        if feeds.allSatisfy({ $0.count > 0 }) { figures.note(lag: max(.zero, now - min(horizon, now))) }
    }

    private func receive(_ index: Int, at time: Timestamp, _ figures: inout PaperFigures) {
        let feed = feeds[index]
        var event = feed.removeFirst()
        if event.venueTime < time {
            // A full book that was asked for is what there is now, however long ago it became so.
            if !event.flags.contains(.snapshot) { figures.note(lateRecord: time - event.venueTime) }
            event.venueTime = time
        }
        venues[feed.venue].receive(event)
        observe(feed.venue, time)
    }

    private func arrive(_ venue: Int, at time: Timestamp) {
        venues[venue].processArrival()
        observer.acted(venue: venue, at: time)
        observe(venue, time)
    }

    private func observe(_ venue: Int, _ time: Timestamp) {
        guard venues[venue].hasFills else { return }
        venues[venue].takeFills { observer.filled($0, venue: venue) }
        observer.changed(at: time)
    }

    private func sample(at time: Timestamp) throws(RunError) {
        observer.changed(at: time)
        isOver = try !observer.sampled(at: time, events: eventCount)
        observer.caughtUp(to: time)
        nextSample = time + sampleInterval
    }

    // MARK: The end

    /// The venue whose report comes first, and when; nil if none is on its way.
    func nextReport() -> (time: Timestamp, venue: Int)? {
        var first: (time: Timestamp, venue: Int)?
        for (index, venue) in venues.enumerated()
        where venue.nextReportTime != .never && first.map({ venue.nextReportTime < $0.time }) ?? true {
            first = (venue.nextReportTime, index)
        }
        return first
    }

    /// Lets requests and reports that are on their way arrive, while the market stands still.
    ///
    /// - Parameter tell: Hands a venue's next report over.
    func drain(_ tell: (Timestamp, Int) -> Void) {
        var last = max(time, end == .never ? time : end)
        while !venues.allSatisfy(\.isQuiet) {
            var arrival: (time: Timestamp, venue: Int)?
            for (index, venue) in venues.enumerated()
            where venue.nextArrival != .never && arrival.map({ venue.nextArrival < $0.time }) ?? true {
                arrival = (venue.nextArrival, index)
            }
            let report = nextReport()
            if let arrival, arrival.time <= report?.time ?? .never {
                arrive(arrival.venue, at: arrival.time)
                last = max(last, arrival.time)
            } else if let report {
                tell(report.time, report.venue)
                last = max(last, report.time)
            } else {
                break
            }
        }
        observer.changed(at: last)
    }
}
