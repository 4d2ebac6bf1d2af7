/// The price levels of one instrument: sizes by price, best bid and ask at hand.
///
/// A level change sets the absolute size. When a new level crosses the opposite best, that best moves outwards to the first
/// level beyond it; the crossed levels stay stored but are not best (venues send their removal next).
///
/// Both sides are one ladder, mirrored (`LadderSide`). Nothing is allocated in steady state.
@safe public struct OrderBook: ~Copyable {
    /// What stands for "no bid" in `bestBidTicks`.
    public static let noBid = Int64.min
    /// What stands for "no ask" in `bestAskTicks`.
    public static let noAsk = Int64.max

    /// Bids, then asks: a level change finds its side by an index, not by a branch.
    private let sides: UnsafeMutablePointer<LadderSide>

    public init() {
        unsafe sides = .allocate(capacity: 2)
        unsafe sides.initialize(to: LadderSide())
        unsafe (sides + 1).initialize(to: LadderSide())
    }

    deinit {
        unsafe sides.deinitialize(count: 2)
        unsafe sides.deallocate()
    }

    public var bestBidTicks: Int64 { unsafe sides[0].best }
    public var bestAskTicks: Int64 { unsafe ~sides[1].best }
    public var bestBid: Price? { bestBidTicks == Self.noBid ? nil : Price(ticks: bestBidTicks) }
    public var bestAsk: Price? { bestAskTicks == Self.noAsk ? nil : Price(ticks: bestAskTicks) }
    public var hasBothSides: Bool { bestBidTicks != Self.noBid && bestAskTicks != Self.noAsk }

    /// The best prices and what is shown there.
    public var touch: Touch {
        let (bid, ask) = (bestBidTicks, bestAskTicks)
        return Touch(
            bid: bid, ask: ask, bidLots: bid == Self.noBid ? 0 : lots(.buy, bid), askLots: ask == Self.noAsk ? 0 : lots(.sell, ask))
    }

    /// Whether a level of one side is stored at the best price of the other, or within eight ticks beyond it: what a venue has
    /// crossed and not yet removed.
    public var isCrossed: Bool {
        guard hasBothSides else { return false }
        return (0..<8).contains { lots(.sell, bestBidTicks - $0) > 0 || lots(.buy, bestAskTicks + $0) > 0 }
    }

    /// Half-way between the best prices; nil when a side is empty. Exact: half a tick is a whole number of 10⁻⁹ or is
    /// rounded half to even.
    public func mid(_ contract: Contract) -> FinePrice? {
        guard hasBothSides else { return nil }
        return FinePrice(nanos: roundedMean(bestBidTicks * contract.tickSize.nanos, bestAskTicks * contract.tickSize.nanos))
    }

    public func mid(_ instrument: borrowing Instrument) -> FinePrice? { mid(instrument.contract) }

    public func levelCount(_ side: Side) -> Int { unsafe sides[Int(side.rawValue)].count }

    public func lots(_ side: Side, _ ticks: Int64) -> Int64 { unsafe sides[Int(side.rawValue)].lots(Self.key(side, ticks)) }

    /// A price as its side's ladder knows it: the better, the higher. Its own inverse.
    @inline(__always)
    private static func key(_ side: Side, _ ticks: Int64) -> Int64 { ticks ^ -Int64(side.rawValue) }

    /// Sets a level's size (0 removes it) and returns the size it had.
    ///
    /// - Complexity: O(1) amortised for levels within the window; O(log n + n) in the number of far levels outside it.
    @discardableResult
    @inline(__always)
    public mutating func set(_ side: Side, ticks: Int64, lots: Int64) -> Int64 {
        let ladder = unsafe sides + Int(side.rawValue)
        let key = Self.key(side, ticks)
        let previous = unsafe ladder.pointee.store(key, lots)
        if unsafe key >= ladder.pointee.best { unsafe moveBest(ladder, side, key, lots) }
        return previous
    }

    /// The level at or beyond the best has changed.
    @inline(__always)
    private func moveBest(_ ladder: UnsafeMutablePointer<LadderSide>, _ side: Side, _ key: Int64, _ lots: Int64) {
        if lots == 0 {
            if unsafe key == ladder.pointee.best { unsafe ladder.pointee.fall(below: key) }
        } else if unsafe key > ladder.pointee.best {
            unsafe ladder.pointee.rise(to: key)
            let opposite = unsafe sides + Int(side.opposite.rawValue)
            if unsafe key >= ~opposite.pointee.best { unsafe opposite.pointee.fall(below: ~key) }
        }
    }

    /// Applies level changes from `start` on, in a run: until a record that is neither a plain one nor a trade (another kind,
    /// part of a snapshot), that is after `limit` by the venue's clock, or that concerns `watch`; returns where it stopped.
    public mutating func replay(
        _ start: UnsafePointer<MarketEvent>, to end: UnsafePointer<MarketEvent>, atVenueThrough limit: Timestamp, watch: PriceWatch
    ) -> UnsafePointer<MarketEvent> {
        unsafe replay(start, to: end, atVenueThrough: limit, watch: watch, hear: { _ in }, note: { _, _ in })
    }

