internal import Market
internal import Trading

/// One instrument at a venue: the recorded book and, in it, our own orders.
///
/// Our orders never enter the recorded levels; what they have used of them is kept as debts.
struct VenueMarket: ~Copyable {
    let id: InstrumentID
    let contract: Contract
    let matching: VenueConfiguration.Matching
    let queueModel: QueueModel
    let rules: MatchingRules
    /// Whether its positions ask for margin.
    let asksMargin: Bool
    /// One lot in base units, for the queue models that are not scale free.
    let lotUnit: Double

    var book = OrderBook()
    /// How the book's touch changed, for whoever looks back.
    var trail = TouchTrail()
    /// Of a feed that tells its orders one by one; nothing in it otherwise.
    var flow = OrderFlow()
    var isSynchronised = false
    var status = TradingStatus.trading
    var mark: FinePrice?
    var indexPrice: FinePrice?
    /// The next settlement's rate and time; and the interval, 0 if unknown.
    var funding: (rate: Rate, time: Timestamp, interval: Nanoseconds)? {
        didSet { attention.settlement = funding?.time ?? .never }
    }
    /// nil where rates come from the feed.
    var meter: FundingMeter? {
        didSet { attention.measurement = meter?.due ?? .never }
    }
    /// When positions are valued next, where no mark does it.
    var marginReview = Timestamp.never {
        didSet { attention.marginReview = marginReview }
    }
    var attention = Attention()
    /// Orders that wait for their triggers, oldest first.
    var waiting: ContiguousArray<WaitingOrder> = [] {
        didSet { attention.hasTriggers = !waiting.isEmpty }
    }
    /// When the first order is gone by its own terms; it may be gone already.
    private(set) var nextExpiry = Timestamp.never

    /// Bids and asks, each sorted in price, then arrival order.
    private let queues = Table(count: 2) { _ in List<RestingOrder>() }
    private var debts: Debts
    /// When what is happening happens, by the venue's clock.
    var now = Timestamp.distantPast
    private var arrivals: UInt64 = 0
    /// Lots by account; maintained here, because reduce-only orders depend on it at every fill.
    let positions: Table<Int64>

    /// What the last record or request did; emptied by the venue.
    var matches = List<Match>()
    /// Orders that self-trade prevention made smaller, and what they are now.
    var reduced: ContiguousArray<(order: OrderID, account: Int, ticks: Int64, quantity: Int64)> = []
    /// Orders that ended without our request while matching: self-trades, reduce-only orders with nothing left to reduce.
    var removed: ContiguousArray<(order: OrderID, account: Int, reason: CancelReason)> = []

    init(_ listing: VenueConfiguration.Listing, accounts: Int, asksMargin: Bool, _ configuration: VenueConfiguration) {
        self.asksMargin = asksMargin
        id = listing.id
        contract = listing.instrument.contract
        matching = configuration.matching
        queueModel = configuration.queue
        rules = MatchingRules(configuration)
        debts = Debts(halfLife: configuration.replenish)
        lotUnit = Double(contract.lotUnit) / 1e9
        positions = Table(count: accounts) { _ in 0 }
        guard let rule = configuration.fundingRule, contract.kind != .spot else { return }
        let meter = FundingMeter(rule, seed: configuration.seed, instrument: id)
        self.meter = meter
        attention.measurement = meter.due
    }

    var hasOrders: Bool { count(.buy) > 0 || count(.sell) > 0 }

    /// The orders of a side, the first to be filled first.
    func orders(_ side: Side) -> [RestingOrder] { (0..<count(side)).map { self[side, $0] } }

    // MARK: Market data

    /// A level's new size. Returns at once when no order of ours could care.
    @inline(__always)
    mutating func level(_ side: Side, _ ticks: Int64, _ lots: Int64) {
        let bestBefore = side == .buy ? book.bestBidTicks : book.bestAskTicks
        let previous = book.set(side, ticks: ticks, lots: lots)
        if attention.watch.concerns(side, ticks) { levelAmongOrders(side, ticks, previous, lots, bestBefore) }
    }

    @inline(never)
    private mutating func levelAmongOrders(_ side: Side, _ ticks: Int64, _ previous: Int64, _ lots: Int64, _ bestBefore: Int64) {
        if attention.hasDebts {
            debts.cap(side, ticks, lots, at: now)
            attention.hasDebts = !debts.isEmpty
        }
        for index in 0..<count(side) where self[side, index].ticks == ticks {
            self[side, index].queue.level(from: previous, to: lots, queueModel, lotUnit: lotUnit)
            if matching == .faithful { self[side, index].queue.stopAtFront() }
        }
        switch matching {
        case .faithful:
            if lots > 0 { fillCrossed(by: side, ticks, lots) }
        case .hftbacktest:
            let best = side == .buy ? book.bestBidTicks : book.bestAskTicks
            if side == .buy ? best > bestBefore : best < bestBefore { fillWhole(crossedBy: side, best) }
        }
    }

