import Market
import TestSupport
import Testing
import Trading

@testable import Simulation

/// Requests of one instant that travel as one.
@Suite struct BatchTests {
    private static let instrument = InstrumentID(0)

    private func venue(_ rule: BatchRule?, _ limits: RequestLimits? = nil, seed: UInt64 = 1) -> SimulatedVenue {
        let drawn = LatencyModel(.normal(mean: .milliseconds(20), deviation: .milliseconds(8), .milliseconds(1) ... .milliseconds(40)))
        var configuration = VenueConfiguration(
            listings: [.init(id: Self.instrument, instrument: .plain)],
            accounts: [
                .init(
                    id: AccountID(0), collateral: [Money(nanos: 1_000_000_000_000_000, .usd)], makerFee: .zero, takerFee: .zero,
                    connection: ConnectionModel(entry: EntryLatency(drawn), response: .constant(.zero), batches: rule))
            ], reportsAccountState: false)
        configuration.limits = limits
        configuration.seed = seed
        let venue = SimulatedVenue(configuration)
        venue.setSynchronised(Self.instrument, true)
        return venue
    }

    private func order(_ number: UInt64) -> Command {
        .submit(
            OrderRequest(
                account: AccountID(0), instrument: Self.instrument, order: OrderID(number), side: .buy, type: .limit,
                timeInForce: .goodTillCancelled, price: Price(ticks: 90), quantity: Quantity(lots: 1)))
    }

    private func cancel(_ number: UInt64) -> Command {
        .cancel(CancelRequest(account: AccountID(0), instrument: Self.instrument, order: OrderID(number)))
    }

    /// When each order is answered, and how.
    private func answers(_ venue: SimulatedVenue) -> [(time: Timestamp, report: AccountEvent.Report)] {
        var answers: [(Timestamp, AccountEvent.Report)] = []
        while venue.nextArrival < .never { venue.processArrival() }
        while venue.nextReportTime < .never {
            venue.receiveReport(now: venue.nextReportTime) { answers.append(($0.venueTime, $0.report)) }
        }
        return answers
    }

    @Test func `orders of one instant arrive together, others and the next instant's apart`() {
        for batches in [true, false] {
            var (apart, fourthApart) = (0, 0)
            for seed in 1...20 as ClosedRange<UInt64> {
                let venue = venue(batches ? BatchRule(orders: .init(limit: 3, countsOnce: true)) : nil, seed: seed)
                for number in 1...4 { venue.handle(order(UInt64(number)), now: Timestamp(nanoseconds: 1_000_000_000)) }
                venue.handle(order(5), now: Timestamp(nanoseconds: 1_000_000_001))
                let times = answers(venue).map(\.time)
                #expect(times.count == 5 && times == times.sorted())
                if Set(times[0..<3]).count > 1 { apart += 1 }
                if times[3] > times[2] { fourthApart += 1 }
            }
            // Alone each draws its own time, and what is faster than the one before arrives with it.
            #expect((apart > 0) == !batches)
            // A fourth is one too many for the batch.
            #expect(fourthApart > 0)
        }
    }

    @Test func `GRVT: twenty orders of a batch are twenty creates, its cancels one`() throws {
        let profile = VenueProfile.grvt
        let venue = venue(try #require(profile.batches).value, try #require(profile.requestLimits).value)
        for number in 1...22 { venue.handle(order(UInt64(number)), now: Timestamp(nanoseconds: 1_000_000_000)) }
        let placed = answers(venue)
        #expect(placed.count { if case .acknowledged = $0.report { true } else { false } } == 20)
        #expect(placed.count { $0.report == .rejected(OrderID(21), .submit, .rateLimit) } == 1)
        // Twenty cancels at once are one of twenty in the second: nineteen more instants follow, and the next is refused.
        var now = Timestamp(nanoseconds: 3_000_000_000)
        for number in 1...20 { venue.handle(cancel(UInt64(number)), now: now) }
        #expect(answers(venue).count { if case .cancelled = $0.report { true } else { false } } == 20)
        for _ in 0..<19 {
            now = now + .milliseconds(1)
            venue.handle(cancel(1), now: now)
        }
        venue.handle(cancel(2), now: now + .milliseconds(1))
        venue.handle(cancel(3), now: now + .milliseconds(1))
        let last = answers(venue).map(\.report)
        #expect(last.count { $0 == .rejected(OrderID(1), .cancel, .unknownOrder) } == 19)
        // All of a batch that is one too many is turned away.
        #expect(last.suffix(2) == [.rejected(OrderID(2), .cancel, .rateLimit), .rejected(OrderID(3), .cancel, .rateLimit)])
    }

    @Test func `a batch of GRVT is of one instrument, and Lighter's transactions each count`() throws {
        var batch = OpenBatch(try #require(VenueProfile.grvt.batches).value)
        let (now, latency) = (Timestamp(nanoseconds: 5), Nanoseconds.milliseconds(3))
        func cancel(_ instrument: Int) -> Command {
            .cancel(CancelRequest(account: AccountID(0), instrument: InstrumentID(instrument), order: OrderID(1)))
        }
        batch.begin(cancel(0), lane: 0, at: now, latency: latency)
        #expect(batch.join(cancel(1), lane: 0, at: now) == nil)
        #expect(batch.join(cancel(0), lane: 0, at: now) == latency)
        #expect(batch.join(cancel(0), lane: 1, at: now) == nil && batch.join(cancel(0), lane: 0, at: Timestamp(nanoseconds: 6)) == nil)
        var limiter = RequestLimiter(
            try #require(VenueProfile.lighterStandard.requestLimits).value, batches: VenueProfile.lighterStandard.batches?.value)
        for _ in 0..<60 { #expect(limiter.refusal(.submit, now, isJoined: true) == nil) }
        #expect(limiter.refusal(.submit, now, isJoined: true) == .rateLimit)
    }
}
