import Market
import Testing
import Trading

@testable import Simulation

/// Faults at the venue, seen through what it reports and what it knows.
///
/// The stage begins at 1,000 µs and a step takes 1 µs; requests take 30 ns, reports 50 ns.
@Suite struct FaultTests {
    private static func time(_ microseconds: Int64) -> Timestamp { Timestamp(nanoseconds: microseconds * 1_000) }
    private static let whole = Rate(trillionths: Rate.scale)

    /// A market of 99 × 10 at 101 × 10 and a fault; venue time is as the stage's own.
    private static func stage(_ faults: Fault..., reportsAccountState: Bool = false) -> Stage {
        let stage = Stage(reportsAccountState: reportsAccountState, faults: FaultPlan(faults))
        stage.snapshot(bids: [(99, 10)], asks: [(101, 10)])
        return stage
    }

    private static func pass(_ stage: Stage, to time: Timestamp) {
        stage.pass(time - stage.now)
        stage.venue.advance(to: stage.now)
    }

    /// What has arrived by now, in the order of arrival.
    private static func arrived(_ stage: Stage) -> [AccountEvent] {
        var events: [AccountEvent] = []
        while let event = stage.venue.nextReport(now: stage.now) { events.append(event) }
        return events
    }

    /// A sale at 97, its reports left to arrive in their own time.
    private static func sale(_ stage: Stage, _ lots: Int64 = 5) {
        stage.venue.receive(
            MarketEvent(
                kind: .trade, instrument: Stage.instrument, venueTime: stage.now, receiveTime: stage.now, price: 97, quantity: lots,
                flags: [.first, .last, .sell]))
    }

    /// Cancels an order and lets the request arrive.
    private static func cancel(_ stage: Stage, _ order: UInt64) {
        stage.venue.handle(
            .cancel(CancelRequest(account: AccountID(0), instrument: Stage.instrument, order: OrderID(order))), now: stage.now)
        stage.pass()
        stage.venue.advance(to: stage.now)
    }

    private static func touched(_ stage: Stage) -> [Int64] { stage.venue.faultRecords.map(\.touched) }

    // MARK: Requests

    @Test func `in an outage requests vanish, and what rests goes on trading`() {
        let stage = Self.stage(Fault(.outage(.silence), from: Self.time(1_010), until: Self.time(1_100)))
        #expect(stage.submit(.buy, 98, 2) == [.acknowledged(OrderID(1))])
        Self.pass(stage, to: Self.time(1_020))
        #expect(stage.submit(.buy, 97, 1) == [] && stage.cancel(1) == [] && stage.ask(.openOrders) == [])
        // The fill is told only when the stream is back.
        #expect(stage.sold(97, 5) == [])
        #expect(stage.position() == 2)
        Self.pass(stage, to: Self.time(1_100))
        stage.pass()
        #expect(Self.arrived(stage).map(\.report).slices == [Slice(order: 1, ticks: 98, lots: 2, role: .maker)])
        #expect(stage.ask(.order(OrderID(2), Stage.instrument)) == [.notFound(OrderID(2)), .endOfAnswer(query: 9)])
        #expect(Self.touched(stage) == [4])
    }

    @Test func `a refusing outage says so at once and leaves the streams alone`() {
        let stage = Self.stage(Fault(.outage(.refusal(.venue)), from: Self.time(1_010), until: Self.time(1_100)))
        stage.submit(.buy, 98, 2)
        Self.pass(stage, to: Self.time(1_020))
        #expect(stage.submit(.buy, 97, 1) == [.rejected(OrderID(2), .submit, .venue)])
        #expect(stage.amend(1, 97, 3) == [.rejected(OrderID(1), .amend, .venue)])
        #expect(stage.cancel(1) == [.rejected(OrderID(1), .cancel, .venue)])
        #expect(stage.ask(.openOrders) == [.rejected(.venue, .query, .venue)])
        #expect(stage.sold(97, 5).slices.map(\.order) == [1])
        #expect(stage.venue.publicStream(Stage.instrument) == .open)
        Self.pass(stage, to: Self.time(1_100))
        // An id that was refused was never used.
        #expect(stage.submit(.buy, 97, 1, order: 2) == [.acknowledged(OrderID(2))])
    }

