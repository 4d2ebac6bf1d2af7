internal import Market
internal import Metrics
internal import Scenario
internal import Simulation
internal import Trading

/// What must hold whatever goes wrong.
public enum Invariant: String, Sendable, Hashable, CaseIterable {
    /// At rest what is unhedged is less than can be traded, or trading is frozen.
    case hedged = "I1"
    /// Our record of positions is the venues', and every fill at the venues is counted in it.
    case ledger = "I2"
    /// No position is larger than its limit.
    case position = "I3"
    /// Nothing is quoted after everything was to be cancelled.
    case killed = "I4"
    /// After everything was to be closed nothing is held that could be.
    case flattened = "K4"
    /// Every client id is used once.
    case identity = "I5"
    /// Quotes never use the rate that is kept for hedges.
    case reserve = "I6"
    /// The parts of the profit add up to it.
    case attribution = "I7"
    /// The same seed gives the same journal.
    case repeatable = "I8"
    /// A restart comes to the exposure that the journal says, and nothing is sent before the venues have told what was missed.
    case restart = "I9"
    /// Every unknown outcome is asked about at its deadline, and none is left.
    case unknown = "I10"
    /// Nothing is quoted on a book that can't be trusted.
    case book = "I11"
    /// What is to close a position can't open one.
    case closing = "I12"

    public var summary: String {
        switch self {
        case .hedged: "at rest the exposure is less than can be traded, or trading is frozen"
        case .ledger: "our positions are the venues', and every fill was counted"
        case .position: "no position beyond its limit"
        case .killed: "no quote after the kill"
        case .flattened: "where the kill closes everything, nothing is held at rest that could be closed"
        case .identity: "every order id is used once"
        case .reserve: "quotes leave the hedges' share of the order rate"
        case .attribution: "the parts of the profit add up, where every reduction by force was told"
        case .repeatable: "the same seed gives the same journal"
        case .book: "no quote on a book that has a gap or is older than its limit"
        case .closing: "what closes a position is reduce-only"
        case .restart: "a restart rebuilds what the journal holds, and sends no order before the exposure is known"
        case .unknown: "every unknown outcome is asked about in time and resolved"
        }
    }
}

/// Where a run was when a fault took hold.
public enum Phase: String, Sendable, Hashable, CaseIterable {
    case flat
    /// Orders rest, nothing is held.
    case quoting
    case oneLeg = "one leg"
    case bothLegs = "both legs"
}

/// Looks at a run after everything that happens in it.
final class InvariantWatch: SimulationObserver, CoreObserver {
    /// Two looks at rest: a run may end between the two orders of an exchange, and where a slice leaves every second at the moment of
    /// the look, the last one at which nothing was on its way is two seconds old.
    private static let longestExchange = Nanoseconds.seconds(2)

    struct Violation {
        var invariant: Invariant
        var time: Timestamp
        var text: String
    }

