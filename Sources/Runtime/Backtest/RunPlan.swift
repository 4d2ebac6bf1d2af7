internal import Market
internal import Metrics
internal import Scenario
internal import Simulation
internal import Strategies
internal import Tape
internal import Trading

/// A scenario bound to its market: dense indices for everything, nothing left to look up.
struct RunPlan {
    /// Where a run's instruments come from.
    enum Market {
        case tapes(TapeCatalog)
        /// What each venue of the scenario lists now, and when the run takes place.
        case listed([[Instrument]], ClosedRange<Timestamp>)
    }

    struct Listing {
        var venue: Int
        /// The scenario's name of it; the recording may have another.
        var symbol: String
        /// Empty where it is traded, not replayed.
        var parts: [TapeCatalog.Part]
        var instrument: Instrument
    }

    let scenario: Scenario
    /// By `InstrumentID`; sorted by venue, then venue symbol.
    let listings: [Listing]
    let start: Timestamp
    let end: Timestamp
    /// By strategy of the scenario.
    let bindings: [StrategyBinding]
    let limits: RiskLimits
    let rates: [Currency: RunDescription.Rate]
    let assumptions: [String]
    private(set) var warnings: [String]
    /// By venue; nil where none is asked for.
    let margins: [VenueConfiguration.Margin?]
    /// By venue; nil where nothing goes wrong.
    private(set) var faults: [FaultPlan?] = []

    var instruments: [Instrument] { listings.map(\.instrument) }
    /// By account: index of its venue.
    var venueOfAccount: [Int] { scenario.accounts.map { account in scenario.venues.firstIndex { $0.name == account.venue } ?? 0 } }
    func account(_ name: String) -> AccountID { AccountID(scenario.accounts.firstIndex { $0.name == name } ?? 0) }

    init(_ scenario: Scenario, _ catalog: TapeCatalog) throws(RunError) { try self.init(scenario, .tapes(catalog)) }

