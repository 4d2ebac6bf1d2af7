internal import Market
internal import Metrics
internal import Scenario
internal import Simulation
internal import Trading

/// Joins what the venues do with what the core records, for the figures and the tables.
final class RunBridge: SimulationObserver, CoreObserver {
    private let plan: RunPlan
    private let venues: [SimulatedVenue]
    /// The core holds its observers.
    private unowned let core: TradingCore
    private let recorder: RunRecorder
    private let output: (any RunOutput)?
    private let journal: RunJournal?
    private let goesOn: (Timestamp, Int64) -> Bool
    private(set) var failure: RunError?
    private(set) var unsynchronised: [Nanoseconds]
    private var hasBegun = false
    private var mids: [FinePrice?]
    private var lastPositions: [[Quantity]] = []
    private var lastSample: Timestamp?

    init(
        _ plan: RunPlan, _ venues: [SimulatedVenue], _ core: TradingCore, _ recorder: RunRecorder, output: (any RunOutput)?,
        journal: RunJournal?,
        goesOn: @escaping (Timestamp, Int64) -> Bool
    ) {
        self.plan = plan
        self.venues = venues
        self.core = core
        self.recorder = recorder
        self.output = output
        self.journal = journal
        self.goesOn = goesOn
        unsynchronised = plan.listings.map { _ in .zero }
        mids = plan.listings.map { _ in nil }
    }

    /// What the venues know now. Where a book can't be trusted for the moment, its last trusted mid stands.
    func state(at time: Timestamp) -> VenueState {
        for (index, listing) in plan.listings.enumerated() {
            mids[index] = venues[listing.venue].mid(InstrumentID(index)) ?? mids[index]
        }
        let marks = plan.listings.enumerated().map { index, listing in venues[listing.venue].mark(InstrumentID(index)) ?? mids[index] }
        let accounts = plan.scenario.accounts
        var positions: [[Quantity]] = []
        var unrealised: [[Money]] = []
        var balances: [[Money]] = []
        for (number, account) in accounts.enumerated() {
            let venue = plan.scenario.venues.firstIndex { $0.name == account.venue } ?? 0
            let id = AccountID(number)
            balances.append(venues[venue].balances(id))
            positions.append(
                plan.listings.enumerated().map { $0.element.venue == venue ? venues[venue].position(id, InstrumentID($0.offset)) : .zero })
            unrealised.append(
                plan.listings.enumerated().map { index, listing in
                    guard listing.venue == venue, let mark = marks[index] else { return .zero(listing.instrument.settlement) }
                    return venues[venue].unrealised(id, InstrumentID(index), at: mark)
                })
        }
        return VenueState(time: time, balances: balances, positions: positions, unrealised: unrealised, marks: marks, mids: mids)
    }

    private func attempt(_ body: () throws(RunError) -> Void) {
        guard failure == nil else { return }
        do { try body() } catch { failure = error }
    }

    // MARK: The venues

    func filled(_ fill: VenueFill, venue: Int) {
        let instrument = plan.listings[fill.fill.instrument.index].instrument
        var mids = plan.listings.enumerated().map { venues[$0.element.venue].mid(InstrumentID($0.offset)) ?? self.mids[$0.offset] }
        if fill.bidTicks != OrderBook.noBid, fill.askTicks != OrderBook.noAsk {
            let doubled = Int128(fill.bidTicks + fill.askTicks) * Int128(instrument.tickSize.nanos)
            mids[fill.fill.instrument.index] = FinePrice(nanos: roundedQuotient(doubled, 2))
        }
        let isLarge = fill.fill.quantity.lots * 10 > fill.witness.displayed
        recorder.venueFill(
            account: fill.account, fill.fill, mechanism: "\(fill.witness.mechanism)", isVerified: fill.witness.isVerified, isLarge: isLarge,
            mids: mids)
        attempt { () throws(RunError) in
            try output?.witness(fill, account: plan.scenario.accounts[fill.account.index].name, instrument: instrument)
        }
    }

