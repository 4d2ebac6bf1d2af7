internal import Market
internal import Simulation
internal import Trading

/// A feed whose records do not reach us: what the book would be if they did, for the day it comes back.
final class PublicSilence {
    /// Kinds of which the newest is fetched again when the stream is back, in the order in which they are told.
    private static let references: [MarketEvent.Kind] = [.status, .mark, .index, .funding, .openInterest]

    private var book = OrderBook()
    private var isSynchronised: Bool
    private var lastReferences: [MarketEvent?] = PublicSilence.references.map { _ in nil }
    private(set) var missed = 0
    /// We know of it: the book that we have is not trusted.
    private var isKnown = false

    /// Goes on from the book as we know it.
    init(_ known: borrowing OrderBook, isSynchronised: Bool) {
        self.isSynchronised = isSynchronised
        for side in [Side.buy, .sell] {
            var at: Int64?
            while let level = known.next(side, after: at) {
                book.set(side, ticks: level.ticks, lots: level.lots)
                at = level.ticks
            }
        }
    }

    func miss(_ event: MarketEvent) {
        missed += 1
        switch event.kind {
        case .level:
            if event.flags.contains(.snapshot), event.isFirst { book.removeAll() }
            book.set(event.side, ticks: event.price, lots: event.quantity)
            if event.flags.contains(.snapshot), event.isLast { isSynchronised = true }
        case .gap:
            book.removeAll()
            isSynchronised = false
        case .status, .mark, .index, .funding, .openInterest:
            for index in Self.references.indices where Self.references[index] == event.kind { lastReferences[index] = event }
        case .trade, .quote, .liquidation, .instrumentChange, .orderAdded, .orderChanged, .orderDeleted: break
        }
    }

    /// What reaches us when the feed's way changes to `reach`: the loss, once we know of it, and what the book is by then.
    func news(_ reach: FeedReach, _ instrument: InstrumentID, at time: Timestamp, asChanges: Bool) -> [MarketEvent] {
        if reach == .crossed { return crossing(instrument, at: time) }
        var events: [MarketEvent] = []
        if reach != .silent, !isKnown {
            // The connection is lost, or what comes after a silence does not follow what came before it.
            isKnown = true
            let cause: GapCause = reach == .down ? .connection : .sequence
            events.append(MarketEvent(kind: .gap, instrument: instrument, venueTime: time, receiveTime: time, price: cause.rawValue))
        }
        return reach == .open ? events + catchUp(instrument, at: time, asChanges: asChanges) : events
    }

    /// A bid above the best ask by a thousandth: what is left when its removal is lost.
    private func crossing(_ instrument: InstrumentID, at time: Timestamp) -> [MarketEvent] {
        guard !isKnown, let ask = book.next(.sell, after: nil) else { return [] }
        return [
            MarketEvent(
                kind: .level, instrument: instrument, venueTime: time, receiveTime: time, price: ask.ticks + max(1, ask.ticks / 1_000),
                quantity: ask.lots, flags: [.first, .last])
        ]
    }

    /// What is fetched when the stream is back, at `time`: references, then the book.
    ///
    /// - Parameter asChanges: Of a feed that has no full books its levels come as changes, and their trust has to be won again.
    private func catchUp(_ instrument: InstrumentID, at time: Timestamp, asChanges: Bool) -> [MarketEvent] {
        var events = lastReferences.compactMap { $0 }
        for index in events.indices { events[index].receiveTime = time }
        guard isSynchronised || asChanges else { return events }
        let first = events.count
        for side in [Side.buy, .sell] {
            var at: Int64?
            while let level = book.next(side, after: at) {
                var flags: MarketEvent.Flags = side == .sell ? .sell : []
                if !asChanges { flags.insert(.snapshot) }
                events.append(
                    MarketEvent(
                        kind: .level, instrument: instrument, venueTime: time, receiveTime: time, price: level.ticks,
                        quantity: level.lots, flags: flags))
                at = level.ticks
            }
        }
        guard events.count > first else { return events }
        events[first].flags.insert(.first)
        events[events.count - 1].flags.insert(.last)
        return events
    }
}