    @Test func `a fault counts from its first instant until just before its end`() {
        let stage = Self.stage(Fault(.rateLimited, from: Self.time(1_010), until: Self.time(1_020)))
        func submitArriving(_ nanoseconds: Int64) -> [AccountEvent.Report] {
            stage.pass(Timestamp(nanoseconds: nanoseconds) - Stage.entryLatency - stage.now)
            return stage.submit(.buy, 90, 1)
        }
        #expect(submitArriving(1_009_999) == [.acknowledged(OrderID(1))])
        #expect(submitArriving(1_011_000) == [.rejected(OrderID(2), .submit, .rateLimit)])
        #expect(submitArriving(1_020_000) == [.acknowledged(OrderID(3))])
        let exact = Self.stage(Fault(.rateLimited, from: Self.time(1_010), until: Self.time(1_020)))
        exact.pass(Self.time(1_010) - Stage.entryLatency - exact.now)
        #expect(exact.submit(.buy, 90, 1) == [.rejected(OrderID(1), .submit, .rateLimit)])
    }

    @Test func `submit and cancel fail apart`() {
        let stage = Self.stage(
            Fault(.submitFailure(.refusal(.margin)), from: Self.time(1_010), until: Self.time(1_020)),
            Fault(.cancelFailure(.silence), from: Self.time(1_020), until: Self.time(1_030)))
        stage.submit(.buy, 98, 2)
        Self.pass(stage, to: Self.time(1_011))
        #expect(stage.submit(.buy, 97, 1) == [.rejected(OrderID(2), .submit, .margin)])
        #expect(stage.amend(1, 97, 2) == [.rejected(OrderID(1), .amend, .margin)])
        #expect(stage.cancel(1) == [.cancelled(OrderID(1), .requested)])
        Self.pass(stage, to: Self.time(1_021))
        #expect(stage.submit(.buy, 97, 1) == [.acknowledged(OrderID(3))])
        #expect(stage.cancel(3) == [] && stage.send(.cancelAll(account: AccountID(0), instrument: nil)) == [])
        #expect(stage.venue.restingOrderCount == 1)
        Self.pass(stage, to: Self.time(1_030))
        #expect(stage.cancel(3) == [.cancelled(OrderID(3), .requested)])
        #expect(Self.touched(stage) == [2, 2])
    }

    @Test func `a fault of one account or one instrument leaves the others alone`() {
        let stage = Self.stage(
            Fault(.rateLimited, account: AccountID(1)), Fault(.submitFailure(.silence), instrument: InstrumentID(7)))
        #expect(stage.submit(.buy, 98, 1) == [.acknowledged(OrderID(1))])
        #expect(stage.submit(.buy, 98, 1, account: 1) == [.rejected(OrderID(2), .submit, .rateLimit)])
        #expect(Self.touched(stage) == [1, 0])
    }

    @Test(arguments: [(share: Int64(0), expected: 0), (share: 100, expected: 200)])
    func `a probability of nothing never hits and a whole one always`(share: Int64, expected: Int) {
        let stage = Self.stage(Fault(.rejections(.postOnlyWouldTake, probability: Rate(basisPoints: share * 100))))
        let refused = (1...200).count {
            stage.submit(.buy, 50, 1) == [.rejected(OrderID(UInt64($0)), .submit, .postOnlyWouldTake)]
        }
        #expect(refused == expected && Self.touched(stage) == [Int64(expected)])
    }

    @Test func `rejections hit about as often as stated, and the same ones for the same seed`() {
        func refused(seed: UInt64) -> [Int] {
            let plan = FaultPlan([Fault(.rejections(.margin, probability: Rate(basisPoints: 3_000)))], seed: seed)
            let stage = Stage(faults: plan)
            return (1...1_000).filter {
                stage.submit(.buy, 50, 1) == [.rejected(OrderID(UInt64($0)), .submit, .margin)]
            }
        }
        // 300 are expected, and the standard deviation is 14.5.
        #expect(abs(refused(seed: 3).count - 300) < 75)
        #expect(refused(seed: 3) == refused(seed: 3) && refused(seed: 3) != refused(seed: 4))
    }

