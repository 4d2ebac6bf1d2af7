import Market
import Simulation
import TestSupport
import Testing
import Trading
import Venues

@testable import VenueServers

/// The client's own session against the server: what the core hears is what the venue did.
@Suite struct SessionTests {
    private static let account = AccountID(5), other = AccountID(6)

    private static func order(
        _ number: UInt64, _ side: Side, _ ticks: Int64?, _ lots: Int64, account: AccountID = account,
        instrument: InstrumentID = ServerWorld.perp, _ force: TimeInForce = .goodTillCancelled, postOnly: Bool = false
    ) -> OrderRequest {
        OrderRequest(
            account: account, instrument: instrument, order: OrderID(number), side: side, type: ticks == nil ? .market : .limit,
            timeInForce: force, price: ticks.map { Price(ticks: $0) }, quantity: Quantity(lots: lots), postOnly: postOnly)
    }

    /// What names a fill to both sides: the venue's number without the symbol, and what it did.
    private struct Named: Hashable, Comparable {
        var trade: UInt64
        var instrument: InstrumentID
        var side: Side
        var role: LiquidityRole
        var ticks: Int64
        var lots: Int64
        var fee: Money

        init(_ fill: Fill) {
            (trade, instrument) = (fill.trade & 0xFFFF_FFFF_FFFF, fill.instrument)
            (side, role, ticks, lots, fee) = (fill.side, fill.role, fill.price.ticks, fill.quantity.lots, fill.fee)
        }

        init(_ fill: ServedFill) {
            (trade, instrument) = (UInt64(fill.trade), fill.market.id)
            (side, role, ticks, lots, fee) = (fill.side, fill.isMaker ? .maker : .taker, fill.ticks, fill.lots, fill.fee)
        }

        /// The venue numbers the sides of a trade between two of its accounts one after the other; clients are told one number.
        var withoutNumber: Named {
            var named = self
            named.trade = 0
            return named
        }

        static func < (one: Named, two: Named) -> Bool { (one.instrument, one.trade) < (two.instrument, two.trade) }
    }

