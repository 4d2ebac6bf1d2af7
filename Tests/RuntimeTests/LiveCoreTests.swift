import Market
import Scenario
import Simulation
import Strategies
import Testing
import Trading
import Venues

@testable import Runtime

/// What passes between a core and its sessions within one step.
@Suite struct LiveCoreTests {
    /// Places one order, and remembers what became of it.
    private final class OneOrder: Strategy {
        static let specification = StrategySpecification(
            name: "one_order", purpose: "Places one order.", phases: [], roles: [], parameters: [])

        private(set) var heard: [StrategyEvent] = []

        init() {}
        init(_ parameters: Parameters, _ binding: StrategyBinding) throws(ParameterError) {}

        var interests: Interests { [] }

        func start(_ context: inout Context) { for second in 1...2 { _ = context.wake(at: context.now + .seconds(Int64(second))) } }

        func receive(_ event: StrategyEvent, _ context: inout Context) {
            heard.append(event)
            guard case .timer = event, heard.count == 1 else { return }
            _ = context.submit(
                OrderDraft(
                    account: AccountID(0), instrument: InstrumentID(0), side: .buy, price: Price(ticks: 59_000),
                    quantity: Quantity(lots: 100),
                    purpose: .quote))
        }

        func stop(_ reason: StopReason, _ context: inout Context) {}
    }

    @Test func `what a session refuses at once is known before anything else happens`() throws {
        let bench = try Workbench()
        let tapes = try bench.synth(minutes: 2)
        let plan = try RunPlan(bench.scenario(tapes, parameters: Workbench.xemm, latency: "\"5 ms\""), TapeCatalog(tapes))
        var configuration = plan.coreConfiguration
        configuration.reconcileEvery = nil
        let core = TradingCore(configuration)
        let strategy = OneOrder()
        core.attach(strategy, subscriptions: [])
        // No request may be made at all.
        let sessions = plan.scenario.venues.indices.map { venue in
            let listed = plan.listings.enumerated().filter { $0.element.venue == venue }
            var terms = BackpackSession.Configuration(
                venue: VenueID(venue), instruments: listed.map { (InstrumentID($0.offset), $0.element.instrument) },
                accounts: [BackpackAccount(AccountID(venue), key: WireWorld.key(venue))])
            (terms.requestsPerMinute, terms.reservedRequests) = (0, 0)
            return BackpackSession(terms)
        }
        let live = LiveCore(core, sessions, sessionOfAccount: plan.venueOfAccount)
        let start = plan.start
        live.start(at: start)
        core.setSynchronised(InstrumentID(0), true)
        live.wake(at: start + .seconds(1))
        #expect(core.openOrders.isEmpty)
        #expect(
            strategy.heard.contains { event in
                if case .order(_, .rejected(.rateLimit)) = event { true } else { false }
            }, "\(strategy.heard)")
        // Time goes on from what was told last.
        live.wake(at: start + .seconds(2))
        #expect(core.now == start + .seconds(2))
    }
}
