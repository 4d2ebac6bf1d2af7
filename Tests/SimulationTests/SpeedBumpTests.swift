import Market
import Testing
import Trading

@testable import Simulation

/// The venues' own speed bumps, each step reckoned by hand from what they write of them.
@Suite struct SpeedBumpTests {
    /// A venue with 10 × 99 bid and 10 × 101 offered, 10 ms away and 5 ms back; times are in milliseconds.
    private final class Door {
        let venue: SimulatedVenue
        private var lastOrder: UInt64 = 0

        init(
            _ profile: VenueProfile?, tier: String? = nil, separatesLanes: Bool = false,
            entry: EntryLatency = EntryLatency(.constant(.milliseconds(10)))
        ) {
            let tiers = profile?.speedBumps.map(\.value) ?? []
            venue = SimulatedVenue(
                VenueConfiguration(
                    listings: [.init(id: InstrumentID(0), instrument: .plain)],
                    accounts: [
                        .init(
                            id: AccountID(0), collateral: [Money(nanos: 1_000_000_000_000, .usd)], makerFee: .zero, takerFee: .zero,
                            connection: ConnectionModel(
                                entry: entry, response: .constant(.milliseconds(5)),
                                speedBumps: (tiers.first { $0.name == tier } ?? tiers.first)?.bumps, separatesLanes: separatesLanes))
                    ], reportsAccountState: false))
            venue.setSynchronised(InstrumentID(0), true)
            level(.buy, 99, 10, at: 0)
            level(.sell, 101, 10, at: 0)
        }

        func level(_ side: Side, _ ticks: Int64, _ lots: Int64, at time: Int64) {
            venue.advance(to: Timestamp(nanoseconds: time * 1_000_000))
            venue.receive(
                MarketEvent(
                    kind: .level, instrument: InstrumentID(0), venueTime: Timestamp(nanoseconds: time * 1_000_000),
                    receiveTime: Timestamp(nanoseconds: time * 1_000_000), price: ticks, quantity: lots,
                    flags: side == .sell ? [.first, .last, .sell] : [.first, .last]))
        }

        func submit(
            _ side: Side, _ ticks: Int64?, at time: Int64, _ force: TimeInForce = .goodTillCancelled, postOnly: Bool = false,
            type: OrderType = .limit
        ) {
            lastOrder += 1
            handle(
                .submit(
                    OrderRequest(
                        account: AccountID(0), instrument: InstrumentID(0), order: OrderID(lastOrder), side: side, type: type,
                        timeInForce: force, price: ticks.map(Price.init(ticks:)), quantity: Quantity(lots: 1), postOnly: postOnly)), time)
        }

        func cancel(_ order: UInt64, at time: Int64) {
            handle(.cancel(CancelRequest(account: AccountID(0), instrument: InstrumentID(0), order: OrderID(order))), time)
        }

        func amend(_ order: UInt64, _ ticks: Int64, at time: Int64) {
            handle(
                .amend(
                    AmendRequest(
                        account: AccountID(0), instrument: InstrumentID(0), order: OrderID(order), price: Price(ticks: ticks),
                        quantity: Quantity(lots: 1))), time)
        }

        func query(at time: Int64) { handle(.query(QueryRequest(account: AccountID(0), query: 1, subject: .openOrders)), time) }

        private func handle(_ command: Command, _ time: Int64) {
            venue.advance(to: Timestamp(nanoseconds: time * 1_000_000))
            venue.handle(command, now: Timestamp(nanoseconds: time * 1_000_000))
        }

        /// `venue time/receive time what` of every report, in milliseconds.
        func reports() -> [String] {
            venue.advance(to: Timestamp(nanoseconds: 10_000_000_000))
            var words: [String] = []
            while let event = venue.nextReport(now: .never) {
                let what =
                    switch event.report {
                    case .acknowledged(let order): "open \(order.rawValue)"
                    case .filled(let fill): "\(fill.role) \(fill.order.rawValue) at \(fill.price.ticks)"
                    case .cancelled(let order, _): "gone \(order.rawValue)"
                    case .amended(let order, let price, _): "moved \(order.rawValue) to \(price.ticks)"
                    case .rejected(let order, let kind, let reason): "\(kind) \(order.rawValue) refused: \(reason)"
                    case .expired(let order, _): "expired \(order.rawValue)"
                    case .status(let status): "status of \(status.order.rawValue)"
                    case .endOfAnswer: "answered"
                    default: "\(event.report)"
                    }
                words.append("\(event.venueTime.nanoseconds / 1_000_000)/\(event.receiveTime.nanoseconds / 1_000_000) \(what)")
            }
            return words
        }
    }