    private let bridge: RunBridge
    /// The core holds its observers.
    private unowned var core: TradingCore
    private var journal: Journal
    private let venues: [SimulatedVenue]
    private let plan: RunPlan
    private let killAt: Timestamp
    private let end: Timestamp
    private let killLevel: KillLevel
    private let unknownAfter: Nanoseconds
    private(set) var violations: [Violation] = []
    /// By venue, then fault of its plan: the phase in which it took hold.
    private(set) var phases: [[Phase?]]
    private(set) var fills = 0
    private(set) var adjustments = 0
    private var phase = Phase.flat
    /// What phases there were, and what faults could have met in a run without.
    private(set) var course = RunCourse()
    /// How an operator reaches the core; nil: directly.
    var tell: ((OperatorEvent, Timestamp) -> Void)?
    /// Of a run over the wire, by venue.
    var networks: [VirtualNetwork] = [] {
        didSet { wirePhases = networks.map { $0.faultRecords.map { _ in nil } } }
    }
    /// By venue, then fault of its network: the phase in which it took hold.
    private(set) var wirePhases: [[Phase?]] = []
    /// By start of a disturbance of the feeds: the phase in which it began.
    private(set) var phaseOfDisturbance: [Int64: Phase] = [:]
    private let disturbances: [Int64]
    /// By venue, then fault of its plan that stops public data: the phase in which it began, whenever it shows.
    private var phasesAtStart: [[Phase?]]
    /// Where the process died, each time.
    private(set) var deaths: [Phase] = []
    private var isKilled = false
    private(set) var lastOrder: UInt64 = 0
    private var isDead = false
    private var atCommit: (records: Int64, standing: Standing)?
    /// By venue: what the bridge was told, which a core that was restarted may tell again.
    private var toldFills: [Set<UInt64>]
    /// By venue: every trade of ours, in order.
    private var venueFills: [[UInt64]]
    private var toldEnds = Set<OrderID>()
    private var orderTimes = Ring<Timestamp>()
    /// When nothing was on its way last, and whether the legs were off each other then.
    private var lastRest: (time: Timestamp, violations: [String?])?
    /// What is traded, and with what, each once.
    private let symbols: [String]
    private let legs: [StrategyBinding.Leg]

    init(
        _ bridge: RunBridge, _ core: TradingCore, _ journal: Journal, _ venues: [SimulatedVenue], _ plan: RunPlan, _ mix: FaultMix,
        kill: KillLevel, at killAt: Timestamp, end: Timestamp
    ) {
        (self.bridge, self.core, self.journal) = (bridge, core, journal)
        (self.venues, self.plan, self.killLevel, self.killAt, self.end) = (venues, plan, kill, killAt, end)
        toldFills = venues.map { _ in [] }
        venueFills = venues.map { _ in [] }
        course.stretches = [.init(start: plan.start, phase: .flat)]
        unknownAfter = plan.coreConfiguration.unknownAfter
        legs = Array(Set(plan.bindings.flatMap(\.legs.values)))
        symbols = Set(plan.scenario.strategies.map(\.symbol)).sorted()
        phases = venues.map { $0.faultRecords.map { _ in nil } }
        phasesAtStart = phases
        disturbances = mix.disturbances(plan.listings.map(\.venue)).map(\.start)
    }

    private func violate(_ invariant: Invariant, _ time: Timestamp, _ text: String) {
        guard !violations.contains(where: { $0.invariant == invariant }) else { return }
        violations.append(Violation(invariant: invariant, time: time, text: text))
    }

    // MARK: Phases

    private func venuePosition(_ account: Int, _ instrument: Int) -> Quantity {
        venues[plan.listings[instrument].venue].position(AccountID(account), InstrumentID(instrument))
    }

    /// Notes faults that have taken hold since the last look, and what they could have met: in the phase that was then.
    private func look(at now: Timestamp) {
        for venue in venues.indices {
            for chance in venues[venue].takeChances() {
                course.add(.init(time: chance.time, targets: chance.targets, venue: venue, phase: phase))
            }
        }
        for start in disturbances where start <= now.nanoseconds && phaseOfDisturbance[start] == nil { phaseOfDisturbance[start] = phase }
        for venue in venues.indices {
            for (index, record) in venues[venue].faultRecords.enumerated() where phases[venue][index] == nil {
                // What of public data was kept from us is counted when they are back.
                if phasesAtStart[venue][index] == nil, record.fault.stopsPublicData, record.fault.start <= now {
                    phasesAtStart[venue][index] = phase
                }
                if record.touched > 0 { phases[venue][index] = phasesAtStart[venue][index] ?? phase }
            }
        }
        for venue in networks.indices {
            for (index, record) in networks[venue].faultRecords.enumerated() where record.touched > 0 && wirePhases[venue][index] == nil {
                wirePhases[venue][index] = phase
            }
        }
        var (held, holders) = (0, UInt64(0))
        for leg in legs where !venuePosition(leg.account.index, leg.instrument.index).isZero {
            held += 1
            holders |= 1 << UInt64(plan.listings[leg.instrument.index].venue)
        }
        let next: Phase =
            switch held {
            case 0: venues.contains { $0.restingOrderCount > 0 } ? .quoting : .flat
            case 1: .oneLeg
            default: .bothLegs
            }
        guard next != phase || course.stretches.last?.holders != holders else { return }
        phase = next
        course.stretches.append(.init(start: now, phase: next, holders: holders))
    }

