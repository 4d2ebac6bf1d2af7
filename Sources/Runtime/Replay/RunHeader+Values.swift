internal import Market
internal import Trading

/// The header's plain numbers and texts as the values of the core, and back. What no value stands for is nil.
extension RunHeader {
    var listedInstruments: [Instrument]? { all(instruments) { $0.value } }

    var coreConfiguration: CoreConfiguration? {
        let accounts = all(self.accounts) { account -> CoreConfiguration.Account? in
            guard venues.indices.contains(account.venue), let balances = all(account.balances, { $0.value }) else { return nil }
            return .init(name: account.name, venue: VenueID(account.venue), balances: balances)
        }
        guard let instruments = listedInstruments, let accounts else { return nil }
        guard let margins = marginTerms else { return nil }
        return CoreConfiguration(
            instruments: instruments, accounts: accounts, seed: seed, limits: limits.value, margins: margins,
            unknownAfter: Nanoseconds(count: unknownAfter), keepsOrdersFor: Nanoseconds(count: keepsOrdersFor),
            reconcileEvery: reconcileEvery.map { Nanoseconds(count: $0) })
    }

    /// The one strategy, or all of them.
    var allInstances: [Instance] {
        instances ?? [Instance(id: strategy, strategy: strategy, parameters: parameters, legs: legs)]
    }

    /// By account × instrument; empty where nothing is known of any.
    private var marginTerms: [MarginTerms?]? {
        guard let margins else { return [] }
        var terms = Array(repeating: MarginTerms?.none, count: accounts.count * instruments.count)
        for margin in margins {
            guard accounts.indices.contains(margin.account), instruments.indices.contains(margin.instrument),
                let value = margin.value(instruments[margin.instrument].symbol)
            else { return nil }
            terms[margin.account * instruments.count + margin.instrument] = value
        }
        return terms
    }

    func binding(_ legs: [String: Leg]) -> StrategyBinding? {
        guard let instruments = listedInstruments,
            legs.values.allSatisfy({ accounts.indices.contains($0.account) && instruments.indices.contains($0.instrument) })
        else { return nil }
        return StrategyBinding(
            legs: legs.mapValues { .init(account: AccountID($0.account), instrument: InstrumentID($0.instrument)) },
            instruments: instruments)
    }

    /// Whether all that a record names is of this run.
    func covers(_ entry: JournalEntry) -> Bool {
        if let account = entry.account, !accounts.indices.contains(account.index) { return false }
        if let instrument = entry.instrument, !instruments.indices.contains(instrument.index) { return false }
        if case .connection(let event) = entry { return venues.indices.contains(event.venue.index) }
        return true
    }
}

/// nil as soon as one of them is.
private func all<Element, Result>(_ elements: [Element], _ body: (Element) -> Result?) -> [Result]? {
    let results = elements.compactMap(body)
    return results.count == elements.count ? results : nil
}

extension RunHeader.Amount {
    var value: Money? { Currency(currency).map { Money(nanos: nanos, $0) } }
}

extension RunHeader.Listed {
    init(_ instrument: Instrument) {
        self.init(
            symbol: instrument.symbol, venue: instrument.venue, venueSymbol: instrument.venueSymbol, kind: instrument.kind.rawValue,
            base: instrument.base.code, quote: instrument.quote.code, tickSize: instrument.tickSize.nanos, lotSize: instrument.lotSize,
            contractSize: instrument.contractSize, minimumQuantity: instrument.minimumQuantity.lots,
            minimumNotional: instrument.minimumNotional, fundingInterval: instrument.fundingInterval?.count,
            priceStep: instrument.priceStep > 1 ? instrument.priceStep : nil,
            quantityStep: instrument.quantityStep > 1 ? instrument.quantityStep : nil)
    }