    private static func agree(_ wire: SessionWire, _ account: AccountID, _ note: String) {
        let venue = wire.world.server.venue
        let heard = wire.fills(account).map { Named($0) }
        let served = wire.world.server.fills.filter { $0.account == wire.world.server.account(account)?.index }.map { Named($0) }
        #expect(heard.sorted() == served, "\(note)")
        #expect(served.map(\.withoutNumber) == wire.venueFills(account).map { Named($0).withoutNumber }, "\(note)")
        #expect(wire.position(account, ServerWorld.perp) ?? .zero == venue.position(account, ServerWorld.perp), "\(note)")
        for balance in venue.balances(account) { #expect(wire.balance(account, balance.currency) == balance, "\(note)") }
    }

    /// The book that the core keeps is the one that clients are shown.
    private static func agree(_ wire: SessionWire, book instrument: InstrumentID, _ note: String) {
        var heard = RecordedBook()
        for input in wire.inputs {
            if case .market(let event) = input, event.instrument == instrument, event.kind != .quote { heard.receive(event) }
        }
        guard let market = wire.world.server.market(instrument) else { return }
        for side in Side.allCases {
            #expect(rows(heard.levels, side) == rows(market.shown, side), "\(note)")
        }
    }

    private static func rows(_ book: borrowing OrderBook, _ side: Side) -> [[Int64]] {
        var (rows, at): ([[Int64]], Int64?) = ([], nil)
        while let level = book.next(side, after: at) {
            rows.append([level.ticks, level.lots])
            at = level.ticks
        }
        return rows
    }

    @Test(arguments: [Nanoseconds.zero, .milliseconds(30)])
    func `an order is placed, fills and is cancelled, and every question has its answer`(delay: Nanoseconds) throws {
        let wire = try SessionWire(delay: delay)
        wire.begin()
        #expect(wire.alarms.isEmpty)
        Self.agree(wire, book: ServerWorld.perp, "at the start")
        wire.handle(.submit(Self.order(1, .buy, 9_901, 200, postOnly: true)))
        wire.run(.seconds(1))
        #expect(wire.reports().contains(.acknowledged(OrderID(1))))
        wire.world.trade(.sell, 9_901, 50)
        wire.run(.seconds(1))
        let fill = try #require(wire.fills(Self.account).first)
        #expect(fill.order == OrderID(1) && fill.quantity == Quantity(lots: 50) && fill.role == .maker)
        // The public print of it is ours.
        let own = wire.inputs.compactMap { if case .market(let event) = $0, event.kind == .trade { event } else { nil } }
        #expect(own.count == 1 && own[0].flags.contains(.own) && UInt64(own[0].detail) == fill.trade & 0xFFFF_FFFF_FFFF)
        wire.handle(.query(QueryRequest(account: Self.account, query: 9, subject: .order(OrderID(1), ServerWorld.perp))))
        wire.run(.seconds(1))
        #expect(wire.reports().contains(.endOfAnswer(query: 9)))
        wire.handle(.cancel(CancelRequest(account: Self.account, instrument: ServerWorld.perp, order: OrderID(1))))
        wire.run(.seconds(1))
        #expect(wire.reports().contains(.cancelled(OrderID(1), .requested)))
        #expect(wire.venueFills(Self.account).map { Named($0) } == [Named(fill)])
        // What became of one that is gone is in the history.
        wire.forget()
        wire.handle(.query(QueryRequest(account: Self.account, query: 10, subject: .order(OrderID(1), ServerWorld.perp))))
        wire.run(.seconds(1))
        let status = OrderStatus(
            order: OrderID(1), instrument: ServerWorld.perp, isOpen: false, price: Price(ticks: 9_901), quantity: Quantity(lots: 200),
            filled: Quantity(lots: 50))
        #expect(wire.reports() == [.status(status), .endOfAnswer(query: 10)])
        wire.ask(Self.account, query: 20)
        wire.run(.seconds(2))
        #expect((20..<25).allSatisfy { wire.reports().contains(.endOfAnswer(query: $0)) })
        Self.agree(wire, Self.account, "after all")
        #expect(wire.alarms.isEmpty, "\(wire.alarms)")
    }

    @Test func `money that comes and goes is told within a minute, once`() throws {
        let wire = try SessionWire(delay: .milliseconds(3))
        wire.begin()
        let dollars = Currency("USDC")!
        wire.world.server.transfer(Self.account, Money(nanos: 2_500_000_000, dollars), at: wire.world.now)
        wire.world.server.transfer(Self.other, Money(nanos: -1_000_000_000, dollars), at: wire.world.now)
        wire.run(.minutes(3))
        func flows(_ account: AccountID) -> [Money] {
            wire.inputs.compactMap { input in
                guard case .account(let event) = input, event.account == account, case .externalFlow(let money, _) = event.report else {
                    return nil
                }
                return money
            }
        }
        #expect(flows(Self.account) == [Money(nanos: 2_500_000_000, dollars)])
        #expect(flows(Self.other) == [Money(nanos: -1_000_000_000, dollars)])
    }

    @Test func `refusals have their reasons`() throws {
        let wire = try SessionWire()
        wire.begin()
        wire.forget()
        wire.handle(.submit(Self.order(1, .buy, 9_902, 100, postOnly: true)))
        wire.handle(.submit(Self.order(2, .buy, 9_900, 9_000_000)))
        wire.handle(.submit(Self.order(3, .buy, 15_000, 100)))
        wire.handle(.submit(Self.order(4, .buy, 9_900, 200_000, instrument: ServerWorld.spot)))
        wire.handle(.cancel(CancelRequest(account: Self.account, instrument: ServerWorld.perp, order: OrderID(77))))
        wire.handle(.submit(Self.order(5, .buy, 9_902, 1_000, .fillOrKill)))
        wire.run(.seconds(1))
        let expected: [AccountEvent.Report] = [
            .rejected(OrderID(1), .submit, .postOnlyWouldTake), .rejected(OrderID(2), .submit, .margin),
            .rejected(OrderID(3), .submit, .priceBand), .rejected(OrderID(4), .submit, .balance),
            .rejected(OrderID(77), .cancel, .unknownOrder), .expired(OrderID(5), .fillOrKillShort),
        ]
        for report in expected { #expect(wire.reports().contains(report), "\(report)") }
        #expect(wire.alarms.isEmpty, "\(wire.alarms)")
    }

    @Test func `a lost connection is opened again, and what was missed is asked for`() throws {
        let wire = try SessionWire(delay: .milliseconds(5))
        wire.begin()
        wire.handle(.submit(Self.order(1, .buy, 9_901, 200)))
        wire.run(.seconds(1))
        for socket in 0..<3 { wire.cut(SocketID(socket)) }
        // Nobody hears of this fill and of this change.
        wire.world.trade(.sell, 9_901, 80)
        wire.world.levels([(.buy, 9_899, 1), (.sell, 9_904, 33)])
        wire.run(.seconds(5))
        Self.agree(wire, book: ServerWorld.perp, "after the loss")
        #expect(wire.fills(Self.account).isEmpty)
        wire.ask(Self.account, query: 20)
        wire.run(.seconds(1))
        #expect(wire.fills(Self.account).count == 1)
        Self.agree(wire, Self.account, "after the loss")
        #expect(wire.alarms.isEmpty, "\(wire.alarms)")
    }

    @Test func `a quiet account's connection lives on pings`() throws {
        let wire = try SessionWire(delay: .milliseconds(5))
        wire.begin()
        wire.forget()
        for _ in 0..<60 {
            wire.world.levels([(.buy, 9_899, 800)])
            wire.run(.seconds(10))
        }
        let downs = wire.inputs.filter { if case .connection(let event) = $0 { event.change == .down } else { false } }
        #expect(downs.isEmpty && wire.alarms.isEmpty)
    }

    @Test(arguments: TestScale.seeds(10))
    func `whatever happens on the way, in the end both know the same`(seed: UInt64) throws {
        let wire = try SessionWire(delay: .milliseconds(Int64(seed % 4) * 7), margin: false)
        wire.begin()
        var random = SeededGenerator(seed: seed, stream: 5)
        var last: UInt64 = 0
        for _ in 0..<120 {
            let (ticks, lots) = (random.uniform(in: 9_890...9_914), random.uniform(in: 1...300))
            let account = lots.isMultiple(of: 3) ? Self.other : Self.account
            let side: Side = lots.isMultiple(of: 2) ? .buy : .sell
            switch random.uniform(in: 0...9) {
            case 0...2:
                let touch = wire.world.server.venue.touch(ServerWorld.perp)
                if side == .buy ? ticks < touch.ask : ticks > touch.bid { wire.world.levels([(side, ticks, lots)]) }
            case 3: wire.world.trade(side, ticks, lots)
            case 4...6:
                last += 1
                let force: TimeInForce = lots.isMultiple(of: 5) ? .immediateOrCancel : .goodTillCancelled
                wire.handle(.submit(Self.order(last, side, lots.isMultiple(of: 7) ? nil : ticks, lots, account: account, force)))
            case 7:
                let order = OrderID(UInt64(random.uniform(in: 0...Int64(last))) + 1)
                wire.handle(.cancel(CancelRequest(account: account, instrument: ServerWorld.perp, order: order)))
            case 8: wire.cut(SocketID(Int(random.uniform(in: 0...2))))
            default:
                wire.world.levels([(.buy, 9_885, lots), (.sell, 9_920, lots)])
                if lots.isMultiple(of: 4) { wire.handle(.cancelAll(account: account, instrument: nil)) }
            }
            wire.run(.milliseconds(random.uniform(in: 0...400)))
        }
        // The stream is whole again before anything is asked.
        wire.run(.seconds(10))
        for account in [Self.account, Self.other] { wire.ask(account, query: 100) }
        wire.run(.seconds(2))
        for account in [Self.account, Self.other] { Self.agree(wire, account, "seed \(seed)") }
        Self.agree(wire, book: ServerWorld.perp, "seed \(seed)")
        #expect(wire.alarms.isEmpty, "seed \(seed): \(wire.alarms)")
    }
}