    init(_ scenario: Scenario, _ market: Market) throws(RunError) {
        self.scenario = scenario
        var wanted: [(venue: Int, symbol: String)] = []
        func want(_ venueName: String, _ symbol: String) throws(RunError) {
            guard let venue = scenario.venues.firstIndex(where: { $0.name == venueName }) else {
                throw .scenario(message: "there is no venue '\(venueName)'", hint: nil)
            }
            if !wanted.contains(where: { $0 == (venue, symbol) }) { wanted.append((venue, symbol)) }
        }
        for strategy in scenario.strategies {
            for role in strategy.accounts.keys.sorted() {
                let name = strategy.accounts[role] ?? ""
                guard let account = scenario.account(name) else { throw .scenario(message: "there is no account '\(name)'", hint: nil) }
                try want(account.venue, strategy.symbol)
            }
        }
        for rate in scenario.rates {
            if case .feed(let venue, let symbol) = rate.source { try want(venue, symbol) }
        }
        var listings: [Listing] = []
        for (venue, symbol) in wanted {
            let (found, parts) = try Self.find(symbol, scenario.symbols[symbol]?[scenario.venues[venue].name], venue, scenario, market)
            let instrument = try Self.instrument(found, symbol, scenario.venues[venue])
            listings.append(Listing(venue: venue, symbol: symbol, parts: parts, instrument: instrument))
        }
        for strategy in scenario.strategies { try Self.checkSymbol(strategy.symbol, scenario, listings) }
        try Self.checkTerms(scenario, listings)
        try Self.checkQueues(scenario, listings)
        listings.sort { ($0.venue, $0.instrument.venueSymbol) < ($1.venue, $1.instrument.venueSymbol) }
        self.listings = listings
        (start, end) =
            switch market {
            case .tapes: try Self.range(scenario, listings)
            case .listed(_, let span): (span.lowerBound, span.upperBound)
            }
        let found = listings
        func index(_ venue: String, _ symbol: String) -> InstrumentID {
            guard let index = found.firstIndex(where: { scenario.venues[$0.venue].name == venue && $0.symbol == symbol }) else {
                preconditionFailure("'\(symbol)' at '\(venue)' was not among the wanted instruments")
            }
            return InstrumentID(index)
        }
        bindings = scenario.strategies.map { strategy in
            let legs = strategy.accounts.mapValues { name in
                let venue = scenario.account(name)?.venue ?? ""
                let account = AccountID(scenario.accounts.firstIndex { $0.name == name } ?? 0)
                return StrategyBinding.Leg(account: account, instrument: index(venue, strategy.symbol))
            }
            return StrategyBinding(legs: legs, instruments: found.map(\.instrument))
        }
        let (rates, stated) = try Self.rates(scenario, listings, index)
        self.rates = rates
        let computeTime = scenario.computeTime
        assumptions =
            computeTime > .zero ? stated + ["commands leave \(LatencyModel.constant(computeTime)) after what brought them about"] : stated
        limits = try Self.limits(scenario, listings.map(\.instrument))
        var warnings: [String] = []
        for (number, venue) in scenario.venues.enumerated() where listings.contains(where: { $0.venue == number }) {
            if venue.profile.isForeign(to: venue.feed) {
                warnings.append(
                    "venue '\(venue.name)': the feed of \(venue.feed) is traded under the rules and fees of \(venue.profile.name)")
            }
            // What is listed is listened to, with full books.
            if venue.sync == .touch, case .tapes = market {
                warnings.append("venue '\(venue.name)' has no snapshot: its book is trusted by its touch alone")
            }
        }
        let (margins, marginWarnings) = try Self.margins(scenario, listings)
        self.margins = margins
        warnings += marginWarnings
        if case .tapes = market, end - start < .hours(24 * 30) {
            warnings.append("the run is shorter than 30 days: annualised figures are not to be believed")
        }
        self.warnings = warnings
        faults = try scenario.venues.indices.map { (venue) throws(RunError) in try faultPlan(venue) }
        self.warnings += faultWarnings
    }

    /// - Parameter venueSymbol: What the scenario says that the venue calls it.
    private static func find(
        _ symbol: String, _ venueSymbol: String?, _ index: Int, _ scenario: Scenario, _ market: Market
    ) throws(RunError) -> (Instrument, [TapeCatalog.Part]) {
        let venue = scenario.venues[index]
        switch market {
        case .tapes(let catalog):
            guard let parts = catalog.find(venue: venue.feed, venueSymbol: venueSymbol, symbol: symbol),
                let recorded = parts.first?.summary.description.instrument
            else { throw .noFeed(venue: venue.name, feed: venue.feed, symbol: symbol, available: catalog.names) }
            return (recorded, parts)
        case .listed(let instruments, _):
            let matches = instruments[index].filter { instrument in
                venueSymbol.map { instrument.venueSymbol == $0 } ?? (instrument.symbol == symbol)
            }
            // Of several contracts of one symbol the perpetual stands before spot, then by name.
            guard let listed = matches.min(by: { ($0.kind == .spot ? 1 : 0, $0.venueSymbol) < ($1.kind == .spot ? 1 : 0, $1.venueSymbol) })
            else {
                throw .scenario(
                    message: "venue '\(venue.name)' does not list \(venueSymbol ?? symbol)",
                    hint: Spelling.hint(venueSymbol ?? symbol, instruments[index].map { venueSymbol == nil ? $0.symbol : $0.venueSymbol })
                        ?? "say under symbols.\(symbol) what the venue calls it")
            }
            return (listed, [])
        }
    }

