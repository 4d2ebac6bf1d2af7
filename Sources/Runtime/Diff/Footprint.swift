internal import Market
internal import Trading

/// One instrument's market with our own orders taken out of it.
///
/// By the venue's clock: from each level goes what rested there of ours from its acknowledgement to its end; what we took of a level is
/// put back until the level is told to be empty; trades of ours go by their numbers. Where others took from us their trade stays in the
/// market: they came without us, and would have met whoever stood there. What can't be told apart is counted by its reason, and
/// `doubtful` names the levels.
final class Footprint {
    /// What we took of a level, or who met us: the level would show it.
    private struct Missing {
        var side: Side
        var ticks: Int64
        var lots: Int64
        var since: Timestamp
    }

    /// An order of ours that waits in the book.
    private struct Resting: Equatable {
        var order: Int
        var side: Side
        var ticks: Int64
        var quantity: Int64
    }

    private let timeline: OwnTimeline
    private var next = 0
    private var resting: [Resting] = []
    /// By order: what has filled of it.
    private var filled: [Int64]
    /// Fills whose trade has been told, or whose time is over.
    private var counted: Set<Int64> = []
    /// Fills of the present moment, whose trade may come yet.
    private var untold: [OwnTimeline.Execution] = []
    private var missing: [Missing] = []
    /// Fills of ours as maker at the present moment of the venue that no trade of the taker with others follows yet.
    private var met: [(side: Side, ticks: Int64, lots: Int64, time: Timestamp)] = []
    /// By number as the public stream has it.
    private let ownTrades: [Int64: [Fill]]
    private var executions: [Int64: [OwnTimeline.Execution]] = [:]
    private var tradesSeen: Set<Int64> = []
    private var frame: [MarketEvent] = []
    private var quote: [MarketEvent] = []
    private var lastQuote = Touch.none
    /// The levels at which something of ours ever was.
    private var touched: Set<[Int64]> = []

    /// What the book shows without us.
    private(set) var book = OrderBook()
    private(set) var report = FootprintReport()
    private(set) var doubtful: [DoubtfulLevel] = []

    /// - Parameters:
    ///   - orders: Ours of the instrument.
    ///   - ownTrades: Our fills by the numbers that the public stream gives their trades.
    init(_ orders: [OrderLife], ownTrades: [Int64: [Fill]]) {
        var numbers: [UInt64: Int64] = [:]
        for (number, fills) in ownTrades { for fill in fills { numbers[fill.trade] = number } }
        timeline = OwnTimeline(orders) { numbers[$0.trade] ?? 0 }
        filled = orders.map { _ in 0 }
        for case (_, .filled(let execution)) in timeline.changes { executions[execution.trade, default: []].append(execution) }
        self.ownTrades = ownTrades
        report.note(.unknownOrder, timeline.unknown)
        report.note(.byOurClock, timeline.byOurClock)
    }

    /// Takes the next record as it was heard, and hands what the market is without us to `tell`.
    func take(_ event: MarketEvent, _ tell: (MarketEvent) -> Void) {
        switch event.kind {
        case .level:
            frame.append(event)
            if event.isLast { takeFrame(tell) }
        case .trade: take(trade: event, tell)
        case .quote:
            quote.append(event)
            if event.isLast { takeQuote(tell) }
        case .gap:
            frame.removeAll()
            book.removeAll()
            tell(event)
        case .orderAdded, .orderChanged, .orderDeleted, .mark, .index, .funding, .openInterest, .liquidation, .status, .instrumentChange:
            tell(event)
        }
    }

    /// Nothing more comes.
    func finish() {
        let unseen = ownTrades.keys.filter { !tradesSeen.contains($0) }
        report.note(.fillWithoutTrade, unseen.count)
    }

    // MARK: Our orders

    /// Lets what our orders did before `time` happen. Fills happen when the public stream tells of their trades, which come in the order
    /// of what they did to the book; or now, when it never did.
    private func advance(before time: Timestamp) {
        for execution in untold where execution.time < time { count(execution.trade) }
        untold.removeAll { $0.time < time }
        while next < timeline.changes.count, timeline.changes[next].moment.venue < time {
            if case .filled(let execution) = timeline.changes[next].change { count(execution.trade) }
            apply(timeline.changes[next].change)
            next += 1
        }
    }