    @Test func `a slow venue takes longer both ways, and nothing overtakes what is on its way`() throws {
        let slow = Fault.Kind.slow(factor: Rate(trillionths: 10 * Rate.scale), extra: Nanoseconds(count: 5))
        let stage = Self.stage(Fault(slow, from: Self.time(1_010), until: Self.time(1_011)))
        Self.pass(stage, to: Self.time(1_010))
        let request = OrderRequest(
            account: AccountID(0), instrument: Stage.instrument, order: OrderID(1), side: .buy, type: .limit,
            timeInForce: .goodTillCancelled, price: Price(ticks: 98), quantity: Quantity(lots: 1))
        stage.venue.handle(.submit(request), now: stage.now)
        // 30 × 10 + 5 there, 50 × 10 + 5 back.
        #expect(stage.venue.nextArrival == stage.now + Nanoseconds(count: 305))
        stage.venue.processArrival()
        #expect(stage.venue.nextReportTime == stage.now + Nanoseconds(count: 305 + 505))
        #expect(Self.touched(stage) == [2])
    }

    // MARK: Reports

    @Test func `a dropped fill is known to the venue, whose list of fills has it`() {
        let stage = Self.stage(Fault(.droppedReports(probability: Self.whole), from: Self.time(1_010)))
        stage.submit(.buy, 98, 2)
        Self.pass(stage, to: Self.time(1_010))
        #expect(stage.sold(97, 5) == [])
        #expect(stage.position() == 2 && stage.takeFills().count == 1)
        // Answers to queries are not pushed.
        #expect(stage.ask(.fills(after: 0)).slices == [Slice(order: 1, ticks: 98, lots: 2, role: .maker)])
        #expect(Self.touched(stage) == [1])
    }

    @Test func `a duplicated report comes twice and says the same`() {
        let later = Nanoseconds(count: 700)
        let stage = Self.stage(Fault(.duplicatedReports(probability: Self.whole, after: later), from: Self.time(1_010)))
        stage.submit(.buy, 98, 2)
        Self.pass(stage, to: Self.time(1_010))
        let copies = stage.sold(97, 5)
        #expect(copies.count == 2 && copies[0] == copies[1] && copies.slices.count == 2)
        #expect(stage.position() == 2 && stage.takeFills().count == 1)
    }

    @Test func `a late report is overtaken by those behind it and bears its own times`() {
        let stage = Self.stage(
            Fault(
                .lateReports(probability: Self.whole, by: Nanoseconds(count: 5_000)), from: Self.time(1_010), until: Self.time(1_012)))
        stage.submit(.buy, 98, 2)
        Self.pass(stage, to: Self.time(1_010))
        Self.sale(stage, 1)
        Self.pass(stage, to: Self.time(1_012))
        Self.cancel(stage, 1)
        #expect(Self.arrived(stage).map(\.report) == [.cancelled(OrderID(1), .requested)])
        Self.pass(stage, to: Self.time(1_020))
        let late = Self.arrived(stage)
        #expect(late.map(\.report) == [.filled(stage.takeFills()[0].fill)])
        #expect(late.map(\.venueTime) == [Self.time(1_010)])
        #expect(late.map(\.receiveTime) == [Self.time(1_010) + Stage.responseLatency + Nanoseconds(count: 5_000)])
    }

    @Test func `a reordered report comes right after the next one, or late if there is none`() {
        let kind = Fault.Kind.reorderedReports(probability: Self.whole, within: Nanoseconds(count: 100_000))
        let stage = Self.stage(Fault(kind, from: Self.time(1_010), until: Self.time(1_012)))
        stage.submit(.buy, 98, 2)
        stage.submit(.buy, 97, 2)
        Self.pass(stage, to: Self.time(1_010))
        Self.sale(stage, 2)
        #expect(Self.arrived(stage).isEmpty)
        Self.pass(stage, to: Self.time(1_012))
        Self.cancel(stage, 2)
        let events = Self.arrived(stage)
        #expect(events.map(\.report).notices == [.cancelled(OrderID(2), .requested)])
        #expect(events.map(\.report).slices.map(\.order) == [1] && events.count == 2)
        #expect(events[0].report == .cancelled(OrderID(2), .requested) && events[1].receiveTime == events[0].receiveTime)
        #expect(events[1].venueTime == Self.time(1_010))

        let alone = Self.stage(Fault(kind))
        #expect(alone.submit(.buy, 98, 2) == [.acknowledged(OrderID(1))])
    }

