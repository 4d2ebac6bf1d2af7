internal import Feeds
internal import Market

/// Puts the venue times of a live feed on our own clock, looking only at what came before.
///
/// A venue whose clock was compared with ours by questions is known by that: its feed then has the latency that it really has. Until
/// then its times are corrected as those of a tape (`FeedClock`), by the smallest latency seen being the feed's minimum latency. They
/// never decrease, and are never less than that latency ago. What a feed on our own clock says comes out as it went in.
struct PaperClock {
    private var clock: FeedClock
    private var last = Timestamp.distantPast
    /// The venue's time less ours.
    private(set) var offset: Nanoseconds?

    init(minimumLatency: Nanoseconds) { clock = FeedClock(minimumLatency: minimumLatency) }

    var statistics: FeedClock.Statistics { clock.statistics }

    /// Replaces the venue time of the feed's next record; its receive time stands.
    ///
    /// - Parameter measured: The venue's clock less ours, where it was asked.
    mutating func correct(_ event: inout MarketEvent, measured: Nanoseconds?) {
        let received = event.receiveTime
        // A loss that we noticed by ourselves has no time of the venue's: it begins behind the last record.
        if event.kind == .gap, event.venueTime == received { event.venueTime = Timestamp(nanoseconds: 0) }
        let told = event.venueTime
        clock.correct(&event)
        offset = measured ?? clock.statistics.offset
        let shift = offset ?? .zero
        let isMeasured = measured != nil && told.nanoseconds != 0
        last = max(
            last, isMeasured ? min(told - shift, received - clock.minimumLatency) : event.venueTime - (clock.statistics.offset ?? .zero))
        (event.venueTime, event.receiveTime) = (last, received)
        if event.kind == .funding, event.detail > 0 { event.detail -= shift.count }
    }
}

/// How long after it happened a record of a feed is reckoned with: what is older and has not come is taken not to be.
struct PaperAllowance {
    /// Stands in until there are frames to judge by.
    private static let first = Nanoseconds.milliseconds(250)
    private static let margin = Nanoseconds.milliseconds(20)
    /// A feed that is later than this holds nobody up.
    private static let longest = Nanoseconds.seconds(1)
    private static let window = 512
    private static let stride = 16

    private let isFixed: Bool
    private var recent: [Nanoseconds] = []
    private var count = 0
    private(set) var value: Nanoseconds

    /// - Parameter fixed: nil: the 99th percentile of recent frames and a margin.
    init(fixed: Nanoseconds?) {
        isFixed = fixed != nil
        value = fixed ?? Self.first
    }

    mutating func add(_ latency: Nanoseconds) {
        guard !isFixed else { return }
        if recent.count < Self.window { recent.append(latency) } else { recent[count % Self.window] = latency }
        count += 1
        guard count % Self.stride == 0 else { return }
        value = min(recent.sorted()[(recent.count * 99 - 1) / 100] + Self.margin, Self.longest)
    }
}
