public import Market
internal import Trading

/// What somebody who serves the venue to others has to know of it beside the recorded feed.
extension SimulatedVenue {
    /// What our orders change of one level that the feed shows.
    public struct OwnLevel: Hashable, BitwiseCopyable, Sendable {
        public var side: Side
        public var ticks: Int64
        /// Lots of ours that rest there.
        public var resting: Int64
        /// Lots of the feed's level that we have taken and that it still shows.
        public var taken: Int64
    }

    /// The levels at which the feed alone does not say what the book holds: bids first, each side by ascending price.
    public func ownLevels(_ instrument: InstrumentID) -> [OwnLevel] {
        guard let index = listing(instrument) else { return [] }
        return markets[index].ownLevels
    }

    /// The next fill gets the number after this one: for trades that are numbered together with those of the feed.
    public func continueTrades(after number: UInt64) { lastTrade = number }

    /// A deposit (positive) or a withdrawal, which the account is told of.
    public func transfer(_ id: AccountID, _ amount: Money, at time: Timestamp) {
        let account = accountIndex(id)
        accounts[account].add(amount)
        desk.note(account)
        report(.externalFlow(amount), account, time)
        if configuration.reportsAccountState { report(.balance(accounts[account].balance(amount.currency)), account, time) }
        reviewMargins(time)
    }
}

extension VenueMarket {
    var ownLevels: [SimulatedVenue.OwnLevel] {
        guard hasOrders || attention.hasDebts else { return [] }
        var levels: [SimulatedVenue.OwnLevel] = []
        for side in Side.allCases {
            var found: [SimulatedVenue.OwnLevel] = []
            func note(_ ticks: Int64, resting: Int64, taken: Int64) {
                if let index = found.firstIndex(where: { $0.ticks == ticks }) {
                    found[index].resting += resting
                    found[index].taken += taken
                } else {
                    found.append(SimulatedVenue.OwnLevel(side: side, ticks: ticks, resting: resting, taken: taken))
                }
            }
            for index in 0..<count(side) { note(self[side, index].ticks, resting: self[side, index].remaining, taken: 0) }
            forEachDebt(side) { note($0, resting: 0, taken: $1) }
            levels += found.sorted { $0.ticks < $1.ticks }
        }
        return levels
    }
}
