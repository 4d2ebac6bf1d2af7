public import Market
public import Metrics
public import Simulation
public import Trading

/// Joins what the venues do with what the core records, for the figures and the tables.
public final class RunBridge: SimulationObserver, CoreObserver {
    private let description: RunDescription
    private let venues: [SimulatedVenue]
    private let venueOfInstrument: [Int]
    private let venueOfAccount: [Int]
    /// The core holds its observers.
    private unowned let core: TradingCore
    private let recorder: RunRecorder
    private let output: (any RunOutput)?
    private let goesOn: (Timestamp, Int64) throws(RunError) -> Bool
    private(set) var failure: RunError?
    private(set) var unsynchronised: [Nanoseconds]
    private var hasBegun = false
    private var current: VenueState
    private var lastPositions: [[Quantity]] = []
    private var lastSample: Timestamp?

    /// - Parameters:
    ///   - venueOfInstrument: Indices into `venues`, as `venueOfAccount`.
    ///   - output: Where the rows of the tables go.
    ///   - goesOn: Asked once a sample, with its time and the records so far; false interrupts the run.
    public init(
        _ description: RunDescription, _ venues: [SimulatedVenue], venueOfInstrument: [Int], venueOfAccount: [Int], _ core: TradingCore,
        _ recorder: RunRecorder, output: (any RunOutput)? = nil,
        goesOn: @escaping (Timestamp, Int64) throws(RunError) -> Bool = { (_, _) throws(RunError) in true }
    ) {
        self.description = description
        self.venues = venues
        self.venueOfInstrument = venueOfInstrument
        self.venueOfAccount = venueOfAccount
        self.core = core
        self.recorder = recorder
        self.output = output
        self.goesOn = goesOn
        unsynchronised = description.instruments.map { _ in .zero }
        let (accounts, instruments) = (description.accounts, description.instruments)
        current = VenueState(
            time: description.start, balances: accounts.map { _ in [] },
            positions: accounts.map { _ in Array(repeating: .zero, count: instruments.count) },
            unrealised: accounts.map { _ in instruments.map { .zero($0.settlement) } }, marks: instruments.map { _ in nil },
            mids: instruments.map { _ in nil })
    }

    private func accountName(_ id: AccountID) -> String { description.accounts[id.index].name }

    /// What the venues know now. Where a book can't be trusted for the moment, its last trusted mid stands.
    func state(at time: Timestamp) -> VenueState {
        refresh(time)
        return current
    }

    /// Brings `current` up to date in place.
    private func refresh(_ time: Timestamp) {
        current.time = time
        for index in current.mids.indices {
            let venue = venues[venueOfInstrument[index]]
            if let mid = venue.mid(InstrumentID(index)) { current.mids[index] = mid }
            current.marks[index] = venue.mark(InstrumentID(index)) ?? current.mids[index]
        }
        for (number, venue) in venueOfAccount.enumerated() {
            let id = AccountID(number)
            current.balances[number].removeAll(keepingCapacity: true)
            venues[venue].appendBalances(id, to: &current.balances[number])
            for index in current.mids.indices where venueOfInstrument[index] == venue {
                current.positions[number][index] = venues[venue].position(id, InstrumentID(index))
                if let mark = current.marks[index] {
                    current.unrealised[number][index] = venues[venue].unrealised(id, InstrumentID(index), at: mark)
                }
            }
        }
    }

    private func attempt(_ body: () throws(RunError) -> Void) {
        guard failure == nil else { return }
        do { try body() } catch { failure = error }
    }

    // MARK: The venues

    public func filled(_ fill: VenueFill, venue: Int) {
        let instrument = description.instruments[fill.fill.instrument.index]
        var mids = current.mids.indices.map { venues[venueOfInstrument[$0]].mid(InstrumentID($0)) ?? current.mids[$0] }
        if fill.bidTicks != OrderBook.noBid, fill.askTicks != OrderBook.noAsk {
            let doubled = Int128(fill.bidTicks + fill.askTicks) * Int128(instrument.tickSize.nanos)
            mids[fill.fill.instrument.index] = FinePrice(nanos: roundedQuotient(doubled, 2))
        }
        let isLarge = fill.fill.quantity.lots * 10 > fill.witness.displayed
        recorder.venueFill(
            account: fill.account, fill.fill, mechanism: fill.witness.mechanism.name, isVerified: fill.witness.isVerified, isLarge: isLarge,
            mids: mids)
        attempt { () throws(RunError) in
            try output?.witness(fill, account: accountName(fill.account), instrument: instrument)
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
        for index in description.instruments.indices where core.isUnsynchronised(InstrumentID(index)) {
            unsynchronised[index] = unsynchronised[index] + (lastSample.map { time - $0 } ?? .zero)
        }
        lastSample = time
        attempt { () throws(RunError) in try output?.equity(recorder.lastEquity, at: time) }
        if let failure { throw failure }
        return try goesOn(time, events)
    }

    // MARK: The core

    public func submitted(_ order: Order, at time: Timestamp) {
        let contract = description.instruments[order.draft.instrument.index].contract
        recorder.submitted(order, mid: core.books[order.draft.instrument].mid(contract), at: time)
    }

    public func requested(_ kind: RequestKind, _ order: Order, at time: Timestamp) { recorder.requested(kind, order) }

    public func refused(_ kind: RequestKind, _ order: OrderID, _ reason: RejectReason, account: AccountID, at time: Timestamp) {
        recorder.refused(kind, reason, account: account)
    }

    public func filled(_ fill: Fill, _ order: Order?, account: AccountID, isLate: Bool, cancelPending: Bool, venueTime: Timestamp) {
        recorder.coreFill(fill, order, account: account, isLate: isLate, cancelPending: cancelPending, venueTime: venueTime)
        attempt { () throws(RunError) in
            try output?.fill(
                fill, purpose: order?.draft.purpose, account: accountName(account),
                instrument: description.instruments[fill.instrument.index], venueTime: venueTime, isLate: isLate)
        }
    }

    public func ended(_ order: Order, at time: Timestamp) {
        recorder.ended(order, at: time)
        attempt { () throws(RunError) in
            try output?.order(
                order, account: accountName(order.draft.account),
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

    public func noted(_ text: String, instance: StrategyID, at time: Timestamp) {
        attempt { () throws(RunError) in try output?.note(text, at: time) }
    }
}
