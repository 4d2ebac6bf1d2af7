package import Market
internal import Metrics
package import Runtime
package import Simulation
package import Trading

/// The world of one run: two venues, a core, the driver.
package final class WorkloadWorld: SimulationObserver {
    /// What is run.
    package struct Setting {
        /// S1, else S0.
        package var isQuoting = true
        package var queue = QueueModel.riskAverse
        /// Two books a feed, the venue's and ours; else ours alone.
        package var keepsVenueBooks = true
        /// With risk limits, the journal's hash and all figures of a report, as `mmsim backtest` runs it.
        package var isFull = false
        /// Whether `fills` is kept.
        package var keepsFills = false

        package init() {}
    }

    package let core: TradingCore
    package let venues: [SimulatedVenue]
    private var driver: SimulationDriver?
    package private(set) var fills: ContiguousArray<(time: Int64, venue: Int, fill: Fill)> = []
    private let start: Timestamp
    private var recorder: RunRecorder?

    /// - Parameters:
    ///   - sources: One for each venue.
    ///   - first: Venue time of the first record, and of the last one.
    package init(
        _ sources: [any MarketSource], first: Timestamp, last: Timestamp, _ setting: Setting
    ) throws(WorkloadError) {
        start = first
        guard let usd = Currency("USD") else { throw .run("USD is not a currency") }
        let instruments = WorkloadFeed.instruments
        core = TradingCore(
            CoreConfiguration(
                instruments: instruments,
                accounts: WorkloadFeed.names.enumerated().map {
                    .init(name: $0.element, venue: VenueID($0.offset), balances: [.zero(usd)])
                },
                seed: 1, limits: setting.isFull ? Self.limits : RiskLimits(preventsSelfTrade: false)),
            journal: setting.isFull ? Journal(sink: nil) : nil)
        venues = WorkloadFeed.names.indices.map { index in
            SimulatedVenue(
                VenueConfiguration(
                    listings: [.init(id: InstrumentID(index), instrument: instruments[index])],
                    accounts: [
                        .init(
                            id: AccountID(index), collateral: [.zero(usd)], makerFee: Rate(basisPoints: 1), takerFee: Rate(basisPoints: 4),
                            entryLatency: QuoteAndHedge.entryLatency, responseLatency: QuoteAndHedge.responseLatency)
                    ], queue: setting.queue, matching: .hftbacktest, reportsAccountState: false))
        }
        if setting.isQuoting {
            let legs = [
                "A": StrategyBinding.Leg(account: AccountID(0), instrument: InstrumentID(0)),
                "B": StrategyBinding.Leg(account: AccountID(1), instrument: InstrumentID(1)),
            ]
            let binding = StrategyBinding(legs: legs, instruments: instruments)
            core.attach(
                QuoteAndHedge(binding, first: first, last: last), subscriptions: [InstrumentID(0), InstrumentID(1)])
            for index in instruments.indices { core.setSynchronised(InstrumentID(index), true) }
        }
        var observer: (any SimulationObserver)? = setting.keepsFills ? self : nil
        if setting.isFull {
            let description = RunDescription(
                instruments: instruments, venueOfInstrument: WorkloadFeed.names,
                accounts: WorkloadFeed.names.map { .init(name: $0, venue: $0, collateral: [.zero(usd)]) }, reporting: usd, rates: [:],
                start: first, plannedEnd: last, capital: Money(nanos: 1_000_000_000_000_000, usd))
            let recorder = RunRecorder(description)
            self.recorder = recorder
            let bridge = RunBridge(description, venues, venueOfInstrument: [0, 1], venueOfAccount: [0, 1], core, recorder)
            core.observe(bridge)
            observer = bridge
        }
        do throws(RunError) {
            driver = try SimulationDriver(
                core: core, venues: venues,
                feeds: sources.enumerated().map { .init(source: $0.element, venue: $0.offset) },
                venueOfAccount: [0, 1], observer: observer, sampleInterval: setting.isFull ? .seconds(1) : .hours(24 * 365),
                keepsVenueBooks: setting.keepsVenueBooks)
        } catch {
            throw .run(error.message)
        }
    }

    /// Every check is made, and none refuses: the fills stay the workload's.
    private static let limits = RiskLimits(
        maximumOrderNotional: 1_000_000_000_000_000, maximumPosition: 1_000_000_000_000, priceCollar: Rate(basisPoints: 1_000),
        maximumOrdersPerSecond: 1_000, reservedOrdersPerSecond: 100, staleAfter: .minutes(10), preventsSelfTrade: false,
        maximumRejectsPerMinute: 1_000)

    package func run() throws(WorkloadError) {
        do throws(RunError) { _ = try driver?.run(from: start) } catch { throw .run(error.message) }
    }

    package func filled(_ fill: VenueFill, venue: Int) { fills.append((fill.time.nanoseconds, venue, fill.fill)) }
    package func changed(at time: Timestamp) {}
    package func sampled(at time: Timestamp, events: Int64) throws(RunError) -> Bool { true }

    /// Σ tick × lots of bids + 3 Σ of asks, mod 2⁶⁴.
    package func bookSum(_ id: InstrumentID) -> UInt64 {
        var sum: UInt64 = 0
        for side in Side.allCases {
            var at: Int64?
            while let level = core.books[id].next(side, after: at) {
                sum &+= UInt64(bitPattern: level.ticks) &* UInt64(bitPattern: level.lots) &* (side == .buy ? 1 : 3)
                at = level.ticks
            }
        }
        return sum
    }
}
