internal import Market

/// Closing what is paired, and nothing else: `on_breaker: flatten_pair`.
extension TradingCore {
    /// Hedges would work against matched slices, of which the second leg follows the first: they wait until the pairs are closed.
    var isClosingPairs: Bool { !pairClosings.isEmpty }

    /// Closes in matched slices what positions of one base currency offset each other. What has no counterpart stays, and is for
    /// whoever hedges it.
    func closePairs() {
        guard !isStopped, !instances.isEmpty else { return }
        var held: [(leg: StrategyBinding.Leg, base: Int64)] = []
        for account in accounts.indices {
            for index in instruments.indices {
                let leg = StrategyBinding.Leg(account: AccountID(account), instrument: InstrumentID(index))
                let position = positions.position(leg.account, leg.instrument)
                guard !position.isZero, let price = pairPrice(leg) else { continue }
                held.append((leg, instruments[index].baseAmount(position, at: price)))
            }
        }
        for long in held.indices {
            for short in held.indices where held[long].base > 0 && held[short].base < 0 {
                let legs = [held[long].leg, held[short].leg]
                let contracts = legs.map { instruments[$0.instrument.index] }
                guard contracts[0].base == contracts[1].base else { continue }
                let base = CommonSize(instruments: contracts).largest(within: min(held[long].base, -held[short].base))
                held[long].base -= base
                held[short].base += base
                closePair(legs, base)
            }
        }
    }

    private func pairPrice(_ leg: StrategyBinding.Leg) -> FinePrice? {
        books[leg.instrument].mid(instruments[leg.instrument.index]) ?? mark(leg.instrument)
    }

    private func closePair(_ legs: [StrategyBinding.Leg], _ base: Int64) {
        let quantities = legs.map { leg in
            pairPrice(leg).map { instruments[leg.instrument.index].quantity(baseAmount: base, at: $0) } ?? .zero
        }
        guard !quantities.contains(.zero) else { return }
        var exit = SlicedExit.Configuration(legs: legs, quantities: quantities)
        (exit.slippage, exit.delay, exit.attempts) = (Rate(basisPoints: 50), .milliseconds(500), 20)
        pairClosings.append(run(SlicedExit(exit), StrategyID(0)))
        let texts = zip(legs, quantities).map { "\(instruments[$0.instrument.index].text($1)) of \(accounts[$0.account.index].name)" }
        note(StrategyID(0), "breaker: closing \(texts.joined(separator: " and ")), a pair")
    }

    /// An algorithm has ended; if it closed a pair, that is said.
    func notePairClosing(_ id: AlgorithmID, _ end: AlgorithmEnd) {
        guard let index = pairClosings.firstIndex(of: id) else { return }
        pairClosings.remove(at: index)
        let isWhole = end.reason == .filled || end.reason == .belowMinimum
        note(StrategyID(0), isWhole ? "breaker: the pair is closed" : "breaker: the pair is closed in part (\(end.reason))")
    }
}
