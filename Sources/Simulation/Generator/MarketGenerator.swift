public import Market

/// Makes up the records of several venues around a common price: the same configuration and seed, the same records.
///
/// Memory does not depend on the length. A book is never crossed after the last record of a frame; trades walk the book, and
/// their level changes follow them.
public struct MarketGenerator {
    private struct Venue {
        var book: GeneratedBook
        var random: SeededGenerator
        /// When its next frame happens.
        var next: Timestamp
        /// Takers who come between frames: when the next comes of itself, and who else will because of earlier ones, the next one last.
        var nextTaker = Timestamp.never
        var followers: [(time: Timestamp, side: Side)] = []
        var takerRandom: SeededGenerator
        /// What they took since the last frame.
        var taken: [(Side, Int64, Int64)] = []
        var nextMark: Timestamp
        var nextFunding: Timestamp
        var lastReceive = Timestamp.distantPast
        /// Its own distance from the common price, in 1/1024 of a tick; it reverts to 0.
        var basis: Int64 = 0
        var fundingRate: Int64 = 10_000_000  // 10⁻¹²: a tenth of a basis point
        var trade: Int64 = 0
        /// The chance of a follower of takers before, in 2⁻²⁰ a frame.
        var excitement: Int64 = 0
        var frame: UInt32 = 0

        var nextTake: Timestamp { followers.last.map { min($0.time, nextTaker) } ?? nextTaker }
        var due: Timestamp { min(next, nextTake) }
    }

    /// How long after a taker those come whom it draws, on average.
    private static let followerDelay: Int64 = 50_000_000
    /// More are not waited for.
    private static let followerLimit = 1_024

    private let market: GeneratedMarket
    private var price: CommonPrice
    private var venues: [Venue]
    private var informed: InformedFlow?
    /// How far it has come.
    public private(set) var time: Timestamp

    public init(_ market: GeneratedMarket, seed: UInt64) {
        self.market = market
        time = market.start
        price = CommonPrice(market, seed: seed)
        informed = market.informed.map { InformedFlow($0, market, seed: seed) }
        venues = market.venues.enumerated().map { index, venue in
            Venue(
                book: GeneratedBook(InstrumentID(index), venue),
                random: SeededGenerator(seed: seed, stream: UInt64(index + 1)),
                next: market.start + Nanoseconds(count: Int64(index) * 1_000_000),
                nextTaker: venue.takerGap.map { _ in market.start + .seconds(1) } ?? .never,
                takerRandom: SeededGenerator(seed: seed, stream: UInt64(index + 1_000)), nextMark: market.start + .seconds(1),
                nextFunding: market.start + (venue.instrument.fundingInterval ?? .hours(8)))
        }
    }

    /// Replaces the contents of `records` by those of the next instants, in order of venue time; false at the end.
    public mutating func next(into records: inout ContiguousArray<MarketEvent>) -> Bool {
        records.removeAll(keepingCapacity: true)
        while records.count < 4_096 {
            guard let index = venues.indices.min(by: { (venues[$0].due, $0) < (venues[$1].due, $1) }) else { break }
            let next = min(venues[index].due, informed?.next ?? .never)
            guard next < market.end else { break }
            time = next
            price.advance(to: time)
            if let hit = informed?.take(time) {
                take(hit, &records)
            } else if time == venues[index].next {
                step(index, &records)
            } else {
                take(index, &records)
            }
        }
        return !records.isEmpty
    }

    private func writer(_ index: Int, _ venue: inout Venue) -> FrameWriter {
        let latency = market.venues[index].latency
        let spread = venue.random.uniform(in: 0...latency.count)
        venue.lastReceive = max(venue.lastReceive, time + latency + Nanoseconds(count: spread))
        return FrameWriter(instrument: InstrumentID(index), venueTime: time, receiveTime: venue.lastReceive, frame: venue.frame)
    }