    /// A full book has come: levels that it does not hold are empty, and from here on fills can be trusted.
    mutating func endSnapshot() {
        debts.cap(by: book, at: now)
        attention.hasDebts = !debts.isEmpty
        for side in Side.allCases {
            for index in 0..<count(side) where book.lots(side, self[side, index].ticks) == 0 {
                self[side, index].queue.level(from: 0, to: 0, queueModel, lotUnit: lotUnit)
            }
        }
        isSynchronised = true
    }

    /// Orders of ours that a displayed level on the other side reaches: they fill at their own price for what it shows.
    private mutating func fillCrossed(by side: Side, _ ticks: Int64, _ displayed: Int64) {
        var index = 0
        while index < count(side.opposite) {
            let order = self[side.opposite, index]
            guard side == .buy ? order.ticks <= ticks : order.ticks >= ticks else { return }
            let used = debts.lots(side, ticks, at: now)
            guard used < displayed else { return }
            let witness = FillWitness(
                mechanism: .bookCrossed, displayed: displayed, usedBefore: used, queueAhead: order.queue.roundedAhead,
                isVerified: isSynchronised)
            let filled = fill(side.opposite, index, min(order.remaining, displayed - used), witness)
            if filled > 0 { owe(side, ticks, filled) }
            if count(side.opposite) > index, self[side.opposite, index].id == order.id { index += 1 }
        }
    }

    /// A trade: the aggressor's side, price and size.
    mutating func trade(_ aggressor: Side, _ ticks: Int64, _ lots: Int64) {
        guard hasOrders else { return }
        let resting = aggressor.opposite
        if matching == .hftbacktest { return tradeWhole(resting, ticks, lots) }
        var left = lots
        var index = 0
        var ownFilled: Int64 = 0
        while index < count(resting) {
            var order = self[resting, index]
            let isThrough = resting == .sell ? order.ticks < ticks : order.ticks > ticks
            guard isThrough || order.ticks == ticks else { return }
            let ahead = order.queue.roundedAhead
            let available: Int64
            if isThrough {
                available = left
            } else {
                // What traded at our price first uses up the queue ahead; our own earlier orders there took their part.
                available = max(0, left - ownFilled - max(0, ahead))
                order.queue.trade(min(max(0, left - ownFilled), max(0, ahead)))
                order.queue.stopAtFront()
                self[resting, index] = order
            }
            let witness = FillWitness(
                mechanism: isThrough ? .tradeThrough : .queueCleared, displayed: lots, usedBefore: lots - left + ownFilled,
                queueAhead: ahead,
                isVerified: isSynchronised)
            let filled = available > 0 ? fill(resting, index, min(order.remaining, available), witness) : 0
            if isThrough { left -= filled } else { ownFilled += filled }
            if count(resting) > index, self[resting, index].id == order.id { index += 1 }
        }
    }

    // MARK: hftbacktest's rules

    private mutating func tradeWhole(_ resting: Side, _ ticks: Int64, _ lots: Int64) {
        var index = 0
        while index < count(resting) {
            var order = self[resting, index]
            let isThrough = resting == .sell ? order.ticks < ticks : order.ticks > ticks
            guard isThrough || order.ticks == ticks else { return }
            let ahead = order.queue.roundedAhead
            if !isThrough {
                order.queue.trade(lots)
                self[resting, index] = order
            }
            guard isThrough || order.queue.isPassed else {
                index += 1
                continue
            }
            let witness = FillWitness(
                mechanism: isThrough ? .tradeThrough : .queueCleared, displayed: lots, usedBefore: 0, queueAhead: ahead,
                isVerified: isSynchronised)
            _ = fill(resting, index, order.remaining, witness)
        }
    }

    private mutating func fillWhole(crossedBy side: Side, _ best: Int64) {
        while count(side.opposite) > 0 {
            let order = self[side.opposite, 0]
            guard side == .buy ? order.ticks <= best : order.ticks >= best else { return }
            let witness = FillWitness(
                mechanism: .bookCrossed, displayed: book.lots(side, best), usedBefore: 0, queueAhead: order.queue.roundedAhead,
                isVerified: isSynchronised)
            _ = fill(side.opposite, 0, order.remaining, witness)
        }
    }

    // MARK: Orders

