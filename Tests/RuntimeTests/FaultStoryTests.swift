import Market
import Simulation
import Testing

@testable import Runtime
@testable import Trading

/// What the core believes and what the venue knows while something is wrong between them.
@Suite struct FaultStoryTests {
    private static let whole = Rate(trillionths: Rate.scale)
    private static func time(_ milliseconds: Int64) -> Timestamp { FaultWorld.time(milliseconds) }

    @Test func `a fill whose report was dropped is found when the order is asked about`() throws {
        let world = FaultWorld(Fault(.droppedReports(probability: Self.whole), from: Self.time(500), until: Self.time(600)))
        world.buy(at: 100, 99, 4)
        world.sold(at: 550, 98, 50)
        world.at(900) { context in
            #expect(context.order(OrderID(1))?.life == .open && context.position(FaultWorld.account, FaultWorld.instrument) == .zero)
        }
        world.cancel(at: 1_000, 1)
        try world.run(5_000)
        #expect(world.changes().contains(.cancelRejected(.unknownOrder)) && world.changes().contains(.unknown))
        #expect(world.order()?.filled == Quantity(lots: 4) && world.order()?.isDone == true)
        #expect(world.ledger.core == world.ledger.venue && world.ledger.core[0] == 4)
        // The fill, the position and the balance that it left.
        #expect(world.touched == [3])
    }

    @Test func `a fill that is told twice is counted once`() throws {
        let world = FaultWorld(Fault(.duplicatedReports(probability: Self.whole, after: .milliseconds(300))))
        world.buy(at: 100, 101, 4)
        try world.run(2_000)
        #expect(world.changes().count { if case .filled = $0 { true } else { false } } == 1)
        #expect(world.ledger.core == world.ledger.venue && world.ledger.core[0] == 4)
        #expect(world.order()?.life == .done(.filled))
    }

    @Test func `a fill that comes after the order's end counts and says that it is late`() throws {
        let world = FaultWorld(
            Fault(.lateReports(probability: Self.whole, by: .milliseconds(800)), from: Self.time(500), until: Self.time(600)))
        world.buy(at: 100, 99, 4)
        world.sold(at: 550, 99, 13)
        world.cancel(at: 700, 1)
        world.at(1_000) { context in
            #expect(
                context.order(OrderID(1))?.life == .done(.cancelled) && context.position(FaultWorld.account, FaultWorld.instrument) == .zero
            )
        }
        try world.run(3_000)
        let fills = world.changes().compactMap { if case .filled(let fill, let isLate) = $0 { (fill.quantity.lots, isLate) } else { nil } }
        #expect(fills.count == 1 && fills[0] == (3, true))
        #expect(world.order()?.life == .done(.cancelled) && world.order()?.filled == Quantity(lots: 3))
        #expect(world.ledger.core == world.ledger.venue && world.ledger.core[0] == 3)
    }

    @Test func `a fill may come before the acknowledgement`() throws {
        let world = FaultWorld(
            Fault(.reorderedReports(probability: Self.whole, within: .milliseconds(500)), from: Self.time(110), until: Self.time(111)))
        world.buy(at: 100, 99, 4)
        world.sold(at: 200, 98, 50)
        try world.run(2_000)
        #expect(world.order()?.life == .done(.filled) && world.order()?.certainty == .known)
        #expect(!world.changes().contains(.acknowledged))
        #expect(world.ledger.core == world.ledger.venue && world.ledger.core[0] == 4)
        #expect(world.touched == [1])
    }

    @Test func `an order that vanishes in an outage is unknown until the venue can be asked, and then was never accepted`() throws {
        let world = FaultWorld(Fault(.outage(.silence), from: Self.time(105), until: Self.time(6_000)))
        world.buy(at: 100, 99, 4)
        var reserved: [Int64] = []
        for moment: Int64 in [1_000, 3_000, 5_900] {
            world.at(moment) { context in
                reserved.append(context.inFlight(FaultWorld.account, FaultWorld.instrument).lots)
                if moment > 2_100 { #expect(context.order(OrderID(1))?.certainty != .known) }
            }
        }
        try world.run(12_000)
        #expect(reserved == [4, 4, 4])
        #expect(world.changes() == [.unknown, .failed])
        #expect(world.order()?.life == .done(.failed) && world.venue.restingOrderCount == 0)
        #expect(world.told.filter { if case .connection = $0.event { true } else { false } }.map(\.time) == [105, 105, 6_000, 6_000])
    }

    @Test func `an order whose acknowledgement is lost is unknown, and then found open`() throws {
        let world = FaultWorld(Fault(.privateDisconnect(.lost), from: Self.time(50), until: Self.time(1_000)))
        world.buy(at: 100, 99, 4)
        try world.run(4_000)
        #expect(Array(world.changes().prefix(2)) == [.unknown, .acknowledged])
        #expect(world.order()?.life == .done(.cancelled), "the run's end cancels what is open")
        #expect(world.touched == [1])
    }

    @Test func `refusals say why, and the order is no more`() throws {
        let world = FaultWorld(
            Fault(.rateLimited, from: Self.time(50), until: Self.time(200)),
            Fault(.rejections(.margin, probability: Self.whole), from: Self.time(200), until: Self.time(300)),
            Fault(.submitFailure(.refusal(.venue)), from: Self.time(300), until: Self.time(400)))
        for moment: Int64 in [100, 220, 320, 500] { world.buy(at: moment, 99, 1) }
        try world.run(1_000)
        #expect(
            (1...3).map { world.changes($0) } == [[.rejected(.rateLimit)], [.rejected(.margin)], [.rejected(.venue)]])
        #expect(world.changes(4).first == .acknowledged)
        #expect(world.touched == [1, 1, 1])
    }

    @Test func `reports that a disconnect held back come when it is over, and nothing is lost`() throws {
        let world = FaultWorld(Fault(.privateDisconnect(.late), from: Self.time(500), until: Self.time(1_500)))
        world.buy(at: 100, 99, 4)
        world.sold(at: 600, 98, 50)
        world.at(1_400) { #expect($0.position(FaultWorld.account, FaultWorld.instrument) == .zero) }
        world.at(1_520) { #expect($0.position(FaultWorld.account, FaultWorld.instrument) == Quantity(lots: 4)) }
        try world.run(2_000)
        #expect(world.ledger.core == world.ledger.venue && world.ledger.core[0] == 4)
    }

    @Test func `the ledger does not follow what the venue wrongly says of positions`() throws {
        let world = FaultWorld(Fault(.positionReports(lag: .zero, error: Rate(basisPoints: -10_000))))
        world.buy(at: 100, 101, 4)
        try world.run(1_000)
        let positions = world.told.compactMap { if case .position(_, _, let quantity) = $0.event { quantity.lots } else { nil } }
        #expect(positions == [0])
        #expect(world.ledger.core == world.ledger.venue && world.ledger.core[0] == 4)
    }

    @Test func `a deleveraged position is smaller in both records, and worth the same`() throws {
        let world = FaultWorld(Fault(.autoDeleveraging(share: Rate(basisPoints: 5_000)), from: Self.time(500), until: Self.time(500)))
        world.buy(at: 100, 101, 4)
        world.record(at: 400, .mark, 120_300_000_000, 0)
        try world.run(1_000)
        let forced = world.told.compactMap { if case .liquidation(_, _, let change) = $0.event { change.lots } else { nil } }
        #expect(forced == [-2])
        #expect(world.ledger.core == world.ledger.venue && world.ledger.core[0] == 2)
        #expect(world.touched == [1])
    }
}