    private mutating func step(_ index: Int, _ records: inout ContiguousArray<MarketEvent>) {
        let settings = market.venues[index]
        var venue = venues[index]
        var writer = writer(index, &venue)
        if venue.frame == 0 {
            let mid = common(settings) / CommonPrice.unit
            venue.book.fill(bid: mid - settings.halfSpread, ask: mid + settings.halfSpread, &venue.random) {
                writer.level($0, $1, $2, isSnapshot: true)
            }
            writer.close(into: &records)
        } else {
            move(&venue, settings, push(index), &writer, &records)
        }
        if time >= venue.nextMark, settings.instrument.kind != .spot { reference(&venue, settings, &writer, &records) }
        venue.frame = writer.frame
        venue.next = time + gap(settings.meanGap, settings, &venue.random)
        venues[index] = venue
        if index == informed?.lead { informed?.see(price.price(lag: settings.lag), at: time) }
    }

    /// Those who know take what a venue shows that is off.
    private mutating func take(_ hit: InformedFlow.Hit, _ records: inout ContiguousArray<MarketEvent>) {
        var venue = venues[hit.venue]
        // Nothing stands there before its first frame.
        guard venue.frame > 0 else { return }
        var writer = writer(hit.venue, &venue)
        // What takers before have left of levels and no frame has told yet comes first.
        var changes = venue.taken
        venue.taken.removeAll()
        var trades: [(side: Side, ticks: Int64, lots: Int64, isForced: Bool)] = []
        for side in Side.allCases {
            let fair = inTicks(side == .buy ? hit.lowest : hit.highest, market.venues[hit.venue]) + venue.basis
            let limit = fair / CommonPrice.unit - side.sign * hit.edge
            let lots = venue.book.lots(side.opposite, beyond: limit)
            venue.book.take(side, lots, { trades.append((side, $0, $1, false)) }, { changes.append(($0, $1, $2)) })
        }
        write(trades, changes, &venue, &writer, &records)
        venue.frame = writer.frame
        venues[hit.venue] = venue
    }

    /// A draw of the time until something happens again that happens every `mean` in a usual hour.
    private func gap(_ mean: Nanoseconds, _ settings: GeneratedMarket.Venue, _ random: inout SeededGenerator) -> Nanoseconds {
        var mean = mean.count
        if !settings.hours.isEmpty {
            let hour = Int(time.nanoseconds / Nanoseconds.hours(1).count % 24)
            mean = mean * 1_000 / max(1, settings.hours[hour % settings.hours.count])
        }
        return Nanoseconds(count: max(1_000, random.exponential(mean: mean / 1_000) * 1_000))
    }

    /// Somebody takes between two frames of the book, and draws others after itself.
    private mutating func take(_ index: Int, _ records: inout ContiguousArray<MarketEvent>) {
        let settings = market.venues[index]
        var venue = venues[index]
        var side: Side = venue.takerRandom.next() & 1 == 0 ? .buy : .sell
        if venue.nextTaker == time {
            venue.nextTaker = time + gap(settings.takerGap ?? .seconds(1), settings, &venue.takerRandom)
        } else if let follower = venue.followers.popLast() {
            side = follower.side
        }
        draw(side, &venue, settings)
        let delay = venue.takerRandom.uniform(in: 0...settings.latency.count)
        venue.lastReceive = max(venue.lastReceive, time + settings.latency + Nanoseconds(count: delay))
        var writer = FrameWriter(
            instrument: InstrumentID(index), venueTime: time, receiveTime: venue.lastReceive, frame: venue.frame)
        let lots = takerLots(settings, price.isDrought ? 6 : 1, &venue.takerRandom)
        var (trades, taken): ([(ticks: Int64, lots: Int64)], [(Side, Int64, Int64)]) = ([], [])
        venue.book.take(side, lots, { trades.append(($0, $1)) }, { taken.append(($0, $1, $2)) })
        venue.taken += taken
        for trade in trades {
            venue.trade += 1
            writer.trade(side, trade.ticks, trade.lots, venue.trade, isForced: false)
        }
        writer.close(into: &records)
        venue.frame = writer.frame
        venues[index] = venue
    }