    /// The same with a trail beside it.
    ///
    /// - Parameter isTrusted: Whether the touch is written down, not only that the book is heard of.
    public mutating func replay(
        _ start: UnsafePointer<MarketEvent>, to end: UnsafePointer<MarketEvent>, atVenueThrough limit: Timestamp, watch: PriceWatch,
        trail: inout TouchTrail, isTrusted: Bool
    ) -> UnsafePointer<MarketEvent> {
        let hearsSilence = trail.hearsSilence
        return unsafe replay(
            start, to: end, atVenueThrough: limit, watch: watch, hear: { if hearsSilence { trail.hear(at: $0) } },
            note: { if isTrusted { trail.note($0.touch, at: $1) } })
    }

    @inline(__always)
    private mutating func replay(
        _ start: UnsafePointer<MarketEvent>, to end: UnsafePointer<MarketEvent>, atVenueThrough limit: Timestamp, watch: PriceWatch,
        hear: (Timestamp) -> Void, note: (borrowing OrderBook, Timestamp) -> Void
    ) -> UnsafePointer<MarketEvent> {
        var at = unsafe start
        while unsafe at != end, unsafe at.pointee.venueTime <= limit {
            if unsafe at.pointee.isPlainLevel {
                if unsafe watch.concerns(at.pointee.side, at.pointee.price) { break }
                unsafe hear(at.pointee.venueTime)
                let isTouch = unsafe reachesBest(at.pointee.side, at.pointee.price)
                unsafe set(at.pointee.side, ticks: at.pointee.price, lots: at.pointee.quantity)
                if isTouch { unsafe note(self, at.pointee.venueTime) }
            } else if unsafe at.pointee.kind != .trade || watch.concernsTrade(at.pointee.side, at.pointee.price) {
                break
            }
            unsafe at += 1
        }
        return unsafe at
    }

    @inline(__always)
    private func reachesBest(_ side: Side, _ ticks: Int64) -> Bool {
        unsafe Self.key(side, ticks) >= sides[Int(side.rawValue)].best
    }

    /// The same by our clock, where one level change is as good as another, and trades too unless they are heard.
    public mutating func replay(
        _ start: UnsafePointer<MarketEvent>, to end: UnsafePointer<MarketEvent>, atUsThrough limit: Timestamp, hearsTrades: Bool
    ) -> UnsafePointer<MarketEvent> {
        var at = unsafe start
        while unsafe at != end, unsafe at.pointee.receiveTime <= limit {
            if unsafe at.pointee.isPlainLevel {
                unsafe set(at.pointee.side, ticks: at.pointee.price, lots: at.pointee.quantity)
            } else if unsafe hearsTrades || at.pointee.kind != .trade {
                break
            }
            unsafe at += 1
        }
        return unsafe at
    }

    public mutating func removeAll() {
        unsafe sides[0].removeAll()
        unsafe sides[1].removeAll()
    }

    /// The next level away from the touch after `ticks` (nil: the best); nil when there is none.
    public func next(_ side: Side, after ticks: Int64?) -> (ticks: Int64, lots: Int64)? {
        let ladder = unsafe sides + Int(side.rawValue)
        let key = unsafe ticks.map { unsafe ladder.pointee.highest(below: Self.key(side, $0)) } ?? ladder.pointee.best
        return key == LadderSide.none ? nil : (Self.key(side, key), unsafe ladder.pointee.lots(key))
    }

    /// What a taker of `lots` on `side` would get by walking the opposite levels no further than `limit`:
    /// lots filled and Σ ticks × lots.
    public func sweep(_ side: Side, lots: Int64, limit: Int64? = nil) -> (lots: Int64, tickLots: Int128) {
        var (left, sum) = (lots, Int128(0))
        var at: Int64?
        while left > 0, let level = next(side.opposite, after: at) {
            if let limit, side == .buy ? level.ticks > limit : level.ticks < limit { break }
            let taken = min(left, level.lots)
            left -= taken
            sum += Int128(taken) * Int128(level.ticks)
            at = level.ticks
        }
        return (lots - left, sum)
    }

    /// The volume-weighted price of taking `quantity` on `side` from the displayed levels; nil when they hold less.
    ///
    /// A buy is rounded up and a sell down to 10⁻⁹, so that a cost is never understated.
    public func executablePrice(_ side: Side, _ quantity: Quantity, _ instrument: borrowing Instrument) -> FinePrice? {
        guard quantity.lots > 0 else { return nil }
        let (filled, tickLots) = sweep(side, lots: quantity.lots)
        guard filled == quantity.lots else { return nil }
        let (quotient, remainder) = (tickLots * Int128(instrument.tickSize.nanos)).quotientAndRemainder(dividingBy: Int128(filled))
        return FinePrice(nanos: Int64(quotient) + (side == .buy && remainder > 0 ? 1 : 0))
    }

    /// Σ lots of a side's levels from the best to `limit`, included.
    public func depth(_ side: Side, through limit: Int64) -> Int64 {
        var sum: Int64 = 0
        var at: Int64?
        while let level = next(side, after: at), side == .buy ? level.ticks >= limit : level.ticks <= limit {
            sum += level.lots
            at = level.ticks
        }
        return sum
    }
}
