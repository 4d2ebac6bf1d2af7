public import Market
public import Trading

/// What one of several strategies made, as the core recorded it, by account; not yet in the reporting currency.
public struct InstanceRecord: Sendable {
    public struct Row: Sendable {
        public var account: Int
        public var paid: InstanceAccount
        /// By instrument: its part of the position, and what that is worth at the mark.
        public var parts: [Quantity]
        public var worths: [Money]
    }

    /// nil: what no strategy's order did.
    public var name: String?
    public var rows: [Row]

    /// All of a run that has several, what is nobody's last; empty of a run that has one.
    ///
    /// - Parameter marks: By instrument, what positions are worth for their venues.
    public static func all(of core: TradingCore, _ names: [String], marks: [FinePrice?]) -> [InstanceRecord] {
        guard names.count > 1 else { return [] }
        let owners = names.indices.map { StrategyID?.some(StrategyID($0)) } + [nil]
        return owners.map { owner in
            let rows = core.accounts.indices.compactMap { number -> Row? in
                let account = AccountID(number)
                guard let paid = core.instanceAccount(owner, account) else { return nil }
                let instruments = core.instruments.indices.map { InstrumentID($0) }
                return Row(
                    account: number, paid: paid, parts: instruments.map { core.part(owner, account, $0) },
                    worths: instruments.map { id in
                        marks[id.index].map { core.worth(owner, account, id, at: $0) } ?? .zero(core.instruments[id.index].settlement)
                    })
            }
            return InstanceRecord(name: owner.map { names[$0.index] }, rows: rows)
        }
    }
}

extension RunRecorder {
    func instances(_ records: [InstanceRecord], _ rates: CurrencyAmounts) -> [RunResult.Instance] {
        func exact(_ amounts: [Money]) -> ExactAmount {
            amounts.reduce(.zero) { $0 + ExactAmount(nanos: $1.nanos, rate: rates[$1.currency] ?? 0) }
        }
        return records.compactMap { record -> RunResult.Instance? in
            var result = RunResult.Instance(name: record.name)
            for row in record.rows {
                var share = RunResult.Instance.Share(account: description.accounts[row.account].name)
                share.fills = row.paid.fills
                share.trading = exact(row.paid.trades) + exact(row.worths)
                (share.fees, share.funding) = (exact(row.paid.fees), exact(row.paid.funding))
                share.other = exact(row.paid.penalties) + exact(row.paid.adjustments)
                for (part, (instrument, venue)) in zip(row.parts, zip(description.instruments, description.venueOfInstrument))
                where !part.isZero {
                    share.positions.append("\(instrument.text(part)) \(venue) \(instrument.venueSymbol)")
                }
                // Accounts that it has nothing to do with are no part of it.
                if !row.paid.isEmpty || !share.positions.isEmpty { result.shares.append(share) }
            }
            return record.name == nil && result.shares.isEmpty ? nil : result
        }
    }
}

extension RunResult {
    /// What one of several strategies made of the accounts, in the reporting currency at the end's rates. All of them together are the
    /// run's net profit without what the collateral gained by its currency.
    public struct Instance: Sendable, Hashable {
        public struct Share: Sendable, Hashable {
            public var account: String
            public var fills = 0
            /// What trading made, with what open positions are worth at the mark; costs aside.
            public var trading = ExactAmount.zero
            /// Negative where paid.
            public var fees = ExactAmount.zero
            public var funding = ExactAmount.zero
            /// Penalties of liquidations, and the venue's corrections.
            public var other = ExactAmount.zero
            /// Its parts of the account's positions.
            public var positions: [String] = []

            public var net: ExactAmount { trading + fees + funding + other }
        }

        /// nil: what no strategy's order did.
        public var name: String?
        /// By account that it has to do with.
        public var shares: [Share] = []

        public var fills: Int { shares.reduce(0) { $0 + $1.fills } }
        public var trading: ExactAmount { shares.reduce(.zero) { $0 + $1.trading } }
        public var fees: ExactAmount { shares.reduce(.zero) { $0 + $1.fees } }
        public var funding: ExactAmount { shares.reduce(.zero) { $0 + $1.funding } }
        public var other: ExactAmount { shares.reduce(.zero) { $0 + $1.other } }
        public var net: ExactAmount { shares.reduce(.zero) { $0 + $1.net } }
    }
}
