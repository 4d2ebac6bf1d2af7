internal import Market

/// The part of one feed between what the venue has done and what has reached us.
///
/// Two cursors walk the same records: the venue's by venue time, ours by receive time, behind it where the venue may react.
/// A batch is asked for when one of them needs it and given back when both have left it, so that memory is constant in the
/// feed's length.
@safe struct FeedWindow: ~Copyable {
    typealias Position = UnsafePointer<MarketEvent>

    /// A place in the window: the unread records of its batch; none at the feed's end.
    @safe struct Cursor {
        fileprivate var batch = 0
        fileprivate(set) var next: Position?
        fileprivate(set) var end: Position?
    }

    /// How many records one cursor may run ahead of the other while nothing happens: they are in the cache for the second.
    private static let stride = 2_048

    private let source: any MarketSource
    private var batches: [EventBatch] = []
    private(set) var venue = Cursor()
    private(set) var local = Cursor()
    private let venueIsSkipped: Bool
    private(set) var eventCount: Int64 = 0
    /// Receive time of the last record of the batches that we have left.
    private var lastTimeOfLeft = Int64.min
    /// Until when the venue's cursor may run before ours follows, whatever else happens or does not.
    private(set) var pace = Int64.min

    /// Venue time of the record that the venue does next; `.max` at the end, or when nothing is done at the venue.
    private(set) var venueTime = Int64.max
    /// Receive time of the record that reaches us next; `.max` at the end.
    private(set) var localTime = Int64.max

    /// - Parameter skipsVenue: The venue's cursor is left behind; it follows ours, batch by batch.
    init(_ source: any MarketSource, skipsVenue: Bool) throws(RunError) {
        self.source = source
        venueIsSkipped = skipsVenue
        if try load() {
            venue = cursor(0)
            local = venue
        }
        noteVenueTime()
        noteLocalTime()
        setPace()
    }

    @inline(__always)
    private mutating func noteVenueTime() {
        venueTime = unsafe venueIsSkipped ? .max : venue.next.map { unsafe $0.pointee.venueTime.nanoseconds } ?? .max
    }

    @inline(__always)
    private mutating func noteLocalTime() {
        localTime = unsafe local.next.map { unsafe $0.pointee.receiveTime.nanoseconds } ?? .max
    }

    /// Receive time of the last record that reached us.
    var lastLocalTime: Int64 {
        guard let next = unsafe local.next, unsafe next != batches[local.batch].bounds.start else { return lastTimeOfLeft }
        return unsafe (next - 1).pointee.receiveTime.nanoseconds
    }

    /// The record that the venue does next, which may not reach us before; nil when nothing is done at the venue.
    var frontier: Position? { unsafe venueIsSkipped ? nil : venue.next }

    /// Whether the next record to reach us has not happened at the venue yet.
    var isLocalAtVenue: Bool { unsafe local.next == venue.next && !venueIsSkipped }

    /// Hands the venue's unread records to `body`, a run at a time; it returns how far it read, and is done when that is not all.
    @inline(__always)
    mutating func readVenue(_ body: (Position, Position) -> Position) throws(RunError) {
        defer { noteVenueTime() }
        while let start = unsafe venue.next, let end = unsafe venue.end {
            let stop = unsafe body(start, end)
            unsafe venue.next = stop
            if unsafe stop != end { return }
            try advanceVenue()
        }
    }

    /// Hands our unread records to `body`, a run at a time; it returns how far it read, and is done when that is not all.
    @inline(__always)
    mutating func readLocal(_ body: (Position, Position) -> Position) throws(RunError) {
        defer { noteLocalTime() }
        while let start = unsafe local.next, let end = unsafe local.end {
            let stop = unsafe body(start, end)
            unsafe local.next = stop
            if unsafe stop != end { return }
            try advanceLocal()
        }
    }

    /// Both cursors have come to `time`: the next stride begins.
    mutating func renewPace(_ time: Int64) { if time >= pace { setPace() } }

    private mutating func setPace() {
        let cursor = venueIsSkipped ? local : venue
        guard let next = unsafe cursor.next, let end = unsafe cursor.end else {
            pace = .max
            return
        }
        let last = unsafe next + min(Self.stride, end - next) - 1
        pace = unsafe max(last.pointee.venueTime, venueIsSkipped ? last.pointee.receiveTime : .distantPast).nanoseconds
    }

    private func cursor(_ batch: Int) -> Cursor {
        let (start, end) = unsafe batches[batch].bounds
        return unsafe Cursor(batch: batch, next: start, end: end)
    }

    private mutating func advanceVenue() throws(RunError) {
        venue = try cursor(after: venue)
        recycle()
    }

    private mutating func advanceLocal() throws(RunError) {
        if let end = unsafe local.end { unsafe lastTimeOfLeft = (end - 1).pointee.receiveTime.nanoseconds }
        local = try cursor(after: local)
        if venueIsSkipped { venue.batch = local.batch }
        recycle()
    }

    private mutating func cursor(after left: Cursor) throws(RunError) -> Cursor {
        let next = left.batch + 1
        if next < batches.count { return cursor(next) }
        if try load() { return cursor(next) }
        return unsafe Cursor(batch: left.batch, next: nil, end: nil)
    }

    /// Gives back the batches that both cursors have left.
    private mutating func recycle() {
        while local.batch > 0, venue.batch > 0 {
            source.recycle(batches.removeFirst())
            local.batch -= 1
            venue.batch -= 1
        }
    }

    /// Asks for the next batch that holds anything; false at the end.
    private mutating func load() throws(RunError) -> Bool {
        while let batch = try source.next() {
            guard batch.count > 0 else {
                source.recycle(batch)
                continue
            }
            batches.append(batch)
            eventCount += Int64(batch.count)
            return true
        }
        return false
    }
}