/// Faults of public data: they act between what the venue has done and what reaches us.
extension SimulationDriver {
    /// Streams of a venue may have gone down or come back at the instant.
    func tellFaults(_ venue: Int, _ instant: Instant) throws(RunError) {
        try bringUp(to: instant)
        let time = Timestamp(nanoseconds: instant.time)
        let (isMarketDown, isAccountDown) = ports[venue].with { $0.takeFaultNews() }
        guard !isDead else {
            note(Connection(venue: venue, stream: .market), isDown: isMarketDown)
            return note(Connection(venue: venue, stream: .account), isDown: isAccountDown)
        }
        tell(venue, .market, isDown: isMarketDown, at: time)
        tell(venue, .account, isDown: isAccountDown, at: time)
        for feed in sides.indices where sides[feed].venueIndex == venue {
            follow(feed, ports[venue].with { $0.publicStream(InstrumentID(feed)) }, venue, at: time)
        }
        flush()
    }

    private func tell(_ venue: Int, _ stream: ConnectionEvent.Stream, isDown: Bool, at time: Timestamp) {
        let connection = Connection(venue: venue, stream: stream)
        guard isDown != lostConnections.contains(connection) else { return }
        note(connection, isDown: isDown)
        core.receive(ConnectionEvent(venue: VenueID(venue), stream: stream, change: isDown ? .down : .up, time: time))
    }

    private func note(_ connection: Connection, isDown: Bool) {
        lostConnections.removeAll { $0 == connection }
        if isDown { lostConnections.append(connection) }
    }

    /// From now on the feed's records do not reach us.
    func silence(_ feed: Int) {
        let instrument = InstrumentID(feed)
        guard sides[feed].silence == nil else { return }
        sides[feed].silence = PublicSilence(core.books[instrument], isSynchronised: !core.isUnsynchronised(instrument))
        sides[feed].isWatched = false
    }

    /// The process is there again, with a core that was rebuilt and knows that it was restarted now: connections are new.
    func revive(_ rebuilt: RebuiltCore) {
        core = rebuilt.fresh.core
        isDead = false
        let time = core.now
        for feed in sides.indices {
            sides[feed].silence = rebuilt.fresh.silences[feed]
            sides[feed].localTouch = rebuilt.fresh.touches[feed]
        }
        for connection in lostConnections {
            core.receive(ConnectionEvent(venue: VenueID(connection.venue), stream: connection.stream, change: .down, time: time))
        }
        for feed in sides.indices {
            let venue = sides[feed].venueIndex
            follow(feed, ports[venue].with { $0.publicStream(InstrumentID(feed)) }, venue, at: time)
        }
        noteNewCore()
        flush()
    }

    private func follow(_ feed: Int, _ stream: PublicStream, _ venue: Int, at time: Timestamp) {
        let instrument = InstrumentID(feed)
        if stream != .open { silence(feed) }
        guard let silence = sides[feed].silence else { return }
        core.journal?.append(JournalRecord(FeedReach(stream), of: instrument, at: time))
        let news = silence.news(FeedReach(stream), instrument, at: time, asChanges: sides[feed].usesTouchSync)
        if stream == .open {
            sides[feed].silence = nil
            sides[feed].isWatched = core.isWatched(instrument)
            ports[venue].with { $0.countMissed(silence.missed, instrument) }
        }
        for event in news { reach(feed, event) }
    }

    /// A record reaches us that the feed does not hold.
    private func reach(_ feed: Int, _ event: MarketEvent) {
        core.receive(event)
        guard sides[feed].usesTouchSync else { return }
        let touch = (core.books[event.instrument].bestBidTicks, core.books[event.instrument].bestAskTicks)
        guard sides[feed].localTouch.receive(event, touch: touch) else { return }
        core.setSynchronised(event.instrument, sides[feed].localTouch.isSynchronised)
    }

    /// Lets our side of a silent feed pass without us.
    func missLocalSide(_ feed: Int, through limit: Int64) throws(RunError) {
        guard let silence = sides[feed].silence else { preconditionFailure("a feed is silent without a silence") }
        let through = Timestamp(nanoseconds: limit)
        try unsafe sides[feed].window.readLocal { start, end in
            var at = unsafe start
            while unsafe at != end, unsafe at.pointee.receiveTime <= through {
                unsafe silence.miss(at.pointee)
                unsafe at += 1
            }
            return unsafe at
        }
    }

    /// One of a venue's streams.
    struct Connection: Equatable {
        var venue: Int
        var stream: ConnectionEvent.Stream
    }
}

extension FeedReach {
    init(_ stream: PublicStream) {
        switch stream {
        case .open: self = .open
        case .silent: self = .silent
        case .crossed: self = .crossed
        case .down: self = .down
        }
    }
}
