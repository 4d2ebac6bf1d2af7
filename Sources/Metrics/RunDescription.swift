public import Market

/// What a run is, as far as its figures need to know.
public struct RunDescription: Sendable {
    public struct Account: Sendable, Hashable {
        public var name: String
        public var venue: String
        public var collateral: [Money]

        public init(name: String, venue: String, collateral: [Money]) {
            self.name = name
            self.venue = venue
            self.collateral = collateral
        }
    }

    public enum Rate: Sendable, Hashable {
        /// 10⁻⁹ of the reporting currency for one; an assumption.
        case stated(Int64)
        /// The mid of an instrument, times a rate for its quote currency.
        case mid(InstrumentID)
    }

    public var instruments: [Instrument]
    /// The run's venue name by instrument.
    public var venueOfInstrument: [String]
    public var accounts: [Account]
    public var reporting: Currency
    /// What one of each currency is worth; the reporting currency itself is 1.
    public var rates: [Currency: Rate]
    public var start: Timestamp
    /// When the run is planned to end: it decides the sampling step.
    public var plannedEnd: Timestamp
    /// What returns are reckoned on; nil: the collateral at the start.
    public var capital: Money?
    public var isCompounding: Bool
    /// A book that has not changed for this long is stale; nil: none is.
    public var staleAfter: Nanoseconds?
    /// What the run's strategies are called.
    public var strategies: [String]

    public init(
        instruments: [Instrument], venueOfInstrument: [String], accounts: [Account], reporting: Currency, rates: [Currency: Rate],
        start: Timestamp,
        plannedEnd: Timestamp, capital: Money? = nil, isCompounding: Bool = false, staleAfter: Nanoseconds? = nil,
        strategies: [String] = []
    ) {
        self.instruments = instruments
        self.venueOfInstrument = venueOfInstrument
        self.accounts = accounts
        self.reporting = reporting
        self.rates = rates
        self.start = start
        self.plannedEnd = plannedEnd
        self.capital = capital
        self.isCompounding = isCompounding
        self.staleAfter = staleAfter
        self.strategies = strategies
    }

    /// One day if the run lasts 30 days or more, one hour from 3 days, else one minute.
    public var sampling: Nanoseconds {
        let length = plannedEnd - start
        if length >= .hours(24 * 30) { return .hours(24) }
        return length >= .hours(24 * 3) ? .hours(1) : .minutes(1)
    }
}

/// What the venues know at one moment.
public struct VenueState: ~Copyable {
    public var time: Timestamp
    /// By account: settled balances.
    public var balances: [[Money]]
    /// By account, then instrument.
    public var positions: [[Quantity]]
    /// What each open position would pay at the mark, spot excepted; by account, then instrument.
    public var unrealised: [[Money]]
    /// The venue's mark, else its mid; by instrument.
    public var marks: [FinePrice?]
    public var mids: [FinePrice?]

    public init(
        time: Timestamp, balances: [[Money]], positions: [[Quantity]], unrealised: [[Money]], marks: [FinePrice?], mids: [FinePrice?]
    ) {
        self.time = time
        self.balances = balances
        self.positions = positions
        self.unrealised = unrealised
        self.marks = marks
        self.mids = mids
    }
}
