public import Market

/// Freezing and killing.
extension TradingCore {
    /// One closing of everything in one base currency: amounts of different ones can't be matched.
    struct KillClosing {
        let id: AlgorithmID
        let flatten: Flatten
        var isOver = false
    }

    /// Why an instance takes no new risk, kills aside; nil if it does.
    public func frozen(_ instance: StrategyID) -> FreezeReason? { instances[instance.index].freeze }

    func freeze(_ instance: StrategyID) -> FreezeReason? { risk.killLevel == nil ? instances[instance.index].freeze : .killed }

    func setFreeze(_ instance: StrategyID, _ reason: FreezeReason?) {
        guard instances[instance.index].freeze != reason, reason != nil || !instances[instance.index].isBroken else { return }
        instances[instance.index].freeze = reason
        // What froze outlives the process.
        if reason != nil { journal?.commit() }
        inbox.add(reason.map(StrategyEvent.frozen) ?? .released, .strategy(instance))
    }

    /// Latched: a level is only ever raised. The highest one closes everything, each time that it is told when nothing is being closed.
    func kill(_ level: KillLevel) {
        let before = risk.killLevel
        if before.map({ level > $0 }) ?? true {
            risk.killLevel = level
            for index in instances.indices { inbox.add(.frozen(.killed), .strategy(StrategyID(index))) }
            if level >= .cancelAll, before ?? .stopQuoting < .cancelAll {
                for id in orders.open { cancel(id) }
            }
        }
        if level == .flatten { flattenAll() }
    }

    /// Withdraws what is quoted, until `release` nothing is.
    func hold() {
        isHeld = true
        for id in orders.open where orders.read(id, { $0.draft.purpose == .quote }) ?? false { cancel(id) }
    }

    // MARK: Closing everything

    /// Closes what the accounts hold (`domain` B.6): what our record has, or the venues told last, is begun with at once, and every
    /// account is asked for the rest.
    func flattenAll() {
        guard !isStopped, !instances.isEmpty, killClosings.allSatisfy(\.isOver) else { return }
        killClosings = []
        note(nil, "kill: closing all that the accounts hold")
        var legs: [StrategyBinding.Leg] = []
        for account in accounts.indices {
            for instrument in instruments.indices.lazy.map({ InstrumentID($0) }) {
                let told = reviews[account].positions[instrument] ?? .zero
                guard !positions.position(AccountID(account), instrument).isZero || !told.isZero else { continue }
                legs.append(.init(account: AccountID(account), instrument: instrument))
            }
        }
        close(legs)
        for account in accounts.indices { review(AccountID(account)) }
    }

    private func close(_ legs: [StrategyBinding.Leg]) {
        let bases = Set(legs.map { instruments[$0.instrument.index].base }).sorted()
        for base in bases {
            let flatten = Flatten(.init(legs: legs.filter { instruments[$0.instrument.index].base == base }))
            killClosings.append(KillClosing(id: run(flatten, StrategyID(0)), flatten: flatten))
        }
    }

    /// After a kill: what an account holds by its venue's complete answer, and nobody is closing or has left as too small, is closed.
    func closeWhatIsFound(_ account: AccountID) {
        guard risk.killLevel == .flatten, !isStopped else { return }
        var found: [StrategyBinding.Leg] = []
        for index in instruments.indices where instruments[index].kind != .spot {
            let leg = StrategyBinding.Leg(account: account, instrument: InstrumentID(index))
            let held = reviews[account.index].positions[leg.instrument] ?? .zero
            let isKnown = killClosings.contains { closing in
                closing.flatten.outcomes.contains { $0.leg == leg && (!closing.isOver || $0.left == held) }
            }
            if !held.isZero, !isKnown { found.append(leg) }
        }
        close(found)
    }

    /// An algorithm has ended; if it was one of the kill's closings, that is said.
    func noteKillClosing(_ id: AlgorithmID, _ end: AlgorithmEnd) {
        guard let index = killClosings.firstIndex(where: { $0.id == id }) else { return }
        killClosings[index].isOver = true
        let left = killClosings[index].flatten.outcomes.filter { !$0.left.isZero }.map { outcome in
            let instrument = instruments[outcome.leg.instrument.index]
            return "\(instrument.text(outcome.left)) \(instrument.venueSymbol) of \(accounts[outcome.leg.account.index].name)"
        }
        let base = killClosings[index].flatten.configuration.legs.first.map { instruments[$0.instrument.index].base.code } ?? ""
        note(
            nil,
            left.isEmpty ? "kill: flat in \(base)" : "kill: \(left.joined(separator: ", ")) is left, less than an order may be")
    }
}
