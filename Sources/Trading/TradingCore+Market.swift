public import Market

/// Market data as they reach us.
extension TradingCore {
    /// Takes one record. Strategies that asked for it are woken after the last record of a frame.
    @inline(__always)
    public func receive(_ event: borrowing MarketEvent) {
        advance(to: event.receiveTime)
        if event.kind == .level {
            if event.flags.contains(.snapshot), event.isFirst { beginSnapshot(event.instrument) }
            books[event.instrument].set(event.side, ticks: event.price, lots: event.quantity)
            if event.isLast { endOfFrame(event) }
        } else {
            receiveOther(event)
        }
    }

    /// Tells the core whether a book without a snapshot can be trusted.
    public func setSynchronised(_ instrument: InstrumentID, _ isSynchronised: Bool) {
        set(instrument, isSynchronised ? .synchronised : .unsynchronised)
        deliver()
    }

    public func isUnsynchronised(_ instrument: InstrumentID) -> Bool { feeds[instrument].sync == .unsynchronised }

    private func beginSnapshot(_ instrument: InstrumentID) {
        books[instrument].removeAll()
        set(instrument, .synchronised)
    }

    private func set(_ instrument: InstrumentID, _ state: BookState) {
        guard feeds[instrument].sync != state else { return }
        feeds[instrument].sync = state
        tell(instrument, [.book, .touch], .bookState(instrument, state))
    }

    @inline(__always)
    private func endOfFrame(_ event: borrowing MarketEvent) {
        let instrument = event.instrument
        feeds[instrument].lastUpdate = now
        guard !feeds[instrument].interests.isEmpty else { return }
        wakeForBook(instrument)
    }

    private func wakeForBook(_ instrument: InstrumentID) {
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
        deliver()
    }

    private func tell(_ instrument: InstrumentID, _ interests: Interests, _ event: StrategyEvent) {
        guard isStarted, !isStopped else { return }
        for watcher in feeds.watchers[instrument.index] where !watcher.interests.isDisjoint(with: interests) {
            inbox.add(event, watcher.target)
        }
    }

    @inline(never)
    private func receiveOther(_ event: borrowing MarketEvent) {
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
        case .quote, .orderAdded, .orderChanged, .orderDeleted:
            break
        }
        deliver()
    }

    // MARK: What the context shows

    func bookState(_ instrument: InstrumentID) -> BookState { feeds[instrument].sync }
    func bookAge(_ instrument: InstrumentID) -> Nanoseconds {
        let last = feeds[instrument].lastUpdate
        return last == .distantPast ? Nanoseconds(count: .max) : now - last
    }
    func mark(_ instrument: InstrumentID) -> FinePrice? { feeds[instrument].mark }
    func funding(_ instrument: InstrumentID) -> MarketEvent? { feeds[instrument].funding }

    /// The venue's mark, else our mid; nil when neither is known.
    func reference(_ instrument: InstrumentID) -> FinePrice? {
        feeds[instrument].mark ?? books[instrument].mid(instruments[instrument.index])
    }
}
