import Market
import TestSupport
import Testing

/// Feeds order records to a flow, a millisecond apart, and notes what a feed of levels would have shown.
private struct FlowStage {
    var flow = OrderFlow()
    var now = Timestamp(nanoseconds: 1_000_000_000)
    var told: [String] = []

    mutating func record(_ kind: MarketEvent.Kind, _ side: Side, _ id: Int64, _ ticks: Int64, _ lots: Int64) {
        now = now + .milliseconds(1)
        flow.receive(
            MarketEvent(
                kind: kind, instrument: InstrumentID(0), venueTime: now, receiveTime: now, price: ticks, quantity: lots, detail: id,
                flags: side == .sell ? [.first, .last, .sell] : [.first, .last]))
        for change in flow.changes {
            let order = change.order
            told.append("\(change.cause) \(order.id): \(order.side) \(order.ticks) \(change.previous)→\(change.level)")
        }
    }

    mutating func add(_ side: Side, _ id: Int64, _ ticks: Int64, _ lots: Int64) { record(.orderAdded, side, id, ticks, lots) }
    mutating func change(_ side: Side, _ id: Int64, _ ticks: Int64, _ lots: Int64) { record(.orderChanged, side, id, ticks, lots) }
    mutating func fill(_ side: Side, _ id: Int64, _ ticks: Int64) { record(.orderDeleted, side, id, ticks, 0) }
    mutating func cancel(_ side: Side, _ id: Int64, _ ticks: Int64, _ left: Int64) { record(.orderDeleted, side, id, ticks, left) }

    /// What has been told since the last call.
    mutating func news() -> [String] {
        defer { told = [] }
        return told
    }

    /// Bids 1: 100 × 5 and 2: 99 × 7, ask 3: 103 × 4.
    static var quiet: FlowStage {
        var stage = FlowStage()
        stage.add(.buy, 1, 100, 5)
        stage.add(.buy, 2, 99, 7)
        stage.add(.sell, 3, 103, 4)
        _ = stage.news()
        return stage
    }
}

@Suite struct OrderFlowTests {
    @Test func `orders that rest and leave are level changes`() {
        var stage = FlowStage.quiet
        stage.add(.buy, 4, 100, 2)
        stage.change(.buy, 2, 99, 6)
        stage.cancel(.buy, 1, 100, 5)
        #expect(stage.news() == ["rested 4: buy 100 5→7", "withdrawn 2: buy 99 7→6", "withdrawn 1: buy 100 7→2"])
    }

    @Test func `a resting order that is filled was hit`() {
        var stage = FlowStage.quiet
        stage.change(.buy, 1, 100, 3)
        stage.fill(.buy, 1, 100)
        #expect(stage.news() == ["executed 1: buy 100 5→3", "executed 1: buy 100 3→0"])
    }

    @Test func `an order that is about to trade is not shown`() {
        var stage = FlowStage.quiet
        stage.add(.sell, 9, 100, 5)
        #expect(stage.news() == [])
        stage.fill(.sell, 9, 100)
        stage.fill(.buy, 1, 100)
        #expect(stage.news() == ["executed 1: buy 100 5→0"])
        #expect(stage.flow.book.best(.sell) == 103)
    }

    @Test(arguments: [true, false])
    func `what is left of it rests, whichever of the two is told first`(makerFirst: Bool) {
        var stage = FlowStage.quiet
        stage.add(.sell, 9, 99, 20)
        if makerFirst {
            stage.fill(.buy, 1, 100)
            stage.change(.sell, 9, 99, 15)
            stage.fill(.buy, 2, 99)
            #expect(stage.news() == ["executed 1: buy 100 5→0", "executed 2: buy 99 7→0", "rested 9: sell 99 0→8"])
            stage.change(.sell, 9, 99, 8)
        } else {
            stage.change(.sell, 9, 99, 15)
            stage.fill(.buy, 1, 100)
            stage.change(.sell, 9, 99, 8)
            stage.fill(.buy, 2, 99)
            #expect(stage.news() == ["executed 1: buy 100 5→0", "executed 2: buy 99 7→0", "rested 9: sell 99 0→8"])
        }
        #expect(stage.news() == [])
        #expect(stage.flow.book[9]?.lots == 8)
    }

    @Test func `a partial fill at the touch is no withdrawal, nor is one behind it that an order reaches`() {
        var stage = FlowStage.quiet
        stage.add(.sell, 9, 99, 8)
        stage.fill(.buy, 1, 100)
        stage.change(.buy, 2, 99, 4)
        stage.fill(.sell, 9, 99)
        #expect(stage.news() == ["executed 1: buy 100 5→0", "executed 2: buy 99 7→4"])
    }