    func acted(venue: Int, at time: Timestamp) { look(at: time) }

    /// Numbers of the strategies that trade a symbol.
    private func traders(of symbol: String) -> [Int] {
        plan.scenario.strategies.indices.filter { plan.scenario.strategies[$0].symbol == symbol }
    }

    // MARK: The venues

    func filled(_ fill: VenueFill, venue: Int) {
        fills += 1
        venueFills[venue].append(fill.fill.trade)
        bridge.filled(fill, venue: venue)
        let (instrument, account) = (fill.fill.instrument.index, fill.account.index)
        if let limit = plan.limits.maximumPosition {
            let contract = plan.listings[instrument].instrument.contract
            let position = contract.baseAmount(venuePosition(account, instrument), at: contract.finePrice(fill.fill.price))
            if abs(position) > limit {
                violate(.position, core.now, "\(plan.scenario.accounts[account].name) holds \(Decimal.text(position, decimals: 9))")
            }
        }
        look(at: fill.time)
    }

    func changed(at time: Timestamp) { bridge.changed(at: time) }
    func caughtUp(to time: Timestamp) { bridge.caughtUp(to: time) }
    var nextDue: Timestamp { bridge.nextDue }
    func due(at time: Timestamp) { bridge.due(at: time) }

    func sampled(at time: Timestamp, events: Int64) throws(RunError) -> Bool {
        look(at: time)
        guard !isDead else { return try bridge.sampled(at: time, events: events) }
        commit()
        for order in core.openOrders {
            guard case .unknown(let since, let asking) = order.certainty else { continue }
            // One deadline for each question, and one for what the venue said of it unasked; a second between two looks.
            let asked = since + Nanoseconds(count: unknownAfter.count * Int64(asking))
            if asking < 255, time > max(asked, order.changedAt + unknownAfter) + .seconds(1) {
                violate(.unknown, time, "order \(order.id.rawValue) has been unknown since \(since.iso8601), asked \(asking) times")
            }
        }
        if time >= killAt, !isKilled {
            isKilled = true
            if let tell { tell(.kill(killLevel), time) } else { core.receive(.kill(killLevel), at: time) }
        }
        if isKilled, core.openOrders.isEmpty { lastRest = (time, symbols.map(exposureViolation)) }
        return try bridge.sampled(at: time, events: events)
    }

    // MARK: The core

    func submitted(_ order: Order, at time: Timestamp) {
        bridge.submitted(order, at: time)
        if core.isRecovering { violate(.restart, time, "order \(order.id.rawValue) left before the exposure was known") }
        if order.id.rawValue <= lastOrder { violate(.identity, time, "order \(order.id.rawValue) was sent again") }
        lastOrder = max(lastOrder, order.id.rawValue)
        if isKilled, order.draft.purpose == .quote { violate(.killed, time, "order \(order.id.rawValue) quotes") }
        let instrument = order.draft.instrument
        if order.draft.purpose == .quote {
            let isStale = plan.limits.staleAfter.map { core.bookAge(instrument) > $0 } ?? false
            if isStale || core.isUnsynchronised(instrument) { violate(.book, time, "order \(order.id.rawValue) quotes blindly") }
        }
        if order.draft.purpose == .flatten, !order.draft.reduceOnly, core.instruments[instrument.index].kind != .spot {
            violate(.closing, time, "order \(order.id.rawValue) closes and is not reduce-only")
        }
        if let maximum = plan.limits.maximumOrdersPerSecond {
            while !orderTimes.isEmpty, orderTimes[0] + .seconds(1) <= time { orderTimes.removeFirst() }
            orderTimes.append(time)
            let allowed = order.draft.purpose == .quote ? maximum - plan.limits.reservedOrdersPerSecond : maximum
            if orderTimes.count > allowed { violate(.reserve, time, "\(orderTimes.count) orders within a second") }
        }
        look(at: core.now)
    }

