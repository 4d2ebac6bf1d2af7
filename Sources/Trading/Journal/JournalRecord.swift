public import Market

/// One record of a journal as 64-bit words: the first holds kind (low byte) and count, the second the time, then the fields.
///
/// Field by field and little-endian, never the memory of a struct, so that the same run gives the same bytes everywhere.
public struct JournalRecord: Sendable {
    public static let capacity = 16

    public private(set) var words = InlineArray<16, UInt64>(repeating: 0)
    public private(set) var count = 2

    init(kind: UInt8, time: Timestamp) {
        words[0] = UInt64(kind)
        words[1] = UInt64(bitPattern: time.nanoseconds)
    }

    /// A record as it was read: `words[0]` is the kind alone.
    ///
    /// - Precondition: 2 to 16 words.
    init(kind: UInt8, fields: some Collection<UInt64>) {
        words[0] = UInt64(kind)
        count = 1
        for field in fields { put(field) }
    }

    var kind: UInt8 { UInt8(truncatingIfNeeded: words[0]) }

    mutating func put(_ word: UInt64) {
        words[count] = word
        count += 1
    }

    mutating func put(_ value: Int64) { put(UInt64(bitPattern: value)) }
    mutating func put(_ money: Money) {
        put(money.nanos)
        put(money.currency.packed)
    }

    /// Only where they are not plain: three words.
    mutating func put(_ terms: OrderTerms) {
        put(terms.expiry.nanoseconds)
        pack(
            0, 0, terms.trigger == nil ? 0 : 1, terms.trigger?.kind.rawValue ?? 0, terms.trigger?.reference.rawValue ?? 0,
            terms.selfTrade.map { $0.rawValue + 1 } ?? 0)
        put(terms.trigger?.price.nanos ?? 0)
    }

    /// Several small numbers in one word, low ones first.
    mutating func pack(_ a: UInt16, _ b: UInt16 = 0, _ c: UInt8 = 0, _ d: UInt8 = 0, _ e: UInt8 = 0, _ f: UInt8 = 0) {
        var word = UInt64(a)
        word |= UInt64(b) << 16
        word |= UInt64(c) << 32
        word |= UInt64(d) << 40
        word |= UInt64(e) << 48
        word |= UInt64(f) << 56
        put(word)
    }

    /// The first word, with the count in it.
    var header: UInt64 { words[0] | UInt64(count) << 8 }
}

/// A price that may be absent.
private func optional(_ price: Price?) -> Int64 { price?.ticks ?? .min }

extension JournalRecord {
    /// A command as it left the core.
    public init(_ command: Command, at time: Timestamp) {
        switch command {
        case .submit(let request):
            self.init(kind: 1, time: time)
            pack(
                request.account.rawValue, request.instrument.rawValue, request.side.rawValue, request.type.rawValue,
                request.timeInForce.rawValue,
                // Six bits for the instance: `TradingCore.maximumInstances`.
                (request.postOnly ? 1 : 0) | (request.reduceOnly ? 2 : 0) | UInt8(request.instance.rawValue) << 2)
            put(request.order.rawValue)
            put(optional(request.price))
            put(request.quantity.lots)
            if request.terms != .plain { put(request.terms) }
        case .amend(let request):
            self.init(kind: 2, time: time)
            pack(request.account.rawValue, request.instrument.rawValue)
            put(request.order.rawValue)
            put(request.price.ticks)
            put(request.quantity.lots)
        case .cancel(let request):
            self.init(kind: 3, time: time)
            pack(request.account.rawValue, request.instrument.rawValue)
            put(request.order.rawValue)
        case .cancelAll(let account, let instrument):
            self.init(kind: 4, time: time)
            pack(account.rawValue, instrument?.rawValue ?? .max, instrument == nil ? 0 : 1)
        case .query(let request):
            self.init(kind: 5, time: time)
            pack(request.account.rawValue)
            put(request.query)
            switch request.subject {
            case .order(let order, let instrument):
                pack(0, instrument.rawValue)
                put(order.rawValue)
            case .openOrders: pack(1)
            case .positions: pack(2)
            case .balances: pack(3)
            case .fills(let trade):
                pack(4)
                put(trade)
            case .payments(let time):
                pack(5)
                put(time.nanoseconds)
            }
        case .setLeverage(let account, let instrument, let leverage):
            self.init(kind: 6, time: time)
            pack(account.rawValue, instrument.rawValue)
            put(leverage)
        case .deadMan(let account, let span):
            self.init(kind: 7, time: time)
            pack(account.rawValue)
            put(span.count)
        }
    }