    @Test func `while the private stream is down its reports are lost, and queries are answered`() {
        let stage = Self.stage(Fault(.privateDisconnect(.lost), from: Self.time(1_010), until: Self.time(1_020)))
        Self.pass(stage, to: Self.time(1_010))
        #expect(stage.submit(.buy, 98, 2) == [])
        guard case .status(let status) = stage.ask(.order(OrderID(1), Stage.instrument)).first else {
            Issue.record("the query was not answered")
            return
        }
        #expect(status.isOpen && status.quantity == Quantity(lots: 2))
        #expect(stage.sold(98, 100) == [])
        Self.pass(stage, to: Self.time(1_020))
        stage.pass()
        #expect(Self.arrived(stage) == [] && stage.position() == 2)
    }

    @Test func `reports that are late for a disconnect come in order when the last of two is over`() {
        let stage = Self.stage(
            Fault(.privateDisconnect(.late), account: AccountID(0), from: Self.time(1_010), until: Self.time(1_020)),
            Fault(.privateDisconnect(.late), from: Self.time(1_015), until: Self.time(1_030)))
        Self.pass(stage, to: Self.time(1_010))
        stage.submit(.buy, 98, 2)
        #expect(stage.submit(.buy, 98, 2, account: 1) == [.acknowledged(OrderID(2))])
        stage.cancel(1)
        Self.pass(stage, to: Self.time(1_020))
        stage.pass()
        #expect(Self.arrived(stage) == [])
        Self.pass(stage, to: Self.time(1_030))
        stage.pass()
        let events = Self.arrived(stage)
        #expect(events.map(\.report) == [.acknowledged(OrderID(1)), .cancelled(OrderID(1), .requested)])
        #expect(events.allSatisfy { $0.venueTime < Self.time(1_015) && $0.receiveTime == Self.time(1_030) + Stage.responseLatency })
    }

    @Test func `position reports lag and err while fills and the venue's own books stay right`() {
        let kind = Fault.Kind.positionReports(lag: Nanoseconds(count: 100), error: Rate(basisPoints: -10_000))
        let stage = Self.stage(Fault(kind), reportsAccountState: true)
        let reports = stage.submit(.buy, 101, 4)
        #expect(reports.slices == [Slice(order: 1, ticks: 101, lots: 4, role: .taker)])
        #expect(reports.contains(.position(Stage.instrument, quantity: .zero, entry: FinePrice(nanos: 101_000_000_000))))
        #expect(reports.contains(.balance(.zero(.usd))))
        #expect(stage.position() == 4 && stage.venue.balances(AccountID(0))[0].nanos > 0)
        #expect(Self.touched(stage) == [2])
    }

    // MARK: Deleveraging and streams

