internal import Market
internal import Scenario
internal import Signing
internal import Simulation
internal import Trading
internal import VenueServers
internal import Venues

/// A run's venues as servers, and the sessions through which its core meets them over virtual networks.
///
/// Every venue speaks Backpack's protocol, under its own rules and fees.
struct WireWorld {
    struct Options {
        /// Connections for orders of each session; one more carries its questions.
        var lanes = 4
        /// Requests that a connection carries at a time.
        var requestsInFlight = 1
        /// Whether books and trades show what our orders change of them.
        var showsOrders = true
        /// How far beyond the best price a market order takes; nil: to the end of the book.
        var marketReach: Rate? = Rate(basisPoints: 100)
        /// Whether sessions have no accounts and only listen, as a recorder's.
        var onlyListens = false
    }

    let venues: [WireVenue]
    let live: LiveCore
    private let venueOfInstrument: [Int]
    private let trustsTouch: [Bool]

    /// - Parameters:
    ///   - border: Where what crosses the border of core and sessions is kept.
    ///   - wireFaults: By venue.
    ///   - configuration: Of each venue.
    init(
        _ plan: RunPlan, _ core: TradingCore, seed: UInt64, _ options: Options = Options(), border: (any BorderLog)? = nil,
        wireFaults: (Int) -> [WireFault] = { _ in [] }, _ configuration: (Int) -> VenueConfiguration
    ) {
        let sessions = Self.sessions(plan, options, seed: seed)
        venues = plan.scenario.venues.indices.map { index in
            let accounts = options.onlyListens ? [] : Self.accounts(plan, index)
            var network = Self.network(plan, index, options, seed: seed)
            network.faults = wireFaults(index)
            let server = Self.server(configuration(index), plan, accounts, options, seed: seed, network.faults)
            return WireVenue(server, VirtualNetwork(network)) {
                sessions[index].asHeard($0, of: $1)
            }
        }
        live = LiveCore(core, sessions, sessionOfAccount: plan.venueOfAccount)
        live.border = border
        venueOfInstrument = plan.listings.map(\.venue)
        trustsTouch = plan.listings.map { plan.scenario.venues[$0.venue].sync == .touch }
    }

    /// A core with sessions as a run begins with them.
    static func live(_ plan: RunPlan, _ core: TradingCore, seed: UInt64) -> LiveCore {
        LiveCore(core, sessions(plan, Options(), seed: seed), sessionOfAccount: plan.venueOfAccount)
    }

    private static func accounts(_ plan: RunPlan, _ venue: Int) -> [Int] {
        let owners = plan.venueOfAccount
        return owners.indices.filter { owners[$0] == venue }
    }

    private static func sessions(_ plan: RunPlan, _ options: Options, seed: UInt64) -> [BackpackSession] {
        plan.scenario.venues.indices.map { session(plan, $0, options.onlyListens ? [] : accounts(plan, $0), options, seed: seed) }
    }

    /// The key of a simulated account: anybody may know it.
    static func key(_ account: Int) -> Ed25519SecretKey {
        let bytes = (0..<32).map { UInt8(truncatingIfNeeded: account &+ 1 &+ $0) }
        guard let key = try? Ed25519SecretKey(bytes.span) else { preconditionFailure("32 bytes are a key") }
        return key
    }

    private static func session(
        _ plan: RunPlan, _ index: Int, _ accounts: [Int], _ options: Options, seed: UInt64
    ) -> BackpackSession {
        let instruments = plan.listings.enumerated().filter { $0.element.venue == index }
        var configuration = BackpackSession.Configuration(
            venue: VenueID(index), instruments: instruments.map { (InstrumentID($0.offset), $0.element.instrument) },
            accounts: accounts.map { BackpackAccount(AccountID($0), key: key($0)) })
        (configuration.lanes, configuration.seed) = (options.lanes, seed &+ UInt64(index))
        return BackpackSession(configuration)
    }

    private static func server(
        _ venue: VenueConfiguration, _ plan: RunPlan, _ accounts: [Int], _ options: Options, seed: UInt64, _ faults: [WireFault]
    ) -> BackpackServer {
        var venue = venue
        // Requests are counted at the server's door.
        venue.limits = nil
        var configuration = BackpackServer.Configuration(
            venue: venue,
            accounts: accounts.map { .init(id: AccountID($0), name: plan.scenario.accounts[$0].name, key: key($0).publicKey) })
        // Verifying takes most of a run's time: one in eight does it.
        (configuration.keepsFills, configuration.verifiesSignatures) = (true, seed % 8 == 0)
        (configuration.showsOrders, configuration.marketReach) = (options.showsOrders, options.marketReach)
        configuration.renumbersAt = faults.filter { $0.kind == .renumbered }.map(\.start).sorted()
        return BackpackServer(configuration)
    }

    private static func network(_ plan: RunPlan, _ index: Int, _ options: Options, seed: UInt64) -> VirtualNetwork.Configuration {
        // One way serves all accounts: that of the first.
        let connection = plan.venueOfAccount.firstIndex(of: index).map { plan.scenario.accounts[$0].connection }
        let data = plan.scenario.venues[index].minimumLatency
        var network = VirtualNetwork.Configuration(
            entry: connection?.entry.submit ?? .constant(data), response: connection?.response ?? .constant(data),
            publicData: .constant(data), lanes: options.lanes + 1)
        network.requestsInFlight = options.requestsInFlight
        network.seed = seed &+ UInt64(index)
        return network
    }

    /// - Parameter sources: By instrument.
    func driver(
        _ sources: [any MarketSource], until end: Timestamp, _ observer: (any SimulationObserver)?
    ) throws(RunError) -> WireDriver {
        try WireDriver(
            live, venues, feeds: sources, venueOfFeed: venueOfInstrument, trustsTouch: trustsTouch, end: end, observer: observer)
    }
}
