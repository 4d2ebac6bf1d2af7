public import Market
public import Metrics
public import Simulation
public import Trading

/// Joins what the venues do with what the core records, for the figures and the tables.
public final class RunBridge: SimulationObserver, CoreObserver {
    let description: RunDescription
    let contracts: Table<Contract>
    private let owned: [SimulatedVenue]
    /// `owned`, called without counting a reference.
    let venues: Table<Port<SimulatedVenue>>
    let venueOfInstrument: Table<Int>
    let venueOfAccount: Table<Int>
    /// The core holds its observers.
    private(set) var core: Port<TradingCore>
    let recorder: RunRecorder
    private let output: (any RunOutput)?
    private let goesOn: (Timestamp, Int64) throws(RunError) -> Bool
    private(set) var failure: RunError?
    private(set) var checks: [Backtest.Check] = []
    private(set) var unsynchronised: [Nanoseconds]
    private var hasBegun = false
    private(set) var current: VenueState
    /// The mids before the fill that is being told.
    private var fillMids: [FinePrice?]
    private var lastPositions: [[Quantity]] = []
    private var lastSample: Timestamp?
    /// Time during which our book could be traded on but had not changed for long, or showed both sides crossed.
    private(set) var stale: [Nanoseconds]
    private(set) var crossed: [Nanoseconds]
    /// Hedges that were decided and have not left.
    var departures = Ring<Departure>()
    let computeTime: Nanoseconds

    struct Departure: BitwiseCopyable {
        var order: OrderID
        var instrument: InstrumentID
        var side: Side
        var lots: Int64
        var time: Timestamp
    }

    /// - Parameters:
    ///   - venueOfInstrument: Indices into `venues`, as `venueOfAccount`.
    ///   - output: Where the rows of the tables go.
    ///   - computeTime: How long after their cause commands leave.
    ///   - goesOn: Asked once a sample, with its time and the records so far; false interrupts the run.
    public init(
        _ description: RunDescription, _ venues: [SimulatedVenue], venueOfInstrument: [Int], venueOfAccount: [Int], _ core: TradingCore,
        _ recorder: RunRecorder, output: (any RunOutput)? = nil, computeTime: Nanoseconds = .zero,
        goesOn: @escaping (Timestamp, Int64) throws(RunError) -> Bool = { (_, _) throws(RunError) in true }
    ) {
        self.description = description
        contracts = Table(description.instruments.map(\.contract))
        owned = venues
        self.venues = Table(venues.map { Port($0) })
        self.venueOfInstrument = Table(venueOfInstrument)
        self.venueOfAccount = Table(venueOfAccount)
        self.core = Port(core)
        fillMids = description.instruments.map { _ in nil }
        self.recorder = recorder
        self.output = output
        self.goesOn = goesOn
        unsynchronised = description.instruments.map { _ in .zero }
        stale = unsynchronised
        crossed = unsynchronised
        self.computeTime = computeTime
        for venue in venues { venue.keepTrails(silenceLimit: description.staleAfter) }
        let (accounts, instruments) = (description.accounts, description.instruments)
        current = VenueState(
            time: description.start, balances: accounts.map { _ in [] },
            positions: accounts.map { _ in Array(repeating: .zero, count: instruments.count) },
            unrealised: accounts.map { _ in instruments.map { .zero($0.settlement) } }, marks: instruments.map { _ in nil },
            mids: instruments.map { _ in nil })
    }

    /// Another core goes on with the run; it lives as long.
    func follow(_ core: TradingCore) { self.core = Port(core) }

    func accountName(_ id: AccountID) -> String { description.accounts[id.index].name }

    private func strategyName(_ id: StrategyID) -> String? {
        description.strategies.indices.contains(id.index) ? description.strategies[id.index] : nil
    }

