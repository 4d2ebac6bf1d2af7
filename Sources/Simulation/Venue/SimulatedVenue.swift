public import Market
public import Trading

/// A venue made of recorded feeds, with our orders as the only thing added to them.
///
/// The driver hands it each record at venue time and each command when the core gives it; requests arrive after the entry
/// latency, reports leave after the response latency, first in first out for each account's connection.
public final class SimulatedVenue: Connector {
    let configuration: VenueConfiguration
    /// By listing.
    let markets: Table<VenueMarket>
    /// Listing by instrument of the run; −1 where the venue does not list it.
    private let listingOfInstrument: Table<Int>
    private let accountOfRun: Table<Int>
    let accounts: Table<VenueAccount>
    let connections: Table<AccountConnection>
    private let reports: Table<Lane<AccountEvent>>
    var lastTrade: UInt64 = 0
    var knownOrders = KnownOrders()
    var desk: MarginDesk
    /// nil where nothing ever goes wrong.
    let faults: FaultState?

    /// By account: when all its orders are cancelled unless it is heard of before; `.never` if that is off.
    var deadMen: [Timestamp]
    /// By account; empty where nothing is limited.
    let limiters: Table<RequestLimiter>
    /// By account and lane; empty where requests carry no numbers.
    let nonces: Table<NonceOrder>

    /// When the next request arrives or a dead man's switch runs out; `.never` if nothing is due.
    public private(set) var nextArrival = Timestamp.never
    /// When something next falls due that is no request: a fault's change, an expiry, a dead man's switch.
    private var nextTerm = Timestamp.never
    /// When the next report reaches us; `.never` if none is on its way.
    public private(set) var nextReportTime = Timestamp.never
    /// The account whose lane it comes by; −1: beside the lanes.
    private var nextReporter = 0
    /// Fills since the driver last took them, in order.
    private var fillLog = Ring<VenueFill>()
    /// Whether the driver has fills to take.
    public private(set) var hasFills = false

    /// - Precondition: Instrument and account ids are unique.
    public init(_ configuration: VenueConfiguration) {
        self.configuration = configuration
        var listings = [Int](repeating: -1, count: (configuration.listings.map(\.id.index).max() ?? -1) + 1)
        for (index, listing) in configuration.listings.enumerated() { listings[listing.id.index] = index }
        listingOfInstrument = Table(listings)
        var owners = [Int](repeating: -1, count: (configuration.accounts.map(\.id.index).max() ?? -1) + 1)
        for (index, account) in configuration.accounts.enumerated() { owners[account.id.index] = index }
        accountOfRun = Table(owners)
        accounts = Table(configuration.accounts.map { VenueAccount($0, listings: configuration.listings.count) })
        connections = Table(count: configuration.accounts.count) { AccountConnection(configuration.accounts[$0], seed: configuration.seed) }
        reports = Table(count: configuration.accounts.count) { _ in Lane() }
        deadMen = configuration.accounts.map { _ in .never }
        let limits = configuration.limits
        limiters = Table(count: limits == nil ? 0 : configuration.accounts.count) {
            RequestLimiter(limits ?? RequestLimits(), batches: configuration.accounts[$0].connection.batches)
        }
        let keys = configuration.accounts.count * AccountConnection.laneLimit
        nonces = Table(configuration.nonceRule.map { Array(repeating: NonceOrder($0), count: keys) } ?? [])
        desk = MarginDesk(configuration)
        markets = Table(count: configuration.listings.count) { [desk] index in
            VenueMarket(
                configuration.listings[index], accounts: configuration.accounts.count, asksMargin: desk.table(index) != nil, configuration)
        }
        faults = configuration.faults.map(FaultState.init)
        nextTerm = faults?.nextChange ?? .never
        nextArrival = nextTerm
    }

    func listing(_ instrument: InstrumentID) -> Int? {
        guard instrument.index < listingOfInstrument.count, listingOfInstrument[instrument.index] >= 0 else { return nil }
        return listingOfInstrument[instrument.index]
    }

    // MARK: Market data