    /// Those who come because of a taker, a geometric number of them.
    private func draw(_ side: Side, _ venue: inout Venue, _ settings: GeneratedMarket.Venue) {
        while venue.followers.count < Self.followerLimit, venue.takerRandom.uniform(in: 0...999 + settings.followers) < settings.followers {
            let follower = time + Nanoseconds(count: 1 + venue.takerRandom.exponential(mean: Self.followerDelay))
            let place = venue.followers.firstIndex { $0.time <= follower } ?? venue.followers.count
            venue.followers.insert((follower, side), at: place)
        }
    }

    /// One in 25 takes eight times as much.
    private func takerLots(_ settings: GeneratedMarket.Venue, _ scarcity: Int64, _ random: inout SeededGenerator) -> Int64 {
        let size = max(1, random.exponential(mean: settings.takeLots ?? settings.levelLots / 3) / scarcity)
        return random.uniform(in: 0...24) == 0 ? size * 8 : size
    }

    /// The common price as the venue follows it, in 1/1024 of its ticks.
    private func common(_ settings: GeneratedMarket.Venue, lag: Nanoseconds? = nil) -> Int64 {
        inTicks(price.price(lag: lag ?? settings.lag), settings)
    }

    private func inTicks(_ value: Int64, _ settings: GeneratedMarket.Venue) -> Int64 {
        guard let tickSize = market.tickSize else { return value }
        return roundedQuotient(Int128(value) * Int128(tickSize.nanos), Int128(settings.instrument.tickSize.nanos))
    }

    /// Whether somebody takes in this frame; each taker draws followers, whose chance halves in about eleven frames.
    private func isTaken(_ venue: inout Venue, _ settings: GeneratedMarket.Venue) -> Bool {
        guard settings.takerGap == nil else { return false }
        var isTaken = isDrawn(settings.takes, &venue.random)
        guard settings.followers > 0 else { return isTaken }
        if !isTaken { isTaken = Int64(venue.random.next() >> 44) < venue.excitement }
        venue.excitement -= venue.excitement / 16
        if isTaken { venue.excitement += settings.followers * (1 << 20) / 16_000 }
        return isTaken
    }

    private func isDrawn(_ odds: GeneratedMarket.Odds, _ random: inout SeededGenerator) -> Bool {
        random.uniform(in: 0...odds.of - 1) < odds.chances
    }

    /// How far forced orders hold a venue's price from the common one, as a share of it in 10⁻¹², and who is forced now.
    private func push(_ index: Int) -> (share: Int64, forced: Side?) {
        let now = time - market.start
        var (share, forced) = (Int64(0), Side?.none)
        for cascade in market.cascades where cascade.venue == index && now >= cascade.after {
            let since = (now - cascade.after).count
            if since < cascade.length.count {
                share += roundedQuotient(Int128(cascade.share.trillionths) * Int128(since), Int128(cascade.length.count))
                forced = cascade.side
            } else {
                let left = max(0, cascade.length.count + cascade.recovery.count - since)
                share += roundedQuotient(Int128(cascade.share.trillionths) * Int128(left), Int128(max(cascade.recovery.count, 1)))
            }
        }
        return (share, forced)
    }

    /// Forced orders take all that stands beyond where the price is pushed, and some more; the stream of liquidations tells of them.
    private func force(
        _ side: Side, beyond limit: Int64, _ venue: inout Venue, _ writer: inout FrameWriter, _ records: inout ContiguousArray<MarketEvent>,
        _ trade: (Int64, Int64) -> Void, _ emit: (Side, Int64, Int64) -> Void
    ) {
        let lots = venue.book.lots(side.opposite, beyond: limit) + venue.book.size(&venue.random, 4)
        venue.trade += 1
        writer.liquidation(side, limit, lots, venue.trade)
        writer.close(into: &records)
        venue.book.take(side, lots, trade, emit)
    }

