import Market
import TestSupport
import Testing
import Trading

@testable import Simulation

extension Stage {
    /// Submits an order with terms; account 0 unless said.
    @discardableResult
    fileprivate func place(
        _ id: UInt64, _ side: Side, _ ticks: Int64?, _ lots: Int64, account: Int = 0, type: OrderType = .limit,
        timeInForce: TimeInForce = .goodTillCancelled, postOnly: Bool = false, _ terms: OrderTerms
    ) -> [AccountEvent.Report] {
        send(
            .submit(
                OrderRequest(
                    account: AccountID(account), instrument: Self.instrument, order: OrderID(id), side: side, type: type,
                    timeInForce: timeInForce, price: ticks.map(Price.init(ticks:)), quantity: Quantity(lots: lots), postOnly: postOnly,
                    terms: terms)))
    }

    fileprivate func quoted(_ bid: Int64, _ ask: Int64, _ lots: Int64 = 10) {
        self.bid(bid, lots)
        self.ask(ask, lots)
    }
}

private func dollars(_ units: Int64) -> FinePrice { FinePrice(nanos: units * 1_000_000_000) }

// MARK: Good till time

@Test func `an order good till a time is gone at that time, and not before`() {
    let stage = Stage()
    stage.quoted(99, 101)
    let expiry = stage.now + .seconds(1)
    #expect(stage.place(1, .buy, 98, 5, OrderTerms(expiry: expiry)) == [.acknowledged(OrderID(1))])
    #expect(stage.venue.nextArrival == expiry)
    stage.venue.advance(to: expiry - Nanoseconds(count: 1))
    #expect(stage.venue.restingOrderCount == 1)
    stage.venue.advance(to: expiry)
    #expect(stage.venue.restingOrderCount == 0)
    #expect(stage.cancel(1) == [.expired(OrderID(1), .timeInForce), .rejected(OrderID(1), .cancel, .unknownOrder)])
    #expect(stage.sold(98, 50) == [])
}

@Test func `an order whose time has passed when it arrives is refused, and its id is free`() {
    let stage = Stage()
    stage.quoted(99, 101)
    #expect(stage.place(1, .buy, 98, 5, OrderTerms(expiry: stage.now)) == [.rejected(OrderID(1), .submit, .expired)])
    #expect(stage.submit(.buy, 98, 5, order: 1) == [.acknowledged(OrderID(1))])
}

// MARK: Triggers

@Test(arguments: [
    (Trigger.Kind.stop, Side.sell, [101, 100, 95] as [Int64], 2), (.stop, .buy, [99, 105], 1), (.takeProfit, .sell, [99, 105], 1),
    (.takeProfit, .buy, [101, 95], 1),
])
func `a trigger waits for its side of the market`(kind: Trigger.Kind, side: Side, prices: [Int64], fires: Int) {
    for reference in Trigger.Reference.allCases {
        let stage = Stage()
        stage.quoted(99, 101)
        let level: Int64 = side == .sell ? (kind == .stop ? 95 : 105) : (kind == .stop ? 105 : 95)
        #expect(
            stage.place(
                1, side, nil, 2, type: .market, timeInForce: .immediateOrCancel, OrderTerms(trigger: Trigger(kind, reference, at: dollars(level))))
                == [.acknowledged(OrderID(1))])
        for (step, price) in prices.enumerated() {
            let reports =
                switch reference {
                case .last: stage.bought(price, 1)
                case .mark: stage.receive(.mark, dollars(price).nanos)
                case .index: stage.receive(.index, dollars(price).nanos)
                }
            if step < fires {
                #expect(reports == [], "\(kind) \(side) \(reference) at \(price)")
            } else {
                #expect(reports.first == .triggered(OrderID(1)) && reports.slices.map(\.lots) == [2], "\(kind) \(side) \(reference)")
            }
        }
    }
}

@Test func `other references and other prices leave a trigger alone, a cancel takes it back`() {
    let stage = Stage()
    stage.quoted(99, 101)
    stage.place(1, .sell, 94, 2, OrderTerms(trigger: Trigger(.stop, .mark, at: dollars(95))))
    #expect(stage.sold(90, 1) == [] && stage.receive(.index, dollars(90).nanos) == [])
    #expect(stage.ask(.openOrders).count == 2)
    #expect(stage.cancel(1) == [.cancelled(OrderID(1), .requested)])
    #expect(stage.receive(.mark, dollars(90).nanos) == [])
}