    /// Takes one feed's records from `start` on, while they are not after `limit`; returns where it stopped: there, or after
    /// the first record that made something to report.
    ///
    /// - Precondition: The records are of one instrument that the venue lists.
    @inline(__always)
    public func replay(
        _ start: UnsafePointer<MarketEvent>, to end: UnsafePointer<MarketEvent>, through limit: Timestamp
    ) -> UnsafePointer<MarketEvent> {
        let index = unsafe listingOfInstrument[start.pointee.instrument.index]
        let reported = nextReportTime
        var at = unsafe start
        while true {
            let quiet = min(limit, markets[index].attention.due - Nanoseconds(count: 1))
            unsafe at = replayBook(index, at, to: end, through: quiet)
            guard unsafe at != end, unsafe at.pointee.venueTime <= limit else { return unsafe at }
            unsafe receiveSlowly(at.pointee, index)
            unsafe at += 1
            if nextReportTime != reported || hasFills { return unsafe at }
        }
    }

    @inline(__always)
    private func replayBook(
        _ index: Int, _ start: UnsafePointer<MarketEvent>, to end: UnsafePointer<MarketEvent>, through limit: Timestamp
    ) -> UnsafePointer<MarketEvent> {
        guard markets[index].trail.isKept else {
            return unsafe markets[index].book.replay(start, to: end, atVenueThrough: limit, watch: markets[index].attention.watch)
        }
        return unsafe markets[index].book.replay(
            start, to: end, atVenueThrough: limit, watch: markets[index].attention.watch, trail: &markets[index].trail,
            isTrusted: isTrusted(index))
    }

    /// Changes whenever records may have changed what `reactsFrom` says, though nothing came of them.
    public private(set) var attentionChanges = 0

    /// From when on a record of the instrument may make something to report; before, records only move its book.
    public func reactsFrom(_ instrument: InstrumentID) -> Timestamp {
        let index = listingOfInstrument[instrument.index]
        let watch = markets[index].attention.watch
        return watch.hasOrders || watch.hearsTrades || isMarginAtStake(index) ? .distantPast : markets[index].attention.due
    }

    /// One record of a feed that the venue lists, at venue time.
    public func receive(_ event: borrowing MarketEvent) { receiveSlowly(event, listingOfInstrument[event.instrument.index]) }

    @inline(never)
    private func receiveSlowly(_ event: borrowing MarketEvent, _ index: Int) {
        let quotes = (bid: markets[index].book.bestBidTicks, ask: markets[index].book.bestAskTicks)
        markets[index].now = event.venueTime
        if markets[index].trail.hearsSilence, event.isOfBook { markets[index].trail.hear(at: event.venueTime) }
        if event.kind != .level, event.kind != .trade { attentionChanges &+= 1 }
        if markets[index].attention.due <= event.venueTime {
            attentionChanges &+= 1
            settleAccounts(index, event.venueTime)
        }
        switch event.kind {
        case .level:
            if event.flags.contains(.snapshot), event.isFirst {
                markets[index].book.removeAll()
            }
            markets[index].level(event.side, event.price, event.quantity)
            if event.flags.contains(.snapshot), event.isLast { markets[index].endSnapshot() }
        case .trade:
            // Single orders tell of their own fills: the feed's trades are the same again.
            if !event.flags.contains(.noAggressor), !markets[index].flow.hasBegun {
                markets[index].trade(event.side, event.price, event.quantity)
            }
        case .mark:
            markets[index].mark = FinePrice(nanos: event.price)
            noteMark(index)
        case .index: markets[index].indexPrice = FinePrice(nanos: event.price)
        case .funding:
            let (rate, next) = (Rate(trillionths: event.price), Timestamp(nanoseconds: event.detail))
            if markets[index].meter == nil, event.detail > 0, next > event.venueTime {
                markets[index].funding = (rate, next, Nanoseconds(count: event.quantity))
            }
        case .status: markets[index].status = TradingStatus(rawValue: event.price) ?? .halted
        case .gap:
            markets[index].isSynchronised = false
            markets[index].book.removeAll()
            markets[index].flow.receive(event)
        case .orderAdded, .orderChanged, .orderDeleted: markets[index].order(event)
        case .quote, .openInterest, .liquidation, .instrumentChange: break
        }
        if markets[index].trail.isKept { noteTouch(index, event.venueTime) }
        settleMatches(index, event.venueTime, quotes)
        if markets[index].attention.hasTriggers { fireTriggers(index, event) }
        reviewMargins(event.venueTime)
    }