    /// One frame of the book: it follows the price, is stirred, and now and then somebody takes.
    private mutating func move(
        _ venue: inout Venue, _ settings: GeneratedMarket.Venue, _ push: (share: Int64, forced: Side?), _ writer: inout FrameWriter,
        _ records: inout ContiguousArray<MarketEvent>
    ) {
        let scarcity: Int64 = price.isDrought ? 6 : 1
        let strays = venue.random.uniform(in: -2_400...2_400) * market.stray * settings.strayShare / 1_000
        venue.basis += strays - venue.basis / settings.strayFrames
        let followed = common(settings)
        let fair = followed + venue.basis + roundedQuotient(Int128(followed) * Int128(push.share), Int128(Rate.scale))
        let half = settings.halfSpread * (price.isDrought ? 4 : 1) + venue.random.exponential(mean: settings.spreadNoise)
        let (bid, ask) = ((fair - half * CommonPrice.unit) / CommonPrice.unit, (fair + half * CommonPrice.unit) / CommonPrice.unit + 1)
        var changes = venue.taken
        venue.taken.removeAll(keepingCapacity: true)
        var trades: [(side: Side, ticks: Int64, lots: Int64, isForced: Bool)] = []
        let emit = { (side: Side, ticks: Int64, lots: Int64) in changes.append((side, ticks, lots)) }
        if let forced = push.forced {
            force(
                forced, beyond: forced == .sell ? ask - 1 : bid + 1, &venue, &writer, &records, { trades.append((forced, $0, $1, true)) },
                emit)
        }
        // Prices that the market has left are taken by somebody, or pulled.
        for side in Side.allCases {
            let limit = side == .buy ? ask - 1 : bid + 1
            guard let best = venue.book.best(side), side == .buy ? best > limit : best < limit else { continue }
            if isDrawn(settings.snipes, &venue.random) {
                let size =
                    settings.takerGap == nil ? venue.book.size(&venue.random, scarcity) : takerLots(settings, scarcity, &venue.random)
                venue.book.take(side.opposite, size, { trades.append((side.opposite, $0, $1, false)) }, emit)
            }
            venue.book.pull(side, beyond: limit, elseFrom: side == .buy ? bid : ask, &venue.random, scarcity, emit)
        }
        if isTaken(&venue, settings) {
            let side: Side = venue.random.next() & 1 == 0 ? .buy : .sell
            venue.book.take(side, takerLots(settings, scarcity, &venue.random), { trades.append((side, $0, $1, false)) }, emit)
        }
        if settings.withdrawals > 0 {
            for side in Side.allCases where venue.random.uniform(in: 0...999) < settings.withdrawals {
                let price = side == .buy ? bid : ask
                venue.book.pull(side, beyond: price, elseFrom: price, &venue.random, scarcity, emit)
            }
        }
        // Makers come back to where the price is now, not all of them at once.
        if let best = venue.book.best(.buy), best < bid, !isDrawn(settings.absences, &venue.random), bid < venue.book.best(.sell) ?? .max {
            venue.book.set(.buy, bid, venue.book.size(&venue.random, scarcity), emit)
        }
        if let best = venue.book.best(.sell), best > ask, !isDrawn(settings.absences, &venue.random), ask > venue.book.best(.buy) ?? .min {
            venue.book.set(.sell, ask, venue.book.size(&venue.random, scarcity), emit)
        }
        for _ in 0..<venue.random.uniform(in: 1...settings.stirs) { venue.book.stir(&venue.random, scarcity, emit) }
        write(trades, changes, &venue, &writer, &records)
    }

