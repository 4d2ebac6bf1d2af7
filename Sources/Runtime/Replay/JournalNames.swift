public import Market
internal import Scenario
internal import Strategies
public import Trading

/// Tells a journal's records in words: names for numbers, decimals for ticks and lots.
public struct JournalNames: Sendable {
    /// One record, told.
    public struct Told: Hashable, Sendable {
        /// Whether it left the core; else it entered.
        public var isCommand: Bool
        /// What happened, such as `submit` or `filled`.
        public var what: String
        public var account: String?
        public var instrument: String?
        public var order: OrderID?
        /// What else there is to know, in the order in which a person wants it.
        public var details: [Detail]

        public struct Detail: Hashable, Sendable {
            public var name: String
            public var value: String
        }

        /// On one line, without the time.
        public var text: String {
            var words = [isCommand ? "→" : "←", what]
            if let order { words.append(order == .venue ? "(no order of ours)" : "order \(order.rawValue)") }
            if let account { words.append(account) }
            if let instrument { words.append(instrument) }
            return (words + details.map { "\($0.name) \($0.value)" }).joined(separator: "  ")
        }
    }

    private let header: RunHeader?
    private let instruments: [Instrument]

    /// - Parameter header: nil: numbers stand for names, ticks and lots for decimals.
    init(_ header: RunHeader?) {
        self.header = header
        instruments = header?.listedInstruments ?? []
    }

    public func account(_ id: AccountID) -> String {
        guard let header, header.accounts.indices.contains(id.index) else { return "account \(id.rawValue)" }
        return header.accounts[id.index].name
    }

    public func instrument(_ id: InstrumentID) -> String {
        guard let header, header.instruments.indices.contains(id.index), header.feeds.indices.contains(id.index) else {
            return "instrument \(id.rawValue)"
        }
        return "\(header.instruments[id.index].venueSymbol)@\(venue(header.feeds[id.index].venue))"
    }

    /// nil if the run has no account of the name.
    public func account(named name: String) -> AccountID? { header?.accounts.firstIndex { $0.name == name }.map { AccountID($0) } }
    public var accountNames: [String] { header?.accounts.map(\.name) ?? [] }

    /// nil where the run had one strategy.
    func strategy(_ id: StrategyID) -> String? {
        guard let instances = header?.instances else { return nil }
        return instances.indices.contains(id.index) ? instances[id.index].id : "strategy \(id.rawValue)"
    }

    private func venue(_ index: Int) -> String {
        guard let header, header.venues.indices.contains(index) else { return "venue \(index)" }
        return header.venues[index]
    }

    private func known(_ id: InstrumentID?) -> Instrument? {
        guard let id, instruments.indices.contains(id.index) else { return nil }
        return instruments[id.index]
    }

    /// The price of fills, rounded to 10⁻⁹ of the quote currency; nil of none, or where the instrument is not known.
    public func average(tickLots: Int64, lots: Quantity, _ id: InstrumentID) -> String? {
        guard !lots.isZero, let instrument = known(id) else { return nil }
        let nanos = roundedQuotient(Int128(tickLots) * Int128(instrument.tickSize.nanos), Int128(lots.lots))
        return FinePrice(nanos: Int64(nanos)).description
    }

    func price(_ price: Price, _ id: InstrumentID?) -> String { known(id).map { $0.text(price) } ?? "\(price.ticks) ticks" }
    public func quantity(_ quantity: Quantity, _ id: InstrumentID?) -> String {
        known(id).map { $0.text(quantity) } ?? "\(quantity.lots) lots"
    }

    /// - Parameter instrument: Of the order, where the record does not say it.
    public func tell(_ entry: JournalEntry, instrument known: InstrumentID? = nil) -> Told {
        let instrument = entry.instrument ?? known
        let (what, details) = words(entry, instrument)
        return Told(
            isCommand: entry.isCommand, what: what, account: entry.account.map { account($0) },
            instrument: instrument.map { self.instrument($0) }, order: entry.order,
            details: details.map { Told.Detail(name: $0, value: $1) })
    }

    /// A market record on one line.
    public func text(_ event: MarketEvent) -> String {
        let id = event.instrument
        let values =
            switch event.kind {
            case .level, .trade, .quote, .liquidation, .orderAdded, .orderChanged, .orderDeleted:
                "\(event.side) \(quantity(Quantity(lots: event.quantity), id)) at \(price(Price(ticks: event.price), id))"
            case .mark, .index: "\(FinePrice(nanos: event.price))"
            case .funding, .openInterest, .status, .instrumentChange, .gap: "\(event.price)"
            }
        return "\(event.kind)  \(instrument(id))  \(values)  at the venue \(event.venueTime.iso8601)"
    }

    private typealias Pairs = [(String, String)]

    private func words(_ entry: JournalEntry, _ instrument: InstrumentID?) -> (String, Pairs) {
        switch entry {
        case .command(let command, _): return words(command, instrument)
        case .report(let event):
            let (what, pairs) = words(event.report, instrument)
            return (what, pairs + [("at the venue", event.venueTime.iso8601)])
        case .connection(let event): return ("connection", [(venue(event.venue.index), "\(event.stream) \(event.change)")])
        case .operator(let event, _):
            switch event {
            case .stop: return ("operator", [("says", "stop")])
            case .kill(let level): return ("operator", [("says", "kill: \(level)")])
            case .flatten: return ("operator", [("says", "flatten")])
            case .hold: return ("operator", [("says", "hold")])
            case .release: return ("operator", [("says", "release")])
            case .set(let change): return ("operator", words(change))
            }
        case .wake: return ("wake", [])
        case .start: return ("start", [])
        case .stop(let reason, _): return ("stop", [("because", "\(reason)")])
        case .restart(let next, _): return ("restart", [("next order", "\(next.rawValue)")])
        case .feed(_, let reach, _): return ("market data", [("now", "\(reach)")])
        }
    }

