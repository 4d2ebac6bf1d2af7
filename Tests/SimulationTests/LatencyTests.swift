import Market
import TestSupport
import Testing
import Trading

@testable import Simulation

@Suite struct LatencyTests {
    private typealias Bounds = ClosedRange<Nanoseconds>

    /// Latencies of messages that leave `gap` apart.
    private static func draw(
        _ model: LatencyModel, count: Int, seed: UInt64 = 1, account: Int = 0, _ direction: LatencyDirection = .entry, gap: Int64 = 1_000
    ) -> [Int64] {
        var stream = LatencyStream(EntryLatency(model), direction, account: AccountID(account), seed: seed)
        return (0..<count).map { stream.next(.submit, at: Timestamp(nanoseconds: 1_000_000 + Int64($0) * gap)).count }
    }

    private static func share(_ latencies: [Int64], atMost limit: Int64) -> Double {
        Double(latencies.count { $0 <= limit }) / Double(latencies.count)
    }

    private static let drawn: [LatencyModel] = [
        LatencyModel(.normal(mean: .milliseconds(10), deviation: .milliseconds(3), .milliseconds(8) ... .milliseconds(15))),
        LatencyModel(
            .lognormal(median: .milliseconds(8), sigma: Rate(trillionths: 400_000_000_000), .milliseconds(2) ... .milliseconds(200))),
        LatencyModel(
            .quantiles([
                .init(probability: Rate(trillionths: 500_000_000_000), latency: .milliseconds(8)),
                .init(probability: Rate(trillionths: 990_000_000_000), latency: .milliseconds(40)),
            ])),
    ]

    private static let bursts = LatencyModel.Bursts(correlation: Rate(trillionths: 800_000_000_000), decay: .milliseconds(50))

    // MARK: What is drawn

    @Test func `a constant is what it is`() {
        #expect(Self.draw(.constant(.milliseconds(7)), count: 3) == [7_000_000, 7_000_000, 7_000_000])
        #expect(Self.draw(.constant(.zero), count: 1) == [0])
    }

    @Test(arguments: TestScale.seeds(20))
    func `nothing leaves the bounds`(seed: UInt64) {
        let bounds: [Bounds] = [
            .milliseconds(8) ... .milliseconds(15), .milliseconds(2) ... .milliseconds(200), .milliseconds(8) ... .milliseconds(40),
        ]
        for (model, bounds) in zip(Self.drawn, bounds) {
            for bursts in [nil, Self.bursts] {
                var model = model
                model.bursts = bursts
                let latencies = Self.draw(model, count: 2_000, seed: seed)
                #expect(latencies.allSatisfy { (bounds.lowerBound.count...bounds.upperBound.count).contains($0) }, "seed \(seed), \(model)")
            }
        }
    }

    @Test func `a tail beyond all integers is cut, too`() {
        let wide = LatencyModel(.lognormal(median: .hours(1), sigma: Rate(trillionths: 500 * Rate.scale), .zero ... .hours(1)))
        let latencies = Self.draw(wide, count: 200)
        #expect(latencies.min() == 0)
        #expect(latencies.max() == 3_600_000_000_000)
    }

    /// Expected shares of the standard normal distribution, from its table; of 40,000 draws one standard error is 0.0025.
    @Test(arguments: [(8_000_000, 0.5), (5_362_560, 0.1587), (11_934_598, 0.8413), (17_804_328, 0.9772)] as [(Int64, Double)])
    func `a lognormal latency has the quantiles of its law`(limit: Int64, share: Double) {
        // 8 ms × e^(0.4 z) for z = 0, −1, 1 and 2.
        #expect(abs(Self.share(Self.draw(Self.drawn[1], count: 40_000), atMost: limit) - share) < 0.01)
    }

    @Test func `a normal latency has its mean, its deviation, and its tails at the bounds`() {
        let plain = LatencyModel(.normal(mean: .milliseconds(10), deviation: .milliseconds(3), .zero ... .hours(1)))
        let latencies = Self.draw(plain, count: 40_000).map { Double($0) / 1e6 }
        let mean = latencies.reduce(0, +) / 40_000
        let deviation = (latencies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 40_000).squareRoot()
        #expect(abs(mean - 10) < 0.06)
        #expect(abs(deviation - 3) < 0.05)
        // Below 8 ms is what is below −2/3 deviations: 25.25 %; above 15 ms what is above 5/3: 4.78 %.
        let cut = Self.draw(Self.drawn[0], count: 40_000)
        #expect(abs(Self.share(cut, atMost: 8_000_000) - 0.2525) < 0.01)
        #expect(abs(1 - Self.share(cut, atMost: 14_999_999) - 0.0478) < 0.005)
    }

    @Test func `measured quantiles are met, with straight lines between them`() {
        let latencies = Self.draw(Self.drawn[2], count: 40_000)
        #expect(abs(Self.share(latencies, atMost: 8_000_000) - 0.5) < 0.01)
        // Half of the way from 8 to 40 ms is half of the way from 50 % to 99 %.
        #expect(abs(Self.share(latencies, atMost: 24_000_000) - 0.745) < 0.01)
        #expect(abs(Self.share(latencies, atMost: 39_999_999) - 0.99) < 0.002)
    }