    func filled(_ fill: Fill, _ order: Order?, account: AccountID, isLate: Bool, cancelPending: Bool, venueTime: Timestamp) {
        let venue = plan.listings[fill.instrument.index].venue
        if toldFills[venue].insert(fill.trade).inserted {
            bridge.filled(fill, order, account: account, isLate: isLate, cancelPending: cancelPending, venueTime: venueTime)
        }
        look(at: core.now)
    }

    func ended(_ order: Order, at time: Timestamp) {
        if toldEnds.insert(order.id).inserted { bridge.ended(order, at: time) }
        look(at: core.now)
    }

    func funded(_ payment: FundingPayment, account: AccountID, at time: Timestamp) { bridge.funded(payment, account: account, at: time) }
    func requested(_ kind: RequestKind, _ order: Order, at time: Timestamp) { bridge.requested(kind, order, at: time) }
    func refused(_ kind: RequestKind, _ order: OrderID, _ reason: RejectReason, account: AccountID, at time: Timestamp) {
        bridge.refused(kind, order, reason, account: account, at: time)
        look(at: core.now)
    }
    func liquidated(
        _ quantity: Quantity, of instrument: InstrumentID, at price: FinePrice, penalty: Money, account: AccountID, time: Timestamp
    ) {
        bridge.liquidated(quantity, of: instrument, at: price, penalty: penalty, account: account, time: time)
        look(at: core.now)
    }
    func adjusted(_ money: Money, account: AccountID, at time: Timestamp) { bridge.adjusted(money, account: account, at: time) }
    func adjusted(_ quantity: Quantity, of instrument: InstrumentID, account: AccountID, at time: Timestamp) { adjustments += 1 }
    func noted(_ text: String, instance: StrategyID?, at time: Timestamp) {}

    // MARK: Restarts

    /// What a core has to come back with.
    private struct Standing: Equatable {
        var positions: [Quantity]
        var orders: [OrderID]

        init(_ core: TradingCore) {
            positions = Self.positions(core)
            orders = core.openOrders.map(\.id)
        }

        static func positions(_ core: TradingCore) -> [Quantity] {
            core.accounts.indices.flatMap { account in
                core.instruments.indices.map { core.position(AccountID(account), InstrumentID($0)) }
            }
        }
    }

    private func commit() {
        journal.commit()
        atCommit = (journal.recordCount, Standing(core))
    }

    func lostCore() {
        isDead = true
        deaths.append(phase)
    }

    /// Looks at a core that was rebuilt from what was committed.
    func compare(_ rebuilt: TradingCore, records: Int64) {
        guard let atCommit, atCommit.records == records, atCommit.standing != Standing(rebuilt) else { return }
        violate(.restart, core.now, "the rebuilt core has other positions or open orders than the one that died")
    }

    func positions(_ core: TradingCore) -> [Quantity] { Standing.positions(core) }

    /// Looks at a core that knows that it was restarted: nothing but the venue's word changes what it held.
    func compare(_ restarted: TradingCore, positions: [Quantity]) {
        guard positions != Standing.positions(restarted) else { return }
        violate(.restart, restarted.now, "the core that was restarted has other positions than its journal")
    }

    /// Goes on with a core that was restarted, and the journal that it goes on in.
    func follow(_ core: TradingCore, _ journal: Journal) {
        (self.core, self.journal, isDead) = (core, journal, false)
        bridge.follow(core)
    }

    // MARK: At rest

