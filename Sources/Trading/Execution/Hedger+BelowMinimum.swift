internal import Market

/// Exposures that the leg which hedges takes no order for.
extension Hedger {
    struct Dust {
        var timer: TimerToken?
        /// Since when the exposure has had its sign.
        var signSince: Timestamp?
        /// The sign of what an overshoot leaves; zero where nothing was overshot.
        var overshot: Int64 = 0
        /// No correction before this time.
        var notBefore = Timestamp.distantPast
    }

    /// Looks at what there is when it is old.
    mutating func watchDust(_ context: inout Context) {
        guard let span = configuration.belowMinimum.age, dust.timer == nil, excess != 0 else { return }
        var since = ledger.since ?? context.now
        if isOvershooting { since = max(since, dust.signSince ?? since) }
        // What is too much after an overshoot has waited already.
        let due = isOvershot ? context.now : since + span
        dust.timer = context.wake(at: max(due, dust.notBefore))
    }

    private var isOvershooting: Bool { if case .overshootThenTrim = configuration.belowMinimum { true } else { false } }
    private var isOvershot: Bool { dust.overshot != 0 && dust.overshot == excess.signum() }

    mutating func dustIsOld(_ context: inout Context) {
        dust.timer = nil
        guard state == .accumulating, excess != 0, !isCorrecting(context), let span = configuration.belowMinimum.age
        else { return }
        // An exposure that a fill turned round is a new one, which further fills may net.
        let since = isOvershooting ? dust.signSince : ledger.since
        guard isOvershot || since.map({ context.now >= $0 + span }) ?? false else { return watchDust(&context) }
        guard let mid = mid(resting, context) else { return }
        let lots = contract(resting, context).quantity(baseAmount: -excess, at: mid)
        dust.notBefore = context.now + configuration.retryDelay
        if isOvershot {
            trim(lots, at: mid, &context)
        } else if isOvershooting {
            // Of what the resting leg has no lot for nothing could be trimmed.
            if !lots.isZero { overshoot(&context) }
        } else {
            // What is less than a lot of either leg can't be traded at all.
            guard !lots.isZero else { return giveUpRest(context) }
            reduceResting(excess, &context)
        }
    }

    /// Hedges the least that the leg takes, where that brings the exposure below what it takes on the other side.
    private mutating func overshoot(_ context: inout Context) {
        guard let mid = mid(hedging, context) else { return }
        let side: Side = excess > 0 ? .sell : .buy
        guard let touch = context.books.touch(hedging.instrument, taking: side) else { return }
        let instrument = contract(hedging, context)
        let least = instrument.leastOrder(at: mid)
        dust.overshot = -excess.signum()
        state = .hedging
        withdrawQuotes(hedging, against: side, &context)
        context.submit(
            OrderDraft(
                account: hedging.account, instrument: hedging.instrument, side: side, timeInForce: .immediateOrCancel,
                price: Self.cap(touch, side, configuration.slippage, tries: 1, instrument.contract), quantity: least, purpose: .hedge))
    }

    /// Takes off on the resting leg what an overshoot was too much; what that leg takes no order for waits for further fills.
    private mutating func trim(_ lots: Quantity, at mid: FinePrice, _ context: inout Context) {
        guard contract(resting, context).takes(lots, at: mid) else { return }
        _ = correct(lots, reduceOnly: false, &context)
    }
}
