import Market
import Testing

@testable import Trading

/// A core whose process died and came back: what it asks for, and what it may send meanwhile.
@Suite struct RestartTests {
    private static let next = OrderID(1_001)

    /// A core with an order of 5 that the venue has, of which 2 are filled, restarted ten seconds later.
    private static func restarted(_ level: KillLevel? = nil) -> (stage: CoreStage, order: OrderID) {
        let stage = CoreStage()
        let order = stage.open(.buy, 98, 5)
        stage.fill(order, .buy, 98, 2, trade: 7)
        if let level { stage.core.receive(.kill(level), at: stage.now) }
        _ = (stage.takeEvents(), stage.takeCommands())
        stage.pass(.seconds(10))
        stage.core.restart(at: stage.now, nextOrder: next)
        return (stage, order)
    }

    /// The numbers of the questions about fills and open orders that were asked.
    private static func questions(_ commands: [Command]) -> (fills: UInt64?, orders: UInt64?) {
        var (fills, orders): (UInt64?, UInt64?)
        for case .query(let request) in commands {
            switch request.subject {
            case .fills: fills = request.query
            case .openOrders: orders = request.query
            case .order, .positions, .balances, .payments: break
            }
        }
        return (fills, orders)
    }

    /// Answers what a restarted core asks of the account: these fills, and that its orders rest.
    private static func answer(_ stage: CoreStage, _ fills: [(order: OrderID, lots: Int64, trade: UInt64)] = [], resting: OrderID? = nil) {
        let questions = questions(stage.takeCommands())
        for fill in fills { stage.fill(fill.order, .buy, 98, fill.lots, trade: fill.trade) }
        if let query = questions.fills { stage.report(.endOfAnswer(query: query)) }
        if let resting {
            let filled = stage.core.order(resting)?.filled ?? .zero
            stage.report(
                .status(
                    OrderStatus(
                        order: resting, instrument: CoreStage.instrument, isOpen: true, price: Price(ticks: 98),
                        quantity: Quantity(lots: 5), filled: filled)))
        }
        if let query = questions.orders { stage.report(.endOfAnswer(query: query)) }
    }

    @Test func `what was open is unknown and asked about, with the fills and open orders of the account`() throws {
        let (stage, id) = Self.restarted()
        let order = try stage.order(id)
        #expect(order.certainty == .unknown(since: stage.now, asking: 1) && order.signedRemaining == Quantity(lots: 3))
        #expect(stage.core.position(CoreStage.account, CoreStage.instrument) == Quantity(lots: 2))
        let subjects = stage.takeCommands().compactMap { if case .query(let request) = $0 { request.subject } else { nil } }
        #expect(Set(subjects) == [.fills(after: 0), .openOrders, .positions, .order(id, CoreStage.instrument)])
        #expect(stage.core.isRecovering && stage.core.isUnsynchronised(CoreStage.instrument))
    }

    @Test func `nothing is sent before the exposure is known, then hedges, then quotes`() {
        let (stage, id) = Self.restarted()
        let (quote, hedge) = (CoreStage.draft(.buy, 97, 1), CoreStage.draft(.sell, 99, 2, purpose: .hedge))
        stage.snapshot(bid: 99, ask: 100)
        #expect(stage.denial(hedge) == .recovering && stage.denial(quote) == .recovering)
        // One of the two answers is not enough.
        if let query = Self.questions(stage.takeCommands()).fills { stage.report(.endOfAnswer(query: query)) }
        #expect(stage.denial(hedge) == .recovering)
        // Nobody answered the other one: everything is asked again.
        stage.wake(after: .seconds(3))
        Self.answer(stage)
        #expect(!stage.core.isRecovering)
        #expect(stage.denial(hedge) == nil && stage.denial(quote) == .recovering)
        stage.report(
            .status(
                OrderStatus(
                    order: id, instrument: CoreStage.instrument, isOpen: true, price: Price(ticks: 98), quantity: Quantity(lots: 5),
                    filled: Quantity(lots: 2))))
        #expect(stage.denial(quote) == nil)
    }

    @Test func `Pain 7, without: a core that starts afresh takes itself for flat and sends at once, with ids that were used`() throws {
        let (restarted, order) = Self.restarted()
        let fresh = CoreStage()
        let hedge = CoreStage.draft(.sell, 99, 2, purpose: .hedge)
        #expect(restarted.denial(hedge) == .recovering && fresh.denial(hedge) == nil)
        func position(_ stage: CoreStage) -> Int64 { stage.core.position(CoreStage.account, CoreStage.instrument).lots }
        #expect(position(restarted) == 2 && position(fresh) == 0)
        #expect(try fresh.order(order).draft.side == .sell, "its first order has the id of the one that the venue has")
    }