    /// Tells the venue whether a book without a snapshot can be matched against.
    public func setSynchronised(_ instrument: InstrumentID, _ isSynchronised: Bool, at time: Timestamp = .distantPast) {
        guard let index = listing(instrument) else { return }
        markets[index].isSynchronised = isSynchronised
        if markets[index].trail.isKept { noteTouch(index, time) }
    }

    private func noteTouch(_ index: Int, _ time: Timestamp) {
        markets[index].trail.note(isTrusted(index) ? markets[index].book.touch : .none, at: time)
    }

    // MARK: Connector

    public func handle(_ command: Command, now: Timestamp) {
        let account = account(command)
        let joined = connections[account].joinBatch(command, at: now)
        let latency = joined ?? aloneLatency(command, account, now)
        // What is refused at the door has used no number up.
        if latency < .zero { return send(command.refusal(.venue), account, now, arriving: now - latency) }
        let request = SentRequest(command: command, nonce: number(command, account), isJoined: joined != nil)
        nextArrival = min(nextArrival, connections[account].send(request, arriving: now + latency))
    }

    @inline(__always)
    private func aloneLatency(_ command: Command, _ account: Int, _ now: Timestamp) -> Nanoseconds {
        var latency = connections[account].entryLatency(command, at: now)
        if let faults, latency >= .zero { latency = faults.slowed(latency, accounts[account].configuration.id) }
        connections[account].beginBatch(command, at: now, latency: latency)
        return latency
    }

    /// Lets the earliest request arrive, at the door or, held up there, at the matching; of two at one instant, the lower
    /// account's. Faults begin and end, and orders whose time has come are gone, before it; a switch runs out after it.
    public func processArrival() {
        guard nextArrival != .never else { return }
        let (time, account) = nextRequest()
        for index in markets.indices { markets[index].now = nextArrival }
        if nextTerm == nextArrival, processTerm(before: time) { return }
        defer { findNextArrival() }
        guard let request = connections[account].holdsUp ? receive(account) : connections[account].receive() else { return }
        // A settlement that came before the request is paid on the position before it.
        for index in markets.indices where markets[index].attention.due <= time {
            measureFunding(index, time)
            settleFunding(index, time)
        }
        if let faults { admit(request, account, time, faults) } else { process(request, account, time) }
        reviewMargins(time)
    }

    /// Does what falls due now by itself; returns false when it is not before a request that arrives at `request`.
    private func processTerm(before request: Timestamp) -> Bool {
        if let faults, faults.nextChange == nextArrival {
            changeFaults(faults)
            findNextArrival()
            return true
        }
        if let index = markets.indices.first(where: { markets[$0].nextExpiry == nextArrival }) {
            expireOrders(index, nextArrival)
            findNextArrival()
            return true
        }
        guard let account = deadMen.firstIndex(of: nextArrival), request > nextArrival else { return false }
        let time = deadMen[account]
        deadMen[account] = .never
        findNextArrival()
        cancelAll(accounts[account].configuration.id, nil, account, time, .deadMan)
        return true
    }

    private func receive(_ account: Int) -> SentRequest? { connections[account].receive(wouldTake: wouldTake) }

    /// The earliest request on its way, of two at one instant the lower account's.
    private func nextRequest() -> (time: Timestamp, account: Int) {
        var earliest = (time: Timestamp.never, account: 0)
        for account in connections.indices where connections[account].next < earliest.time {
            earliest = (connections[account].next, account)
        }
        return earliest
    }

    /// Whether a limit order would take if it were processed now.
    private func wouldTake(_ request: OrderRequest) -> Bool {
        listing(request.instrument).map { markets[$0].wouldTake(request.side, request.price?.ticks) } ?? false
    }

    private func findNextArrival() {
        nextTerm = faults?.nextChange ?? .never
        for account in deadMen.indices { nextTerm = min(nextTerm, deadMen[account]) }
        for index in markets.indices { nextTerm = min(nextTerm, markets[index].nextExpiry) }
        nextArrival = min(nextRequest().time, nextTerm)
    }

