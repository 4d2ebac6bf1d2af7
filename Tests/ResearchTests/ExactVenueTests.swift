import Market
import Simulation
import TestSupport
import Testing
import Trading

/// The simulated venue against the lists of ids that the feed's own venue kept: one order of ours, put where a recorded one
/// stood.
@Test(arguments: TestScale.seeds(6))
func `an order in an exact queue fills when the list of those ahead says so`(seed: UInt64) {
    let world = RandomOrders(seed: seed, steps: 700)
    let added = Set(world.feed.events.filter { $0.kind == .orderAdded }.map(\.venueTime))
    // An order that rested as what was left of a taker has no moment before it at which ours would not have traded.
    let candidates = world.hypotheticals.filter { added.contains($0.placed) }
    for hypothetical in candidates.enumerated().filter({ $0.offset % 9 == 0 }).map(\.element) {
        let account = VenueConfiguration.Account(
            id: AccountID(0),
            collateral: [Money(nanos: 1_000_000_000_000_000, .init("USD")!), Money(nanos: 1_000_000_000_000, .init("BTC")!)],
            makerFee: .zero, takerFee: .zero, entryLatency: .zero, responseLatency: .zero)
        let venue = SimulatedVenue(
            VenueConfiguration(listings: [.init(id: InstrumentID(0), instrument: .plain)], accounts: [account], queue: .exactFIFO))
        venue.setSynchronised(InstrumentID(0), true)
        var filled: Int64 = 0
        var filledAfter: Nanoseconds?
        for event in world.feed.events {
            if event.venueTime == hypothetical.placed {
                let before = event.venueTime - Nanoseconds(count: 1)
                let request = OrderRequest(
                    account: AccountID(0), instrument: InstrumentID(0), order: OrderID(1), side: hypothetical.side, type: .limit,
                    timeInForce: .goodTillCancelled, price: Price(ticks: hypothetical.ticks), quantity: Quantity(lots: hypothetical.lots))
                venue.handle(.submit(request), now: before)
                venue.advance(to: before)
            }
            venue.receive(event)
            venue.takeFills { filled += $0.fill.quantity.lots }
            if filled == hypothetical.lots, filledAfter == nil { filledAfter = event.venueTime - hypothetical.placed }
        }
        #expect(filledAfter == hypothetical.filledAfter, "seed \(seed), placed \(hypothetical.placed)")
    }
}
