internal import Market
internal import Simulation
internal import Trading
internal import VenueServers
internal import Venues

/// Runs a core through the sessions and the servers of its venues on a virtual clock: all of a live run but the sockets.
///
///     feeds ─▶ server ─ frames, answers ─▶ virtual network ─▶ session ─▶ core
///                ▲                                                         │
///                └───── requests ◀── virtual network ◀── session ◀─────────┘
///
/// Of what happens at one moment, the feeds come first, then what reaches servers, then what reaches us of accounts, then of markets,
/// then what falls due here: as in a backtest.
final class WireDriver {
    private(set) var live: LiveCore
    let venues: [WireVenue]
    private var feeds: FeedCursors
    /// Index of the venue of each feed.
    private let venueOfFeed: [Int]
    /// By feed; nil where it has full books. We are told full books: only the venue's trust in its own is decided by them.
    private var touches: [TouchFollower?]
    private let end: Timestamp
    private let observer: (any SimulationObserver)?
    private let sampleInterval: Nanoseconds
    private(set) var now = Timestamp.distantPast
    var eventCount: Int64 { feeds.count }
    private var nextSample = Timestamp.never
    private var stopAt = Timestamp.never
    /// The core's process died: nothing reaches it, and it does nothing.
    private var isDead = false

    init(
        _ live: LiveCore, _ venues: [WireVenue], feeds: [any MarketSource], venueOfFeed: [Int], trustsTouch: [Bool], end: Timestamp,
        observer: (any SimulationObserver)?, sampleInterval: Nanoseconds = .seconds(1)
    ) throws(RunError) {
        touches = trustsTouch.map { $0 ? TouchFollower() : nil }
        (self.live, self.venues, self.end, self.observer, self.sampleInterval) = (live, venues, end, observer, sampleInterval)
        (self.feeds, self.venueOfFeed) = (try FeedCursors(feeds), venueOfFeed)
    }

    /// What the venues did before `start` happens unseen; then the core meets them, until `end`, and what is on its way arrives.
    @discardableResult
    func run(from start: Timestamp) throws(RunError) -> SimulationDriver.Outcome {
        while feeds.next < start { try replay() }
        now = start
        nextSample = start
        live.start(at: start)
        flush()
        observer?.changed(at: start)
        return try goOn()
    }

    /// Lets `run` and `goOn` return `stopped` when all that happens until `time` has happened, unless the run ends before.
    func stop(at time: Timestamp) { stopAt = time }

    /// Goes on after `stopped`, as `run` does.
    func goOn() throws(RunError) -> SimulationDriver.Outcome {
        while let step = next(), step.time <= end {
            guard step.time <= stopAt else {
                now = max(now, stopAt)
                stopAt = .never
                return .stopped
            }
            try take(step)
        }
        try finish()
        return .endOfData
    }

    /// The core's process dies. What it sent is on its way; what the venues send until `revive` reaches nobody.
    func loseCore() {
        isDead = true
        for venue in venues { venue.network.loseClient(at: now) }
    }

    /// Goes on with a core and sessions that were restarted.
    func revive(_ live: LiveCore) {
        (self.live, isDead) = (live, false)
        flush()
    }

    // MARK: Steps

    private enum Step {
        case feed, venue(Int), delivery(Int, VirtualNetwork.Way), wake, sample, due
    }

    /// What happens next, and when; nil when nothing will.
    private func next(_ isOver: Bool = false) -> (time: Timestamp, step: Step)? {
        var (time, step) = (Timestamp.never, Step.wake)
        func consider(_ other: Timestamp, _ what: Step) { if other < time { (time, step) = (other, what) } }
        if !isOver { consider(feeds.next, .feed) }
        for venue in venues.indices { consider(venues[venue].nextAtVenue, .venue(venue)) }
        for way in [VirtualNetwork.Way.account, .market] {
            for venue in venues.indices { consider(venues[venue].network.nextDelivery(by: way), .delivery(venue, way)) }
        }
        if !isDead { consider(live.nextWake, .wake) }
        if !isOver {
            consider(nextSample, .sample)
            consider(observer?.nextDue ?? .never, .due)
        }
        return time == .never ? nil : (time, step)
    }

    private func take(_ next: (time: Timestamp, step: Step)) throws(RunError) {
        now = max(now, next.time)
        switch next.step {
        case .feed: try replay()
        case .venue(let venue):
            venues[venue].act(now)
            observer?.acted(venue: venue, at: now)
            observe(venue)
        case .delivery(let venue, let way): deliver(venue, way)
        case .wake:
            live.wake(at: now)
            flush()
        case .sample:
            nextSample = now + sampleInterval
            observer?.changed(at: now)
            if let observer { _ = try observer.sampled(at: now, events: eventCount) }
            flush()
            observer?.caughtUp(to: now)
        case .due: observer?.due(at: now)
        }
    }

    private func replay() throws(RunError) {
        var venue = 0
        try feeds.take { event, feed in
            venue = venueOfFeed[feed]
            venues[venue].receive(event)
            let market = venues[venue].server.venue
            if touches[feed]?.receive(event, touch: market.touch(event.instrument)) == true {
                market.setSynchronised(event.instrument, touches[feed]?.isSynchronised ?? false, at: event.venueTime)
            }
        }
        observe(venue)
    }

    /// Hands what has reached us by now to the sessions, and what comes of it to the network.
    private func deliver(_ venue: Int, _ way: VirtualNetwork.Way) {
        guard let delivery = venues[venue].network.takeDelivery(now, by: way), !isDead else { return }
        switch delivery {
        case .opened(let socket): live.opened(socket, of: venue, at: now)
        case .closed(let socket): live.closed(socket, of: venue, at: now)
        case .heard(let socket): live.heard(socket, of: venue, at: now)
        case .frame(let socket, let bytes): live.receive(bytes.span, from: socket, of: venue, at: now)
        case .answered(let id, let outcome): live.answer(id, outcome, of: venue, at: now)
        }
        flush()
    }

    private func flush() { while !isDead, let (session, action) = live.nextAction() { venues[session].network.perform(action, at: now) } }

    private func observe(_ venue: Int) {
        var isNew = false
        venues[venue].takeFills {
            observer?.filled($0, venue: venue)
            isNew = true
        }
        if isNew { observer?.changed(at: now) }
    }

    /// Stops the core, and lets requests and answers on their way arrive; the market stands still.
    private func finish() throws(RunError) {
        now = max(now, end)
        live.stop(.endOfData, at: now)
        flush()
        let last = now + Self.longestEnd
        while !venues.allSatisfy({ $0.network.isQuiet }), let step = next(true), step.time <= last { try take(step) }
        observer?.changed(at: now)
    }

    /// What is not answered so long after the end was given up long before.
    private static let longestEnd = Nanoseconds.minutes(1)
}