    /// The run's figures, with what the venues know at its end.
    func finish(at time: Timestamp) -> RunResult {
        refresh(time)
        caughtUp(to: time)
        let marks = current.marks
        let instances = core.with { InstanceRecord.all(of: $0, description.strategies, marks: marks) }
        return recorder.finish(current, unknownOrders: core.with { $0.unknownOrders }, instances: instances)
    }

    /// Brings `current` up to date in place. Where a book can't be trusted for the moment, its last trusted mid stands.
    private func refresh(_ time: Timestamp) {
        current.time = time
        for index in contracts.indices {
            venues[venueOfInstrument[index]].with { venue in
                if let mid = venue.mid(InstrumentID(index)) { current.mids[index] = mid }
                current.marks[index] = venue.mark(InstrumentID(index)) ?? current.mids[index]
            }
        }
        for number in venueOfAccount.indices {
            let id = AccountID(number)
            venues[venueOfAccount[number]].with { venue in
                venue.copyBalances(id, to: &current.balances[number])
                for index in contracts.indices where venueOfInstrument[index] == venueOfAccount[number] {
                    current.positions[number][index] = venue.position(id, InstrumentID(index))
                    guard let mark = current.marks[index] else { continue }
                    current.unrealised[number][index] = venue.unrealised(id, InstrumentID(index), at: mark)
                }
            }
        }
    }

    func attempt(_ body: () throws(RunError) -> Void) {
        guard failure == nil else { return }
        do { try body() } catch { failure = error }
    }

    // MARK: The venues

    public func filled(_ fill: VenueFill, venue: Int) {
        let filled = fill.fill.instrument.index
        for index in contracts.indices {
            fillMids[index] = venues[venueOfInstrument[index]].with { $0.mid(InstrumentID(index)) } ?? current.mids[index]
        }
        if fill.bidTicks != OrderBook.noBid, fill.askTicks != OrderBook.noAsk {
            let tick = contracts[filled].tickSize.nanos
            fillMids[filled] = FinePrice(nanos: roundedMean(fill.bidTicks * tick, fill.askTicks * tick))
        }
        let isLarge = fill.fill.quantity.lots * 10 > fill.witness.displayed
        recorder.venueFill(
            account: fill.account, fill.fill, mechanism: fill.witness.mechanism.name, isVerified: fill.witness.isVerified, isLarge: isLarge,
            mids: fillMids)
        follow(fill)
        guard let output else { return }
        attempt { () throws(RunError) in
            try output.witness(fill, account: accountName(fill.account), instrument: description.instruments[filled])
        }
    }

    public func changed(at time: Timestamp) {
        refresh(time)
        if !hasBegun {
            // The collateral can't be valued before the feeds that price it are there; nothing can be traded before that either.
            guard recorder.canValue(current) else { return }
            hasBegun = true
            recorder.begin(current)
        } else {
            recorder.record(current)
        }
        guard output != nil, current.positions != lastPositions else { return }
        for (account, owner) in description.accounts.enumerated() {
            for (index, instrument) in description.instruments.enumerated() {
                let quantity = current.positions[account][index]
                let before = lastPositions.isEmpty ? .zero : lastPositions[account][index]
                guard quantity != before else { continue }
                attempt { () throws(RunError) in
                    try output?.position(quantity, account: owner.name, instrument: instrument, at: time)
                }
            }
        }
        lastPositions = current.positions
    }

    public func sampled(at time: Timestamp, events: Int64) throws(RunError) -> Bool {
        let span = lastSample.map { time - $0 } ?? .zero
        for index in contracts.indices {
            let id = InstrumentID(index)
            if core.with({ $0.isUnsynchronised(id) }) {
                unsynchronised[index] = unsynchronised[index] + span
            } else {
                if isStale(id, at: time) { stale[index] = stale[index] + span }
                if core.with({ $0.books[id].isCrossed }) { crossed[index] = crossed[index] + span }
            }
        }
        if hasBegun { noteMargins(span) }
        lastSample = time
        attempt { () throws(RunError) in try output?.equity(recorder.lastEquity, at: time) }
        if let failure { throw failure }
        return try goesOn(time, events)
    }

