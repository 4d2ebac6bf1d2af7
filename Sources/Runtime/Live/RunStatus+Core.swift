public import Market
public import Trading
internal import Venues

extension RunStatus {
    /// What a status calls things.
    public struct Names: Sendable {
        public var run: String
        /// The scenario's hash.
        public var scenario: String
        public var process: Int32
        /// By session.
        public var venues: [String]
        /// By instrument.
        public var sessionOfInstrument: [Int]
        /// By instance.
        public var strategies: [String]

        public init(
            run: String, scenario: String, process: Int32, venues: [String], sessionOfInstrument: [Int], strategies: [String]
        ) {
            (self.run, self.scenario, self.process) = (run, scenario, process)
            (self.venues, self.sessionOfInstrument, self.strategies) = (venues, sessionOfInstrument, strategies)
        }
    }

    /// - Parameters:
    ///   - desk: Knows how the strategies' parameters are called; nil: what was changed is not said.
    ///   - began: When the process began.
    public init(
        _ live: LiveCore, _ tally: RunTally, _ names: Names, desk: ParameterDesk? = nil, journal: Journal, began: Timestamp,
        at now: Timestamp
    ) {
        let core = live.core
        (run, scenario, process, time) = (names.run, names.scenario, names.process, now.iso8601)
        uptimeSeconds = max(0, (now - began).count / 1_000_000_000)
        state = core.hasStopped ? .stopped : core.isRecovering ? .catchingUp : .running
        kill = core.killLevel.map { "K\($0.rawValue) \($0.words)" }
        let reader = StatusReader(live: live, names: names, desk: desk, now: now)
        strategies = (0..<core.strategyCount).map { reader.strategy(StrategyID($0)) }
        venues = live.sessions.indices.map { reader.venue($0) }
        accounts = core.accounts.indices.map { reader.account(AccountID($0)) }
        counts = Counts(
            orders: tally.orders, fills: tally.fills, lateFills: tally.lateFills, rejects: tally.rejects, denials: tally.denials,
            unknowns: tally.unknowns, liquidations: tally.liquidations, alarms: tally.alarmCount)
        alarms = tally.alarms.map { Remark($0) }
        notes = tally.notes.map { Remark($0) }
        self.journal = journal
    }
}

extension RunStatus.Remark {
    public init(_ remark: RunTally.Remark) { self.init(time: remark.time.iso8601, source: remark.source, text: remark.text) }
}

extension KillLevel {
    /// As people say it.
    public var words: String {
        switch self {
        case .stopQuoting: "no new quotes"
        case .cancelAll: "cancel all"
        case .reduceOnly: "reduce only"
        case .flatten: "flatten"
        }
    }
}

/// Reads a run's parts in the names of people.
private struct StatusReader {
    let live: LiveCore
    let names: RunStatus.Names
    let desk: ParameterDesk?
    let now: Timestamp

    private var core: TradingCore { live.core }

    private static func milliseconds(_ span: Nanoseconds) -> Int64 { max(0, span.count / 1_000_000) }
    private func age(since time: Timestamp) -> Int64 { Self.milliseconds(now - time) }

    private func name(_ strategy: StrategyID) -> String {
        names.strategies.indices.contains(strategy.index) ? names.strategies[strategy.index] : "strategy \(strategy.rawValue)"
    }

    func strategy(_ id: StrategyID) -> RunStatus.Strategy {
        let status = core.status(of: id)
        return RunStatus.Strategy(
            name: name(id), phase: status.phase, cyclesDone: status.cyclesDone,
            frozen: core.frozen(id).map { "\($0)" } ?? (core.killLevel == nil ? nil : "killed"),
            changed: desk?.changed(id, in: core) ?? [:],
            exposure: status.exposure.map { exposure($0, of: id) })
    }

    private func exposure(_ exposure: StrategyStatus.Exposure, of id: StrategyID) -> RunStatus.Exposure {
        func text(_ base: Int64) -> String { Decimal.text(base, decimals: 9) }
        let flying = core.hedgesInFlight(of: id)
        return RunStatus.Exposure(
            currency: exposure.base.code, pending: text(exposure.pending), inFlight: text(flying), need: text(-(exposure.excess + flying)),
            sinceMilliseconds: exposure.since.map(age), state: "\(exposure.state)", failures: exposure.failures)
    }