    private func apply(_ change: OwnTimeline.Change) {
        switch change {
        case .rests(let order, let ticks, let quantity):
            resting.removeAll { $0.order == order }
            resting.append(Resting(order: order, side: timeline.sides[order], ticks: ticks, quantity: quantity))
            touched.insert([Int64(timeline.sides[order].rawValue), ticks])
        case .ended(let order): resting.removeAll { $0.order == order }
        case .filled(let execution): if !counted.contains(execution.trade) { untold.append(execution) }
        }
    }

    /// Of what our orders did at the moment of the frame, lets happen what the frame tells of: several frames may be of one moment.
    private func settle(at time: Timestamp) {
        var end = next
        while end < timeline.changes.count, timeline.changes[end].moment.venue == time { end += 1 }
        guard end > next, !tellsNothingNew else { return }
        let before = (resting, untold)
        for at in next..<end {
            apply(timeline.changes[at].change)
            if tellsNothingNew { return next = at + 1 }
        }
        // What others did is told, too: where it concerns the same level, ours has happened by then.
        let changed = (before.0 + resting).filter { order in !before.0.contains(order) || !resting.contains(order) }
        if changed.contains(where: { order in frame.contains { $0.side == order.side && $0.price == order.ticks } }) {
            next = end
        } else {
            (resting, untold) = before
        }
    }

    /// Whether the frame changes nothing but what is ours.
    private var tellsNothingNew: Bool {
        frame.allSatisfy { event in
            let taken = missing.first { $0.side == event.side && $0.ticks == event.price }?.lots ?? 0
            let others = event.quantity - ours(event.side, event.price)
            return others >= 0 && book.lots(event.side, event.price) == others + taken
        }
    }

    private func count(_ trade: Int64) {
        guard counted.insert(trade).inserted else { return }
        for execution in executions[trade] ?? [] {
            filled[execution.order] += execution.lots
            if execution.role == .taker {
                miss(timeline.sides[execution.order].opposite, execution.ticks, execution.lots, execution.time)
            }
        }
    }

    private func miss(_ side: Side, _ ticks: Int64, _ lots: Int64, _ time: Timestamp) {
        touched.insert([Int64(side.rawValue), ticks])
        if let index = missing.firstIndex(where: { $0.side == side && $0.ticks == ticks }) {
            missing[index].lots += lots
            missing[index].since = time
        } else {
            missing.append(Missing(side: side, ticks: ticks, lots: lots, since: time))
        }
    }

    private func ours(_ side: Side, _ ticks: Int64) -> Int64 {
        var lots: Int64 = 0
        for order in resting where order.side == side && order.ticks == ticks { lots += max(0, order.quantity - filled[order.order]) }
        return lots
    }

    private func doubt(_ doubt: FootprintReport.Doubt, _ side: Side, _ ticks: Int64, _ time: Timestamp) {
        report.note(doubt)
        doubtful.append(DoubtfulLevel(side: side, ticks: ticks, doubt: doubt, since: time))
    }

    // MARK: Books

    private func takeFrame(_ tell: (MarketEvent) -> Void) {
        guard let last = frame.last else { return }
        let time = last.venueTime
        let isFull = last.flags.contains(.snapshot)
        advance(before: time)
        settle(at: time)
        findRests(time)
        if isFull { forgetEmptied(time) }
        var told: [MarketEvent] = []
        if isFull { book.removeAll() }
        for event in frame {
            var event = event
            let isTouched = touched.contains([Int64(event.side.rawValue), event.price])
            event.quantity = withoutUs(event)
            let before = book.set(event.side, ticks: event.price, lots: event.quantity)
            // Where only we have changed something there is nothing to tell.
            if isTouched, before == event.quantity, !isFull { continue }
            told.append(event)
        }
        frame.removeAll(keepingCapacity: true)
        guard !told.isEmpty else { return report.ownFrames += 1 }
        for index in told.indices {
            told[index].flags.remove([.first, .last])
            if index == 0 { told[index].flags.insert(.first) }
            if index == told.count - 1 { told[index].flags.insert(.last) }
            tell(told[index])
        }
    }

