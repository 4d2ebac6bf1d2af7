public import Market

/// Corrects the two times of a feed's events, looking only at what came before.
///
/// Venue time is made non-decreasing. Receive time is the raw one plus an offset, chosen so that the smallest latency seen
/// by then is the minimum latency: a receiver's clock that runs ahead or behind drops out, a network's delay stays. A
/// corrected receive time is never before the venue time plus the minimum latency, nor before the previous one.
///
/// Where the venue sent no time, its last corrected one stands in, or, in a feed that has shown none yet, the receive time
/// less the minimum latency. So it is with a gap that carries our time for both. Where there is no receive time, venue time plus the
/// minimum latency stands in.
public struct FeedClock: Sendable {
    public struct Statistics: Hashable, Sendable {
        /// Events corrected.
        public var events = 0
        /// Events whose venue time was before the previous one's and was lifted to it.
        public var liftedVenueTimes = 0
        /// Events whose receive time, offset included, was before the previous one's or too close to the venue time.
        public var liftedReceiveTimes = 0
        /// What is added to raw receive times by now; nil until an event had both times.
        public var offset: Nanoseconds?
        /// How far the offset has moved since its first estimate.
        public var drift = Nanoseconds.zero
    }

    public let minimumLatency: Nanoseconds
    @usableFromInline var venue: Int64 = 0
    @usableFromInline var receive: Int64 = 0
    /// The smallest raw receive − venue so far; `Int64.max` until there was one.
    @usableFromInline var smallest: Int64
    /// What is added to raw receive times; 0 until an event had both times.
    @usableFromInline var offset: Int64 = 0
    @usableFromInline var first: Int64
    @usableFromInline var events = 0
    @usableFromInline var liftedVenue = 0
    @usableFromInline var liftedReceive = 0

    /// - Parameters:
    ///   - minimumLatency: What the smallest latency of the feed is taken to be.
    ///   - knownMinimum: The smallest raw receive − venue time of earlier data of the same receiver, if known.
    /// - Precondition: The minimum latency is not negative.
    public init(minimumLatency: Nanoseconds = .milliseconds(1), knownMinimum: Nanoseconds? = nil) {
        precondition(minimumLatency.count >= 0, "a feed's minimum latency was negative")
        self.minimumLatency = minimumLatency
        smallest = knownMinimum?.count ?? .max
        first = smallest
        if smallest != .max { offset = minimumLatency.count &- smallest }
    }

    /// The smallest raw receive − venue time so far, to prime the clock of data that follow.
    public var knownMinimum: Nanoseconds? { smallest == .max ? nil : Nanoseconds(count: smallest) }

    public var statistics: Statistics {
        Statistics(
            events: events, liftedVenueTimes: liftedVenue, liftedReceiveTimes: liftedReceive,
            offset: smallest == .max ? nil : Nanoseconds(count: offset),
            drift: smallest == .max ? .zero : Nanoseconds(count: first - smallest))
    }

    /// Replaces the raw times of the feed's next event by corrected ones.
    @inlinable @inline(__always) public mutating func correct(_ event: inout MarketEvent) {
        let (rawVenue, rawReceive) = (event.venueTime.nanoseconds, event.receiveTime.nanoseconds)
        let shifted = rawReceive &+ offset
        // As a rule both times go on, and no latency is the smallest: then the offset leaves at least the minimum.
        if rawVenue >= venue, rawReceive != 0, shifted >= receive, rawReceive &- rawVenue >= smallest, rawVenue != 0 {
            events &+= 1
            (venue, receive) = (rawVenue, shifted)
        } else {
            // A gap that we noticed ourselves has our time alone, twice: it says nothing of the way from the venue.
            lift(event.kind == .gap && rawVenue == rawReceive ? 0 : rawVenue, rawReceive)
        }
        event.venueTime = Timestamp(nanoseconds: venue)
        event.receiveTime = Timestamp(nanoseconds: receive)
    }

    @inline(never) @usableFromInline mutating func lift(_ rawVenue: Int64, _ rawReceive: Int64) {
        events &+= 1
        if rawVenue != 0 && rawReceive != 0 {
            let latency = rawReceive &- rawVenue
            if latency < smallest {
                if smallest == .max { first = latency }
                smallest = latency
                offset = minimumLatency.count &- smallest
            }
        }
        let shifted = rawReceive &+ offset
        if rawVenue > venue {
            venue = rawVenue
        } else if rawVenue != 0 {
            liftedVenue &+= rawVenue < venue ? 1 : 0
        } else if smallest == .max && rawReceive != 0 {
            venue = max(venue, shifted &- minimumLatency.count)
        }
        let earliest = max(venue &+ minimumLatency.count, receive)
        if rawReceive != 0 && shifted >= earliest {
            receive = shifted
        } else {
            liftedReceive &+= rawReceive != 0 ? 1 : 0
            receive = earliest
        }
    }
}
