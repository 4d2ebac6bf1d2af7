public import Market

/// What a core is built from.
public struct CoreConfiguration: Sendable {
    public struct Account: Hashable, Sendable {
        public var name: String
        public var venue: VenueID
        /// What the account holds at the start, as the venue reported it.
        public var balances: [Money]

        public init(name: String, venue: VenueID, balances: [Money]) {
            self.name = name
            self.venue = venue
            self.balances = balances
        }
    }

    /// By `InstrumentID`.
    public var instruments: [Instrument]
    /// By `AccountID`.
    public var accounts: [Account]
    public var seed: UInt64
    public var limits: RiskLimits
    /// By account × instrument, as far as they are known; empty: none is.
    public var margins: [MarginTerms?]
    /// A request without an answer for this long has an unknown outcome, and is asked about.
    public var unknownAfter: Nanoseconds
    /// A done order's record is kept this long, so that late fills match.
    public var keepsOrdersFor: Nanoseconds
    /// How often our record is compared with the venues'; nil: never.
    public var reconcileEvery: Nanoseconds?

    public init(
        instruments: [Instrument], accounts: [Account], seed: UInt64, limits: RiskLimits = RiskLimits(), margins: [MarginTerms?] = [],
        unknownAfter: Nanoseconds = .seconds(2),
        keepsOrdersFor: Nanoseconds = .minutes(10), reconcileEvery: Nanoseconds? = nil
    ) {
        self.instruments = instruments
        self.accounts = accounts
        self.seed = seed
        self.limits = limits
        self.margins = margins
        self.unknownAfter = unknownAfter
        self.keepsOrdersFor = keepsOrdersFor
        self.reconcileEvery = reconcileEvery
    }
}

/// Hears what the core decided and recorded, without the core knowing who listens. Called synchronously, in order; never
/// for a market event.
public protocol CoreObserver: AnyObject {
    func submitted(_ order: Order, at time: Timestamp)
    /// The venue has the order, since `venueTime` by its clock.
    func acknowledged(_ order: OrderID, venueTime: Timestamp, at time: Timestamp)
    /// Nobody knows what became of a request on the order.
    func becameUnknown(_ order: Order, at time: Timestamp)
    /// All of an order is known again, which was not since a time.
    func resolved(_ order: OrderID, unknownSince: Timestamp, at time: Timestamp)
    /// A fill as the core recorded it, after the order's state took it in.
    func filled(_ fill: Fill, _ order: Order?, account: AccountID, isLate: Bool, cancelPending: Bool, venueTime: Timestamp)
    func ended(_ order: Order, at time: Timestamp)
    func funded(_ payment: FundingPayment, account: AccountID, at time: Timestamp)
    /// The venue closed a part of a position by force: a signed change, at a price and with a penalty.
    func liquidated(
        _ quantity: Quantity, of instrument: InstrumentID, at price: FinePrice, penalty: Money, account: AccountID, time: Timestamp)
    /// The venue corrected a balance: positive if received.
    func adjusted(_ money: Money, account: AccountID, at time: Timestamp)
    /// Our record of a position was made the venue's: a signed change that no fill explains.
    func adjusted(_ quantity: Quantity, of instrument: InstrumentID, account: AccountID, at time: Timestamp)
    func requested(_ kind: RequestKind, _ order: Order, at time: Timestamp)
    func refused(_ kind: RequestKind, _ order: OrderID, _ reason: RejectReason, account: AccountID, at time: Timestamp)
    /// - Parameter instance: nil: the core says so itself.
    func noted(_ text: String, instance: StrategyID?, at time: Timestamp)
    /// A strategy had something to prove.
    func checked(_ text: String, passes: Bool, at time: Timestamp)
}

extension CoreObserver {
    public func submitted(_ order: Order, at time: Timestamp) {}
    public func acknowledged(_ order: OrderID, venueTime: Timestamp, at time: Timestamp) {}
    public func becameUnknown(_ order: Order, at time: Timestamp) {}
    public func resolved(_ order: OrderID, unknownSince: Timestamp, at time: Timestamp) {}
    public func filled(_ fill: Fill, _ order: Order?, account: AccountID, isLate: Bool, cancelPending: Bool, venueTime: Timestamp) {}
    public func ended(_ order: Order, at time: Timestamp) {}
    public func funded(_ payment: FundingPayment, account: AccountID, at time: Timestamp) {}
    public func liquidated(
        _ quantity: Quantity, of instrument: InstrumentID, at price: FinePrice, penalty: Money, account: AccountID, time: Timestamp
    ) {}
    public func adjusted(_ money: Money, account: AccountID, at time: Timestamp) {}
    public func adjusted(_ quantity: Quantity, of instrument: InstrumentID, account: AccountID, at time: Timestamp) {}
    public func requested(_ kind: RequestKind, _ order: Order, at time: Timestamp) {}
    public func refused(_ kind: RequestKind, _ order: OrderID, _ reason: RejectReason, account: AccountID, at time: Timestamp) {}
    public func noted(_ text: String, instance: StrategyID?, at time: Timestamp) {}
    public func checked(_ text: String, passes: Bool, at time: Timestamp) {}
}

/// Those who hear of a core, in the order in which they came; told without counting references.
struct CoreObservers: ~Copyable {
    private final class Listener {
        let observer: any CoreObserver
        init(_ observer: any CoreObserver) { self.observer = observer }
    }

    private var listeners: ContiguousArray<Listener> = []

    var isEmpty: Bool { listeners.isEmpty }

    mutating func add(_ observer: any CoreObserver) { listeners.append(Listener(observer)) }

    @inline(__always)
    func tell(_ body: (any CoreObserver) -> Void) {
        for index in listeners.indices { Port(listeners[index]).with { body($0.observer) } }
    }
}