    /// A level's size less what is ours of it, and with what we took.
    private func withoutUs(_ event: MarketEvent) -> Int64 {
        let (side, ticks) = (event.side, event.price)
        let own = ours(side, ticks)
        let others = event.quantity - own
        if others < 0 { doubt(.lessThanOurs, side, ticks, event.venueTime) }
        if own != 0 { report.changedLevels += 1 }
        guard let index = missing.firstIndex(where: { $0.side == side && $0.ticks == ticks }) else { return max(0, others) }
        report.changedLevels += 1
        if others <= 0, missing[index].since < event.venueTime {
            // Of what we had taken nothing more is seen: it has gone with the rest, or stands where nobody sees it.
            missing.remove(at: index)
            doubt(.takenLevelEmptied, side, ticks, event.venueTime)
            return 0
        }
        return max(0, others) + missing[index].lots
    }

    /// Who met an order of ours, and traded with nobody else after that, may have had more than our order took: the rest stands at a
    /// price that reaches ours.
    private func findRests(_ time: Timestamp) {
        met.removeAll { $0.time < time }
        let open = met
        met = []
        for order in open {
            guard let rest = frame.first(where: { couldMeet($0, order.side, order.ticks) }) else {
                met.append(order)
                continue
            }
            doubt(.metByRest, rest.side, rest.price, time)
            miss(rest.side, rest.price, order.lots, time)
        }
    }

    /// Whether a level that is told now may be what is left of somebody who met an order of ours.
    private func couldMeet(_ event: MarketEvent, _ side: Side, _ ticks: Int64) -> Bool {
        guard event.side == side.opposite, side == .buy ? event.price <= ticks : event.price >= ticks else { return false }
        if event.quantity > ours(event.side, event.price) { return true }
        // Nothing is left. A level that was not there, and is told once, was there for us alone.
        return book.lots(event.side, event.price) == 0 && frame.count { $0.side == event.side && $0.price == event.price } == 1
    }

    /// A full book does not name what is empty.
    private func forgetEmptied(_ time: Timestamp) {
        for level in missing where !frame.contains(where: { $0.side == level.side && $0.price == level.ticks }) {
            doubt(.takenLevelEmptied, level.side, level.ticks, time)
        }
        missing.removeAll { level in !frame.contains { $0.side == level.side && $0.price == level.ticks } }
    }

    private func takeQuote(_ tell: (MarketEvent) -> Void) {
        defer { quote.removeAll(keepingCapacity: true) }
        let touch = book.touch
        guard quote.count == 2, book.hasBothSides else { return quote.forEach(tell) }
        guard touch != lastQuote else { return }
        lastQuote = touch
        for var event in quote {
            (event.price, event.quantity) = event.side == .buy ? (touch.bid, touch.bidLots) : (touch.ask, touch.askLots)
            tell(event)
        }
    }

    // MARK: Trades

    private func take(trade event: MarketEvent, _ tell: (MarketEvent) -> Void) {
        guard let fills = ownTrades[event.detail] else {
            if event.flags.contains(.own) { return report.note(.tradeWithoutFill) }
            // One who went on to trade with others left nothing in the book at our price.
            met.removeAll { order in
                order.side == event.side.opposite && order.time == event.venueTime
                    && (order.side == .buy ? event.price <= order.ticks : event.price >= order.ticks)
            }
            return tell(event)
        }
        tradesSeen.insert(event.detail)
        count(event.detail)
        // Of two orders of ours that met each other nothing is left.
        guard fills.allSatisfy({ $0.role == .maker }) else { return report.takenTrades += 1 }
        report.madeTrades += 1
        for fill in fills { met.append((fill.side, fill.price.ticks, fill.quantity.lots, event.venueTime)) }
        var theirs = event
        theirs.flags.remove(.own)
        tell(theirs)
    }
}