    @Test func `ids that may have been used are never used again, and a late fill finds its order`() throws {
        let (stage, id) = Self.restarted()
        Self.answer(stage, resting: id)
        #expect(stage.submit(CoreStage.draft(.buy, 97, 1, purpose: .hedge)) == Self.next)
        stage.report(.cancelled(id, .venue))
        stage.fill(id, .buy, 98, 3, trade: 8)
        #expect(try stage.order(id).filled == Quantity(lots: 5))
    }

    @Test func `an order that was lost is cancelled where it rests, and what it filled is told as a change`() {
        let (stage, _) = Self.restarted()
        let lost = OrderID(2)
        Self.answer(stage, [(lost, 4, 9)], resting: lost)
        #expect(stage.core.position(CoreStage.account, CoreStage.instrument) == Quantity(lots: 6))
        #expect(stage.act { $0.ownPosition(CoreStage.account, CoreStage.instrument) } == Quantity(lots: 6))
        #expect(stage.takeEvents().contains(.adjusted(CoreStage.account, CoreStage.instrument, Quantity(lots: 4))))
        let cancels = stage.takeCommands().compactMap { if case .cancel(let request) = $0 { request.order } else { nil } }
        #expect(cancels == [lost])
        // The same fill told again counts once.
        stage.fill(lost, .buy, 98, 4, trade: 9)
        #expect(stage.core.position(CoreStage.account, CoreStage.instrument) == Quantity(lots: 6))
    }

    @Test func `timers and prices wait until the exposure is known`() {
        let stage = CoreStage(interests: .touch)
        stage.act { _ = $0.wake(at: stage.now + .seconds(1)) }
        stage.pass(.seconds(10))
        stage.core.restart(at: stage.now, nextOrder: Self.next)
        _ = stage.takeEvents()
        stage.snapshot(bid: 101, ask: 102)
        stage.wake(after: .milliseconds(10))
        #expect(stage.takeEvents() == [.bookState(CoreStage.instrument, .synchronised)])
        Self.answer(stage)
        #expect(stage.core.nextWake == stage.now)
        stage.wake(after: .milliseconds(1))
        stage.receive(.level, 101, 9)
        let events = stage.takeEvents()
        #expect(events.contains { if case .timer = $0 { true } else { false } } && events.contains(.touch(CoreStage.instrument)))
    }

    @Test func `a kill outlives the process, and what is to be closed is what stands then`() throws {
        let (stage, id) = Self.restarted(.flatten)
        _ = stage.takeCommands()
        stage.wake(after: .seconds(3))
        Self.answer(stage, [(id, 1, 8)])
        stage.snapshot(bid: 97, ask: 98)
        var (held, closed, trade) = (Int64(3), [Int64](), UInt64(100))
        // It is closed by what the venue says is held, asked twice, in slices of what the book shows, until nothing is.
        for _ in 0..<40 {
            stage.wake(after: .seconds(1))
            for command in stage.takeCommands() {
                switch command {
                case .query(let request) where request.subject == .positions:
                    stage.report(.position(CoreStage.instrument, quantity: Quantity(lots: held), entry: FinePrice(nanos: 0)))
                    stage.report(.endOfAnswer(query: request.query))
                case .submit(let request):
                    #expect(request.reduceOnly && request.side == .sell && request.quantity.lots <= held)
                    closed.append(request.quantity.lots)
                    held -= request.quantity.lots
                    trade += 1
                    stage.fill(request.order, .sell, 97, request.quantity.lots, trade: trade)
                default: break
                }
            }
        }
        #expect(closed.reduce(0, +) == 3 && held == 0 && stage.core.position(CoreStage.account, CoreStage.instrument) == .zero)
        #expect(stage.denial(CoreStage.draft(.buy, 97, 1, purpose: .hedge)) == .killed)
    }

    @Test func `a journal that is written again hands over only what follows`() {
        final class Sink: JournalSink {
            var records = 0
            var hash: UInt64 = 0
            func append(_ block: [UInt8], records: Int, times: ClosedRange<Timestamp>, hash: UInt64) {
                self.records += records
                self.hash = hash
            }
        }
        func record(_ number: Int64) -> JournalRecord { JournalRecord(wakeAt: Timestamp(nanoseconds: number)) }
        let whole = Journal(sink: Sink())
        let sink = Sink()
        let first = Journal(sink: sink)
        for number in 0..<10 as Range<Int64> {
            first.append(record(number))
            whole.append(record(number))
            if number == 6 { first.commit() }
        }
        // The last three died with the process.
        let second = Journal(sink: sink, stored: Int64(sink.records))
        for number in 0..<10 as Range<Int64> { second.append(record(number)) }
        #expect(sink.records == 7)
        #expect(second.close() == whole.close() && sink.records == 10 && sink.hash == whole.hash)
    }
}