    @Test func `Lighter standard holds makers and cancels up for 200 ms and takers for 300 ms`() {
        let door = Door(.lighterStandard)
        door.submit(.buy, 98, at: 0, postOnly: true)
        door.cancel(1, at: 1_000)
        door.submit(.buy, 101, at: 2_000, .immediateOrCancel)
        door.submit(.sell, nil, at: 3_000, .immediateOrCancel, type: .market)
        door.submit(.buy, 98, at: 4_000)
        door.submit(.buy, 101, at: 5_000)
        // 10 ms to the door, the bump, 5 ms back.
        #expect(
            door.reports() == [
                "210/215 open 1", "1210/1215 gone 1", "2310/2315 open 2", "2310/2315 taker 2 at 101", "3310/3315 open 3",
                "3310/3315 taker 3 at 99", "4210/4215 open 4", "5310/5315 open 5", "5310/5315 taker 5 at 101",
            ])
    }

    @Test func `Lighter premium holds only takers up, for less the more is staked`() {
        // LIT staked and the delay of takers, from the table of account tiers.
        let table: [(String, Int64)] = [
            ("0 LIT", 200), ("1k LIT", 195), ("3k LIT", 190), ("10k LIT", 180), ("30k LIT", 170), ("100k LIT", 160), ("300k LIT", 150),
            ("500k LIT", 140),
        ]
        #expect(VenueProfile.lighterPremium.speedBumps.map(\.value.name) == table.map(\.0))
        for (tier, delay) in table {
            let door = Door(.lighterPremium, tier: tier)
            door.submit(.buy, 98, at: 0, postOnly: true)
            door.cancel(1, at: 1_000)
            door.submit(.buy, 101, at: 2_000)
            let taken = 2_010 + delay
            #expect(
                door.reports() == [
                    "10/15 open 1", "1010/1015 gone 1", "\(taken)/\(taken + 5) open 2", "\(taken)/\(taken + 5) taker 2 at 101",
                ], "\(tier)")
        }
    }

    @Test func `GRVT holds up what is not post-only for 25 ms, whether it would take or not`() {
        let door = Door(.grvt)
        door.submit(.buy, 98, at: 0, postOnly: true)
        door.submit(.buy, 98, at: 100)
        door.submit(.buy, 101, at: 200)
        door.cancel(1, at: 300)
        #expect(
            door.reports() == [
                "10/15 open 1", "135/140 open 2", "235/240 open 3", "235/240 taker 3 at 101", "310/315 gone 1",
            ])
    }

    @Test func `of Backpack none is known`() {
        #expect(VenueProfile.backpack.speedBumps.isEmpty)
        let door = Door(.backpack)
        door.submit(.buy, 101, at: 0)
        #expect(door.reports() == ["10/15 open 1", "10/15 taker 1 at 101"])
    }

    @Test func `whether a limit would take is decided at the door, and what it takes is what is there after the delay`() {
        let door = Door(.lighterStandard)
        // Would take when sent; at the door, at 10 ms, the offer has gone to 103: a maker, there at 210 ms.
        door.submit(.buy, 101, at: 0)
        door.level(.sell, 101, 0, at: 5)
        door.level(.sell, 103, 10, at: 5)
        // Would take at the door, at 1010 ms; the offer has gone to 104 when it leaves: it rests.
        door.submit(.buy, 103, at: 1_000)
        door.level(.sell, 103, 0, at: 1_200)
        door.level(.sell, 104, 10, at: 1_200)
        #expect(door.reports() == ["210/215 open 1", "1310/1315 open 2"])
    }

    @Test func `what is held up is not in the book`() {
        let door = Door(.lighterStandard)
        door.submit(.buy, 98, at: 0, postOnly: true)
        // A sale through 98 while the order waits is not its.
        door.level(.sell, 98, 5, at: 100)
        door.level(.sell, 98, 0, at: 150)
        #expect(door.venue.restingOrderCount == 0)
        #expect(door.reports() == ["210/215 open 1"])
    }

    @Test func `a taker holds up what follows on its lane`() {
        let door = Door(.lighterPremium)
        door.submit(.buy, 98, at: 0, postOnly: true)
        door.submit(.buy, 101, at: 100)
        door.cancel(1, at: 101)
        door.submit(.buy, 97, at: 102, postOnly: true)
        door.query(at: 103)
        door.submit(.buy, 96, at: 400, postOnly: true)
        // The taker leaves the door at 310, and with it all that came after; what comes at 410 waits for nobody.
        #expect(
            door.reports() == [
                "10/15 open 1", "310/315 open 2", "310/315 taker 2 at 101", "310/315 gone 1", "310/315 open 3", "310/315 status of 3",
                "310/315 answered", "410/415 open 4",
            ])
    }

    @Test func `with lanes of their own quotes, takers and cancels do not hold each other up`() {
        let door = Door(.lighterPremium, separatesLanes: true)
        door.submit(.buy, 98, at: 0, postOnly: true)
        door.submit(.buy, 101, at: 100)
        door.cancel(1, at: 101)
        door.submit(.buy, 97, at: 102, postOnly: true)
        door.submit(.sell, 99, at: 103, .immediateOrCancel)
        #expect(
            door.reports() == [
                "10/15 open 1", "111/116 gone 1", "112/117 open 3", "310/315 open 2", "310/315 taker 2 at 101", "313/318 open 4",
                "313/318 taker 4 at 99",
            ])
    }

    @Test func `an amend is held up like a maker`() {
        let door = Door(.lighterStandard)
        door.submit(.buy, 98, at: 0, postOnly: true)
        door.amend(1, 97, at: 1_000)
        #expect(door.reports() == ["210/215 open 1", "1210/1215 moved 1 to 97"])
    }

    @Test func `a cancel on a lane of its own may overtake what it cancels`() {
        let door = Door(.lighterPremium, separatesLanes: true)
        door.submit(.buy, 101, at: 0)
        door.cancel(1, at: 50)
        #expect(door.reports() == ["60/65 cancel 1 refused: unknownOrder", "210/215 open 1", "210/215 taker 1 at 101"])
    }

    @Test func `kinds of requests have latencies of their own, and still keep their order on a lane`() {
        var entry = EntryLatency(.constant(.milliseconds(20)))
        entry.cancel = .constant(.milliseconds(4))
        entry.postOnly = .constant(.milliseconds(8))
        let door = Door(nil, entry: entry)
        door.cancel(9, at: 0)
        door.submit(.buy, 98, at: 100, postOnly: true)
        door.submit(.buy, 97, at: 200)
        // Would be there at 206, but the order before it arrives at 220.
        door.cancel(1, at: 202)
        #expect(
            door.reports() == ["4/9 cancel 9 refused: unknownOrder", "108/113 open 1", "220/225 open 2", "220/225 gone 1"])
    }

    @Test func `a request that the venue's entrance refuses is answered, and never arrives`() {
        func sample(_ request: Int64, _ venue: Int64, _ response: Int64) -> LatencyModel.Sample {
            .init(
                request: Timestamp(nanoseconds: request * 1_000_000), venue: Timestamp(nanoseconds: venue * 1_000_000),
                response: Timestamp(nanoseconds: response * 1_000_000))
        }
        let rows = [sample(1, 11, 20), sample(1_000, 1_010, 1_020), sample(1_500, 0, 1_540), sample(2_000, 2_010, 2_020)]
        let door = Door(nil, entry: EntryLatency(LatencyModel(.samples(rows))))
        door.submit(.buy, 98, at: 1, postOnly: true)
        // Half of the way from 20 ms at 1000 to 40 ms at 1500: after 30 ms.
        door.submit(.buy, 97, at: 1_250, postOnly: true)
        door.cancel(1, at: 1_500)
        door.cancel(1, at: 2_000)
        #expect(
            door.reports() == [
                "11/16 open 1", "1250/1280 submit 2 refused: venue", "1500/1540 cancel 1 refused: venue", "2010/2015 gone 1",
            ])
    }
}
