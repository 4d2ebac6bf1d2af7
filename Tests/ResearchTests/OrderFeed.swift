import Market

extension Instrument {
    /// One dollar a tick, one coin a lot: prices and sizes read as they are.
    static let plain = Instrument(
        symbol: "BTC", venue: "test", venueSymbol: "btcusd", kind: .spot, base: Currency("BTC")!, quote: Currency("USD")!,
        tickSize: FinePrice(nanos: 1_000_000_000), lotSize: 1_000_000_000)
}

/// A feed of single orders, written step by step.
struct OrderFeed {
    /// What each step takes.
    var step = Nanoseconds.seconds(1)
    var events: [MarketEvent] = []
    var now = Timestamp(nanoseconds: 1_000_000_000_000)

    mutating func record(_ kind: MarketEvent.Kind, _ side: Side, _ id: Int64, _ ticks: Int64, _ lots: Int64) {
        now = now + step
        events.append(
            MarketEvent(
                kind: kind, instrument: InstrumentID(0), venueTime: now, receiveTime: now, price: ticks, quantity: lots, detail: id,
                flags: side == .sell ? [.first, .last, .sell] : [.first, .last]))
    }

    mutating func add(_ side: Side, _ id: Int64, _ ticks: Int64, _ lots: Int64) { record(.orderAdded, side, id, ticks, lots) }
    mutating func cancel(_ side: Side, _ id: Int64, _ ticks: Int64, _ left: Int64) { record(.orderDeleted, side, id, ticks, left) }
    mutating func fill(_ side: Side, _ id: Int64, _ ticks: Int64) { record(.orderDeleted, side, id, ticks, 0) }
    mutating func leave(_ side: Side, _ id: Int64, _ ticks: Int64, _ left: Int64) { record(.orderChanged, side, id, ticks, left) }
    mutating func pass(_ span: Nanoseconds) { now = now + span }

    /// An ask far away that only tells that time has passed.
    mutating func tick() { add(.sell, 1_000_000 + Int64(events.count), 10_000, 1) }
}

/// A venue that matches at once, a random crowd, and what it would have done to a hypothetical order, by plain lists of ids.
struct RandomOrders {
    struct Hypothetical {
        var placed: Timestamp
        var side: Side
        var ticks: Int64
        var lots: Int64
        var remaining: Int64
        /// Lots that stand ahead, by id.
        var ahead: [Int64: Int64]
        var used: [Int64: Int64] = [:]
        var filledAfter: Nanoseconds?
    }

    var random: SeededGenerator
    var feed = OrderFeed(step: .milliseconds(1))
    var book = L3Book()
    /// In order of placement; those with nothing ahead are left out.
    var hypotheticals: [Hypothetical] = []
    private var nextID: Int64 = 0

    init(seed: UInt64, steps: Int) {
        random = SeededGenerator(seed: seed)
        for _ in 0..<steps { step() }
    }

    private mutating func draw(_ range: ClosedRange<Int64>) -> Int64 { random.uniform(in: range) }

    private mutating func step() {
        if draw(0...2) == 0, nextID > 0 {
            guard let order = book.remove(draw(max(1, nextID - 40)...nextID)) else { return }
            feed.cancel(order.side, order.id, order.ticks, order.lots)
            forEach { $0.ahead[order.id] = nil }
            show(order.side, order.ticks)
            return
        }
        nextID += 1
        let (id, side) = (nextID, draw(0...1) == 0 ? Side.buy : .sell)
        let (ticks, lots) = (side == .buy ? draw(96...101) : draw(100...105), draw(1...9))
        feed.add(side, id, ticks, lots)
        var left = lots
        while left > 0, let best = book.best(side.opposite), side == .buy ? best <= ticks : best >= ticks {
            let maker = book.orders(side.opposite, best)[0]
            let size = min(left, maker.lots)
            left -= size
            if size == maker.lots {
                book.remove(maker.id)
                feed.fill(maker.side, maker.id, maker.ticks)
            } else {
                book.change(maker.id, maker.side, ticks: maker.ticks, lots: maker.lots - size)
                feed.leave(maker.side, maker.id, maker.ticks, maker.lots - size)
            }
            execute(maker, size)
            // The last of the maker's records lets what is left of the taker rest at once, before its own record tells of it.
            if left > 0, book.best(side.opposite).map({ side == .buy ? $0 > ticks : $0 < ticks }) ?? true { rest(id, side, ticks, left) }
            left == 0 ? feed.fill(side, id, ticks) : feed.leave(side, id, ticks, left)
        }
        if left > 0, book[id] == nil { rest(id, side, ticks, left) }
    }

    private mutating func rest(_ id: Int64, _ side: Side, _ ticks: Int64, _ lots: Int64) {
        let ahead = Dictionary(uniqueKeysWithValues: book.orders(side, ticks).map { ($0.id, $0.lots) })
        book.add(id, side, ticks: ticks, lots: lots)
        show(side, ticks)
        guard !ahead.isEmpty else { return }
        hypotheticals.append(Hypothetical(placed: feed.now, side: side, ticks: ticks, lots: lots, remaining: lots, ahead: ahead))
    }

    private mutating func execute(_ maker: L3Book.Order, _ lots: Int64) {
        forEach { order in
            guard order.side == maker.side else { return }
            if order.side == .buy ? order.ticks > maker.ticks : order.ticks < maker.ticks {
                order.remaining -= min(order.remaining, lots)
            } else if order.ticks == maker.ticks {
                if let ahead = order.ahead[maker.id] {
                    order.ahead[maker.id] = ahead > lots ? ahead - lots : nil
                } else if order.ahead.isEmpty {
                    order.remaining -= min(order.remaining, lots)
                }
            }
        }
        show(maker.side, maker.ticks)
    }

    /// A level's new size: what it shows of the other side's reach fills, but no lot twice.
    private mutating func show(_ side: Side, _ ticks: Int64) {
        let lots = book.lots(side, ticks)
        forEach { order in
            guard order.side != side, side == .buy ? order.ticks <= ticks : order.ticks >= ticks else { return }
            let used = min(order.used[ticks] ?? 0, lots)
            let filled = min(order.remaining, lots - used)
            order.remaining -= filled
            order.used[ticks] = used + filled
        }
    }

    private mutating func forEach(_ body: (inout Hypothetical) -> Void) {
        for index in hypotheticals.indices where hypotheticals[index].remaining > 0 {
            body(&hypotheticals[index])
            if hypotheticals[index].remaining == 0 { hypotheticals[index].filledAfter = feed.now - hypotheticals[index].placed }
        }
    }
}