    subscript(side: Side, index: Int) -> RestingOrder {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(queues[Int(side.rawValue)].address(of: index)) }
        @inline(__always) unsafeMutableAddress { unsafe queues[Int(side.rawValue)].address(of: index) }
    }

    func count(_ side: Side) -> Int { queues[Int(side.rawValue)].count }

    /// Fills a resting order and removes it when nothing is left; returns what was filled.
    ///
    /// A reduce-only order fills for no more than its account's position; when there is none, it is removed unfilled.
    mutating func fill(_ side: Side, _ index: Int, _ lots: Int64, _ witness: FillWitness) -> Int64 {
        var order = self[side, index]
        let filled = min(lots, order.reduceOnly ? reducible(order.account, side) : lots)
        if filled > 0 {
            order.remaining -= filled
            self[side, index] = order
            positions[order.account] += side.sign * filled
            matches.append(
                Match(order: order.id, account: order.account, side: side, role: .maker, ticks: order.ticks, lots: filled, witness: witness)
            )
        }
        if order.remaining == 0 {
            remove(side, index)
        } else if order.reduceOnly, reducible(order.account, side) == 0 {
            remove(side, index)
            removed.append((order.id, order.account, .venue))
        }
        return filled
    }

    var hasPositions: Bool {
        for account in positions.indices where positions[account] != 0 { return true }
        return false
    }

    /// How much an order on `side` could take off the account's position.
    func reducible(_ account: Int, _ side: Side) -> Int64 { max(0, -side.sign * positions[account]) }

    mutating func rest(_ order: RestingOrder) {
        var order = order
        arrivals += 1
        order.arrival = arrivals
        nextExpiry = min(nextExpiry, order.expiry)
        Self.insert(order, into: &queues[Int(order.side.rawValue)])
        watchOrders()
    }

    /// Puts an order behind those that stand before it; it is usually the last.
    private static func insert(_ order: RestingOrder, into orders: inout List<RestingOrder>) {
        orders.append(order)
        var place = orders.count - 1
        while place > 0, order.precedes(orders[place - 1]) {
            orders[place] = orders[place - 1]
            place -= 1
        }
        orders[place] = order
    }

    mutating func remove(_ side: Side, _ index: Int) {
        queues[Int(side.rawValue)].remove(at: index)
        watchOrders()
    }

    private mutating func watchOrders() {
        let (bids, asks) = (span(.buy), span(.sell))
        attention.watch.set(bids: bids, asks: asks)
    }

    /// The prices that the orders of a side lie between.
    private func span(_ side: Side) -> ClosedRange<Int64>? {
        guard count(side) > 0 else { return nil }
        let (best, worst) = (self[side, 0].ticks, self[side, count(side) - 1].ticks)
        return min(best, worst)...max(best, worst)
    }

    /// An order that waits for its trigger expires like one that rests.
    mutating func wait(_ order: WaitingOrder) {
        waiting.append(order)
        nextExpiry = min(nextExpiry, order.request.terms.expiry)
    }

    /// Takes out the orders whose time has come, and finds when the next one's will.
    mutating func expire(_ now: Timestamp, _ body: (OrderID, Int) -> Void) {
        for side in Side.allCases {
            for index in 0..<count(side) where self[side, index].expiry <= now { body(self[side, index].id, self[side, index].account) }
        }
        for order in waiting where order.request.terms.expiry <= now { body(order.request.order, order.account) }
        for side in Side.allCases { queues[Int(side.rawValue)].removeAll { $0.expiry <= now } }
        watchOrders()
        waiting.removeAll { $0.request.terms.expiry <= now }
        nextExpiry = waiting.map(\.request.terms.expiry).min() ?? .never
        for side in Side.allCases {
            for index in 0..<count(side) { nextExpiry = min(nextExpiry, self[side, index].expiry) }
        }
    }

    @inline(__always)  // Else the market is copied for the call.
    func find(_ id: OrderID) -> (side: Side, index: Int)? {
        if let index = queues[0].firstIndex(where: { $0.id == id }) { return (.buy, index) }
        if let index = queues[1].firstIndex(where: { $0.id == id }) { return (.sell, index) }
        return nil
    }

    /// Displayed size of an opposite level that our own taking has not used yet.
    func available(_ side: Side, _ ticks: Int64, _ displayed: Int64) -> Int64 { max(0, displayed - debts.lots(side, ticks, at: now)) }

    func debt(_ side: Side, _ ticks: Int64) -> Int64 { debts.lots(side, ticks, at: now) }
    func forEachDebt(_ side: Side, _ body: (_ ticks: Int64, _ lots: Int64) -> Void) { debts.forEach(side, at: now, body) }
    mutating func owe(_ side: Side, _ ticks: Int64, _ lots: Int64) {
        debts.add(side, ticks, lots, at: now)
        attention.hasDebts = true
    }
}

extension QueuePosition {
    /// Whole lots ahead: a fraction of a lot ahead is a lot.
    var roundedAhead: Int64 { ahead.isFinite ? Int64(ahead.rounded(.up)) : 0 }
}
