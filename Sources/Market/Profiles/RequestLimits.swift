/// How much an account may ask of a venue.
public struct RequestLimits: Hashable, Sendable {
    public enum Request: Int, Hashable, Sendable, CaseIterable { case submit, amend, cancel, cancelAll, query }

    /// So many units within any span of this length; what is not counted costs nothing.
    public struct Window: Hashable, Sendable {
        public var capacity: Int
        public var span: Nanoseconds
        /// What each kind of request costs.
        public var costs: [Request: Int]

        public init(_ capacity: Int, per span: Nanoseconds, _ costs: [Request: Int]) {
            self.capacity = capacity
            self.span = span
            self.costs = costs
        }

        /// The same for every kind of request.
        public static func all(_ capacity: Int, per span: Nanoseconds) -> Window {
            Window(capacity, per: span, Dictionary(uniqueKeysWithValues: Request.allCases.map { ($0, 1) }))
        }
    }

    /// Requests that trading earns: submits, amends and cancels of everything use them up, single cancels are free.
    public struct VolumeQuota: Hashable, Sendable {
        public var initial: Int
        public var maximum: Int
        /// Traded volume that earns one more, in 10⁻⁹ of the quote currency.
        public var volumePerRequest: Int64
        /// One request in each such span uses nothing up.
        public var freeEvery: Nanoseconds

        public init(initial: Int, maximum: Int, volumePerRequest: Int64, freeEvery: Nanoseconds) {
            self.initial = initial
            self.maximum = maximum
            self.volumePerRequest = volumePerRequest
            self.freeEvery = freeEvery
        }
    }

    public var windows: [Window]
    public var quota: VolumeQuota?
    /// Orders that rest, in all and in one instrument; and those that wait for a trigger.
    public var openOrders: Int?
    public var openOrdersPerInstrument: Int?
    public var triggers: Int?
    public var triggersPerInstrument: Int?
    /// How far from now a stated expiry may lie.
    public var expiry: ClosedRange<Nanoseconds>?

    public init(
        windows: [Window] = [], quota: VolumeQuota? = nil, openOrders: Int? = nil, openOrdersPerInstrument: Int? = nil,
        triggers: Int? = nil, triggersPerInstrument: Int? = nil, expiry: ClosedRange<Nanoseconds>? = nil
    ) {
        self.windows = windows
        self.quota = quota
        self.openOrders = openOrders
        self.openOrdersPerInstrument = openOrdersPerInstrument
        self.triggers = triggers
        self.triggersPerInstrument = triggersPerInstrument
        self.expiry = expiry
    }
}

/// How far from the mark a limit may be on the side where it would take.
public struct PriceBand: Hashable, Sendable {
    /// The venue's own symbol.
    public var symbol: String
    /// Sells are not lower than this share of the mark, buys not higher than that.
    public var lowest: Rate
    public var highest: Rate

    public init(_ symbol: String, _ lowest: Rate, _ highest: Rate) {
        self.symbol = symbol
        self.lowest = lowest
        self.highest = highest
    }
}