    @Test func `an order that grows or moves goes to the end`() {
        var stage = FlowStage.quiet
        stage.change(.buy, 1, 100, 6)
        stage.change(.buy, 2, 100, 7)
        #expect(
            stage.news() == ["withdrawn 1: buy 100 5→0", "rested 1: buy 100 0→6", "withdrawn 2: buy 99 7→0", "rested 2: buy 100 6→13"])
    }

    @Test func `an order against the book that does not trade rests in the end`() {
        var stage = FlowStage.quiet
        stage.add(.sell, 9, 100, 5)
        stage.now = stage.now + .seconds(6)
        stage.add(.buy, 10, 90, 1)
        #expect(stage.news() == ["rested 10: buy 90 0→1", "rested 9: sell 100 0→5"])
    }

    @Test func `records of unknown orders are counted`() {
        var stage = FlowStage.quiet
        stage.change(.buy, 50, 100, 1)
        stage.fill(.buy, 51, 100)
        #expect(stage.news() == [])
        #expect(stage.flow.book.faults.unknownChanges == 1 && stage.flow.book.faults.unknownRemovals == 1)
    }

    @Test func `a book that began without its orders settles after ten minutes, and again after a gap`() {
        var stage = FlowStage.quiet
        #expect(!stage.flow.isSettled)
        stage.now = stage.now + OrderFlow.warmUp
        stage.add(.buy, 10, 90, 1)
        #expect(stage.flow.isSettled)
        stage.record(.gap, .buy, 0, GapCause.sequence.rawValue, 0)
        stage.add(.buy, 11, 90, 1)
        #expect(!stage.flow.isSettled && stage.flow.book.count == 1)
    }
}

/// A venue that matches at once and tells its orders in either sequence: the flow must show what its book was.
@Test(arguments: TestScale.seeds(30))
func `the levels told add up to the venue's own book`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var stage = FlowStage()
    var shown: [Side: [Int64: Int64]] = [.buy: [:], .sell: [:]]
    var venue = L3Book()
    var traded: Int64 = 0
    var told: Int64 = 0
    func draw(_ range: ClosedRange<Int64>) -> Int64 { random.uniform(in: range) }
    func note(_ stage: inout FlowStage) {
        for change in stage.flow.changes {
            shown[change.order.side]?[change.order.ticks] = change.level == 0 ? nil : change.level
            if change.cause == .executed { told += change.lots }
        }
    }
    for id in Int64(1)...800 {
        if draw(0...2) == 0 {
            let victim = draw(1...id)
            if let order = venue.remove(victim) {
                stage.cancel(order.side, order.id, order.ticks, order.lots)
                note(&stage)
            }
            continue
        }
        let side: Side = draw(0...1) == 0 ? .buy : .sell
        let (ticks, lots) = (draw(95...105), draw(1...9))
        stage.add(side, id, ticks, lots)
        note(&stage)
        var left = lots
        while left > 0, let best = venue.best(side.opposite), side == .buy ? best <= ticks : best >= ticks {
            let maker = venue.orders(side.opposite, best)[0]
            let size = min(left, maker.lots)
            left -= size
            traded += size
            let makerFirst = draw(0...1) == 0
            func tellTaker() {
                left == 0 ? stage.fill(side, id, ticks) : stage.change(side, id, ticks, left)
                note(&stage)
            }
            if !makerFirst { tellTaker() }
            if size == maker.lots {
                venue.remove(maker.id)
                stage.fill(maker.side, maker.id, maker.ticks)
            } else {
                venue.change(maker.id, maker.side, ticks: maker.ticks, lots: maker.lots - size)
                stage.change(maker.side, maker.id, maker.ticks, maker.lots - size)
            }
            note(&stage)
            if makerFirst { tellTaker() }
        }
        if left > 0 { venue.add(id, side, ticks: ticks, lots: left) }
        for side in Side.allCases {
            for price in Int64(95)...105 {
                guard shown[side]?[price] ?? 0 == venue.lots(side, price),
                    stage.flow.book.orders(side, price).map(\.id) == venue.orders(side, price).map(\.id)
                else {
                    Issue.record("seed \(seed), order \(id): \(side) \(price) shows \(shown[side]?[price] ?? 0)")
                    return
                }
            }
        }
    }
    #expect(told == traded && traded > 100)
}
