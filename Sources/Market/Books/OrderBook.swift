/// The price levels of one instrument: sizes by price, best bid and ask at hand.
///
/// A level change sets the absolute size. When a new level crosses the opposite best, that best moves outwards to the first
/// level beyond it; the crossed levels stay stored but are not best (venues send their removal next).
///
/// Levels near the touch stand in flat arrays, one slot a tick, with a bitmap that finds the next occupied one; levels
/// outside this window stand in sorted arrays. The window follows the touch. Nothing is allocated in steady state.
@safe public struct OrderBook: ~Copyable {
    /// What stands for "no bid" in `bestBidTicks`.
    public static let noBid = Int64.min
    /// What stands for "no ask" in `bestAskTicks`.
    public static let noAsk = Int64.max

    /// Ticks that the window covers: 128 KiB a side, of which only the slots near the touch are warm.
    private static let width: Int64 = 1 << 14

    private var bids: LadderSide
    private var asks: LadderSide
    /// The tick of the window's first slot.
    private var base: Int64 = 0
    public private(set) var bestBidTicks = OrderBook.noBid
    public private(set) var bestAskTicks = OrderBook.noAsk

    public init() {
        bids = LadderSide(width: Int(Self.width))
        asks = LadderSide(width: Int(Self.width))
    }

    public var bestBid: Price? { bestBidTicks == Self.noBid ? nil : Price(ticks: bestBidTicks) }
    public var bestAsk: Price? { bestAskTicks == Self.noAsk ? nil : Price(ticks: bestAskTicks) }
    public var hasBothSides: Bool { bestBidTicks != Self.noBid && bestAskTicks != Self.noAsk }

    /// Half-way between the best prices; nil when a side is empty. Exact: half a tick is a whole number of 10⁻⁹ or is
    /// rounded half to even.
    public func mid(_ instrument: borrowing Instrument) -> FinePrice? {
        guard hasBothSides else { return nil }
        let doubled = Int128(bestBidTicks + bestAskTicks) * Int128(instrument.tickSize.nanos)
        return FinePrice(nanos: roundedQuotient(doubled, 2))
    }

    public func levelCount(_ side: Side) -> Int { side == .buy ? bids.count : asks.count }

    public func lots(_ side: Side, _ ticks: Int64) -> Int64 {
        side == .buy ? bids.lots(ticks, base) : asks.lots(ticks, base)
    }

    /// Sets a level's size (0 removes it) and returns the size it had.
    ///
    /// - Complexity: O(1) amortised for levels within the window; O(log n + n) in the number of far levels outside it.
    @discardableResult
    @inline(__always)
    public mutating func set(_ side: Side, ticks: Int64, lots: Int64) -> Int64 {
        side == .buy ? setBid(ticks, lots) : setAsk(ticks, lots)
    }

    private mutating func setBid(_ ticks: Int64, _ lots: Int64) -> Int64 {
        if UInt64(bitPattern: ticks &- base) >= UInt64(Self.width) { makeRoom(for: ticks, becomesBest: lots > 0 && ticks > bestBidTicks) }
        let previous = bids.set(ticks, lots, base)
        if lots > 0 {
            if ticks > bestBidTicks {
                bestBidTicks = ticks
                if ticks >= bestAskTicks { bestAskTicks = asks.lowest(above: ticks, base) ?? Self.noAsk }
            }
        } else if ticks == bestBidTicks {
            bestBidTicks = bids.highest(below: ticks, base) ?? Self.noBid
        }
        return previous
    }

    private mutating func setAsk(_ ticks: Int64, _ lots: Int64) -> Int64 {
        if UInt64(bitPattern: ticks &- base) >= UInt64(Self.width) { makeRoom(for: ticks, becomesBest: lots > 0 && ticks < bestAskTicks) }
        let previous = asks.set(ticks, lots, base)
        if lots > 0 {
            if ticks < bestAskTicks {
                bestAskTicks = ticks
                if ticks <= bestBidTicks { bestBidTicks = bids.highest(below: ticks, base) ?? Self.noBid }
            }
        } else if ticks == bestAskTicks {
            bestAskTicks = asks.lowest(above: ticks, base) ?? Self.noAsk
        }
        return previous
    }

    public mutating func removeAll() {
        bids.removeAll()
        asks.removeAll()
        bestBidTicks = Self.noBid
        bestAskTicks = Self.noAsk
    }

    /// The next level away from the touch after `ticks` (nil: the best); nil when there is none.
    public func next(_ side: Side, after ticks: Int64?) -> (ticks: Int64, lots: Int64)? {
        switch side {
        case .buy:
            guard let found = ticks.map({ bids.highest(below: $0, base) }) ?? (bestBidTicks == Self.noBid ? nil : bestBidTicks) else {
                return nil
            }
            return (found, bids.lots(found, base))
        case .sell:
            guard let found = ticks.map({ asks.lowest(above: $0, base) }) ?? (bestAskTicks == Self.noAsk ? nil : bestAskTicks) else {
                return nil
            }
            return (found, asks.lots(found, base))
        }
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

    /// Moves the window when a level outside it belongs to the touch.
    @inline(never)
    private mutating func makeRoom(for ticks: Int64, becomesBest: Bool) {
        let isEmpty = bids.count + asks.count == 0
        guard becomesBest || isEmpty else { return }
        // Two bests further apart than the window would make it jump for each of them: leave it where one of them is.
        let bidInside = UInt64(bitPattern: bestBidTicks &- base) < UInt64(Self.width)
        let askInside = UInt64(bitPattern: bestAskTicks &- base) < UInt64(Self.width)
        let farFromBid = bestBidTicks != Self.noBid && abs(bestBidTicks - ticks) >= Self.width
        let farFromAsk = bestAskTicks != Self.noAsk && abs(bestAskTicks - ticks) >= Self.width
        if !isEmpty, (bidInside && farFromBid) || (askInside && farFromAsk) { return }
        let moved = ticks - Self.width / 2
        bids.moveWindow(from: base, to: moved)
        asks.moveWindow(from: base, to: moved)
        base = moved
    }
}
