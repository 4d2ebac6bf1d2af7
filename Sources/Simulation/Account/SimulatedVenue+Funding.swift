internal import Market
internal import Trading

/// What falls due in accounts at its own time.
extension SimulatedVenue {
    /// Does what the time has come for before a record of the instrument.
    func settleAccounts(_ index: Int, _ now: Timestamp) {
        measureFunding(index, now)
        settleFunding(index, now)
        if markets[index].marginReview <= now { noteMark(index) }
    }

    /// Pays each position at the settlements that have come: −quantity × price × rate, positive rates paid by longs.
    func settleFunding(_ index: Int, _ now: Timestamp) {
        while let funding = markets[index].funding, funding.time <= now {
            markets[index].funding =
                funding.interval > .zero ? (funding.rate, funding.time + funding.interval, funding.interval) : nil
            guard let price = fundingPrice(index) else { continue }
            for account in accounts.indices {
                let position = markets[index].positions[account]
                guard position != 0 else { continue }
                payFunding(index, account, Quantity(lots: position), price, funding.rate, funding.time, now)
            }
        }
    }

    /// The price of the venue's rule; of a feed that lacks it, the next best.
    private func fundingPrice(_ index: Int) -> FinePrice? {
        let (mark, reference) = (markets[index].mark, markets[index].indexPrice)
        let chosen = configuration.fundingPrice == .index ? reference ?? mark : mark
        return chosen ?? markets[index].book.mid(markets[index].contract)
    }

    private func payFunding(
        _ index: Int, _ account: Int, _ position: Quantity, _ price: FinePrice, _ rate: Rate, _ time: Timestamp, _ now: Timestamp
    ) {
        // An inverse contract's value is negative for a long: its holder's notional is minus it.
        let worth = value(markets[index].contract, position, price)
        let notional = markets[index].contract.kind == .inverse ? -worth : worth
        let amount = -notional.share(rate)
        accounts[account].add(amount)
        desk.funds.market.add(-amount)
        desk.note(account)
        // The settlement is noticed at the first record after it; the report can't leave before.
        let payment = FundingPayment(
            instrument: markets[index].id, settledAt: time, position: position, mark: price, rate: rate, amount: amount)
        accounts[account].payments.append(payment)
        report(.funding(payment), account, max(time, now))
    }
}