    /// What must hold once the run is over and everything in flight has arrived.
    func checkAtRest() {
        let time = max(core.now, plan.start)
        let accounts = plan.scenario.accounts
        for account in accounts.indices {
            let venue = plan.scenario.venues.firstIndex { $0.name == accounts[account].venue }
            for instrument in plan.listings.indices where plan.listings[instrument].venue == venue {
                let (ours, theirs) = (
                    core.position(AccountID(account), InstrumentID(instrument)), venuePosition(account, instrument)
                )
                guard ours != theirs, plan.listings[instrument].instrument.kind != .spot else { continue }
                violate(.ledger, time, "\(accounts[account].name): we count \(ours.lots) lots and the venue \(theirs.lots)")
            }
        }
        // An adjustment makes positions equal; what was filled has to have been counted as such.
        for venue in venues.indices {
            guard let missing = venueFills[venue].first(where: { !toldFills[venue].contains($0) }) else { continue }
            violate(.ledger, time, "trade \(missing) at \(plan.scenario.venues[venue].name) was never counted")
        }
        if core.isRecovering { violate(.restart, time, "what a restarted core missed was never told") }
        for order in core.openOrders where order.certainty != .known {
            violate(.unknown, time, "order \(order.id.rawValue) is unknown at the end")
        }
        for (index, symbol) in symbols.enumerated() {
            // Of strategies that hedge and are not frozen.
            guard traders(of: symbol).allSatisfy({ plan.bindings[$0].legs.count > 1 && core.frozen(StrategyID($0)) == nil }),
                let violation = exposureViolation(symbol)
            else { continue }
            // What the end of the run has met between its two orders was matched when nothing was on its way.
            let wasMatched = lastRest.map { $0.violations[index] == nil && $0.time + Self.longestExchange >= end } ?? false
            if !wasMatched { violate(.hedged, time, violation) }
        }
        if killLevel == .flatten { checkFlat(time) }
        let residual = bridge.finish(at: time).attribution.residual
        // What a reduction cost that nobody told us of is in no part.
        if residual.units != 0, adjustments == 0 { violate(.attribution, time, "the residual is \(residual.double)") }
    }

    /// All legs of a symbol's strategies in base together, against the smallest order that every one of them takes: as much may be
    /// left of each strategy.
    private func exposureViolation(_ symbol: String) -> String? {
        let traders = traders(of: symbol)
        var (exposure, tolerance) = (Int64(0), Int64(0))
        for leg in Set(traders.flatMap { plan.bindings[$0].legs.values }) {
            let index = leg.instrument.index
            let contract = plan.listings[index].instrument.contract
            guard let price = venues[plan.listings[index].venue].mid(leg.instrument) ?? core.books[leg.instrument].mid(contract) else {
                continue
            }
            exposure += contract.baseAmount(venuePosition(leg.account.index, index), at: price)
            let notional = roundedQuotient(Int128(contract.minimumNotional) * 1_000_000_000, Int128(price.nanos))
            tolerance = max(tolerance, contract.baseAmount(contract.minimumQuantity, at: price), notional, contract.stepUnit)
        }
        tolerance *= Int64(traders.count)
        // A minimum in quote currency is a little more base when the price falls.
        guard abs(exposure) > tolerance + tolerance / 50 else { return nil }
        return "\(Decimal.text(exposure, decimals: 9)) is unhedged, and \(Decimal.text(tolerance, decimals: 9)) could be traded"
    }

    /// Every position against the smallest order that would close it.
    private func checkFlat(_ time: Timestamp) {
        let accounts = plan.scenario.accounts
        for account in accounts.indices {
            for (index, listing) in plan.listings.enumerated() where plan.scenario.venues[listing.venue].name == accounts[account].venue {
                let held = venuePosition(account, index)
                guard !held.isZero, listing.instrument.kind != .spot, let price = venues[listing.venue].mid(InstrumentID(index)),
                    held.magnitude >= listing.instrument.leastOrder(at: price)
                else { continue }
                violate(.flattened, time, "\(accounts[account].name) holds \(listing.instrument.text(held)) \(listing.symbol)")
            }
        }
    }
}