    /// Nothing of ours is on its way, there or back. Switches, expiries and faults may still be due.
    public var isQuiet: Bool { nextReportTime == .never && nextRequest().time == .never }

    public func advance(to now: Timestamp) {
        while nextArrival <= now, nextArrival != .never { processArrival() }
    }

    public var nextWake: Timestamp { nextArrival }

    /// The next report: of public data the driver tells the core itself.
    public func nextInput(now: Timestamp) -> CoreInput? { nextReport(now: now).map { .account($0) } }

    public func nextReport(now: Timestamp) -> AccountEvent? {
        var report: AccountEvent?
        receiveReport(now: now) { report = copy $0 }
        return report
    }

    /// Lends the next report, if it is due, and takes it off.
    ///
    /// - Parameter body: Must not call the venue.
    @inline(__always)
    public func receiveReport(now: Timestamp, _ body: (borrowing AccountEvent) -> Void) {
        guard nextReportTime <= now, nextReportTime != .never else { return }
        if nextReporter >= 0 {
            reports[nextReporter].receive { report in
                if nonces.count > 0 { noteRefusal(report) }
                body(report)
            }
        } else if let faults {
            let report = faults.strays.removeFirst()
            if nonces.count > 0 { noteRefusal(report) }
            body(report)
        }
        findNextReport()
    }

    private func findNextReport() {
        // At one instant a lower account's lane comes first, and what strays last.
        (nextReportTime, nextReporter) = (faults?.strays.next ?? .never, -1)
        for account in reports.indices.reversed() where reports[account].next <= nextReportTime {
            (nextReportTime, nextReporter) = (reports[account].next, account)
        }
    }

    /// Hands over the fills since the last call, emptying the log.
    public func takeFills(_ body: (VenueFill) -> Void) {
        guard hasFills else { return }
        while !fillLog.isEmpty { body(fillLog.removeFirst()) }
        hasFills = false
    }

    /// Lets the fills since the last call go.
    public func dropFills() {
        fillLog.removeAll()
        hasFills = false
    }

    // MARK: Reports

    func report(_ report: AccountEvent.Report, _ account: Int, _ time: Timestamp) {
        if let faults { return sendAmongFaults(report, account, time, faults) }
        send(report, account, at: time, leaving: time)
    }

    private func send(_ report: AccountEvent.Report, _ account: Int, _ time: Timestamp, arriving: Timestamp) {
        let arrival = reports[account].arrival(arriving)
        reports[account].send(
            AccountEvent(account: accounts[account].configuration.id, venueTime: time, receiveTime: arrival, report: report),
            arriving: arrival)
        noteReport(arrival, account)
    }

    /// Sends a report of what happened at `time` on the account's lane.
    func send(_ report: AccountEvent.Report, _ account: Int, at time: Timestamp, leaving: Timestamp) {
        let arrival = reportArrival(account, leaving: leaving)
        let id = accounts[account].configuration.id
        reports[account].send(AccountEvent(account: id, venueTime: time, receiveTime: arrival, report: report), arriving: arrival)
        if let faults { faults.strays.overtake(id, arrival) }
        noteReport(arrival, account)
    }

    /// When a report that leaves now arrives, if it keeps to its lane.
    func reportArrival(_ account: Int, leaving time: Timestamp) -> Timestamp {
        var latency = connections[account].responseLatency(at: time)
        if let faults { latency = faults.slowed(latency, accounts[account].configuration.id) }
        return reports[account].arrival(time + latency)
    }

    /// A report is on its way by an account's lane, or beside the lanes (−1).
    func noteReport(_ arrival: Timestamp, _ account: Int = -1) {
        guard arrival <= nextReportTime else { return }
        if arrival == nextReportTime, account < 0 || (nextReporter >= 0 && nextReporter <= account) { return }
        (nextReportTime, nextReporter) = (arrival, account)
    }

    /// Books what matching did to our orders and reports it.
    @inline(__always)
    func settleMatches(_ index: Int, _ time: Timestamp, _ quotes: (bid: Int64, ask: Int64)) {
        if !markets[index].matches.isEmpty || !markets[index].removed.isEmpty || !markets[index].reduced.isEmpty {
            bookMatches(index, time, quotes)
        }
    }