    private func words(_ change: ParameterChange) -> Pairs {
        var pairs: Pairs = [("says", "set")]
        if let strategy = strategy(change.instance) { pairs.append(("of", strategy)) }
        let instances = header?.allInstances ?? []
        let name = instances.indices.contains(change.instance.index) ? instances[change.instance.index].strategy : nil
        let specification = StrategyRegistry.builtIn.specifications.first { $0.name == name }
        if let (parameter, value) = specification.flatMap(change.meaning) {
            pairs += [(parameter.name, value.text)]
        } else {
            pairs += [("parameter", "number \(change.parameter + 1)")]
        }
        return pairs
    }

    private func words(_ command: Command, _ id: InstrumentID?) -> (String, Pairs) {
        switch command {
        case .submit(let request):
            var pairs: Pairs = [
                ("\(request.side)", quantity(request.quantity, id)), ("at", request.price.map { price($0, id) } ?? "market"),
                ("type", "\(request.type) \(request.timeInForce)"),
            ]
            if let strategy = strategy(request.instance) { pairs.insert(("of", strategy), at: 0) }
            if request.postOnly { pairs.append(("flag", "post-only")) }
            if request.reduceOnly { pairs.append(("flag", "reduce-only")) }
            if request.terms.expiry != .never { pairs.append(("until", request.terms.expiry.iso8601)) }
            if let trigger = request.terms.trigger { pairs.append(("when", "\(trigger.reference) \(trigger.kind) \(trigger.price)")) }
            if let rule = request.terms.selfTrade { pairs.append(("self-trade", "\(rule)")) }
            return ("submit", pairs)
        case .amend(let request): return ("amend", [("to", quantity(request.quantity, id)), ("at", price(request.price, id))])
        case .cancel: return ("cancel", [])
        case .cancelAll: return ("cancel all", [])
        case .query(let request):
            let asked =
                switch request.subject {
                case .order: "this order"
                case .openOrders: "open orders"
                case .positions: "positions"
                case .balances: "balances"
                case .fills(let trade): trade == 0 ? "all fills" : "fills after trade \(trade)"
                case .payments(let time): time == .distantPast ? "all payments" : "payments after \(time.iso8601)"
                }
            return ("query", [("number", "\(request.query)"), ("asks for", asked)])
        case .setLeverage(_, _, let leverage): return ("set leverage", [("to", "\(leverage)")])
        case .deadMan(_, let span):
            return ("dead man's switch", [("after", span == .zero ? "off" : "\(Decimal.text(span.count, decimals: 9)) s")])
        }
    }

    private func words(_ report: AccountEvent.Report, _ id: InstrumentID?) -> (String, Pairs) {
        switch report {
        case .acknowledged: ("acknowledged", [])
        case .triggered: ("triggered", [])
        case .notFound: ("not found", [])
        case .amended(_, let price, let quantity): ("amended", [("to", self.quantity(quantity, id)), ("at", self.price(price, id))])
        case .filled(let fill):
            (
                "filled",
                [
                    ("\(fill.side)", quantity(fill.quantity, id)), ("at", price(fill.price, id)), ("as", "\(fill.role)"),
                    ("fee", "\(fill.fee)"), ("trade", "\(fill.trade)"),
                ]
            )
        case .cancelled(_, let reason): ("cancelled", [("because", "\(reason)")])
        case .expired(_, let reason): ("expired", [("because", "\(reason)")])
        case .rejected(_, let kind, let reason): ("refused", [("request", "\(kind)"), ("because", "\(reason)")])
        case .status(let status):
            (
                "status",
                [
                    ("is", status.isOpen ? "open" : "over"), ("filled", quantity(status.filled, id)), ("of", quantity(status.quantity, id)),
                    ("at", status.price.map { price($0, id) } ?? "market"),
                ]
            )
        case .endOfAnswer(let query): ("end of answer", [("query", "\(query)")])
        case .leverage(_, let leverage): ("leverage", [("is", "\(leverage)")])
        case .position(_, let quantity, let entry): ("position", [("is", self.quantity(quantity, id)), ("entry", "\(entry)")])
        case .balance(let money): ("balance", [("is", "\(money)")])
        case .funding(let payment):
            (
                "funding",
                [
                    ("received", "\(payment.amount)"), ("position", quantity(payment.position, id)), ("mark", "\(payment.mark)"),
                    ("rate", "\(payment.rate)"),
                ]
            )
        case .liquidation(_, let quantity, let price, let penalty, _):
            ("liquidation", [("change", self.quantity(quantity, id)), ("at", "\(price)"), ("penalty", "\(penalty)")])
        case .adjustment(let money): ("adjustment", [("received", "\(money)")])
        case .externalFlow(let money, _): ("external flow", [("received", "\(money)")])
        }
    }
}
