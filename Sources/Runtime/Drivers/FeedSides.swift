public import Market
internal import Simulation

/// A venue that the driver holds.
typealias VenuePort = Port<SimulatedVenue>

/// A feed's two sides, at the venue and at us, and what the driver must know of them at every step.
@safe struct FeedSides: ~Copyable {
    var window: FeedWindow
    let venueIndex: Int
    let venue: VenuePort
    let usesTouchSync: Bool
    var venueTouch = TouchFollower()
    var localTouch = TouchFollower()
    /// From when on a record may make the venue report something: always, at a settlement, or never.
    private(set) var reactsFrom = Int64.max
    /// Whether somebody is woken by what reaches us.
    var isWatched = false
    /// What became of the records that a fault keeps from us; nil while all reach us.
    var silence: PublicSilence? { didSet { isSilent = silence != nil } }
    private(set) var isSilent = false

    init(_ window: consuming FeedWindow, _ venue: VenuePort, index: Int, usesTouchSync: Bool) {
        self.window = window
        venueIndex = index
        self.venue = venue
        self.usesTouchSync = usesTouchSync
    }

    /// Whether a record that something may come of is due by then.
    @inline(__always)  // Else the sides are copied for the call.
    func isLive(through time: Int64) -> Bool {
        (reactsFrom <= time && window.venueTime <= time) || (isWatched && window.localTime <= time)
    }

    /// The venue's orders or settlements have changed.
    mutating func noteReaction(_ instrument: InstrumentID) { reactsFrom = venue.with { $0.reactsFrom(instrument) }.nanoseconds }
}

/// Follows one feed's quotes and book to tell when a book without a snapshot can be trusted.
public struct TouchFollower {
    private var sync = TouchSync()
    private var bid: Int64 = 0

    public init() {}

    public var isSynchronised: Bool { sync.isSynchronised }

    /// Whether the verdict changed with this record.
    public mutating func receive(_ event: borrowing MarketEvent, touch: (bid: Int64, ask: Int64)) -> Bool {
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
