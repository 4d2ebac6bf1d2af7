internal import Market
internal import Simulation
internal import Trading

/// How market data move through the driver.
extension SimulationDriver {
    /// A place in the order of events: all of smaller time, or of this time and smaller rank, precede it.
    struct Instant: Comparable {
        var time: Int64
        var rank: Int

        /// The last time at which events of `rank` precede it.
        @inline(__always)
        func limit(_ rank: Int) -> Int64 { rank < self.rank ? time : time - 1 }

        static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.time < rhs.time || (lhs.time == rhs.time && lhs.rank < rhs.rank) }
    }

    // MARK: What nothing can come of

    /// Lets the records of all feeds that precede the instant happen; those of live sides have happened already.
    func bringUp(to instant: Instant) throws(RunError) {
        for feed in 0..<feedCount {
            try bringUpVenueSide(feed, through: instant.limit(feed))
            try bringUpLocalSide(feed, through: instant.limit(dataRank + feed))
        }
    }

    /// The same for the feeds of one venue, at the venue alone.
    func bringUpVenue(_ venue: Int, to instant: Instant) throws(RunError) {
        for feed in 0..<feedCount where feeds[feed].venue == venue { try bringUpVenueSide(feed, through: instant.limit(feed)) }
    }

    private func bringUpVenueSide(_ feed: Int, through limit: Int64) throws(RunError) {
        guard keepsVenueBooks, windows[feed].venueTime <= limit else { return }
        let reacted = try readVenue(feed, through: limit)
        precondition(reacted == nil, "a venue reacted to a record that it had said it would not react to")
    }

    private func bringUpLocalSide(_ feed: Int, through limit: Int64) throws(RunError) {
        let window = windows[feed]
        guard window.localTime <= limit else { return }
        let core = self.core
        let through = Timestamp(nanoseconds: limit)
        guard feeds[feed].usesTouchSync else {
            return try unsafe window.readLocal { start, end in unsafe core.replay(start, to: end, through: through) }
        }
        try unsafe window.readLocal { start, end in
            var at = unsafe start
            while unsafe at != end, unsafe at.pointee.receiveTime <= through {
                unsafe _ = core.replay(at, to: at + 1, through: through)
                unsafe _ = followAtUs(feed, at.pointee)
                unsafe at += 1
            }
            return unsafe at
        }
    }

    // MARK: Live sides

    /// Lets the records of live sides happen in order up to the instant; returns early, with true, when something came of
    /// one, so that what is due next may have changed.
    func runLive(to instant: Instant) throws(RunError) -> Bool {
        while true {
            var first = instant
            var second = instant
            func consider(_ time: Int64, _ rank: Int) {
                let side = Instant(time: time, rank: rank)
                if side < first { (first, second) = (side, first) } else if side < second { second = side }
            }
            for feed in 0..<feedCount {
                if isLiveAtVenue(feed, instant) { consider(windows[feed].venueTime, feed) }
                if isLiveAtUs(feed) { consider(windows[feed].localTime, dataRank + feed) }
            }
            guard first < instant else { return false }
            let somethingCame =
                first.rank < feedCount
                ? try runVenue(first.rank, through: second.limit(first.rank))
                : try runLocal(first.rank - dataRank, through: second.limit(first.rank))
            if somethingCame { return true }
        }
    }

    /// Whether a record before the instant may make the venue report something.
    private func isLiveAtVenue(_ feed: Int, _ instant: Instant) -> Bool {
        keepsVenueBooks && venues[feeds[feed].venue].mayReact(InstrumentID(feed), through: Timestamp(nanoseconds: instant.time))
    }

    private func isLiveAtUs(_ feed: Int) -> Bool { core.isWatched(InstrumentID(feed)) }

    private func runVenue(_ feed: Int, through limit: Int64) throws(RunError) -> Bool {
        guard let time = try readVenue(feed, through: limit) else { return false }
        let venue = feeds[feed].venue
        refresh(venue)
        if observer != nil, venues[venue].hasFills { try bringUp(to: Instant(time: time, rank: feed)) }
        observe(venue, time)
        return true
    }

    /// Lets the venue read records; returns the time of the one it reacted to, if any, after which it stopped.
    private func readVenue(_ feed: Int, through limit: Int64) throws(RunError) -> Int64? {
        let venue = venues[feeds[feed].venue]
        let reported = venue.nextReportTime
        let through = Timestamp(nanoseconds: limit)
        let usesTouchSync = feeds[feed].usesTouchSync
        var reaction: Int64?
        try unsafe windows[feed].readVenue { start, end in
            guard reaction == nil else { return unsafe start }
            var at = unsafe start
            if usesTouchSync {
                while unsafe at != end, unsafe at.pointee.venueTime <= through, venue.nextReportTime == reported, !venue.hasFills {
                    unsafe at = venue.replay(at, to: at + 1, through: through)
                    unsafe followAtVenue(feed, (at - 1).pointee)
                }
            } else {
                unsafe at = venue.replay(at, to: end, through: through)
            }
            if venue.nextReportTime != reported || venue.hasFills { reaction = unsafe (at - 1).pointee.venueTime.nanoseconds }
            return unsafe at
        }
        return reaction
    }

    private func runLocal(_ feed: Int, through limit: Int64) throws(RunError) -> Bool {
        let window = windows[feed]
        let core = self.core
        let through = Timestamp(nanoseconds: limit)
        let usesTouchSync = feeds[feed].usesTouchSync
        while window.localTime <= limit {
            // No record reaches us before it has happened.
            if keepsVenueBooks, window.isLocalAtVenue { try bringUpVenueSide(feed, through: window.localTime) }
            let frontier = unsafe window.venue.next
            var told: Int64?
            try unsafe window.readLocal { start, end in
                var at = unsafe start
                while unsafe at != end, unsafe at != frontier, told == nil, unsafe at.pointee.receiveTime <= through {
                    var isNews = unsafe core.take(at.pointee)
                    if usesTouchSync { isNews = unsafe followAtUs(feed, at.pointee) || isNews }
                    if isNews { told = unsafe at.pointee.receiveTime.nanoseconds }
                    unsafe at += 1
                }
                return unsafe at
            }
            guard let told else { continue }
            try bringUp(to: Instant(time: told, rank: dataRank + feed))
            core.deliver()
            guard core.hasNews else { return false }
            flush()
            return true
        }
        return false
    }

    // MARK: Books without a snapshot

    private func followAtVenue(_ feed: Int, _ event: borrowing MarketEvent) {
        let venue = venues[feeds[feed].venue]
        if venueTouch[feed].receive(event, touch: venue.touch(event.instrument)) {
            venue.setSynchronised(event.instrument, venueTouch[feed].isSynchronised)
        }
    }

    /// Returns whether somebody has to be told.
    private func followAtUs(_ feed: Int, _ event: borrowing MarketEvent) -> Bool {
        let touch = (core.books[event.instrument].bestBidTicks, core.books[event.instrument].bestAskTicks)
        guard localTouch[feed].receive(event, touch: touch) else { return false }
        return core.noteSynchronised(event.instrument, localTouch[feed].isSynchronised)
    }
}