    /// A report as it entered the core.
    public init(_ event: AccountEvent) {
        self.init(kind: 32 + event.report.kind, time: event.receiveTime)
        pack(event.account.rawValue)
        put(event.venueTime.nanoseconds)
        switch event.report {
        case .acknowledged(let order), .triggered(let order), .notFound(let order):
            put(order.rawValue)
        case .amended(let order, let price, let quantity):
            put(order.rawValue)
            put(price.ticks)
            put(quantity.lots)
        case .filled(let fill):
            put(fill.order.rawValue)
            pack(fill.instrument.rawValue, 0, fill.side.rawValue, fill.role.rawValue)
            put(fill.trade)
            put(fill.price.ticks)
            put(fill.quantity.lots)
            put(fill.fee)
        case .cancelled(let order, let reason):
            put(order.rawValue)
            put(UInt64(reason.rawValue))
        case .expired(let order, let reason):
            put(order.rawValue)
            put(UInt64(reason.rawValue))
        case .rejected(let order, let kind, let reason):
            put(order.rawValue)
            pack(UInt16(kind.rawValue), UInt16(reason.rawValue))
        case .status(let status):
            put(status.order.rawValue)
            pack(status.instrument.rawValue, 0, status.isOpen ? 1 : 0)
            put(optional(status.price))
            put(status.quantity.lots)
            put(status.filled.lots)
        case .endOfAnswer(let query):
            put(query)
        case .leverage(let instrument, let leverage):
            pack(instrument.rawValue)
            put(leverage)
        case .position(let instrument, let quantity, let entry):
            pack(instrument.rawValue)
            put(quantity.lots)
            put(entry.nanos)
        case .balance(let money), .adjustment(let money):
            put(money)
        case .externalFlow(let money, let transfer):
            put(money)
            put(transfer)
        case .funding(let payment):
            pack(payment.instrument.rawValue)
            put(payment.settledAt.nanoseconds)
            put(payment.position.lots)
            put(payment.mark.nanos)
            put(payment.rate.trillionths)
            put(payment.amount)
        case .liquidation(let instrument, let quantity, let price, let penalty, let trade):
            pack(instrument.rawValue)
            put(quantity.lots)
            put(price.nanos)
            put(penalty)
            put(trade)
        }
    }

    public init(_ event: ConnectionEvent) {
        self.init(kind: 64, time: event.time)
        pack(event.venue.rawValue, 0, event.stream.rawValue, event.change.rawValue)
    }

    public init(_ event: OperatorEvent, at time: Timestamp) {
        self.init(kind: 65, time: time)
        switch event {
        case .stop: pack(0)
        case .kill(let level): pack(1, UInt16(level.rawValue))
        case .flatten: pack(2)
        case .hold: pack(3)
        case .release: pack(4)
        case .set(let change):
            pack(5)
            for word in change.words { put(word) }
        }
    }

    public init(wakeAt time: Timestamp) { self.init(kind: 66, time: time) }

    public init(startAt time: Timestamp) { self.init(kind: 67, time: time) }

    public init(_ reason: StopReason, at time: Timestamp) {
        self.init(kind: 68, time: time)
        pack(UInt16(reason.rawValue))
    }

    /// What became of a feed's way to us: the market records themselves stay in the tape.
    public init(_ reach: FeedReach, of instrument: InstrumentID, at time: Timestamp) {
        self.init(kind: 69, time: time)
        pack(instrument.rawValue, UInt16(reach.rawValue))
    }
}

extension JournalRecord {
    public init(restartAt time: Timestamp, nextOrder: OrderID) {
        self.init(kind: 70, time: time)
        put(nextOrder.rawValue)
    }
}

extension AccountEvent.Report {
    fileprivate var kind: UInt8 {
        switch self {
        case .acknowledged: 0
        case .amended: 1
        case .triggered: 2
        case .filled: 3
        case .cancelled: 4
        case .expired: 5
        case .rejected: 6
        case .status: 7
        case .notFound: 8
        case .endOfAnswer: 9
        case .leverage: 10
        case .position: 11
        case .balance: 12
        case .funding: 13
        case .liquidation: 14
        case .adjustment: 15
        case .externalFlow: 16
        }
    }
}
