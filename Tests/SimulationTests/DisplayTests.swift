import Market
import Testing
import Trading

@testable import Simulation

/// What is told to whoever serves the venue to others.
@Suite struct DisplayTests {
    @Test func `own levels are what rests and what was taken`() {
        var world = VenueWorld()
        #expect(world.venue.ownLevels(InstrumentID(0)).isEmpty)
        world.submit(.buy, 102, 6)
        world.submit(.buy, 98, 2)
        world.submit(.buy, 98, 1)
        typealias Level = SimulatedVenue.OwnLevel
        #expect(
            world.venue.ownLevels(InstrumentID(0)) == [
                Level(side: .buy, ticks: 98, resting: 3, taken: 0), Level(side: .buy, ticks: 102, resting: 2, taken: 0),
                Level(side: .sell, ticks: 102, resting: 0, taken: 4),
            ])
        // The level shows less than we took: no more than that is owed.
        world.level(.sell, 102, 1)
        #expect(world.venue.ownLevels(InstrumentID(0)).last == Level(side: .sell, ticks: 102, resting: 0, taken: 1))
    }

    @Test func `fills go on from the number that they are told`() {
        var world = VenueWorld()
        world.venue.continueTrades(after: 500)
        world.submit(.buy, 103, 10)
        var trades: [UInt64] = []
        world.venue.takeFills { trades.append($0.fill.trade) }
        #expect(trades == [501, 502])
    }

    @Test func `a transfer is in the balance and is told`() {
        var world = VenueWorld()
        let before = world.balance(VenueWorld.usd)
        world.venue.transfer(AccountID(0), Money(nanos: -7, VenueWorld.usd), at: Timestamp(nanoseconds: world.now))
        #expect(world.balance(VenueWorld.usd) == before - 7)
        #expect(world.reports() == ["externalFlow(-0.000000007 USD, transfer: 0)"])
    }
}