    var value: Instrument? {
        guard let kind = Contract.Kind(rawValue: kind), let base = Currency(base), let quote = Currency(quote), tickSize > 0, lotSize > 0,
            contractSize > 0, priceStep ?? 1 > 0, quantityStep ?? 1 > 0, (Int128(lotSize) * Int128(contractSize)) % 1_000_000_000 == 0
        else { return nil }
        var instrument = Instrument(
            symbol: symbol, venue: venue, venueSymbol: venueSymbol, kind: kind, base: base, quote: quote,
            tickSize: FinePrice(nanos: tickSize), lotSize: lotSize, contractSize: contractSize,
            minimumQuantity: Quantity(lots: minimumQuantity), minimumNotional: minimumNotional,
            fundingInterval: fundingInterval.map { Nanoseconds(count: $0) })
        (instrument.priceStep, instrument.quantityStep) = (priceStep ?? 1, quantityStep ?? 1)
        return instrument
    }
}

extension RunHeader.Limits {
    init(_ limits: RiskLimits) {
        self.init(
            orderNotional: limits.maximumOrderNotional, position: limits.maximumPosition, priceCollar: limits.priceCollar?.trillionths,
            ordersPerSecond: limits.maximumOrdersPerSecond, reservedOrders: limits.reservedOrdersPerSecond,
            duplicateWindow: limits.duplicateWindow?.count, staleAfter: limits.staleAfter?.count,
            preventsSelfTrade: limits.preventsSelfTrade, rejectsPerMinute: limits.maximumRejectsPerMinute,
            losses: limits.losses.map { RunHeader.Losses($0) }, marginHeadroom: limits.marginHeadroom?.trillionths)
    }

    var value: RiskLimits {
        RiskLimits(
            maximumOrderNotional: orderNotional, maximumPosition: position, priceCollar: priceCollar.map { Rate(trillionths: $0) },
            maximumOrdersPerSecond: ordersPerSecond, reservedOrdersPerSecond: reservedOrders,
            duplicateWindow: duplicateWindow.map { Nanoseconds(count: $0) }, staleAfter: staleAfter.map { Nanoseconds(count: $0) },
            preventsSelfTrade: preventsSelfTrade, maximumRejectsPerMinute: rejectsPerMinute,
            marginHeadroom: marginHeadroom.map { Rate(trillionths: $0) }, losses: losses.flatMap(\.value))
    }
}

extension RunHeader.Parameter {
    init(_ value: ParameterValue) {
        switch value {
        case .duration(let span): self.init(kind: "duration", numbers: [span.count])
        case .durationRange(let low, let high): self.init(kind: "durations", numbers: [low.count, high.count])
        case .rate(let rate): self.init(kind: "rate", numbers: [rate.trillionths])
        case .integer(let number): self.init(kind: "integer", numbers: [number])
        case .factor(let factor): self.init(kind: "factor", numbers: [factor.trillionths])
        case .amount(let money): self.init(kind: "amount", numbers: [money.nanos], text: money.currency.code)
        case .boolean(let flag): self.init(kind: "boolean", numbers: [flag ? 1 : 0])
        case .choice(let text): self.init(kind: "choice", text: text)
        case .unlimited: self.init(kind: "unlimited")
        }
    }

    var value: ParameterValue? {
        switch (kind, numbers.count) {
        case ("duration", 1): .duration(Nanoseconds(count: numbers[0]))
        case ("durations", 2): .durationRange(Nanoseconds(count: numbers[0]), Nanoseconds(count: numbers[1]))
        case ("rate", 1): .rate(Rate(trillionths: numbers[0]))
        case ("integer", 1): .integer(numbers[0])
        case ("factor", 1): .factor(Rate(trillionths: numbers[0]))
        case ("amount", 1): text.flatMap { Currency($0) }.map { .amount(Money(nanos: numbers[0], $0)) }
        case ("boolean", 1): .boolean(numbers[0] == 1)
        case ("choice", 0): text.map { .choice($0) }
        case ("unlimited", 0): .unlimited
        default: nil
        }
    }
}
