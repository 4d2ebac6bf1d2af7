import Market
import Testing
import Trading

@testable import Simulation

@Test func `a resting order fills for what trades past the queue ahead`() {
    let stage = Stage()
    stage.bid(100, 10)
    stage.ask(102, 5)
    #expect(stage.submit(.buy, 100, 5) == [.acknowledged(OrderID(1))])
    #expect(stage.sold(100, 10).isEmpty)
    #expect(stage.sold(100, 3).slices == [Slice(order: 1, ticks: 100, lots: 3, role: .maker)])
    #expect(stage.sold(100, 3).slices == [Slice(order: 1, ticks: 100, lots: 2, role: .maker)])
    #expect(stage.venue.restingOrderCount == 0)
    let fills = stage.takeFills()
    #expect(
        fills.map(\.witness) == [
            FillWitness(mechanism: .queueCleared, displayed: 3, usedBefore: 0, queueAhead: 0, isVerified: true),
            FillWitness(mechanism: .queueCleared, displayed: 3, usedBefore: 0, queueAhead: 0, isVerified: true),
        ])
    #expect(fills.map(\.fill.trade) == [1, 2])
    #expect(fills.map(\.bidTicks) == [100, 100] && fills.map(\.askTicks) == [102, 102])
}

@Test func `one trade clears the queue and fills with the rest`() {
    let stage = Stage()
    stage.bid(100, 10)
    stage.submit(.buy, 100, 5)
    #expect(stage.sold(100, 12).slices == [Slice(order: 1, ticks: 100, lots: 2, role: .maker)])
    #expect(stage.takeFills().map(\.witness.queueAhead) == [10])
}

@Test func `a level's size caps the queue ahead`() {
    let stage = Stage()
    stage.bid(100, 10)
    stage.submit(.buy, 100, 5)
    stage.bid(100, 4)
    stage.bid(100, 20)
    #expect(stage.sold(100, 6).slices == [Slice(order: 1, ticks: 100, lots: 2, role: .maker)])
}

@Test func `trades alone move the queue where the model says so`() {
    let stage = Stage(queue: .tradesOnly)
    stage.bid(100, 10)
    stage.submit(.buy, 100, 5)
    stage.bid(100, 1)
    #expect(stage.sold(100, 10).isEmpty)
    #expect(stage.sold(100, 1).slices == [Slice(order: 1, ticks: 100, lots: 1, role: .maker)])
}

@Test func `an order at the front stays there whatever an estimate says`() {
    let stage = Stage(queue: .logarithmic)
    stage.bid(100, 10)
    stage.submit(.buy, 100, 5)
    // Ten more behind, then one less: half a lot of it from ahead. A trade of ten takes the nine and a half that are left.
    stage.bid(100, 20)
    stage.bid(100, 19)
    #expect(stage.sold(100, 10).isEmpty)
    stage.bid(100, 9)
    stage.bid(100, 30)
    stage.bid(100, 10)
    #expect(stage.sold(100, 4).slices.map(\.lots) == [4])
}

@Test func `inside the spread nothing is ahead`() {
    let stage = Stage()
    stage.bid(100, 10)
    stage.ask(105, 10)
    stage.submit(.sell, 103, 4)
    #expect(stage.bought(103, 3).slices == [Slice(order: 1, ticks: 103, lots: 3, role: .maker)])
}

@Test func `a trade through the price fills at the order's own price for no more than traded`() {
    let stage = Stage()
    stage.bid(100, 10)
    stage.submit(.buy, 100, 5)
    #expect(stage.sold(99, 2).slices == [Slice(order: 1, ticks: 100, lots: 2, role: .maker)])
    #expect(stage.sold(99, 9).slices == [Slice(order: 1, ticks: 100, lots: 3, role: .maker)])
    #expect(stage.takeFills().map(\.witness.mechanism) == [.tradeThrough, .tradeThrough])
}