    /// Trades, then the changes of the book that they left.
    private func write(
        _ trades: [(side: Side, ticks: Int64, lots: Int64, isForced: Bool)], _ changes: [(Side, Int64, Int64)], _ venue: inout Venue,
        _ writer: inout FrameWriter, _ records: inout ContiguousArray<MarketEvent>
    ) {
        for trade in trades {
            venue.trade += 1
            writer.trade(trade.side, trade.ticks, trade.lots, venue.trade, isForced: trade.isForced)
        }
        writer.close(into: &records)
        for change in changes { writer.level(change.0, change.1, change.2, isSnapshot: false) }
        writer.close(into: &records)
    }

    /// Mark once a second, funding with it.
    private func reference(
        _ venue: inout Venue, _ settings: GeneratedMarket.Venue, _ writer: inout FrameWriter, _ records: inout ContiguousArray<MarketEvent>
    ) {
        let interval = settings.instrument.fundingInterval ?? .hours(8)
        while venue.nextMark <= time { venue.nextMark = venue.nextMark + .seconds(1) }
        while venue.nextFunding <= time { venue.nextFunding = venue.nextFunding + interval }
        venue.fundingRate += venue.random.uniform(in: -200_000...200_000) - venue.fundingRate / 2_000
        let wandering = venue.fundingRate * (interval.count / 1_000_000_000) / 28_800
        let stated = settings.fundingSteps.last { market.start + $0.after <= time }?.rate.trillionths ?? 0
        let mark = common(settings, lag: .seconds(1)) * settings.instrument.tickSize.nanos / CommonPrice.unit
        writer.reference(.mark, mark, 0, 0)
        writer.reference(.funding, stated + wandering, interval.count, venue.nextFunding.nanoseconds)
        writer.close(into: &records)
    }
}

/// Collects the records of one frame and marks its first and last.
private struct FrameWriter {
    private let instrument: InstrumentID
    private let venueTime: Timestamp
    private let receiveTime: Timestamp
    private(set) var frame: UInt32
    private var pending: ContiguousArray<MarketEvent> = []

    init(instrument: InstrumentID, venueTime: Timestamp, receiveTime: Timestamp, frame: UInt32) {
        self.instrument = instrument
        self.venueTime = venueTime
        self.receiveTime = receiveTime
        self.frame = frame
    }

    private mutating func add(_ kind: MarketEvent.Kind, _ price: Int64, _ quantity: Int64, _ detail: Int64, _ flags: MarketEvent.Flags) {
        pending.append(
            MarketEvent(
                kind: kind, instrument: instrument, venueTime: venueTime, receiveTime: receiveTime, price: price, quantity: quantity,
                detail: detail,
                flags: flags, frame: frame))
    }

    mutating func level(_ side: Side, _ ticks: Int64, _ lots: Int64, isSnapshot: Bool) {
        add(.level, ticks, lots, 0, [side == .sell ? .sell : [], isSnapshot ? .snapshot : []])
    }

    mutating func trade(_ side: Side, _ ticks: Int64, _ lots: Int64, _ id: Int64, isForced: Bool) {
        add(.trade, ticks, lots, id, [side == .sell ? .sell : [], isForced ? .liquidation : []])
    }

    mutating func liquidation(_ side: Side, _ ticks: Int64, _ lots: Int64, _ id: Int64) {
        add(.liquidation, ticks, lots, id, side == .sell ? [.sell, .liquidation] : .liquidation)
    }

    mutating func reference(_ kind: MarketEvent.Kind, _ price: Int64, _ quantity: Int64, _ detail: Int64) {
        add(kind, price, quantity, detail, [])
    }

    /// Ends the frame; one without records is none.
    mutating func close(into records: inout ContiguousArray<MarketEvent>) {
        guard !pending.isEmpty else { return }
        pending[0].flags.insert(.first)
        pending[pending.count - 1].flags.insert(.last)
        records.append(contentsOf: pending)
        pending.removeAll(keepingCapacity: true)
        frame += 1
    }
}