    func venue(_ index: Int) -> RunStatus.Venue {
        let session = live.sessions[index]
        let streams = session.streams.map { stream in
            RunStatus.Stream(
                name: stream.account.map { core.accounts[$0.index].name } ?? "public", state: stream.state.rawValue,
                silentMilliseconds: stream.heardAt == .distantPast ? nil : age(since: stream.heardAt))
        }
        return RunStatus.Venue(
            name: names.venues.indices.contains(index) ? names.venues[index] : "venue \(index)", streams: streams,
            clockOffsetMilliseconds: Decimal.text(session.clock.offset.count, decimals: 6),
            clockErrorMilliseconds: session.clock.error.map { Decimal.text($0.count, decimals: 6) },
            books: core.instruments.indices.filter { sessionOf($0) == index }.map { book(InstrumentID($0)) })
    }

    private func sessionOf(_ instrument: Int) -> Int? {
        names.sessionOfInstrument.indices.contains(instrument) ? names.sessionOfInstrument[instrument] : nil
    }

    private func book(_ id: InstrumentID) -> RunStatus.Book {
        let (instrument, last) = (core.instruments[id.index], core.lastUpdate(id))
        func text(_ ticks: Int64, _ none: Int64) -> String? { ticks == none ? nil : instrument.text(Price(ticks: ticks)) }
        return RunStatus.Book(
            instrument: instrument.venueSymbol, state: core.bookState(id) == .synchronised ? "synchronised" : "unsynchronised",
            ageMilliseconds: last == .distantPast ? nil : age(since: last),
            bid: text(core.books[id].bestBidTicks, OrderBook.noBid), ask: text(core.books[id].bestAskTicks, OrderBook.noAsk))
    }

    // MARK: Accounts

    func account(_ id: AccountID) -> RunStatus.Account {
        let session = live.sessionOfAccount[id.index]
        let use = live.sessions[session].requests(of: id, at: now)
        return RunStatus.Account(
            name: core.accounts[id.index].name, venue: names.venues.indices.contains(session) ? names.venues[session] : "venue \(session)",
            balances: core.balances(of: id).map { balance($0, id) },
            positions: core.instruments.indices.compactMap { position(InstrumentID($0), id) },
            orders: (core.openOrders + core.unsettledOrders).filter { $0.draft.account == id }.map(order),
            requests: use.map {
                RunStatus.Requests(used: $0.used, limit: $0.limit, reserved: $0.reserved, perSeconds: $0.span.count / 1_000_000_000)
            })
    }

    private func balance(_ money: Money, _ account: AccountID) -> RunStatus.Amount {
        let settles = core.instruments.contains { $0.kind != .spot && $0.settlement == money.currency }
        let equity = core.equity(account, money.currency)
        return RunStatus.Amount(
            currency: money.currency.code, amount: Decimal.text(money.nanos, decimals: 9),
            equity: settles ? Decimal.text(equity.nanos, decimals: 9) : nil)
    }

    private func position(_ id: InstrumentID, _ account: AccountID) -> RunStatus.Position? {
        let (instrument, quantity) = (core.instruments[id.index], core.position(account, id))
        guard !quantity.isZero else { return nil }
        let worth = core.books[id].mid(instrument).map { value(instrument, quantity, $0) }
        return RunStatus.Position(
            instrument: instrument.venueSymbol, quantity: instrument.text(quantity),
            value: worth.map { Decimal.text($0.nanos, decimals: 9) }, currency: instrument.settlement.code)
    }

    private func order(_ order: Order) -> RunStatus.Order {
        let instrument = core.instruments[order.draft.instrument.index]
        let life =
            switch order.life {
            case .new: "new"
            case .submitting: "submitting"
            case .open: "open"
            case .done: "ended"
            }
        let request =
            switch order.pending {
            case .none: ""
            case .cancel: ", cancelling"
            case .amend: ", amending"
            }
        let unknown: Int64? = if case .unknown(let since, _) = order.certainty { age(since: since) } else { nil }
        return RunStatus.Order(
            id: order.id.rawValue, strategy: name(order.instance), instrument: instrument.venueSymbol, side: "\(order.draft.side)",
            quantity: instrument.text(order.quantity), filled: instrument.text(order.filled),
            price: order.price.map { instrument.text($0) },
            purpose: "\(order.draft.purpose)", state: life + request, ageMilliseconds: age(since: order.submittedAt),
            unknownMilliseconds: unknown)
    }
}