    func changed(at time: Timestamp) {
        let state = state(at: time)
        if !hasBegun {
            // The collateral can't be valued before the feeds that price it are there; nothing can be traded before that either.
            guard recorder.canValue(state) else { return }
            hasBegun = true
            recorder.begin(state)
        } else {
            recorder.record(state)
        }
        guard state.positions != lastPositions else { return }
        for (account, owner) in plan.scenario.accounts.enumerated() {
            for (index, listing) in plan.listings.enumerated() {
                let quantity = state.positions[account][index]
                let before = lastPositions.isEmpty ? .zero : lastPositions[account][index]
                guard quantity != before else { continue }
                attempt { () throws(RunError) in
                    try output?.position(quantity, account: owner.name, instrument: listing.instrument, at: time)
                }
            }
        }
        lastPositions = state.positions
    }

    func sampled(at time: Timestamp, events: Int64) throws(RunError) -> Bool {
        for index in plan.listings.indices where core.isUnsynchronised(InstrumentID(index)) {
            unsynchronised[index] = unsynchronised[index] + (lastSample.map { time - $0 } ?? .zero)
        }
        lastSample = time
        attempt { () throws(RunError) in try output?.equity(recorder.lastEquity, at: time) }
        if let failure = failure ?? journal?.failure { throw failure }
        return goesOn(time, events)
    }

    // MARK: The core

    func submitted(_ order: Order, at time: Timestamp) {
        let instrument = plan.listings[order.draft.instrument.index].instrument
        recorder.submitted(order, mid: core.books[order.draft.instrument].mid(instrument), at: time)
    }

    func requested(_ kind: RequestKind, _ order: Order, at time: Timestamp) { recorder.requested(kind, order) }

    func refused(_ kind: RequestKind, _ order: OrderID, _ reason: RejectReason, account: AccountID, at time: Timestamp) {
        recorder.refused(kind, reason, account: account)
    }

    func filled(_ fill: Fill, _ order: Order?, account: AccountID, isLate: Bool, cancelPending: Bool, venueTime: Timestamp) {
        recorder.coreFill(fill, order, account: account, isLate: isLate, cancelPending: cancelPending, venueTime: venueTime)
        attempt { () throws(RunError) in
            try output?.fill(
                fill, purpose: order?.draft.purpose, account: plan.scenario.accounts[account.index].name,
                instrument: plan.listings[fill.instrument.index].instrument, venueTime: venueTime, isLate: isLate)
        }
    }

    func ended(_ order: Order, at time: Timestamp) {
        recorder.ended(order, at: time)
        attempt { () throws(RunError) in
            try output?.order(
                order, account: plan.scenario.accounts[order.draft.account.index].name,
                instrument: plan.listings[order.draft.instrument.index].instrument, at: time)
        }
    }

    func funded(_ payment: FundingPayment, account: AccountID, at time: Timestamp) {
        recorder.funded(payment)
        let name = plan.scenario.accounts[account.index].name
        attempt { () throws(RunError) in try output?.note("\(name): funding \(payment.amount) at rate \(payment.rate)", at: time) }
    }

    func liquidated(
        _ quantity: Quantity, of instrument: InstrumentID, at price: FinePrice, penalty: Money, account: AccountID, time: Timestamp
    ) {
        recorder.liquidated(quantity, of: instrument, at: price, penalty: penalty, account: account)
        let (name, contract) = (plan.scenario.accounts[account.index].name, plan.listings[instrument.index].instrument)
        attempt { () throws(RunError) in
            try output?.note("\(name): closed by force \(contract.text(quantity)) at \(price), penalty \(penalty)", at: time)
        }
    }

    func adjusted(_ money: Money, account: AccountID, at time: Timestamp) {
        recorder.adjusted(money)
        let name = plan.scenario.accounts[account.index].name
        attempt { () throws(RunError) in try output?.note("\(name): adjustment \(money)", at: time) }
    }

    func noted(_ text: String, instance: StrategyID, at time: Timestamp) {
        attempt { () throws(RunError) in try output?.note(text, at: time) }
    }
}
