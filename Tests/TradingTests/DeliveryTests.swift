import Market
import Testing

@testable import Trading

// MARK: Timers

@Test func `a timer for the past fires at the next wake`() {
    let stage = CoreStage()
    let token = stage.act { $0.wake(at: .distantPast) }
    #expect(stage.core.nextWake == stage.now)
    stage.core.wake(at: stage.now)
    #expect(stage.takeEvents() == [.timer(token)])
}

@Test func `timers behave as a sorted list does`() {
    var random = SeededGenerator(seed: 11)
    var queue = TimerQueue()
    var list: [(time: Timestamp, token: TimerToken)] = []
    for _ in 0..<5_000 {
        switch random.uniform(in: 0...3) {
        case 0, 1:
            let time = Timestamp(nanoseconds: random.uniform(in: 0...200))
            list.append((time, queue.add(at: time, StrategyID(0), nil)))
        case 2:
            guard !list.isEmpty else { continue }
            let index = Int(random.uniform(in: 0...Int64(list.count - 1)))
            queue.cancel(list.remove(at: index).token)
        default:
            let now = Timestamp(nanoseconds: random.uniform(in: 0...200))
            let first = list.enumerated().filter { $0.element.time <= now }
                .min { ($0.element.time, $0.element.token.rawValue) < ($1.element.time, $1.element.token.rawValue) }
            #expect(queue.take(now)?.token == first?.element.token)
            if let first { list.remove(at: first.offset) }
        }
        #expect(queue.next == list.map(\.time).min() ?? .never)
    }
}

// MARK: What wakes a strategy

@Test func `a strategy is woken by what it asked for and nothing else`() {
    func events(_ interests: Interests) -> [StrategyEvent] {
        let stage = CoreStage(interests: interests)
        stage.receive(.level, 90, 5)
        stage.receive(.level, 99, 12)
        stage.receive(.level, 99, 12)
        stage.receive(.level, 98, 3, flags: [.first])
        stage.receive(.level, 97, 3, flags: [.last])
        stage.receive(.mark, 99_000_000_000)
        stage.receive(.trade, 100, 1)
        return stage.takeEvents()
    }
    let id = CoreStage.instrument
    #expect(events([]) == [])
    #expect(events(.touch) == [.touch(id)])
    #expect(events(.book) == [.book(id), .book(id), .book(id), .book(id)])
    func kinds(_ interests: Interests) -> [MarketEvent.Kind] {
        events(interests).compactMap {
            switch $0 {
            case .trade(let event), .reference(let event): event.kind
            default: nil
            }
        }
    }
    #expect(kinds(.trade) == [.trade] && kinds(.reference) == [.mark])
}

@Test func `nothing is told while a call is under way`() {
    let stage = CoreStage()
    var depth = 0
    var deepest = 0
    var left = 5
    stage.probe.onEvent = { _, context in
        depth += 1
        deepest = max(deepest, depth)
        if left > 0 {
            left -= 1
            context.submit(CoreStage.draft(.buy, 98, 0))
        }
        depth -= 1
    }
    stage.act { $0.submit(CoreStage.draft(.buy, 98, 0)) }
    #expect(deepest == 1 && stage.takeEvents().count == 6)
}

// MARK: Algorithms

/// Buys once, and ends with what it got.
private final class OneShot: Algorithm {
    var interests: Interests { .trade }
    var instruments: [InstrumentID] { [CoreStage.instrument] }
    var events: [StrategyEvent] = []
    var order: OrderID?

    func start(_ context: inout Context) { order = context.submit(CoreStage.draft(.buy, 98, 5, purpose: .hedge)) }
    func receive(_ event: StrategyEvent, _ context: inout Context) {
        events.append(event)
        if case .order(_, .filled(let fill, _)) = event {
            context.finish(AlgorithmEnd(reason: .filled, filled: fill.quantity, averagePrice: nil, attempts: 1))
        }
    }
    func cancel(_ context: inout Context) {
        context.finish(AlgorithmEnd(reason: .cancelled, filled: .zero, averagePrice: nil, attempts: 1))
    }
}

@Test func `an algorithm starts after the call, hears of its orders, and its end is told`() throws {
    let stage = CoreStage()
    let algorithm = OneShot()
    let id = stage.act { context in
        let id = context.run(algorithm)
        #expect(algorithm.order == nil)
        return id
    }
    let order = try #require(algorithm.order)
    #expect(try stage.order(order).algorithm == id)
    stage.receive(.trade, 99, 1)
    stage.fill(order, .buy, 98, 5)
    let fill = StrategyEvent.order(order, .filled(CoreStage.fill(order, .buy, 98, 5, trade: 1), isLate: false))
    let end = AlgorithmEnd(reason: .filled, filled: Quantity(lots: 5), averagePrice: nil, attempts: 1)
    #expect(algorithm.events.count == 2 && algorithm.events.last == fill)
    #expect(stage.takeEvents() == [fill, .algorithm(id, end)])
    stage.receive(.trade, 99, 1)
    #expect(algorithm.events.count == 2)
}

@Test func `a cancelled algorithm ends once`() {
    let stage = CoreStage()
    let id = stage.act { $0.run(OneShot()) }
    stage.act { $0.cancel(id) }
    stage.act { $0.cancel(id) }
    let end = AlgorithmEnd(reason: .cancelled, filled: .zero, averagePrice: nil, attempts: 1)
    #expect(stage.takeEvents() == [.algorithm(id, end)])
}
