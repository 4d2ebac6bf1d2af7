/// The price levels of one instrument: sizes by price, best bid and ask at hand.
///
/// A level change sets the absolute size. When a new level crosses the opposite best, that best moves outwards to the first
/// level beyond it; the crossed levels stay stored (venues send their removal next).
public struct OrderBook: ~Copyable {
    /// What stands for "no bid" in `bestBidTicks`.
    public static let noBid = Int64.min
    /// What stands for "no ask" in `bestAskTicks`.
    public static let noAsk = Int64.max

    private var levels: [[Int64: Int64]] = [[:], [:]]
    public private(set) var bestBidTicks = OrderBook.noBid
    public private(set) var bestAskTicks = OrderBook.noAsk

    public init() {}

    public var bestBid: Price? { bestBidTicks == Self.noBid ? nil : Price(ticks: bestBidTicks) }
    public var bestAsk: Price? { bestAskTicks == Self.noAsk ? nil : Price(ticks: bestAskTicks) }

    public func lots(_ side: Side, _ ticks: Int64) -> Int64 { levels[Int(side.rawValue)][ticks] ?? 0 }

    /// Sets a level's size (0 removes it) and returns the size it had.
    @discardableResult
    public mutating func set(_ side: Side, ticks: Int64, lots: Int64) -> Int64 {
        let previous = levels[Int(side.rawValue)].updateValue(lots, forKey: ticks) ?? 0
        if lots == 0 { levels[Int(side.rawValue)][ticks] = nil }
        switch side {
        case .buy:
            if lots > 0 {
                if ticks > bestBidTicks {
                    bestBidTicks = ticks
                    if ticks >= bestAskTicks { bestAskTicks = levels[1].keys.filter { $0 > ticks }.min() ?? Self.noAsk }
                }
            } else if ticks == bestBidTicks {
                bestBidTicks = levels[0].keys.filter { $0 < ticks }.max() ?? Self.noBid
            }
        case .sell:
            if lots > 0 {
                if ticks < bestAskTicks {
                    bestAskTicks = ticks
                    if ticks <= bestBidTicks { bestBidTicks = levels[0].keys.filter { $0 < ticks }.max() ?? Self.noBid }
                }
            } else if ticks == bestAskTicks {
                bestAskTicks = levels[1].keys.filter { $0 > ticks }.min() ?? Self.noAsk
            }
        }
        return previous
    }

    public mutating func removeAll() {
        levels = [[:], [:]]
        bestBidTicks = Self.noBid
        bestAskTicks = Self.noAsk
    }

    /// The next level away from the touch after `ticks` (nil: the best); nil when there is none.
    public func next(_ side: Side, after ticks: Int64?) -> (ticks: Int64, lots: Int64)? {
        let keys = levels[Int(side.rawValue)]
        let found: Int64? =
            switch side {
            case .buy: keys.keys.filter { $0 <= (ticks.map { $0 - 1 } ?? bestBidTicks) }.max()
            case .sell: keys.keys.filter { $0 >= (ticks.map { $0 + 1 } ?? bestAskTicks) }.min()
            }
        return found.map { ($0, keys[$0] ?? 0) }
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
}

/// The books of a run, by instrument, lent by reference.
@safe public final class BookTable {
    private let books: UnsafeMutablePointer<OrderBook>
    public let count: Int

    public init(count: Int) {
        self.count = count
        unsafe books = .allocate(capacity: max(count, 1))
        for index in 0..<count { unsafe (books + index).initialize(to: OrderBook()) }
    }

    deinit {
        unsafe books.deinitialize(count: count)
        unsafe books.deallocate()
    }

    public subscript(id: InstrumentID) -> OrderBook {
        _read {
            precondition(id.index < count)
            yield unsafe books[id.index]
        }
        _modify {
            precondition(id.index < count)
            yield unsafe &books[id.index]
        }
    }
}
