internal import Market

/// Reads a record's words one after the other; a word that is missing or has no meaning makes the whole nil.
struct JournalFields {
    private let record: JournalRecord
    private var next = 2
    private let time: Timestamp

    init(_ record: JournalRecord) {
        self.record = record
        time = Timestamp(nanoseconds: Int64(bitPattern: record.words[1]))
    }

    mutating func entry() -> JournalEntry? {
        switch record.kind {
        case 1...7: command().map { .command($0, at: time) }
        case 32...48: report().map { .report($0) }
        case 64: connection().map { .connection($0) }
        case 65: operatorEvent().map { .operator($0, at: time) }
        case 66: .wake(at: time)
        case 67: .start(at: time)
        case 68: small().flatMap { StopReason(rawValue: UInt8(truncatingIfNeeded: $0.a)) }.map { .stop($0, at: time) }
        case 69:
            small().flatMap { small in
                FeedReach(rawValue: UInt8(truncatingIfNeeded: small.b)).map { .feed(InstrumentID(Int(small.a)), $0, at: time) }
            }
        case 70: order().map { .restart(nextOrder: $0, at: time) }
        default: nil
        }
    }

    // MARK: Words

    private mutating func word() -> UInt64? {
        guard next < record.count else { return nil }
        next += 1
        return record.words[next - 1]
    }

    private mutating func number() -> Int64? { word().map { Int64(bitPattern: $0) } }
    private mutating func order() -> OrderID? { word().map { OrderID($0) } }
    private mutating func price() -> Price? { number().map { Price(ticks: $0) } }
    /// Of a price that may be absent: outer nil is a missing word.
    private mutating func optionalPrice() -> Price?? { number().map { $0 == .min ? nil : Price(ticks: $0) } }
    private mutating func quantity() -> Quantity? { number().map { Quantity(lots: $0) } }
    private mutating func fine() -> FinePrice? { number().map { FinePrice(nanos: $0) } }
    private mutating func money() -> Money? {
        guard let nanos = number(), let packed = word(), let currency = Currency(packed: packed) else { return nil }
        return Money(nanos: nanos, currency)
    }

    /// Small numbers packed into one word.
    private struct Small {
        let word: UInt64
        var a: UInt16 { UInt16(truncatingIfNeeded: word) }
        var b: UInt16 { UInt16(truncatingIfNeeded: word >> 16) }
        var c: UInt8 { UInt8(truncatingIfNeeded: word >> 32) }
        var d: UInt8 { UInt8(truncatingIfNeeded: word >> 40) }
        var e: UInt8 { UInt8(truncatingIfNeeded: word >> 48) }
        var f: UInt8 { UInt8(truncatingIfNeeded: word >> 56) }
        var account: AccountID { AccountID(Int(a)) }
        var instrument: InstrumentID { InstrumentID(Int(b)) }
    }

    private mutating func small() -> Small? { word().map(Small.init) }
    private mutating func instrument() -> InstrumentID? { small().map { InstrumentID(Int($0.a)) } }

    // MARK: Commands

    private mutating func command() -> Command? {
        guard let head = small() else { return nil }
        switch record.kind {
        case 1: return submit(head)
        case 2:
            guard let order = order(), let price = price(), let quantity = quantity() else { return nil }
            return .amend(
                AmendRequest(account: head.account, instrument: head.instrument, order: order, price: price, quantity: quantity))
        case 3:
            return order().map { .cancel(CancelRequest(account: head.account, instrument: head.instrument, order: $0)) }
        case 4: return .cancelAll(account: head.account, instrument: head.c == 0 ? nil : head.instrument)
        case 5:
            guard let query = word(), let subject = subject() else { return nil }
            return .query(QueryRequest(account: head.account, query: query, subject: subject))
        case 6: return number().map { .setLeverage(account: head.account, instrument: head.instrument, leverage: $0) }
        default: return number().map { .deadMan(account: head.account, Nanoseconds(count: $0)) }
        }
    }

    private mutating func submit(_ head: Small) -> Command? {
        guard let side = Side(rawValue: head.c), let type = OrderType(rawValue: head.d), let force = TimeInForce(rawValue: head.e),
            let order = order(), let price = optionalPrice(), let quantity = quantity()
        else { return nil }
        var terms = OrderTerms.plain
        if next < record.count {
            guard let read = self.terms() else { return nil }
            terms = read
        }
        return .submit(
            OrderRequest(
                account: head.account, instrument: head.instrument, order: order, side: side, type: type, timeInForce: force,
                price: price, quantity: quantity, postOnly: head.f & 1 != 0, reduceOnly: head.f & 2 != 0, terms: terms,
                instance: StrategyID(Int(head.f >> 2))))
    }

    private mutating func terms() -> OrderTerms? {
        guard let expiry = number(), let packed = small(), let price = fine() else { return nil }
        var trigger: Trigger?
        if packed.c != 0 {
            guard let kind = Trigger.Kind(rawValue: packed.d), let reference = Trigger.Reference(rawValue: packed.e) else { return nil }
            trigger = Trigger(kind, reference, at: price)
        }
        var selfTrade: SelfTradePrevention?
        if packed.f != 0 {
            guard let rule = SelfTradePrevention(rawValue: packed.f - 1) else { return nil }
            selfTrade = rule
        }
        return OrderTerms(expiry: Timestamp(nanoseconds: expiry), trigger: trigger, selfTrade: selfTrade)
    }

