import Market
import Testing

@testable import Trading

@Suite struct OrderLifeTests {
    @Test func `an order is acknowledged, filled in parts and done`() {
        var world = ScriptedCore()
        world.start()
        let id = world.submit(ScriptedCore.draft())
        #expect(world.core.order(id)?.life == .submitting)
        world.report(.acknowledged(id))
        world.fill(id, 1, trade: 1)
        #expect(world.core.order(id)?.life == .open && world.core.order(id)?.remaining == Quantity(lots: 1))
        world.fill(id, 1, trade: 2)
        #expect(world.core.order(id)?.life == .done(.filled))
        #expect(world.core.position(AccountID(0), InstrumentID(0)) == Quantity(lots: 2))
    }

    @Test func `a fill before the acknowledgement opens the order, the acknowledgement changes nothing`() {
        var world = ScriptedCore()
        world.start()
        let id = world.submit(ScriptedCore.draft())
        world.fill(id, 1, trade: 1)
        let before = world.strategy.events.count
        world.report(.acknowledged(id))
        #expect(world.core.order(id)?.life == .open)
        #expect(world.strategy.events.count == before)
    }

    @Test func `a fill that is reported twice counts once`() {
        var world = ScriptedCore()
        world.start()
        let id = world.submit(ScriptedCore.draft())
        world.fill(id, 1, trade: 9)
        world.fill(id, 1, trade: 9)
        #expect(world.core.order(id)?.filled == Quantity(lots: 1))
        #expect(world.core.balance(AccountID(0), ScriptedCore.usd).nanos == 1_000_000_000_000 - 10)
    }

    @Test func `a fill after the cancel was confirmed still counts, and says that it is late`() {
        var world = ScriptedCore()
        world.start()
        let id = world.submit(ScriptedCore.draft())
        world.report(.acknowledged(id))
        world.ask { $0.cancel(id) }
        world.report(.cancelled(id, .requested))
        world.fill(id, 2, trade: 5)
        #expect(world.core.order(id)?.life == .done(.cancelled))
        #expect(world.core.position(AccountID(0), InstrumentID(0)) == Quantity(lots: 2))
        guard case .order(id, .filled(_, isLate: true)) = world.strategy.events.last else {
            Issue.record("\(world.strategy.events.suffix(2))")
            return
        }
    }

    @Test func `a cancel is sent once, and refused ones leave the order as it is`() {
        var world = ScriptedCore()
        world.start()
        let id = world.submit(ScriptedCore.draft())
        world.report(.acknowledged(id))
        _ = world.commands()
        world.ask {
            $0.cancel(id)
            $0.cancel(id)
        }
        #expect(world.commands() == [.cancel(CancelRequest(account: AccountID(0), instrument: InstrumentID(0), order: id))])
        world.report(.rejected(id, .cancel, .rateLimit))
        #expect(world.core.order(id)?.pending == Order.PendingRequest.none && world.core.order(id)?.life == .open)
    }

    private static func status(isOpen: Bool) -> AccountEvent.Report {
        .status(
            OrderStatus(
                order: OrderID(1), instrument: InstrumentID(0), isOpen: isOpen, price: nil, quantity: Quantity(lots: 2), filled: .zero))
    }

    @Test(arguments: [
        (AccountEvent.Report.notFound(OrderID(1)), Order.Life.done(.failed)), (status(isOpen: true), .open),
        (status(isOpen: false), .done(.cancelled)),
    ])
    func `a request without an answer is unknown, asked about, and resolved by the answer`(answer: AccountEvent.Report, life: Order.Life) {
        var world = ScriptedCore(unknownAfter: Nanoseconds(count: 100))
        world.start()
        let id = world.submit(ScriptedCore.draft())
        _ = world.commands()
        #expect(world.core.nextWake == Timestamp(nanoseconds: world.now + 100))
        world.core.wake(at: world.time(100))
        guard case .unknown = world.core.order(id)?.certainty else {
            Issue.record("the order is not unknown")
            return
        }
        #expect(world.commands() == [.query(QueryRequest(account: AccountID(0), query: 1, subject: .order(id, InstrumentID(0))))])
        #expect(world.core.inFlight(StrategyID(0), AccountID(0), InstrumentID(0), nil) == Quantity(lots: 2), "it reserves its remainder")
        world.report(answer)
        #expect(world.core.order(id)?.life == life && world.core.order(id)?.certainty == .known)
        #expect(world.core.nextWake == .never)
    }

    /// Every order of up to six reports ends in a legal state with the right quantity.
    @Test func `every sequence of reports ends in a legal state with the right quantity`() {
        enum Step: CaseIterable { case acknowledge, fillOne, fillTwo, duplicate, cancelled, rejected, expired }
        func run(_ steps: [Step]) {
            var world = ScriptedCore()
            world.start()
            let id = world.submit(ScriptedCore.draft(.buy, 100, 3))
            var filled: Set<UInt64> = []
            var ended = false
            for step in steps {
                switch step {
                case .acknowledge: world.report(.acknowledged(id))
                case .fillOne:
                    world.fill(id, 1, trade: 1)
                    filled.insert(1)
                case .fillTwo:
                    world.fill(id, 2, trade: 2)
                    filled.insert(2)
                case .duplicate:
                    if filled.contains(1) { world.fill(id, 1, trade: 1) }
                case .cancelled:
                    world.report(.cancelled(id, .requested))
                    ended = true
                case .rejected:
                    world.report(.rejected(id, .submit, .margin))
                    ended = true
                case .expired:
                    world.report(.expired(id, .immediateRemainder))
                    ended = true
                }
            }
            let expected = (filled.contains(1) ? 1 : 0) + (filled.contains(2) ? 2 : 0)
            let order = world.core.order(id)
            #expect(order?.filled.lots == Int64(expected), "\(steps)")
            #expect(order?.isDone == (ended || expected == 3), "\(steps)")
            #expect(world.core.position(AccountID(0), InstrumentID(0)).lots == Int64(expected), "\(steps)")
            #expect(order?.isDone == false || order?.remaining == .zero, "\(steps)")
        }
        func extend(_ steps: [Step], _ depth: Int) {
            run(steps)
            guard depth > 0 else { return }
            for step in Step.allCases { extend(steps + [step], depth - 1) }
        }
        extend([], 4)
    }

    @Test func `records of ended orders are let go, open ones stay`() {
        var world = ScriptedCore()
        world.start()
        let resting = world.submit(ScriptedCore.draft(.buy, 90, 1))
        world.report(.acknowledged(resting))
        for _ in 0..<20_000 {
            let id = world.submit(ScriptedCore.draft(.buy, 95, 1))
            world.report(.rejected(id, .submit, .venue))
            world.now += 1_000_000_000
            _ = world.commands()
        }
        #expect(world.core.orders.count < 10_000)
        #expect(world.core.order(resting)?.life == .open)
        #expect(world.core.order(OrderID(3)) == nil)
    }
}