    /// The traded symbol has to mean one thing at every venue.
    private static func checkSymbol(_ symbol: String, _ scenario: Scenario, _ listings: [Listing]) throws(RunError) {
        let traded = listings.filter { $0.symbol == symbol }
        guard let first = traded.first, let other = traded.first(where: { $0.instrument.base != first.instrument.base }) else { return }
        func name(_ listing: Listing) -> String { "\(listing.instrument.base) at '\(scenario.venues[listing.venue].name)'" }
        throw .scenario(
            message: "'\(symbol)' is \(name(first)) and \(name(other)): that is no hedge",
            hint: "say under symbols.\(symbol) what each venue calls it")
    }

    /// Where all feeds overlap, cut to the scenario's range.
    private static func range(_ scenario: Scenario, _ listings: [Listing]) throws(RunError) -> (Timestamp, Timestamp) {
        let from = listings.compactMap { $0.parts.first?.span.lowerBound }.max() ?? .distantPast
        let to = listings.compactMap { $0.parts.last?.span.upperBound }.min() ?? .distantPast
        let (start, end) = (max(from, scenario.start ?? from), min(to, scenario.end ?? to))
        guard from < to else {
            throw .scenario(
                message: "the feeds of the run do not overlap in time",
                hint: "import recordings of one span, or trade one venue's feed twice")
        }
        guard start < end else { throw .outsideData(from: scenario.start, to: scenario.end, dataFrom: from, dataTo: to) }
        if let wanted = scenario.start, wanted < from || wanted > to {
            throw .outsideData(from: scenario.start, to: scenario.end, dataFrom: from, dataTo: to)
        }
        if let wanted = scenario.end, wanted > to { throw .outsideData(from: scenario.start, to: scenario.end, dataFrom: from, dataTo: to) }
        return (start, end)
    }

    private static func rates(
        _ scenario: Scenario, _ listings: [Listing], _ index: (String, String) -> InstrumentID
    ) throws(RunError) -> ([Currency: RunDescription.Rate], [String]) {
        var rates: [Currency: RunDescription.Rate] = [:]
        var assumptions: [String] = []
        for rate in scenario.rates {
            guard rate.to == scenario.reporting else {
                throw .scenario(
                    message: "the rate \(rate.from)/\(rate.to) does not lead to the reporting currency \(scenario.reporting)",
                    hint: "state \(rate.from)/\(scenario.reporting)")
            }
            switch rate.source {
            case .stated(let value):
                rates[rate.from] = .stated(value)
                assumptions.append("1 \(rate.from) = \(Decimal.text(value, decimals: 9)) \(rate.to), as the scenario states")
            case .feed(let venue, let symbol):
                let id = index(venue, symbol)
                guard listings[id.index].instrument.base == rate.from else {
                    throw .scenario(message: "the feed \(venue) \(symbol) does not price \(rate.from)", hint: nil)
                }
                rates[rate.from] = .mid(id)
            }
        }
        var needed = Set(scenario.accounts.flatMap { $0.collateral.map(\.currency) })
        for listing in listings {
            needed.insert(listing.instrument.settlement)
            if listing.instrument.kind == .spot, scenario.venues[listing.venue].spotFee == .received {
                needed.insert(listing.instrument.base)
            }
        }
        for listing in listings
        where rates[listing.instrument.base] == nil && listing.instrument.base != scenario.reporting
            && needed.contains(listing.instrument.base)
        {
            // What a feed of the run prices needs no statement.
            if let position = listings.firstIndex(where: { $0.instrument.base == listing.instrument.base }) {
                rates[listing.instrument.base] = .mid(InstrumentID(position))
            }
        }
        for listing in listings {
            if case .mid = rates[listing.instrument.base] { needed.insert(listing.instrument.quote) }
        }
        let missing = needed.filter { $0 != scenario.reporting && rates[$0] == nil }.sorted()
        guard let first = missing.first else { return (rates, assumptions) }
        throw .scenario(
            message: "there is no rate from \(first) to the reporting currency \(scenario.reporting)",
            hint: "add it: rates: { \"\(first)/\(scenario.reporting)\": \"1\" }, or name a feed")
    }