    // MARK: Bursts

    /// Of the logarithms, which are the normal numbers themselves up to scale.
    private static func correlation(_ latencies: [Int64]) -> Double {
        let values = latencies.map { Fractional.logarithm(Double($0)) }
        let mean = values.reduce(0, +) / Double(values.count)
        let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return zip(values, values.dropFirst()).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - mean) } / square
    }

    /// ρ = 0.8 × e^(−gap / 50 ms): 0.8, 0.8/e, 0.8/e⁴.
    @Test(arguments: [(0, 0.8), (50_000_000, 0.2943), (200_000_000, 0.0147)] as [(Int64, Double)])
    func `slow messages follow slow ones, less after a pause`(gap: Int64, expected: Double) {
        let free = LatencyModel(
            .lognormal(median: .milliseconds(8), sigma: Rate(trillionths: 400_000_000_000), .zero ... .hours(1)), bursts: Self.bursts)
        let latencies = Self.draw(free, count: 40_000, gap: gap)
        #expect(abs(Self.correlation(latencies) - expected) < 0.02)
        // Bursts change the order of latencies, not their law.
        #expect(abs(Self.share(latencies, atMost: 8_000_000) - 0.5) < 0.03)
        #expect(abs(Self.share(latencies, atMost: 11_934_598) - 0.8413) < 0.03)
    }

    @Test func `without bursts each is drawn anew`() {
        #expect(abs(Self.correlation(Self.draw(Self.drawn[1], count: 40_000))) < 0.02)
    }

    // MARK: Streams

    @Test(arguments: drawn)
    func `a seed gives the same latencies again, and each account and direction its own`(model: LatencyModel) {
        let first = Self.draw(model, count: 100, seed: 7)
        #expect(Self.draw(model, count: 100, seed: 7) == first)
        #expect(Self.draw(model, count: 100, seed: 8) != first)
        #expect(Self.draw(model, count: 100, seed: 7, account: 1) != first)
        #expect(Self.draw(model, count: 100, seed: 7, .response) != first)
    }

    @Test func `a constant kind of request draws nothing, so the others draw the same`() {
        var latency = EntryLatency(Self.drawn[1])
        latency.cancel = .constant(.milliseconds(3))
        var stream = LatencyStream(latency, .entry, account: AccountID(0), seed: 1)
        var submits: [Int64] = []
        for step in 0..<10 {
            let now = Timestamp(nanoseconds: 1_000_000 + Int64(step) * 1_000)
            #expect(stream.next(.cancel, at: now) == .milliseconds(3))
            submits.append(stream.next(.submit, at: now).count)
        }
        #expect(submits == Self.draw(Self.drawn[1], count: 10))
    }

    // MARK: Lanes

    @Test(arguments: TestScale.seeds(20))
    func `however long each takes, requests and reports keep their order and never come before they can`(seed: UInt64) {
        let model = ConnectionModel(
            entry: EntryLatency(Self.drawn[1]), response: Self.drawn[0],
            speedBumps: SpeedBumps(maker: .milliseconds(Int64(seed % 3)), cancel: .milliseconds(1)))
        let venue = SimulatedVenue(
            VenueConfiguration(
                listings: [.init(id: InstrumentID(0), instrument: .plain)],
                accounts: [.init(id: AccountID(0), collateral: [], makerFee: .zero, takerFee: .zero, connection: model)],
                reportsAccountState: false, seed: seed))
        venue.setSynchronised(InstrumentID(0), true)
        var random = SeededGenerator(seed: seed)
        var (sent, reports): ([Timestamp], [AccountEvent]) = ([], [])
        var now = Timestamp(nanoseconds: 1_000_000)
        for order in 1...300 as ClosedRange<UInt64> {
            now = now + Nanoseconds(count: random.uniform(in: 0...5_000_000))
            venue.advance(to: now)
            while let report = venue.nextReport(now: now) { reports.append(report) }
            sent.append(now)
            venue.handle(
                .submit(
                    OrderRequest(
                        account: AccountID(0), instrument: InstrumentID(0), order: OrderID(order), side: .buy, type: .limit,
                        timeInForce: .goodTillCancelled, price: Price(ticks: 1), quantity: Quantity(lots: 1), postOnly: true)), now: now)
        }
        venue.advance(to: now + .hours(1))
        while let report = venue.nextReport(now: .never) { reports.append(report) }
        #expect(reports.map(\.report) == (1...300).map { .acknowledged(OrderID($0)) }, "seed \(seed)")
        for (time, report) in zip(sent, reports) {
            #expect(report.venueTime >= time + .milliseconds(2 + Int64(seed % 3)), "seed \(seed)")
            #expect(report.receiveTime >= report.venueTime + .milliseconds(8), "seed \(seed)")
        }
        for (one, two) in zip(reports, reports.dropFirst()) {
            #expect(one.venueTime <= two.venueTime && one.receiveTime <= two.receiveTime, "seed \(seed)")
        }
    }
}