    // MARK: The core

    public func submitted(_ order: Order, at time: Timestamp) {
        let instrument = order.draft.instrument
        let mid = core.with { $0.books[instrument].mid(contracts[instrument.index]) }
        let best = core.with { order.draft.side == .buy ? $0.books[instrument].bestBid : $0.books[instrument].bestAsk }
        recorder.submitted(order, mid: mid, best: best, at: time)
        decide(order, mid, at: time)
    }

    public func requested(_ kind: RequestKind, _ order: Order, at time: Timestamp) {
        recorder.requested(kind, order)
        if kind == .amend { plan(order) }
    }

    public func acknowledged(_ order: OrderID, venueTime: Timestamp, at time: Timestamp) {
        recorder.acknowledged(order, venueTime: venueTime)
    }

    public func becameUnknown(_ order: Order, at time: Timestamp) { recorder.becameUnknown(order) }
    public func resolved(_ order: OrderID, unknownSince since: Timestamp, at time: Timestamp) { recorder.resolved(after: time - since) }

    public func refused(_ kind: RequestKind, _ order: OrderID, _ reason: RejectReason, account: AccountID, at time: Timestamp) {
        recorder.refused(kind, reason, account: account)
    }

    public func filled(_ fill: Fill, _ order: Order?, account: AccountID, isLate: Bool, cancelPending: Bool, venueTime: Timestamp) {
        recorder.coreFill(fill, order, account: account, isLate: isLate, cancelPending: cancelPending, venueTime: venueTime)
        hear(fill, order, account: account, venueTime: venueTime)
        guard let output else { return }
        attempt { () throws(RunError) in
            try output.fill(
                fill, of: order.flatMap { strategyName($0.instance) }, purpose: order?.draft.purpose, account: accountName(account),
                instrument: description.instruments[fill.instrument.index], venueTime: venueTime, isLate: isLate)
        }
    }

    public func ended(_ order: Order, at time: Timestamp) {
        recorder.ended(order, at: time)
        guard let output else { return }
        attempt { () throws(RunError) in
            try output.order(
                order, of: strategyName(order.instance), account: accountName(order.draft.account),
                instrument: description.instruments[order.draft.instrument.index], at: time)
        }
    }

    public func funded(_ payment: FundingPayment, account: AccountID, at time: Timestamp) {
        recorder.funded(payment)
        let name = accountName(account)
        attempt { () throws(RunError) in try output?.note("\(name): funding \(payment.amount) at rate \(payment.rate)", at: time) }
    }

    public func liquidated(
        _ quantity: Quantity, of instrument: InstrumentID, at price: FinePrice, penalty: Money, account: AccountID, time: Timestamp
    ) {
        recorder.liquidated(quantity, of: instrument, at: price, penalty: penalty, account: account)
        let (name, text) = (accountName(account), description.instruments[instrument.index].text(quantity))
        attempt { () throws(RunError) in
            try output?.note("\(name): closed by force \(text) at \(price), penalty \(penalty)", at: time)
        }
    }

    public func adjusted(_ money: Money, account: AccountID, at time: Timestamp) {
        recorder.adjusted(money)
        let name = accountName(account)
        attempt { () throws(RunError) in try output?.note("\(name): adjustment \(money)", at: time) }
    }

    public func noted(_ text: String, instance: StrategyID?, at time: Timestamp) {
        let owner = description.strategies.count > 1 ? instance.flatMap { strategyName($0) }.map { "\($0): " } ?? "" : ""
        attempt { () throws(RunError) in try output?.note(owner + text, at: time) }
    }

    public func checked(_ text: String, passes: Bool, at time: Timestamp) {
        let check = Backtest.Check(text: text, passes: passes)
        checks.append(check)
        attempt { () throws(RunError) in try output?.note(check.description, at: time) }
    }
}