    private mutating func subject() -> QueryRequest.Subject? {
        guard let kind = small() else { return nil }
        switch kind.a {
        case 0: return order().map { .order($0, kind.instrument) }
        case 1: return .openOrders
        case 2: return .positions
        case 3: return .balances
        case 4: return word().map { .fills(after: $0) }
        case 5: return number().map { .payments(after: Timestamp(nanoseconds: $0)) }
        default: return nil
        }
    }

    // MARK: Reports

    private mutating func report() -> AccountEvent? {
        guard let account = small(), let venueTime = number(), let said = said() else { return nil }
        return AccountEvent(
            account: account.account, venueTime: Timestamp(nanoseconds: venueTime), receiveTime: time, report: said)
    }

    private mutating func said() -> AccountEvent.Report? {
        switch record.kind - 32 {
        case 0: return order().map { .acknowledged($0) }
        case 1:
            guard let order = order(), let price = price(), let quantity = quantity() else { return nil }
            return .amended(order, price: price, quantity: quantity)
        case 2: return order().map { .triggered($0) }
        case 3: return fill().map { .filled($0) }
        case 4:
            guard let order = order(), let code = word(), let reason = CancelReason(rawValue: UInt8(truncatingIfNeeded: code)) else {
                return nil
            }
            return .cancelled(order, reason)
        case 5:
            guard let order = order(), let code = word(), let reason = ExpiryReason(rawValue: UInt8(truncatingIfNeeded: code)) else {
                return nil
            }
            return .expired(order, reason)
        case 6:
            guard let order = order(), let codes = small(), let kind = RequestKind(rawValue: UInt8(truncatingIfNeeded: codes.a)),
                let reason = RejectReason(rawValue: UInt8(truncatingIfNeeded: codes.b))
            else { return nil }
            return .rejected(order, kind, reason)
        case 7: return status().map { .status($0) }
        case 8: return order().map { .notFound($0) }
        case 9: return word().map { .endOfAnswer(query: $0) }
        default: return accountReport()
        }
    }

    private mutating func accountReport() -> AccountEvent.Report? {
        switch record.kind - 32 {
        case 10:
            guard let instrument = instrument(), let leverage = number() else { return nil }
            return .leverage(instrument, leverage)
        case 11:
            guard let instrument = instrument(), let quantity = quantity(), let entry = fine() else { return nil }
            return .position(instrument, quantity: quantity, entry: entry)
        case 12: return money().map { .balance($0) }
        case 13:
            guard let instrument = instrument(), let settledAt = number(), let position = quantity(), let mark = fine(),
                let rate = number(), let amount = money()
            else { return nil }
            return .funding(
                FundingPayment(
                    instrument: instrument, settledAt: Timestamp(nanoseconds: settledAt), position: position, mark: mark,
                    rate: Rate(trillionths: rate), amount: amount))
        case 14:
            guard let instrument = instrument(), let quantity = quantity(), let price = fine(), let penalty = money(),
                let trade = word()
            else { return nil }
            return .liquidation(instrument, quantity, price, penalty: penalty, trade: trade)
        case 15: return money().map { .adjustment($0) }
        default:
            guard let money = money(), let transfer = word() else { return nil }
            return .externalFlow(money, transfer: transfer)
        }
    }

    private mutating func fill() -> Fill? {
        guard let order = order(), let head = small(), let side = Side(rawValue: head.c), let role = LiquidityRole(rawValue: head.d),
            let trade = word(), let price = price(), let quantity = quantity(), let fee = money()
        else { return nil }
        return Fill(
            order: order, instrument: InstrumentID(Int(head.a)), trade: trade, side: side, role: role, price: price, quantity: quantity,
            fee: fee)
    }

    private mutating func status() -> OrderStatus? {
        guard let order = order(), let head = small(), let price = optionalPrice(), let whole = quantity(), let filled = quantity()
        else { return nil }
        return OrderStatus(
            order: order, instrument: InstrumentID(Int(head.a)), isOpen: head.c != 0, price: price, quantity: whole, filled: filled)
    }

    // MARK: The rest

    private mutating func connection() -> ConnectionEvent? {
        guard let head = small(), let stream = ConnectionEvent.Stream(rawValue: head.c),
            let change = ConnectionEvent.Change(rawValue: head.d)
        else { return nil }
        return ConnectionEvent(venue: VenueID(Int(head.a)), stream: stream, change: change, time: time)
    }

    private mutating func operatorEvent() -> OperatorEvent? {
        guard let head = small() else { return nil }
        switch head.a {
        case 0: return .stop
        case 1: return KillLevel(rawValue: UInt8(truncatingIfNeeded: head.b)).map { .kill($0) }
        case 2: return .flatten
        case 3: return .hold
        case 4: return .release
        case 5:
            guard let what = word(), let first = word(), let second = word() else { return nil }
            return ParameterChange(words: [what, first, second]).map { .set($0) }
        default: return nil
        }
    }
}