    @Test func `auto-deleveraging closes a share of a position at the mark without a fee`() {
        let half = Fault.Kind.autoDeleveraging(share: Rate(basisPoints: 5_000))
        let stage = Self.stage(Fault(half, account: AccountID(0), from: Self.time(1_050), until: Self.time(1_050)))
        stage.submit(.buy, 101, 4)
        stage.submit(.sell, 99, 3, account: 1)
        stage.receive(.mark, 110_400_000_000)
        let before = stage.venue.balances(AccountID(0))[0]
        Self.pass(stage, to: Self.time(1_050))
        stage.pass()
        #expect(
            Self.arrived(stage).map(\.report) == [
                .liquidation(Stage.instrument, Quantity(lots: -2), FinePrice(nanos: 110_000_000_000), penalty: .zero(.usd))
            ])
        #expect(stage.position(0) == 2 && stage.position(1) == -3)
        // Two lots bought at 101 are closed at 110.
        #expect(stage.venue.balances(AccountID(0))[0] - before == Money(nanos: 18_000_000_000, .usd))
        #expect(Self.touched(stage) == [1])
    }

    @Test func `a liquidation whatever the margin cancels what rests, too`() {
        let half = Fault.Kind.liquidation(share: Rate(basisPoints: 5_000))
        let stage = Self.stage(Fault(half, account: AccountID(0), from: Self.time(1_050), until: Self.time(1_050)))
        stage.submit(.buy, 101, 4)
        stage.submit(.buy, 90, 1)
        stage.submit(.buy, 90, 1, account: 1)
        stage.receive(.mark, 110_000_000_000)
        Self.pass(stage, to: Self.time(1_050))
        stage.pass()
        #expect(
            Self.arrived(stage).map(\.report) == [
                .cancelled(OrderID(2), .liquidation),
                .liquidation(Stage.instrument, Quantity(lots: -2), FinePrice(nanos: 110_000_000_000), penalty: .zero(.usd)),
            ])
        #expect(stage.position(0) == 2 && stage.venue.restingOrderCount == 1 && Self.touched(stage) == [1])
    }

    @Test func `fills cost more while fees are raised, and only then`() {
        let stage = Self.stage(Fault(.fees(extra: Rate(basisPoints: 100)), from: Self.time(1_010), until: Self.time(1_020)))
        func fees(_ reports: [AccountEvent.Report]) -> [Int64] {
            reports.compactMap { if case .filled(let fill) = $0 { fill.fee.nanos } else { nil } }
        }
        #expect(fees(stage.submit(.buy, 101, 1)) == [0])
        Self.pass(stage, to: Self.time(1_010))
        #expect(fees(stage.submit(.buy, 101, 2)) == [2_020_000_000])
        Self.pass(stage, to: Self.time(1_020))
        #expect(fees(stage.submit(.buy, 101, 1)) == [0] && Self.touched(stage) == [1])
    }

    @Test func `where steps are coarser what is between them is refused, and what reduces has any size`() {
        let stage = Self.stage(Fault(.steps(ticks: 5, lots: 3), from: Self.time(1_000), until: Self.time(1_100)))
        #expect(stage.submit(.buy, 98, 3) == [.rejected(OrderID(1), .submit, .tickSize)])
        #expect(stage.submit(.buy, 95, 2) == [.rejected(OrderID(2), .submit, .lotSize)])
        #expect(stage.submit(.buy, 95, 3) == [.acknowledged(OrderID(3))])
        #expect(stage.amend(3, 96, 3) == [.rejected(OrderID(3), .amend, .tickSize)])
        #expect(stage.cancel(3) == [.cancelled(OrderID(3), .requested)])
        Self.pass(stage, to: Self.time(1_100))
        #expect(stage.submit(.buy, 98, 2) == [.acknowledged(OrderID(4))])
        #expect(Self.touched(stage) == [3])
    }

    @Test func `the public stream is silent, crossed, down or open, whichever is worst`() {
        let stage = Self.stage(
            Fault(.staleBook, from: Self.time(1_010), until: Self.time(1_040)),
            Fault(.publicDisconnect, instrument: Stage.instrument, from: Self.time(1_020), until: Self.time(1_030)),
            Fault(.outage(.silence), from: Self.time(1_050), until: Self.time(1_060)),
            Fault(.staleBook, instrument: InstrumentID(4), from: Self.time(1_060), until: Self.time(1_070)),
            Fault(.crossedBook, from: Self.time(1_035), until: Self.time(1_045)))
        let times: [Int64] = [1_005, 1_010, 1_020, 1_030, 1_035, 1_040, 1_045, 1_050, 1_060]
        let streams = times.map { time -> PublicStream in
            Self.pass(stage, to: Self.time(time))
            return stage.venue.publicStream(Stage.instrument)
        }
        #expect(streams == [.open, .silent, .down, .silent, .crossed, .crossed, .open, .down, .open])
    }

    @Test func `a plan without a fault that acts changes nothing`() {
        func story(_ faults: FaultPlan?) -> [[AccountEvent.Report]] {
            let stage = Stage(makerFee: Rate(basisPoints: 1), takerFee: Rate(basisPoints: 5), reportsAccountState: true, faults: faults)
            return [
                stage.snapshot(bids: [(99, 10)], asks: [(101, 10)]), stage.submit(.buy, 101, 4), stage.submit(.buy, 99, 4),
                stage.sold(98, 9),
                stage.cancel(2), stage.ask(.positions), stage.ask(.openOrders),
            ]
        }
        let idle = [
            Fault(.slow(factor: Self.whole, extra: .zero)), Fault(.droppedReports(probability: .zero)),
            Fault(.rateLimited, account: AccountID(5)), Fault(.staleBook, from: Self.time(1_002), until: Self.time(1_004)),
        ]
        #expect(story(FaultPlan([])) == story(nil) && story(FaultPlan(idle)) == story(nil))
    }
}