@Test func `a triggered limit order rests, and expires at its time while it waits or rests`() {
    let stage = Stage()
    stage.quoted(99, 101)
    let expiry = stage.now + .seconds(1)
    stage.place(1, .sell, 103, 2, OrderTerms(expiry: expiry, trigger: Trigger(.stop, .mark, at: dollars(95))))
    stage.place(2, .sell, 104, 2, OrderTerms(expiry: expiry, trigger: Trigger(.stop, .mark, at: dollars(90))))
    #expect(stage.receive(.mark, dollars(95).nanos) == [.triggered(OrderID(1))])
    #expect(stage.venue.restingOrderCount == 1)
    stage.venue.advance(to: expiry)
    #expect(stage.ask(.openOrders) == [.expired(OrderID(1), .timeInForce), .expired(OrderID(2), .timeInForce), .endOfAnswer(query: 9)])
}

// MARK: Self-trade prevention

@Test(arguments: [
    (SelfTradePrevention.expireMaker, ["1 cancelled", "2 rests"], [] as [Int64]), (.expireTaker, ["2 expired"], []),
    (.expireBoth, ["1 cancelled", "2 expired"], []), (.reduceBoth, ["1 cancelled", "2 rests"], []), (.allow, ["2 rests"], [4, 4]),
])
func `an order that meets its own owner's does as the rule says`(rule: SelfTradePrevention, outcome: [String], lots: [Int64]) {
    let stage = Stage()
    stage.quoted(90, 110)
    stage.submit(.sell, 100, 4, order: 1)
    let reports = stage.place(2, .buy, 100, 6, OrderTerms(selfTrade: rule))
    var notes: [String] = []
    for report in reports {
        switch report {
        case .cancelled(let id, .selfTrade): notes.append("\(id.rawValue) cancelled")
        case .expired(let id, .selfTrade): notes.append("\(id.rawValue) expired")
        default: break
        }
    }
    let rests = stage.venue.touchOwn(.buy)
    if let rests { notes.append("\(rests.id) rests") }
    #expect(notes == outcome, "\(rule)")
    #expect(reports.slices.map(\.lots) == lots, "\(rule)")
    // What neither traded nor was kept from trading stands.
    if rule == .reduceBoth || rule == .allow { #expect(rests?.lots == 2) }
    if rule == .expireTaker { #expect(stage.venue.touchOwn(.sell)?.lots == 4) }
}

@Test func `a resting order that is larger than the new one keeps what is left of it`() {
    let stage = Stage()
    stage.quoted(90, 110)
    stage.submit(.sell, 100, 9, order: 1)
    let reports = stage.place(2, .buy, 100, 6, OrderTerms(selfTrade: .reduceBoth))
    #expect(
        reports == [
            .acknowledged(OrderID(2)), .amended(OrderID(1), price: Price(ticks: 100), quantity: Quantity(lots: 3)),
            .expired(OrderID(2), .selfTrade),
        ])
    #expect(stage.venue.touchOwn(.sell)?.lots == 3)
}

@Test func `the scope says whose orders are kept apart`() {
    for scope in VenueConfiguration.SelfTradeScope.allCases {
        let stage = Stage { $0.selfTradeScope = scope }
        stage.quoted(90, 110)
        stage.submit(.sell, 100, 4, account: 1, order: 1)
        let reports = stage.submit(.buy, 100, 4, order: 2)
        #expect(reports.slices.count == (scope == .account ? 2 : 0))
        #expect(reports.contains(.cancelled(OrderID(1), .selfTrade)) == (scope == .venue))
    }
}

@Test func `all or nothing does not count on what prevention would take away`() {
    let stage = Stage()
    stage.quoted(90, 101, 5)
    stage.submit(.sell, 100, 4, order: 1)
    for rule in [SelfTradePrevention.expireTaker, .expireBoth, .reduceBoth] {
        let reports = stage.place(10 + UInt64(rule.rawValue), .buy, 101, 5, timeInForce: .fillOrKill, OrderTerms(selfTrade: rule))
        #expect(reports.contains { if case .expired(_, .fillOrKillShort) = $0 { true } else { false } }, "\(rule)")
    }
    let reports = stage.place(3, .buy, 101, 5, timeInForce: .fillOrKill, OrderTerms(selfTrade: .expireMaker))
    #expect(reports.slices == [Slice(order: 3, ticks: 101, lots: 5, role: .taker)])
}

// MARK: Post-only, market and amend rules of venues

@Test func `a post-only order that would take slides behind the touch where the venue does that`() {
    let stage = Stage { $0.postOnly = .slide }
    stage.quoted(99, 101)
    #expect(
        stage.submit(.buy, 105, 3, postOnly: true, order: 1) == [
            .acknowledged(OrderID(1)), .amended(OrderID(1), price: Price(ticks: 100), quantity: Quantity(lots: 3)),
        ])
    #expect(
        stage.submit(.sell, 90, 3, account: 1, postOnly: true, order: 2).notices == [
            .acknowledged(OrderID(2)), .amended(OrderID(2), price: Price(ticks: 101), quantity: Quantity(lots: 3)),
        ])
    #expect(stage.takeFills().isEmpty)
}