    private static func limits(_ scenario: Scenario, _ instruments: [Instrument]) throws(RunError) -> RiskLimits {
        let risk = scenario.risk
        if let limit = risk.maximumOrderNotional, !instruments.contains(where: { $0.quote == limit.currency }) {
            throw .scenario(
                message: "risk.max_order_notional is in \(limit.currency), which no instrument is quoted in",
                hint: "write it in \(instruments.map(\.quote.code).joined(separator: " or "))")
        }
        if let limit = risk.maximumPosition, !instruments.contains(where: { $0.base == limit.currency }) {
            throw .scenario(
                message: "risk.max_position is in \(limit.currency), which is not what is traded",
                hint: "write it in \(instruments.first?.base.code ?? "the base currency")")
        }
        if let limit = risk.maximumPosition, Set(scenario.strategies.map(\.symbol)).count > 1,
            let other = instruments.first(where: { $0.base != limit.currency })
        {
            throw .scenario(
                message: "risk.max_position is in \(limit.currency), and \(other.base) is traded too",
                hint: "state strategies.ID.risk.max_position of each strategy in what it trades")
        }
        if let limit = risk.losses, !instruments.contains(where: { $0.settlement == limit.currency }) {
            throw .scenario(
                message: "risk: losses are limited in \(limit.currency), in which no instrument settles",
                hint: "write them in \(instruments.map(\.settlement.code).joined(separator: " or "))")
        }
        return RiskLimits(
            maximumOrderNotional: risk.maximumOrderNotional?.nanos, maximumPosition: risk.maximumPosition?.nanos,
            priceCollar: risk.priceCollar,
            maximumOrdersPerSecond: risk.maximumOrdersPerSecond, reservedOrdersPerSecond: risk.reservedOrdersPerSecond,
            duplicateWindow: risk.duplicateWindow, staleAfter: risk.staleAfter, maximumRejectsPerMinute: risk.maximumRejectsPerMinute,
            marginHeadroom: risk.marginHeadroom, losses: risk.losses)
    }

    // MARK: Parts of the run

    func venueConfiguration(_ index: Int) -> VenueConfiguration {
        let venue = scenario.venues[index]
        let accounts = scenario.accounts.enumerated().filter { $0.element.venue == venue.name }.map { number, account in
            VenueConfiguration.Account(
                id: AccountID(number), collateral: account.collateral, makerFee: account.makerFee, takerFee: account.takerFee,
                connection: account.connection)
        }
        var configuration = VenueConfiguration(
            listings: listings.enumerated().filter { $0.element.venue == index }.map {
                VenueConfiguration.Listing(id: InstrumentID($0.offset), instrument: $0.element.instrument)
            }, accounts: accounts, queue: venue.queueModel, matching: .faithful,
            postOnly: venue.postOnly == .expire ? .expire : .reject, spotFee: venue.spotFee == .received ? .received : .quote,
            seed: scenario.seed, faults: faults[index])
        configureAccounts(&configuration, index)
        return configuration
    }

    var coreConfiguration: CoreConfiguration {
        CoreConfiguration(
            instruments: instruments,
            accounts: zip(scenario.accounts, venueOfAccount).map { account, venue in
                CoreConfiguration.Account(name: account.name, venue: VenueID(venue), balances: account.collateral)
            }, seed: scenario.seed, limits: limits, margins: marginTerms, reconcileEvery: scenario.risk.reconcileEvery)
    }

    var description: RunDescription {
        RunDescription(
            instruments: instruments, venueOfInstrument: listings.map { scenario.venues[$0.venue].name },
            accounts: scenario.accounts.map { .init(name: $0.name, venue: $0.venue, collateral: $0.collateral) },
            reporting: scenario.reporting,
            rates: rates, start: start, plannedEnd: end, capital: scenario.capital, isCompounding: scenario.returns == .compounding,
            staleAfter: limits.staleAfter, strategies: scenario.strategies.map(\.label))
    }
}
