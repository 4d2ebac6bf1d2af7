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
        for feed in sides.indices where sides[feed].window.venueTime <= instant.limit(feed) {
            try bringUpVenueSide(feed, through: instant.limit(feed))
        }
        for feed in sides.indices where sides[feed].window.localTime <= instant.limit(dataRank + feed) {
            try bringUpLocalSide(feed, through: instant.limit(dataRank + feed))
        }
    }

    /// Lets what reaches us until `limit` happen, at us alone: nobody looks at the venues, and a venue that reacts to nothing
    /// may fall behind us.
    @inline(__always)
    func bringUpLocal(through limit: Int64) throws(RunError) {
        for feed in sides.indices where sides[feed].window.localTime <= limit { try bringUpLocalSide(feed, through: limit) }
    }

    /// The same for the feeds of one venue, at the venue alone.
    @inline(__always)
    func bringUpVenue(_ venue: Int, through limit: Int64) throws(RunError) {
        for feed in sides.indices where sides[feed].venueIndex == venue && sides[feed].window.venueTime <= limit {
            try bringUpVenueSide(feed, through: limit)
        }
    }

    private func bringUpVenueSide(_ feed: Int, through limit: Int64) throws(RunError) {
        let reaction = try readVenue(feed, through: limit)
        precondition(reaction == nil, "a venue reacted to a record that it had said it would not react to")
    }

    private func bringUpLocalSide(_ feed: Int, through limit: Int64) throws(RunError) {
        guard !sides[feed].isSilent else { return try missLocalSide(feed, through: limit) }
        let through = Timestamp(nanoseconds: limit)
        let core = corePort
        guard sides[feed].usesTouchSync else {
            return try unsafe sides[feed].window.readLocal { start, end in
                unsafe core.with { unsafe $0.replay(start, to: end, through: through) }
            }
        }
        try unsafe sides[feed].window.readLocal { start, end in
            var at = unsafe start
            while unsafe at != end, unsafe at.pointee.receiveTime <= through {
                unsafe _ = core.with { unsafe $0.replay(at, to: at + 1, through: through) }
                unsafe _ = followAtUs(feed, at.pointee)
                unsafe at += 1
            }
            return unsafe at
        }
    }

    // MARK: Live sides

    /// Lets the records of live sides happen in order up to the instant; returns early, with true, when something came of
    /// one, so that what is due next may have changed.
    @inline(__always)
    func runLive(to instant: Instant) throws(RunError) -> Bool {
        for feed in sides.indices where sides[feed].isLive(through: instant.time) { return try merge(to: instant) }
        return false
    }

    private func merge(to instant: Instant) throws(RunError) -> Bool {
        while true {
            var first = instant
            var second = instant
            for feed in sides.indices {
                // At the venue a record before the instant may be reacted to; at us somebody is woken by it.
                if sides[feed].reactsFrom <= instant.time {
                    Self.consider(Instant(time: sides[feed].window.venueTime, rank: feed), &first, &second)
                }
                if sides[feed].isWatched {
                    Self.consider(Instant(time: sides[feed].window.localTime, rank: dataRank + feed), &first, &second)
                }
            }
            guard first < instant else { return false }
            if first.rank < feedCount {
                if try runVenue(first.rank, through: second.limit(first.rank)) { return true }
                // What was alone before the instant has come to it.
                if second == instant { return false }
            } else if try runLocal(first.rank - dataRank, through: second.limit(first.rank)) {
                return true
            }
        }
    }

    @inline(__always)
    private static func consider(_ side: Instant, _ first: inout Instant, _ second: inout Instant) {
        if side < first { (first, second) = (side, first) } else if side < second { second = side }
    }

    private func runVenue(_ feed: Int, through limit: Int64) throws(RunError) -> Bool {
        guard let time = try readVenue(feed, through: limit) else { return false }
        let venue = sides[feed].venueIndex
        refresh(venue)
        if observer != nil, ports[venue].with({ $0.hasFills }) { try bringUp(to: Instant(time: time, rank: feed)) }
        observe(venue, time)
        return true
    }

    /// Lets the venue read records; returns the time of the one it reacted to, if any, after which it stopped.
    private func readVenue(_ feed: Int, through limit: Int64) throws(RunError) -> Int64? {
        let through = Timestamp(nanoseconds: limit)
        let usesTouchSync = sides[feed].usesTouchSync
        let changes = sides[feed].venue.with { $0.attentionChanges }
        var reaction: Int64?
        try unsafe sides[feed].window.readVenue { start, end in
            guard reaction == nil else { return unsafe start }
            return unsafe sides[feed].venue.with { venue in
                let reported = venue.nextReportTime
                var at = unsafe start
                if usesTouchSync {
                    while unsafe at != end, unsafe at.pointee.venueTime <= through, venue.nextReportTime == reported, !venue.hasFills {
                        unsafe at = venue.replay(at, to: at + 1, through: through)
                        unsafe followAtVenue(feed, venue, (at - 1).pointee)
                    }
                } else {
                    unsafe at = venue.replay(at, to: end, through: through)
                }
                if venue.nextReportTime != reported || venue.hasFills { reaction = unsafe (at - 1).pointee.venueTime.nanoseconds }
                return unsafe at
            }
        }
        if sides[feed].venue.with({ $0.attentionChanges }) != changes { sides[feed].noteReaction(InstrumentID(feed)) }
        return reaction
    }

    private func runLocal(_ feed: Int, through limit: Int64) throws(RunError) -> Bool {
        let core = corePort
        let through = Timestamp(nanoseconds: limit)
        let usesTouchSync = sides[feed].usesTouchSync
        while sides[feed].window.localTime <= limit {
            // No record reaches us before it has happened.
            if sides[feed].window.isLocalAtVenue { try bringUpVenueSide(feed, through: sides[feed].window.localTime) }
            let frontier = unsafe sides[feed].window.frontier
            var told: Int64?
            try unsafe sides[feed].window.readLocal { start, end in
                var at = unsafe start
                while unsafe at != end, unsafe at != frontier, told == nil, unsafe at.pointee.receiveTime <= through {
                    var isNews = core.with { unsafe $0.take(at.pointee) }
                    if usesTouchSync { isNews = unsafe followAtUs(feed, at.pointee) || isNews }
                    if isNews { told = unsafe at.pointee.receiveTime.nanoseconds }
                    unsafe at += 1
                }
                return unsafe at
            }
            guard let told else { continue }
            try bringUp(to: Instant(time: told, rank: dataRank + feed))
            core.with { $0.deliver() }
            guard core.with({ $0.hasNews }) else {
                noteWatched()
                return false
            }
            flush()
            return true
        }
        return false
    }

    // MARK: Books without a snapshot

    private func followAtVenue(_ feed: Int, _ venue: SimulatedVenue, _ event: borrowing MarketEvent) {
        guard sides[feed].venueTouch.receive(event, touch: venue.touch(event.instrument)) else { return }
        venue.setSynchronised(event.instrument, sides[feed].venueTouch.isSynchronised, at: event.venueTime)
    }

    /// Returns whether somebody has to be told.
    private func followAtUs(_ feed: Int, _ event: borrowing MarketEvent) -> Bool {
        let touch = (core.books[event.instrument].bestBidTicks, core.books[event.instrument].bestAskTicks)
        guard sides[feed].localTouch.receive(event, touch: touch) else { return false }
        return core.noteSynchronised(event.instrument, sides[feed].localTouch.isSynchronised)
    }
}
