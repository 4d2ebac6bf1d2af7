public import Market
public import Trading

/// One order of a run from its command to its end, as it was told.
public struct OrderLife: Hashable, Sendable {
    /// Something that happened to it: when by the venue's clock, and when we heard.
    public struct Moment: Hashable, Comparable, Sendable {
        public var venue: Timestamp
        public var heard: Timestamp
        /// Its number among all reports of the run: of one moment of the venue, they come in the order in which things happened.
        public var number: Int

        public init(venue: Timestamp, heard: Timestamp, number: Int = 0) {
            (self.venue, self.heard, self.number) = (venue, heard, number)
        }

        public static func < (lhs: Moment, rhs: Moment) -> Bool { (lhs.venue, lhs.number) < (rhs.venue, rhs.number) }
    }

    public struct Execution: Hashable, Sendable {
        public var fill: Fill
        public var moment: Moment
    }

    /// A price and a quantity that it was given.
    public struct Terms: Hashable, Sendable {
        public var price: Price
        public var quantity: Quantity
        public var moment: Moment
    }

    public enum End: Hashable, Sendable {
        case filled
        case cancelled(CancelReason)
        case expired(ExpiryReason)
        case rejected(RejectReason)
        /// An answer to a question: it does not rest.
        case gone
        /// An answer to a question: the venue has never seen it.
        case neverCame
    }

    public var request: OrderRequest
    public var sentAt: Timestamp
    /// The first that the venue said of it, by the venue's clock, as long as it has not refused it.
    public var acknowledged: Moment?
    public var executions: [Execution] = []
    public var amends: [Terms] = []
    public var cancelsAsked: [Timestamp] = []
    public var end: (kind: End, moment: Moment)? {
        get { endKind.flatMap { kind in endMoment.map { (kind, $0) } } }
        set { (endKind, endMoment) = (newValue?.kind, newValue?.moment) }
    }
    private var endKind: End?
    private var endMoment: Moment?

    public init(_ request: OrderRequest, sentAt: Timestamp) { (self.request, self.sentAt) = (request, sentAt) }

    public var filled: Quantity { executions.reduce(.zero) { $0 + $1.fill.quantity } }

    /// Whether what it did not take waited in the book.
    public var mayRest: Bool { request.type == .limit && request.timeInForce == .goodTillCancelled && request.terms.trigger == nil }

    mutating func noteAcknowledged(_ moment: Moment) {
        acknowledged = acknowledged.map { min($0, moment) } ?? moment
        // It was still on its way when the venue was asked.
        if endKind == .neverCame { end = nil }
    }

    mutating func noteEnd(_ kind: End, _ moment: Moment) { if endKind == nil { end = (kind, moment) } }
}

extension LiveRecording {
    /// All orders of the run, in the order of their numbers.
    public var orders: [OrderLife] { OrderLives(items).sorted }
}

/// Orders put together from what was commanded and told.
struct OrderLives {
    private var lives: [OrderID: OrderLife] = [:]
    private var reports = 0
    /// By instrument: trades that were counted.
    private var counted: [InstrumentID: Set<UInt64>] = [:]

    init() {}

    init(_ items: [LiveRecording.Item]) {
        for item in items {
            switch item {
            case .command(let command, let time): note(command, at: time)
            case .report(let event): note(event)
            case .connection: break
            }
        }
    }

    var sorted: [OrderLife] { lives.values.sorted { $0.request.order < $1.request.order } }

    mutating func note(_ command: Command, at time: Timestamp) {
        switch command {
        case .submit(let request): lives[request.order] = OrderLife(request, sentAt: time)
        case .cancel(let request): lives[request.order]?.cancelsAsked.append(time)
        case .amend, .cancelAll, .query, .setLeverage, .deadMan: break
        }
    }

    mutating func note(_ event: AccountEvent) {
        reports += 1
        let moment = OrderLife.Moment(venue: event.venueTime, heard: event.receiveTime, number: reports)
        switch event.report {
        case .acknowledged(let order), .triggered(let order): lives[order]?.noteAcknowledged(moment)
        case .amended(let order, let price, let quantity):
            lives[order]?.noteAcknowledged(moment)
            lives[order]?.amends.append(OrderLife.Terms(price: price, quantity: quantity, moment: moment))
        case .filled(let fill):
            guard counted[fill.instrument, default: []].insert(fill.trade).inserted, lives[fill.order] != nil else { return }
            lives[fill.order]?.noteAcknowledged(moment)
            lives[fill.order]?.executions.append(OrderLife.Execution(fill: fill, moment: moment))
            if let life = lives[fill.order], life.filled >= life.amends.last?.quantity ?? life.request.quantity {
                lives[fill.order]?.noteEnd(.filled, moment)
            }
        case .cancelled(let order, let reason): lives[order]?.noteEnd(.cancelled(reason), moment)
        case .expired(let order, let reason): lives[order]?.noteEnd(.expired(reason), moment)
        case .rejected(let order, .submit, let reason): lives[order]?.noteEnd(.rejected(reason), moment)
        case .status(let status):
            if status.isOpen {
                lives[status.order]?.noteAcknowledged(moment)
            } else {
                lives[status.order]?.noteEnd(.gone, moment)
            }
        case .notFound(let order):
            let isKnown = lives[order]?.acknowledged != nil
            lives[order]?.noteEnd(isKnown ? .gone : .neverCame, moment)
        case .rejected, .endOfAnswer, .leverage, .position, .balance, .funding, .liquidation, .adjustment, .externalFlow: break
        }
    }
}
