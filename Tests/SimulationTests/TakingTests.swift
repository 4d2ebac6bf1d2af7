import Foundation
import Market
import TestSupport
import Testing
import Trading

@testable import Simulation

private func stageWithAsks(postOnly: VenueConfiguration.PostOnlyPolicy = .reject) -> Stage {
    let stage = Stage(postOnly: postOnly)
    stage.bid(99, 5)
    stage.ask(101, 3)
    stage.ask(102, 4)
    stage.ask(104, 5)
    return stage
}

@Test func `taking walks the displayed levels at their prices`() {
    let stage = stageWithAsks()
    #expect(
        stage.submit(.buy, nil, 5, type: .market, .immediateOrCancel).slices == [
            Slice(order: 1, ticks: 101, lots: 3, role: .taker), Slice(order: 1, ticks: 102, lots: 2, role: .taker),
        ])
    #expect(
        stage.takeFills().map(\.witness) == [
            FillWitness(mechanism: .ownTaker, displayed: 3, usedBefore: 0, queueAhead: 0, isVerified: true),
            FillWitness(mechanism: .ownTaker, displayed: 4, usedBefore: 0, queueAhead: 0, isVerified: true),
        ])
}

@Test func `what was taken stays taken until the level shows less`() {
    let stage = stageWithAsks()
    stage.submit(.buy, 101, 3, .immediateOrCancel)
    #expect(stage.submit(.buy, 101, 1, .immediateOrCancel).notices.last == .expired(OrderID(2), .immediateRemainder))
    stage.ask(101, 3)
    #expect(stage.submit(.buy, 101, 1, .immediateOrCancel).slices.isEmpty)
    stage.ask(101, 5)
    #expect(stage.submit(.buy, 101, 9, .immediateOrCancel).slices.map(\.lots) == [2])
    stage.ask(101, 1)
    stage.ask(101, 4)
    #expect(stage.submit(.buy, 101, 9, .immediateOrCancel).slices.map(\.lots) == [3])
    stage.ask(101, 0)
    stage.ask(101, 4)
    #expect(stage.submit(.buy, 101, 9, .immediateOrCancel).slices.map(\.lots) == [4])
}

@Test func `what was taken is put in again by half in each half-life, and a straight line between, rounded down`() {
    let stage = Stage { $0.replenish = .seconds(1) }
    stage.ask(101, 100)
    func take(_ lots: Int64) -> Int64 { stage.submit(.buy, 101, lots, .immediateOrCancel).slices.reduce(0) { $0 + $1.lots } }
    #expect(take(500) == 100)
    // The orders of this story take a few microseconds each: the debt is all but what it was.
    #expect(take(500) == 0)
    stage.pass(.milliseconds(500))
    // Half way to the first halving a quarter is back.
    #expect(take(500) == 25)
    // Taken again it is owed again, and the span begins anew: of 100, half is back after one second, three quarters after two.
    stage.pass(.seconds(1))
    #expect(take(10) == 10)
    stage.pass(.seconds(200))
    #expect(take(500) == 100)
}

@Test(arguments: TestScale.seeds(6)) func `a debt never falls faster than by half in each half-life`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var debts = Debts(halfLife: .seconds(1))
    let taken = random.uniform(in: 1...1_000_000)
    debts.add(.sell, 101, taken, at: Timestamp(nanoseconds: 0))
    var last = taken
    var now = Timestamp(nanoseconds: 0)
    while last > 0 {
        now = now + Nanoseconds(count: random.uniform(in: 0...700_000_000))
        let left = debts.lots(.sell, 101, at: now)
        #expect(left <= last)
        // By 2⁻ᵗ, which the straight lines never fall below.
        #expect(Double(left) >= Double(taken) * exp2(-Double(now.nanoseconds) / 1e9) - 1)
        last = left
    }
    #expect(now.nanoseconds <= 22_000_000_000)
}

@Test func `two accounts of one feed can not take the same size twice`() {
    let stage = stageWithAsks()
    #expect(stage.submit(.buy, 101, 2, account: 0, .immediateOrCancel).slices.map(\.lots) == [2])
    #expect(stage.submit(.buy, 101, 2, account: 1, .immediateOrCancel).slices.map(\.lots) == [1])
    #expect(stage.takeFills().map(\.witness.usedBefore) == [0, 2])
    #expect(stage.position(0) == 2 && stage.position(1) == 1)
}

@Test func `an immediate order's remainder expires`() {
    let stage = stageWithAsks()
    let reports = stage.submit(.buy, 102, 10, .immediateOrCancel)
    #expect(reports.slices.map(\.lots) == [3, 4])
    #expect(reports.notices == [.acknowledged(OrderID(1)), .expired(OrderID(1), .immediateRemainder)])
    #expect(stage.venue.restingOrderCount == 0)
}

@Test func `a market order keeps to its worst price`() {
    let stage = stageWithAsks()
    let reports = stage.submit(.buy, 101, 5, type: .market, .immediateOrCancel)
    #expect(reports.slices.map(\.lots) == [3])
    #expect(reports.notices.last == .expired(OrderID(1), .immediateRemainder))
}

@Test func `a market order in an empty book expires`() {
    let stage = Stage()
    #expect(
        stage.submit(.sell, nil, 5, type: .market, .immediateOrCancel) == [
            .acknowledged(OrderID(1)), .expired(OrderID(1), .noLiquidity),
        ])
}

@Test func `a crossing limit takes, and rests what is left`() {
    let stage = stageWithAsks()
    let reports = stage.submit(.buy, 102, 9)
    #expect(reports.slices.map(\.lots) == [3, 4] && reports.notices == [.acknowledged(OrderID(1))])
    #expect(stage.venue.restingOrderCount == 1)
    #expect(stage.sold(102, 9).slices == [Slice(order: 1, ticks: 102, lots: 2, role: .maker)])
}