@Test func `a market order's price may bound what it pays on the whole`() {
    let stage = Stage { $0.marketPrice = .average }
    stage.bid(90, 5)
    for (ticks, lots) in [(100, 10), (102, 10), (110, 10)] as [(Int64, Int64)] { stage.ask(ticks, lots) }
    // 10 at 100 and 10 at 102 average 101; of 110 come as many as keep the average at 102: (102 × 20 − 2,020) ÷ 8 = 2.5.
    let reports = stage.submit(.buy, 102, 30, type: .market, .immediateOrCancel, order: 1)
    #expect(reports.slices.map(\.lots) == [10, 10, 2])
    #expect(reports.last == .expired(OrderID(1), .immediateRemainder))
}

@Test func `an amend loses its place where the venue says so`() {
    let stage = Stage { $0.amendKeepsPlace = false }
    stage.quoted(99, 101)
    stage.submit(.buy, 99, 5, order: 1)
    stage.amend(1, 99, 4)
    stage.bid(99, 30)
    // The queue ahead is the level at the time of the amend, not what it was worth before.
    #expect(stage.sold(99, 10) == [])
    #expect(stage.sold(99, 4).slices.map(\.lots) == [4])
}

@Test func `a lost connection cancels the orders of who asked for it`() {
    let stage = Stage { $0.accounts[0].cancelsOnDisconnect = true }
    stage.quoted(99, 101)
    stage.submit(.buy, 98, 5, order: 1)
    stage.submit(.buy, 97, 5, account: 1, order: 2)
    stage.venue.loseConnection(AccountID(0), at: stage.now)
    stage.venue.loseConnection(AccountID(1), at: stage.now)
    #expect(stage.venue.restingOrderCount == 1)
    #expect(stage.ask(.order(OrderID(1), Stage.instrument)).first == .cancelled(OrderID(1), .disconnect))
}

// MARK: Whatever happens

@Test(arguments: TestScale.seeds(12))
func `expired orders never fill, post-only never takes, and own orders never trade where that is forbidden`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let stage = Stage { $0.postOnly = VenueConfiguration.PostOnlyPolicy.allCases[Int(seed % 3)] }
    stage.quoted(995, 1_005)
    var expiries: [UInt64: Timestamp] = [:]
    var postOnly: Set<UInt64> = []
    for id in 1...400 as ClosedRange<UInt64> {
        let side = Side.allCases[Int(random.uniform(in: 0...1))]
        let expiry = stage.now + Nanoseconds(count: random.uniform(in: 1_000...40_000))
        expiries[id] = expiry
        let isPassive = random.uniform(in: 0...2) == 0
        if isPassive { postOnly.insert(id) }
        let rule = SelfTradePrevention.allCases[Int(random.uniform(in: 1...4))]
        stage.place(
            id, side, random.uniform(in: 990...1_010), random.uniform(in: 1...9), account: Int(random.uniform(in: 0...1)),
            postOnly: isPassive,
            OrderTerms(expiry: expiry, selfTrade: rule))
        let ticks = random.uniform(in: 985...1_015)
        if random.uniform(in: 0...1) == 0 {
            stage.bid(ticks, random.uniform(in: 0...20))
        } else {
            stage.ask(ticks, random.uniform(in: 0...20))
        }
        if random.uniform(in: 0...2) == 0 { stage.sold(random.uniform(in: 990...1_010), random.uniform(in: 1...9)) }
        for fill in stage.takeFills() {
            let order = fill.fill.order.rawValue
            #expect(fill.time <= expiries[order] ?? .never)
            #expect(!(postOnly.contains(order) && fill.fill.role == .taker))
        }
        stage.venue.advance(to: stage.now)
    }
}

extension SimulatedVenue {
    /// Our first resting order on a side: its id and what is left of it.
    fileprivate func touchOwn(_ side: Side) -> (id: UInt64, lots: Int64)? {
        markets[0].orders(side).first.map { ($0.id.rawValue, $0.remaining) }
    }
}
