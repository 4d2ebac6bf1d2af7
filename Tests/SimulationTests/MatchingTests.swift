import Market
import Testing
import Trading

@testable import Simulation

@Suite struct MatchingTests {
    @Test func `a resting order waits for the size that was there before it`() {
        var world = VenueWorld()
        world.submit(.buy, 100, 3)
        world.trade(.sell, 100, 4)
        #expect(world.reports() == ["ack 1"])
        world.trade(.sell, 100, 2)
        #expect(world.reports() == ["maker 1 buy 1@100"])
        world.trade(.sell, 100, 9)
        #expect(world.reports() == ["maker 1 buy 2@100"])
    }

    @Test func `a shrinking level caps the queue, a growing one does not lengthen it`() {
        var world = VenueWorld()
        world.submit(.buy, 100, 3)
        world.level(.buy, 100, 2)
        world.level(.buy, 100, 50)
        world.trade(.sell, 100, 3)
        #expect(world.reports() == ["ack 1", "maker 1 buy 1@100"])
    }

    @Test func `only trades move the queue of the stricter model`() {
        var world = VenueWorld(queue: .tradesOnly)
        world.submit(.buy, 100, 3)
        world.level(.buy, 100, 1)
        world.trade(.sell, 100, 4)
        #expect(world.reports() == ["ack 1"])
    }

    @Test func `a trade through the price fills no more than what traded`() {
        var world = VenueWorld()
        world.submit(.buy, 100, 10)
        world.trade(.sell, 99, 4)
        #expect(world.reports() == ["ack 1", "maker 1 buy 4@100"])
    }

    @Test func `own orders share a trade in price, then arrival order`() {
        var world = VenueWorld()
        world.submit(.buy, 101, 2)
        world.submit(.buy, 101, 2)
        world.submit(.buy, 100, 2)
        world.trade(.sell, 101, 3)
        #expect(world.reports() == ["ack 1", "ack 2", "ack 3", "maker 1 buy 2@101", "maker 2 buy 1@101"])
    }

    @Test func `a level that crosses an order fills it once for what it shows`() {
        var world = VenueWorld()
        world.submit(.buy, 101, 10)
        world.level(.sell, 101, 4)
        world.level(.sell, 101, 4)
        #expect(world.reports() == ["ack 1", "maker 1 buy 4@101"])
        world.level(.sell, 101, 6)
        #expect(world.reports() == ["maker 1 buy 2@101"])
    }

    @Test func `taking walks the levels, and what was taken is not there again`() {
        var world = VenueWorld()
        world.submit(.buy, 103, 7, .immediateOrCancel)
        #expect(world.reports() == ["ack 1", "taker 1 buy 4@102", "taker 1 buy 3@103"])
        world.submit(.buy, 103, 7, .immediateOrCancel)
        #expect(world.reports() == ["ack 2", "taker 2 buy 3@103", "expired 2 immediateRemainder"])
        world.level(.sell, 102, 4)
        world.submit(.buy, 102, 1, .immediateOrCancel)
        #expect(world.reports() == ["ack 3", "expired 3 immediateRemainder"])
        // The debt falls when the level shows less than it: one of two displayed is ours to take once it shows more again.
        world.level(.sell, 102, 1)
        world.level(.sell, 102, 2)
        world.submit(.buy, 102, 5, .immediateOrCancel)
        #expect(world.reports() == ["ack 4", "taker 4 buy 1@102", "expired 4 immediateRemainder"])
    }

    @Test func `a marketable limit takes, then rests with the remainder`() {
        var world = VenueWorld()
        world.submit(.buy, 102, 6)
        #expect(world.reports() == ["ack 1", "taker 1 buy 4@102"])
        #expect(world.venue.restingOrderCount == 1)
    }

    @Test func `fill or kill is all or nothing`() {
        var world = VenueWorld()
        world.submit(.buy, 103, 11, .fillOrKill)
        world.submit(.buy, 103, 10, .fillOrKill)
        #expect(world.reports() == ["ack 1", "expired 1 fillOrKillShort", "ack 2", "taker 2 buy 4@102", "taker 2 buy 6@103"])
    }

    @Test func `a market order stops at its price, and at an empty book`() {
        var world = VenueWorld(book: [(.buy, 100, 5), (.sell, 102, 4)])
        world.submit(.buy, nil, 9, .immediateOrCancel)
        world.submit(.buy, nil, 1, .immediateOrCancel)
        #expect(world.reports() == ["ack 1", "taker 1 buy 4@102", "expired 1 immediateRemainder", "ack 2", "expired 2 noLiquidity"])
    }