@Test func `all or nothing`() {
    let stage = stageWithAsks()
    #expect(stage.submit(.buy, 102, 8, .fillOrKill) == [.acknowledged(OrderID(1)), .expired(OrderID(1), .fillOrKillShort)])
    #expect(stage.submit(.buy, 102, 7, .fillOrKill).slices.map(\.lots) == [3, 4])
}

@Test func `all or nothing does not count on more than reduce-only orders can give`() {
    let stage = stageWithAsks()
    stage.submit(.buy, 101, 2, account: 1, .immediateOrCancel)
    stage.submit(.sell, 100, 5, account: 1, reduceOnly: true)
    #expect(stage.submit(.buy, 100, 3, .fillOrKill).notices.last == .expired(OrderID(3), .fillOrKillShort))
    #expect(stage.submit(.buy, 100, 2, .fillOrKill).slices.map(\.lots) == [2, 2])
}

@Test(arguments: [
    (VenueConfiguration.PostOnlyPolicy.reject, AccountEvent.Report.rejected(OrderID(1), .submit, .postOnlyWouldTake)),
    (.expire, .expired(OrderID(1), .postOnlyWouldTake)),
])
func `a post-only order that would take does not`(policy: VenueConfiguration.PostOnlyPolicy, answer: AccountEvent.Report) {
    let stage = stageWithAsks(postOnly: policy)
    #expect(stage.submit(.buy, 101, 1, postOnly: true).last == answer)
    #expect(stage.submit(.buy, 100, 1, postOnly: true) == [.acknowledged(OrderID(2))])
    #expect(stage.takeFills().isEmpty)
}

@Test func `an amended order may not take`() {
    let stage = stageWithAsks()
    stage.submit(.buy, 100, 1)
    #expect(stage.amend(1, 101, 1) == [.rejected(OrderID(1), .amend, .postOnlyWouldTake)])
    stage.ask(101, 0)
    stage.submit(.sell, 101, 1, account: 1)
    #expect(stage.amend(1, 101, 1) == [.rejected(OrderID(1), .amend, .postOnlyWouldTake)])
}

@Test func `orders of two accounts meet at the resting one's price`() {
    let stage = Stage()
    stage.submit(.sell, 100, 3, account: 1)
    stage.submit(.buy, 101, 2)
    let fills = stage.takeFills()
    #expect(fills.map(\.witness.mechanism) == [.ownOrder, .ownOrder])
    #expect(
        fills.map { AccountEvent.Report.filled($0.fill) }.slices == [
            Slice(order: 1, ticks: 100, lots: 2, role: .maker), Slice(order: 2, ticks: 100, lots: 2, role: .taker),
        ])
    #expect(stage.position(0) == 2 && stage.position(1) == -2)
}

@Test func `the size that stood ahead of our resting order goes first`() {
    let stage = Stage()
    stage.ask(100, 4)
    stage.submit(.sell, 100, 3, account: 1)
    stage.submit(.buy, 100, 6)
    #expect(
        stage.takeSlices() == [
            Slice(order: 2, ticks: 100, lots: 4, role: .taker), Slice(order: 1, ticks: 100, lots: 2, role: .maker),
            Slice(order: 2, ticks: 100, lots: 2, role: .taker),
        ])
}

@Test func `an account's own resting order gives way instead of trading with it`() {
    let stage = Stage()
    stage.submit(.sell, 100, 3)
    stage.ask(101, 2)
    let reports = stage.submit(.buy, 101, 2)
    #expect(reports.slices == [Slice(order: 2, ticks: 101, lots: 2, role: .taker)])
    #expect(reports.notices == [.acknowledged(OrderID(2)), .cancelled(OrderID(1), .selfTrade)])
}

@Test func `reduce-only needs a position`() {
    let stage = stageWithAsks()
    #expect(stage.submit(.sell, 99, 1, reduceOnly: true) == [.rejected(OrderID(1), .submit, .reduceOnly)])
    stage.submit(.buy, 101, 2)
    #expect(stage.submit(.buy, 102, 1, reduceOnly: true) == [.rejected(OrderID(3), .submit, .reduceOnly)])
}

@Test func `a reduce-only order takes no more than the position, and says that it is over`() {
    let stage = stageWithAsks()
    stage.submit(.buy, 101, 2)
    let reports = stage.submit(.sell, 99, 5, .immediateOrCancel, reduceOnly: true)
    #expect(reports.slices.map(\.lots) == [2])
    #expect(reports.notices == [.acknowledged(OrderID(2)), .expired(OrderID(2), .immediateRemainder)])
    #expect(stage.position() == 0)
    stage.submit(.buy, 102, 2)
    let limit = stage.submit(.sell, 99, 5, reduceOnly: true)
    #expect(limit.slices.map(\.lots) == [2] && limit.notices.last == .cancelled(OrderID(4), .venue))
    #expect(stage.venue.restingOrderCount == 0)
}

@Test func `a resting reduce-only order shrinks with the position`() {
    let stage = stageWithAsks()
    stage.submit(.buy, 102, 5)
    stage.submit(.sell, 103, 5, reduceOnly: true)
    stage.submit(.sell, 99, 3, .immediateOrCancel)
    let reports = stage.bought(103, 9)
    #expect(reports.slices == [Slice(order: 2, ticks: 103, lots: 2, role: .maker)])
    #expect(reports.notices == [.cancelled(OrderID(2), .venue)])
    #expect(stage.position() == 0)
}