    private func bookMatches(_ index: Int, _ time: Timestamp, _ quotes: (bid: Int64, ask: Int64)) {
        if markets[index].matches.count == 1 {
            book(markets[index].matches[0], index, time, quotes)
        } else {
            bookSeveral(index, time, quotes)
        }
        markets[index].matches.removeAll()
        if !markets[index].removed.isEmpty || !markets[index].reduced.isEmpty { reportPrevented(index, time) }
    }

    private func bookSeveral(_ index: Int, _ time: Timestamp, _ quotes: (bid: Int64, ask: Int64)) {
        // Positions are final already; what each was before the matches is found by going back over them.
        for at in markets[index].matches.indices {
            let match = markets[index].matches[at]
            markets[index].positions[match.account] -= match.side.sign * match.lots
        }
        for at in markets[index].matches.indices {
            let match = markets[index].matches[at]
            markets[index].positions[match.account] += match.side.sign * match.lots
            book(match, index, time, quotes)
        }
    }

    /// Orders that ended or shrank without our request.
    private func reportPrevented(_ index: Int, _ time: Timestamp) {
        for at in markets[index].reduced.indices {
            let reduced = markets[index].reduced[at]
            let (price, quantity) = (Price(ticks: reduced.ticks), Quantity(lots: reduced.quantity))
            knownOrders.amend(reduced.order, price: price, quantity: quantity)
            report(.amended(reduced.order, price: price, quantity: quantity), reduced.account, time)
        }
        markets[index].reduced.removeAll(keepingCapacity: true)
        for at in markets[index].removed.indices {
            let removed = markets[index].removed[at]
            knownOrders.end(removed.order)
            report(.cancelled(removed.order, removed.reason), removed.account, time)
        }
        markets[index].removed.removeAll(keepingCapacity: true)
    }

    private func book(_ match: Match, _ index: Int, _ time: Timestamp, _ quotes: (bid: Int64, ask: Int64)) {
        let quantity = Quantity(lots: match.lots)
        let price = Price(ticks: match.ticks)
        let (change, finePrice) = (match.side == .buy ? quantity : -quantity, markets[index].contract.finePrice(price))
        let worth = value(markets[index].contract, change, finePrice)
        if match.order == .venue { return bookForced(match, index, change, finePrice, worth, time) }
        let fee = accounts[match.account].book(
            markets[index].contract, listing: index, change, finePrice, worth: worth, match.role,
            extra: faults?.extraFee(accounts[match.account].configuration.id, markets[index].id) ?? .zero, spotFee: configuration.spotFee,
            configuration.feeRounding, at: time)
        desk.fill(markets[index].contract, match.account, change, finePrice, worth, fee)
        lastTrade += 1
        let fill = Fill(
            order: match.order, instrument: markets[index].id, trade: lastTrade, side: match.side, role: match.role, price: price,
            quantity: quantity, fee: fee)
        knownOrders.fill(match.order, fill)
        if match.account < limiters.count {
            let contract = markets[index].contract
            limiters[match.account].earn(contract.notional(quantity, contract.finePrice(price)).nanos)
        }
        hasFills = true
        fillLog.append(
            VenueFill(
                time: time, account: accounts[match.account].configuration.id, fill: fill, witness: match.witness, bidTicks: quotes.bid,
                askTicks: quotes.ask))
        report(.filled(fill), match.account, time)
        if configuration.reportsAccountState { reportState(index, match.account, time) }
    }

    /// The position that a fill left, and the balances.
    func reportState(_ index: Int, _ account: Int, _ time: Timestamp) {
        let entry = accounts[account].entry(markets[index].contract, listing: index)
        let position = Quantity(lots: markets[index].positions[account])
        report(.position(markets[index].id, quantity: position, entry: entry), account, time)
        report(.balance(accounts[account].balance(markets[index].contract.settlement)), account, time)
        guard markets[index].contract.kind == .spot else { return }
        report(.balance(accounts[account].balance(markets[index].contract.base)), account, time)
    }

    private func account(_ command: Command) -> Int {
        let id = command.account
        precondition(id.index < accountOfRun.count && accountOfRun[id.index] >= 0, "a command for an account of another venue")
        return accountOfRun[id.index]
    }

    func accountIndex(_ id: AccountID) -> Int { accountOfRun[id.index] }
}