    @Test func `post only never takes`() {
        var world = VenueWorld()
        world.submit(.buy, 102, 1, postOnly: true)
        world.submit(.buy, 101, 1, postOnly: true)
        #expect(world.reports() == ["rejected 1 submit postOnlyWouldTake", "ack 2"])
        var expiring = VenueWorld(postOnly: .expire)
        expiring.submit(.buy, 102, 1, postOnly: true)
        #expect(expiring.reports() == ["ack 1", "expired 1 postOnlyWouldTake"])
    }

    @Test func `reduce only never opens or turns a position`() {
        var world = VenueWorld()
        world.submit(.sell, 100, 2, .immediateOrCancel, reduceOnly: true)
        #expect(world.reports() == ["rejected 1 submit reduceOnly"])
        world.submit(.buy, nil, 3, .immediateOrCancel)
        world.submit(.sell, nil, 5, .immediateOrCancel, reduceOnly: true)
        #expect(world.reports() == ["ack 2", "taker 2 buy 3@102", "ack 3", "taker 3 sell 3@100"])
        #expect(world.venue.position(AccountID(0), InstrumentID(0)) == .zero)
    }

    @Test func `a resting reduce-only order goes with its position`() {
        var world = VenueWorld()
        world.submit(.buy, nil, 2, .immediateOrCancel)
        world.submit(.sell, 105, 2, reduceOnly: true)
        world.submit(.sell, nil, 2, .immediateOrCancel)
        _ = world.reports()
        world.trade(.buy, 106, 5)
        #expect(world.reports() == ["cancelled 2 venue"])
    }

    @Test func `two accounts meet each other, one account does not meet itself`() {
        var world = VenueWorld(accounts: 2)
        world.submit(.sell, 101, 2)
        world.submit(.buy, 101, 2, .immediateOrCancel, account: 1)
        #expect(world.reports() == ["ack 1", "maker 1 sell 2@101", "ack 2", "taker 2 buy 2@101"])
        world.submit(.sell, 101, 2)
        world.submit(.buy, 101, 2, .immediateOrCancel)
        #expect(world.reports() == ["ack 3", "ack 4", "cancelled 3 selfTrade", "expired 4 immediateRemainder"])
    }

    @Test func `an amend keeps its place only when it asks for less at the same price`() {
        var world = VenueWorld()
        let id = world.submit(.buy, 100, 4)
        world.trade(.sell, 100, 3)
        func amend(_ ticks: Int64, _ lots: Int64) {
            world.venue.handle(
                .amend(
                    AmendRequest(
                        account: AccountID(0), instrument: InstrumentID(0), order: id, price: Price(ticks: ticks),
                        quantity: Quantity(lots: lots))),
                now: Timestamp(nanoseconds: world.now))
            world.arrive()
        }
        amend(100, 2)
        world.trade(.sell, 100, 3)
        #expect(world.reports().last == "maker 1 buy 1@100")
        amend(100, 5)
        world.trade(.sell, 100, 5)
        #expect(world.reports().contains { $0.hasPrefix("maker") } == false)
    }

    @Test func `what breaks a rule is refused by name`() {
        var world = VenueWorld()
        world.venue.handle(
            .cancel(CancelRequest(account: AccountID(0), instrument: InstrumentID(0), order: OrderID(77))),
            now: Timestamp(nanoseconds: world.now))
        world.arrive()
        world.submit(.buy, 0, 1)
        world.submit(.buy, 100, 0)
        world.record(.status, .buy, TradingStatus.halted.rawValue, 0)
        world.submit(.buy, 100, 1)
        world.record(.status, .buy, TradingStatus.trading.rawValue, 0)
        world.record(.gap, .buy, 0, 0)
        world.submit(.buy, 100, 1)
        #expect(
            world.reports() == [
                "rejected 77 cancel unknownOrder", "rejected 1 submit tickSize", "rejected 2 submit minimumQuantity",
                "rejected 3 submit halted",
                "rejected 4 submit notSynchronised",
            ])
    }

    @Test func `reports arrive after both latencies, first in first out`() {
        var world = VenueWorld()
        world.submit(.buy, 100, 1)
        let sent = world.now - 10
        #expect(world.venue.nextReportTime == Timestamp(nanoseconds: sent + 15))
        #expect(world.venue.nextReport(now: Timestamp(nanoseconds: sent + 14)) == nil)
        #expect(world.venue.nextReport(now: Timestamp(nanoseconds: sent + 15)) != nil)
    }
}
