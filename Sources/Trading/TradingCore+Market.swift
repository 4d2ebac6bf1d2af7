public import Market

/// Market data as they reach us.
extension TradingCore {
    /// Takes one record and tells the strategies that asked for it, after the last record of a frame.
    public func receive(_ event: borrowing MarketEvent) {
        if take(event) { deliver() }
    }

    /// Takes one record; returns whether somebody has to be told of it, which waits for `deliver`.
    public func take(_ event: borrowing MarketEvent) -> Bool {
        advance(to: event.receiveTime)
        absorb(event)
        return !inbox.isEmpty
    }

    /// Takes one feed's records from `start` on, while they are not after `limit`, and returns where it stopped. Nobody is
    /// told, and the core's time stands still.
    ///
    /// - Precondition: The records are of one instrument that nobody watches.
    @inline(__always)
    public func replay(
        _ start: UnsafePointer<MarketEvent>, to end: UnsafePointer<MarketEvent>, through limit: Timestamp
    ) -> UnsafePointer<MarketEvent> {
        let instrument = unsafe start.pointee.instrument
        let hearsTrades = isStarted && feeds[instrument].interests.contains(.trade)
        var at = unsafe start
        while true {
            let first = unsafe at
            unsafe at = books[instrument].replay(at, to: end, atUsThrough: limit, hearsTrades: hearsTrades)
            // A trade says nothing of the book.
            var last = unsafe at
            while unsafe last != first, unsafe (last - 1).pointee.kind == .trade { unsafe last -= 1 }
            if unsafe last != first { unsafe feeds[instrument].lastUpdate = (last - 1).pointee.receiveTime }
            guard unsafe at != end, unsafe at.pointee.receiveTime <= limit else { return unsafe at }
            unsafe absorb(at.pointee)
            unsafe at += 1
        }
    }

    /// Whether a strategy or an algorithm is woken by what happens to the instrument.
    public func isWatched(_ instrument: InstrumentID) -> Bool { isStarted && !feeds[instrument].interests.isEmpty }

    /// Changes whenever `isWatched` may.
    public var watchCount: Int { isStarted ? feeds.changes : -1 }

    private func absorb(_ event: borrowing MarketEvent) {
        guard event.kind == .level else { return absorbOther(event) }
        if event.flags.contains(.snapshot), event.isFirst { beginSnapshot(event.instrument) }
        books[event.instrument].set(event.side, ticks: event.price, lots: event.quantity)
        guard event.isLast else { return }
        feeds[event.instrument].lastUpdate = event.receiveTime
        if !feeds[event.instrument].interests.isEmpty { tellOfBook(event.instrument) }
    }

    /// Tells the core whether a book without a snapshot can be trusted.
    public func setSynchronised(_ instrument: InstrumentID, _ isSynchronised: Bool) {
        set(instrument, isSynchronised ? .synchronised : .unsynchronised)
        deliver()
    }

    /// The same, telling nobody before `deliver`; returns whether somebody has to be.
    public func noteSynchronised(_ instrument: InstrumentID, _ isSynchronised: Bool) -> Bool {
        set(instrument, isSynchronised ? .synchronised : .unsynchronised)
        return !inbox.isEmpty
    }

    public func isUnsynchronised(_ instrument: InstrumentID) -> Bool { feeds[instrument].sync == .unsynchronised }

    private func beginSnapshot(_ instrument: InstrumentID) {
        books[instrument].removeAll()
        set(instrument, .synchronised)
    }

    /// What was known of the books came from connections that are gone.
    func forgetBooks() {
        for index in instruments.indices {
            let instrument = InstrumentID(index)
            absorbOther(
                MarketEvent(
                    kind: .gap, instrument: instrument, venueTime: now, receiveTime: now, price: GapCause.connection.rawValue))
        }
    }

    func set(_ instrument: InstrumentID, _ state: BookState) {
        guard feeds[instrument].sync != state else { return }
        feeds[instrument].sync = state
        tell(instrument, [.book, .touch], .bookState(instrument, state))
    }

    func tellOfBook(_ instrument: InstrumentID) {
        // Before the start a feed may be read in one go: what its touch was then is nobody's, or a replay would differ.
        guard isStarted, !isRecovering else { return }
        let interests = feeds[instrument].interests
        if interests.contains(.touch) {
            let (bid, ask) = (books[instrument].bestBidTicks, books[instrument].bestAskTicks)
            let bidLots = bid == OrderBook.noBid ? 0 : books[instrument].lots(.buy, bid)
            let askLots = ask == OrderBook.noAsk ? 0 : books[instrument].lots(.sell, ask)
            let old = feeds[instrument]
            if bid != old.bidTicks || ask != old.askTicks || bidLots != old.bidLots || askLots != old.askLots {
                feeds[instrument].bidTicks = bid
                feeds[instrument].askTicks = ask
                feeds[instrument].bidLots = bidLots
                feeds[instrument].askLots = askLots
                tell(instrument, .touch, .touch(instrument))
            }
        }
        if interests.contains(.book) { tell(instrument, .book, .book(instrument)) }
    }

    private func tell(_ instrument: InstrumentID, _ interests: Interests, _ event: StrategyEvent) {
        guard !feeds[instrument].interests.isDisjoint(with: interests), isStarted, !isStopped, !isRecovering || event.isBookState else {
            return
        }
        for watcher in feeds.watchers[instrument.index] where !watcher.interests.isDisjoint(with: interests) {
            inbox.add(event, watcher.target)
        }
    }

    @inline(never)
    private func absorbOther(_ event: borrowing MarketEvent) {
        let instrument = event.instrument
        switch event.kind {
        case .level: preconditionFailure("level changes are handled before")
        case .trade, .liquidation:
            tell(instrument, .trade, .trade(copy event))
        case .mark:
            feeds[instrument].mark = FinePrice(nanos: event.price)
            tell(instrument, .reference, .reference(copy event))
        case .funding:
            feeds[instrument].funding = copy event
            tell(instrument, .reference, .reference(copy event))
        case .index, .openInterest, .instrumentChange:
            tell(instrument, .reference, .reference(copy event))
        case .status:
            feeds[instrument].status = TradingStatus(rawValue: event.price) ?? .halted
            tell(instrument, .reference, .reference(copy event))
        case .gap:
            books[instrument].removeAll()
            set(instrument, .unsynchronised)
            flows[instrument.index].receive(event)
        case .orderAdded, .orderChanged, .orderDeleted: absorbOrder(event)
        case .quote: break
        }
    }

    // MARK: What the context shows

    public func bookState(_ instrument: InstrumentID) -> BookState { feeds[instrument].sync }
    /// When the book last changed for us; `.distantPast` if it never did.
    public func lastUpdate(_ instrument: InstrumentID) -> Timestamp { feeds[instrument].lastUpdate }
    /// How long ago the book last changed or was confirmed.
    public func bookAge(_ instrument: InstrumentID) -> Nanoseconds {
        let last = feeds[instrument].lastUpdate
        return last == .distantPast ? Nanoseconds(count: .max) : now - last
    }
    public func mark(_ instrument: InstrumentID) -> FinePrice? { feeds[instrument].mark }
    func funding(_ instrument: InstrumentID) -> MarketEvent? { feeds[instrument].funding }

    /// The venue's mark, else our mid; nil when neither is known.
    func reference(_ instrument: InstrumentID) -> FinePrice? {
        feeds[instrument].mark ?? books[instrument].mid(instruments[instrument.index])
    }
}

extension StrategyEvent {
    fileprivate var isBookState: Bool { if case .bookState = self { true } else { false } }
}
