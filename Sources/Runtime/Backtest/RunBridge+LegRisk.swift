public import Market
internal import Metrics
internal import Simulation
internal import Trading

/// The books and prices that markouts and leg risk ask for, taken at the moment they are asked.
extension RunBridge {
    // MARK: Prices

    /// When the next hedge leaves that was decided.
    public var nextDue: Timestamp { departures.isEmpty ? .never : departures[0].time }

    public func due(at time: Timestamp) {
        while !departures.isEmpty, departures[0].time <= time { leave(departures.removeFirst()) }
    }

    public func caughtUp(to time: Timestamp) {
        recorder.takePrices(through: time) { touch($0, $1) }
        for index in venues.indices { venues[index].with { $0.forgetTrails() } }
    }

    /// What the venue's recorded book showed at a moment since trails were last forgotten.
    private func touch(_ instrument: Int, _ time: Timestamp) -> Touch {
        venues[venueOfInstrument[instrument]].with { $0.touch(InstrumentID(instrument), at: time) }
    }

    func isStale(_ instrument: InstrumentID, at time: Timestamp) -> Bool {
        guard let limit = description.staleAfter else { return false }
        let last = core.with { $0.lastUpdate(instrument) }
        return last == .distantPast || time - last > limit
    }

    // MARK: At the venue

    /// A fill at its venue: what books showed before it, and the books that its hedge may meet or has met.
    func follow(_ fill: VenueFill) {
        let order = core.with { $0.order(fill.fill.order) }
        recorder.follow(fill.fill, of: order, at: fill.time) { touch($0, $1) }
        if let order, order.draft.purpose == .hedge {
            recorder.hedgeFilled(order.id, at: fill.time) {
                takeVenueBook(fill.fill.instrument, for: fill.fill.side, lots: order.quantity.lots, &$0)
            }
        } else {
            recorder.opened(fill.fill) { takeVenueBook($0, for: fill.fill.side.opposite, lots: $1, &$2) }
        }
    }

    private func takeVenueBook(_ instrument: InstrumentID, for side: Side, lots: Int64, _ depth: inout BookDepth) {
        venues[venueOfInstrument[instrument.index]].with { venue in
            _ = venue.withBook(instrument) { depth.take($0, for: side, lots: lots) }
        }
    }

    func noteMargins(_ span: Nanoseconds) {
        for account in venueOfAccount.indices {
            let number = venueOfAccount[account]
            for state in venues[number].with({ $0.margin(AccountID(account)) }) where state.hasPositions {
                var notional: Int64 = 0
                for index in contracts.indices
                where venueOfInstrument[index] == number && contracts[index].settlement == state.currency {
                    guard let mark = current.marks[index], contracts[index].kind != .spot else { continue }
                    notional += abs(value(contracts[index], current.positions[account][index], mark).nanos)
                }
                if notional > 0 {
                    recorder.margin(account, distance: Double(state.equity - state.maintenance) / Double(notional), for: span)
                }
            }
        }
    }

    // MARK: At us

    func decide(_ order: Order, _ mid: FinePrice?, at time: Timestamp) {
        let draft = order.draft
        recorder.decided(order, at: time, sent: time + computeTime, mid: mid)
        if draft.purpose == .hedge {
            let hedge = Departure(
                order: order.id, instrument: draft.instrument, side: draft.side, lots: draft.quantity.lots, time: time + computeTime)
            if computeTime > .zero {
                departures.append(hedge)
            } else {
                leave(hedge)
            }
        } else {
            plan(order)
        }
    }

    private func leave(_ hedge: Departure) {
        recorder.left(hedge.order) { depth in core.with { depth.take($0.books[hedge.instrument], for: hedge.side, lots: hedge.lots) } }
    }

    /// What hedging a quote would cost now on the first other instrument of its symbol.
    func plan(_ order: Order) {
        let draft = order.draft
        guard draft.purpose == .quote, draft.type == .limit, draft.timeInForce == .goodTillCancelled, let price = order.price,
            let other = contracts.indices.first(where: {
                $0 != draft.instrument.index && recorder.isPeer(InstrumentID($0), draft.instrument)
            })
        else { return }
        let (contract, mid) = (contracts[other], contracts[draft.instrument.index].finePrice(price))
        let lots = contract.quantity(baseAmount: contracts[draft.instrument.index].baseAmount(order.quantity, at: mid), at: mid).lots
        guard lots > 0 else { return }
        let swept = core.with { $0.books[InstrumentID(other)].sweep(draft.side.opposite, lots: lots) }
        guard swept.lots == lots else { return }
        recorder.planned(
            order.id, hedge: InstrumentID(other),
            at: FinePrice(nanos: roundedQuotient(swept.tickLots * Int128(contract.tickSize.nanos), Int128(lots))))
    }

    func hear(_ fill: Fill, _ order: Order?, account: AccountID, venueTime: Timestamp) {
        let now = core.with { $0.now }
        switch order?.draft.purpose {
        case .hedge: return recorder.hedged(fill, at: now, venueTime: venueTime)
        case .flatten:
            recorder.closed(fill, account: account, isFlat: core.with { $0.position(account, fill.instrument).isZero }, at: now)
        case .quote, .rebalance, nil: break
        }
        recorder.heard(fill, at: now, venueTime: venueTime) { instrument, lots, depth in
            core.with { depth.take($0.books[instrument], for: fill.side.opposite, lots: lots) }
        }
    }
}