@Test func `own orders share what one trade brings, best price and first come first`() {
    let stage = Stage()
    stage.submit(.sell, 103, 2)
    stage.submit(.sell, 102, 2)
    stage.submit(.sell, 102, 2, account: 1)
    stage.bought(103, 5)
    #expect(
        stage.takeSlices() == [
            Slice(order: 2, ticks: 102, lots: 2, role: .maker), Slice(order: 3, ticks: 102, lots: 2, role: .maker),
            Slice(order: 1, ticks: 103, lots: 1, role: .maker),
        ])
}

@Test func `a trade whose aggressor nobody told fills nothing`() {
    let stage = Stage()
    stage.submit(.sell, 103, 2)
    #expect(stage.receive(.trade, 104, 5, flags: [.first, .last, .noAggressor]).isEmpty)
}

@Test func `a displayed level that crosses fills once for what it shows`() {
    let stage = Stage()
    stage.bid(100, 10)
    stage.submit(.buy, 100, 9)
    #expect(stage.ask(99, 3).slices == [Slice(order: 1, ticks: 100, lots: 3, role: .maker)])
    #expect(stage.ask(99, 3).isEmpty)
    #expect(stage.ask(99, 5).slices == [Slice(order: 1, ticks: 100, lots: 2, role: .maker)])
    #expect(stage.ask(99, 1).isEmpty)
    #expect(stage.ask(99, 2).slices == [Slice(order: 1, ticks: 100, lots: 1, role: .maker)])
    #expect(stage.takeFills().map(\.witness.mechanism) == [.bookCrossed, .bookCrossed, .bookCrossed])
    #expect(stage.position() == 6)
}

@Test func `a smaller quantity keeps the place in the queue, a larger one or another price does not`() {
    let stage = Stage()
    stage.bid(100, 10)
    stage.submit(.buy, 100, 5)
    stage.sold(100, 10)
    #expect(stage.amend(1, 100, 4) == [.amended(OrderID(1), price: Price(ticks: 100), quantity: Quantity(lots: 4))])
    #expect(stage.sold(100, 1).slices.map(\.lots) == [1])
    #expect(stage.amend(1, 100, 6) == [.amended(OrderID(1), price: Price(ticks: 100), quantity: Quantity(lots: 6))])
    #expect(stage.sold(100, 10).isEmpty)
    #expect(stage.sold(100, 9).slices.map(\.lots) == [5])
}

@Test func `a full book empties the levels that it does not hold`() {
    let stage = Stage()
    stage.bid(100, 10)
    stage.ask(105, 4)
    stage.submit(.buy, 100, 5)
    stage.submit(.buy, 105, 4, account: 1)
    stage.snapshot(bids: [(99, 7)], asks: [(106, 2)])
    stage.ask(105, 4)
    #expect(stage.submit(.buy, 105, 4, account: 1, .immediateOrCancel).slices == [Slice(order: 3, ticks: 105, lots: 4, role: .taker)])
    #expect(stage.sold(100, 1).slices == [Slice(order: 1, ticks: 100, lots: 1, role: .maker)])
}

@Test func `in a gap orders stand and fills are flagged`() {
    let stage = Stage()
    stage.snapshot(bids: [(100, 1)], asks: [(102, 1)])
    stage.submit(.buy, 100, 5)
    stage.receive(.gap, GapCause.sequence.rawValue)
    #expect(stage.submit(.buy, 99, 1) == [.rejected(OrderID(2), .submit, .notSynchronised)])
    #expect(stage.amend(1, 101, 5) == [.rejected(OrderID(1), .amend, .notSynchronised)])
    #expect(stage.sold(100, 3).slices.map(\.lots) == [2])
    stage.snapshot(bids: [(100, 1)], asks: [(102, 1)])
    #expect(stage.sold(99, 1).slices.map(\.lots) == [1])
    #expect(stage.takeFills().map(\.witness.isVerified) == [false, true])
}
