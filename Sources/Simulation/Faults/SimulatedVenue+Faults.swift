public import Market
internal import Trading

/// The state of public data on their way to us.
public enum PublicStream: Hashable, Sendable {
    case open
    /// Nothing comes, and nobody says so.
    case silent
    /// The same, and what came last has crossed the book.
    case crossed
    /// The connection is down, and we know.
    case down
}

/// Where faults act at the venue. Without a plan none of this runs.
extension SimulatedVenue {
    // MARK: Changes

    /// Lets the faults that are due end and begin.
    func changeFaults(_ faults: FaultState) {
        let time = faults.nextChange
        let begun = faults.change()
        for report in faults.takeHeld({ accounts[$0].configuration.id }) {
            send(report.report, report.account, at: report.time, leaving: time)
        }
        for index in begun {
            let fault = faults.records[index].fault
            switch fault.kind {
            case .autoDeleveraging(let share): faults.count(close(share, fault, time, isLiquidation: false), at: index)
            case .liquidation(let share): faults.count(close(share, fault, time, isLiquidation: true), at: index)
            default: break
            }
        }
    }

    /// Closes a share of each position that the fault concerns; returns how many there were.
    private func close(_ share: Rate, _ fault: Fault, _ time: Timestamp, isLiquidation: Bool) -> Int {
        var count = 0
        for index in markets.indices where markets[index].contract.kind != .spot {
            for account in accounts.indices where fault.concerns(accounts[account].configuration.id, markets[index].id) {
                let held = markets[index].positions[account]
                let lots = abs(roundedQuotient(Int128(held) * Int128(share.trillionths), Int128(Rate.scale)))
                guard lots != 0, let mark = markets[index].mark ?? markets[index].book.mid(markets[index].contract) else { continue }
                // At the tick nearest to the mark: what is reported in ticks must be what was booked.
                let tick = Int128(markets[index].contract.tickSize.nanos)
                let price = markets[index].contract.finePrice(Price(ticks: roundedQuotient(Int128(mark.nanos), tick)))
                let id = accounts[account].configuration.id
                if isLiquidation {
                    cancelAll(id, nil, account, time, .liquidation)
                    liquidate(id, markets[index].id, Quantity(lots: lots), at: price, time: time)
                } else {
                    deleverage(id, markets[index].id, Quantity(lots: lots), at: price, time: time)
                }
                count += 1
            }
        }
        return count
    }

    // MARK: Requests

    /// Processes a request unless a fault stops it.
    func admit(_ request: SentRequest, _ account: Int, _ time: Timestamp, _ faults: FaultState) {
        faults.chances?.append(FaultChance(time: time, targets: FaultTargets(request.command)))
        switch faults.verdict(request.command) {
        case .passes:
            if case .query = request.command { faults.isAnswering = true }
            process(request, account, time)
            faults.isAnswering = false
        case .vanishes: break
        case .isRefused(let reason): turnAway(request.command, reason, account, time)
        }
    }

    // MARK: Reports

    /// Sends a report the way that the faults leave it.
    func sendAmongFaults(_ report: AccountEvent.Report, _ account: Int, _ time: Timestamp, _ faults: FaultState) {
        let id = accounts[account].configuration.id
        if faults.chances != nil {
            let targets = FaultTargets(report, isPushed: !faults.isAnswering)
            if !targets.isEmpty { faults.chances?.append(FaultChance(time: time, targets: targets)) }
        }
        let fate = faults.fate(report, id)
        switch fate.way {
        case .onTime: send(fate.report, account, at: time, leaving: time)
        case .lost: return
        case .held: return faults.held.append(.init(report: fate.report, account: account, time: time))
        case .late(let delay): stray(fate.report, account, time, delay, isOvertaken: false, faults)
        case .overtaken(let span): stray(fate.report, account, time, span, isOvertaken: true, faults)
        }
        if let delay = fate.copyAfter { stray(fate.report, account, time, delay, isOvertaken: false, faults) }
    }

    /// Sends a report beside its lane, `delay` after it would have arrived.
    private func stray(
        _ report: AccountEvent.Report, _ account: Int, _ time: Timestamp, _ delay: Nanoseconds, isOvertaken: Bool, _ faults: FaultState
    ) {
        let arrival = reportArrival(account, leaving: time) + delay
        faults.strays.add(
            AccountEvent(account: accounts[account].configuration.id, venueTime: time, receiveTime: arrival, report: report),
            isOvertaken: isOvertaken)
        noteReport(arrival)
    }

    // MARK: What the driver asks

    /// Whether streams may have changed since `takeFaultNews`.
    public var hasFaultNews: Bool { faults?.hasNews ?? false }

    /// Says which of the venue's connections are down now.
    public func takeFaultNews() -> (isMarketDown: Bool, isAccountDown: Bool) {
        guard let faults else { return (false, false) }
        faults.hasNews = false
        return (faults.isMarketDown, faults.isAccountDown)
    }

    public func publicStream(_ instrument: InstrumentID) -> PublicStream { faults?.publicStream(instrument) ?? .open }

    /// So many records of an instrument did not reach us.
    public func countMissed(_ records: Int, _ instrument: InstrumentID) { faults?.countMissed(records, instrument) }

    /// Hands over what faults could have met since the last call, where the plan has it noted.
    public func takeChances() -> ContiguousArray<FaultChance> {
        guard let chances = faults?.chances, !chances.isEmpty else { return [] }
        faults?.chances = []
        return chances
    }

    /// Every fault of the plan and what it has touched so far.
    public var faultRecords: [FaultRecord] { faults?.records ?? [] }
}
