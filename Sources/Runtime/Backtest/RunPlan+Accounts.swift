internal import Market
internal import Scenario
internal import Simulation
internal import Trading

/// What accounts are charged and asked for.
extension RunPlan {
    /// The margin of a venue, or what is missing for it.
    private enum MarginPlan {
        case rules(VenueConfiguration.Margin)
        /// Nothing is asked for: there is no contract, or the scenario says so.
        case none
        /// The profile lacks the numbers of these symbols.
        case unknown([String])
    }

    private static func marginPlan(_ venue: Scenario.Venue, _ contracts: [Listing]) throws(RunError) -> MarginPlan {
        let choice = venue.margin
        guard choice.check != .none, contracts.contains(where: { $0.instrument.kind != .spot }) else { return .none }
        let tables: [MarginTable?] = contracts.map { listing in
            guard listing.instrument.kind != .spot else { return nil }
            guard let stated = choice.stated else { return venue.profile.marginTable(listing.symbol)?.value }
            return MarginTable(
                symbol: listing.symbol, initial: .flat(stated.initial), maintenance: .flat(stated.maintenance),
                closeOut: stated.closeOut.map { .flat($0) })
        }
        let unknown = zip(contracts, tables).filter { $0.instrument.kind != .spot && $1 == nil }.map(\.0.symbol)
        guard unknown.isEmpty else { return .unknown(unknown) }
        guard let fee = choice.liquidationFee ?? venue.profile.liquidationFee?.value else {
            throw .scenario(
                message: "venue '\(venue.name)' asks for margin, and the profile '\(venue.profile.name)' does not know its liquidation fee",
                hint: "state venues.\(venue.name).liquidation_fee, such as \"1 %\" or \"0 bp\"")
        }
        return .rules(
            VenueConfiguration.Margin(rules: venue.profile.marginRules?.value ?? .plain, tables: tables, liquidationFee: fee))
    }

    /// Refuses what the scenario asks for and cannot have.
    ///
    /// - Returns: Each venue's margin, nil where none is asked for, and what the report must say.
    static func margins(
        _ scenario: Scenario, _ listings: [Listing]
    ) throws(RunError) -> (margins: [VenueConfiguration.Margin?], warnings: [String]) {
        var margins = scenario.venues.map { _ in VenueConfiguration.Margin?.none }
        var warnings: [String] = []
        for (number, venue) in scenario.venues.enumerated() {
            let contracts = listings.filter { $0.venue == number }
            guard !contracts.isEmpty else { continue }
            if venue.funding == .formula, venue.profile.fundingRule == nil {
                throw .scenario(
                    message: "venue '\(venue.name)': the profile '\(venue.profile.name)' knows no formula for funding",
                    hint: "leave venues.\(venue.name).funding out to take the recording's rates")
            }
            let accounts = scenario.accounts.filter { $0.venue == venue.name }
            let plan = try marginPlan(venue, contracts)
            switch plan {
            case .none: break
            case .rules(let margin): margins[number] = margin
            case .unknown(let symbols):
                let names = symbols.joined(separator: ", ")
                let hint =
                    "state venues.\(venue.name).margin: {initial: \"5 %\", maintenance: \"2.5 %\"} with the venue's numbers, or "
                    + "venues.\(venue.name).margin_check: none to ask for none"
                if venue.margin.check == .required || venue.margin.liquidationFee != nil {
                    throw .scenario(
                        message: "venue '\(venue.name)': the profile '\(venue.profile.name)' does not know the margin of \(names)",
                        hint: hint)
                }
                warnings.append(
                    "venue '\(venue.name)': the profile '\(venue.profile.name)' does not know the margin of \(names): "
                        + "no margin is asked for and nobody is liquidated")
            }
            for account in accounts {
                if account.leverage != nil {
                    guard let margin = margins[number] else {
                        throw .scenario(
                            message: "account '\(account.name)' chooses a leverage, and venue '\(venue.name)' asks for no margin",
                            hint: "state venues.\(venue.name).margin, or leave accounts.\(account.name).leverage out")
                    }
                    try checkLeverage(account, margin, venue)
                }
                warnings += feeWarnings(account, venue)
            }
        }
        if scenario.risk.marginHeadroom != nil, margins.allSatisfy({ $0 == nil }) {
            throw .scenario(
                message: "risk.margin_headroom: no venue of the run asks for margin",
                hint: "state venues.VENUE.margin, or leave risk.margin_headroom out")
        }
        return (margins, warnings)
    }

    /// What the core reckons with before an order leaves, by account × instrument; empty where it is not asked to.
    var marginTerms: [MarginTerms?] {
        guard limits.marginHeadroom != nil else { return [] }
        return scenario.accounts.flatMap { account in
            listings.enumerated().map { index, listing -> MarginTerms? in
                let venue = listing.venue
                let place = listings.prefix(index).count { $0.venue == venue }
                guard scenario.venues[venue].name == account.venue, let margin = margins[venue], let table = margin.tables[place] else {
                    return nil
                }
                return MarginTerms(
                    table: table, openOrders: margin.rules.openOrders, leverageIsPerAccount: margin.rules.leverageIsPerAccount,
                    leverage: account.leverage)
            }
        }
    }

    private static func checkLeverage(
        _ account: Scenario.Account, _ margin: VenueConfiguration.Margin, _ venue: Scenario.Venue
    ) throws(RunError) {
        for table in margin.tables {
            guard let leverage = account.leverage, let table, leverage > table.maximumLeverage else { continue }
            throw .scenario(
                message: "account '\(account.name)' chooses a leverage of \(leverage), and \(table.symbol) at '\(venue.name)' has "
                    + "\(table.maximumLeverage) at most",
                hint: "lower accounts.\(account.name).leverage, or state venues.\(venue.name).margin")
        }
    }

    private static func feeWarnings(_ account: Scenario.Account, _ venue: Scenario.Venue) -> [String] {
        let basis = account.feeBasis
        guard basis.volume != nil || basis.stake != nil else { return [] }
        if basis.isStated { return ["account '\(account.name)': its fees are stated, so that no volume or stake changes them"] }
        let tiers = venue.profile.feeTiers?.value.tiers ?? []
        var warnings: [String] = []
        if basis.volume != nil, !tiers.contains(where: { $0.volume != nil }) {
            warnings.append("account '\(account.name)': the profile '\(venue.profile.name)' knows no fees by volume")
        }
        if basis.stake != nil, !tiers.contains(where: { $0.stake != nil }) {
            warnings.append("account '\(account.name)': the profile '\(venue.profile.name)' knows no fees by stake")
        }
        return warnings
    }

    /// Completes a venue's configuration with what concerns money.
    func configureAccounts(_ configuration: inout VenueConfiguration, _ index: Int) {
        let venue = scenario.venues[index]
        configuration.feeRounding = venue.profile.feeRounding?.value ?? .finest
        configuration.fundingPrice = venue.profile.fundingPrice?.value ?? .mark
        configuration.margin = margins[index]
        configureRules(&configuration, venue)
        for at in configuration.accounts.indices {
            let account = scenario.accounts[configuration.accounts[at].id.index]
            configuration.accounts[at].leverage = account.leverage
            guard !account.feeBasis.isStated, let tiers = venue.profile.feeTiers?.value else { continue }
            configuration.accounts[at].feeTerms = VenueConfiguration.FeeTerms(
                contracts: tiers, spot: venue.profile.spotFeeTiers?.value ?? tiers,
                // Tiers by stake alone do not move.
                review: venue.profile.feeReview?.value ?? FeeReview(every: .hours(24)), volume: account.feeBasis.volume?.nanos ?? 0,
                stake: account.feeBasis.stake?.nanos ?? 0)
        }
    }

    /// The venue's rules: the profile's, unless the scenario states its own.
    private func configureRules(_ configuration: inout VenueConfiguration, _ venue: Scenario.Venue) {
        let profile = venue.profile
        configuration.limits = venue.limits.limits(profile)
        switch venue.selfTrade {
        case .profile: configuration.selfTrade = profile.selfTrade?.value == .expireTaker ? .expireTaker : .expireMaker
        case .allow: configuration.selfTrade = .allow
        case .expireMaker: configuration.selfTrade = .expireMaker
        case .expireTaker: configuration.selfTrade = .expireTaker
        case .expireBoth: configuration.selfTrade = .expireBoth
        case .reduceBoth: configuration.selfTrade = .reduceBoth
        }
        configuration.selfTradeScope = venue.selfTradeScope == .venue ? .venue : .account
        configuration.marketPrice = venue.marketPrice == .average ? .average : .worst
        configuration.amendKeepsPlace = venue.amendPlace == .kept
        configuration.replenish = venue.replenish
        if venue.funding == .formula, var rule = profile.fundingRule?.value {
            rule.interval = venue.fundingInterval ?? rule.interval
            configuration.fundingRule = rule
        }
        switch venue.nonces {
        case .profile: configuration.nonceRule = profile.nonceRule?.value
        case .exact: configuration.nonceRule = .exact
        case .increasing: configuration.nonceRule = .increasing
        case .none: configuration.nonceRule = nil
        }
        if venue.postOnly == .slide { configuration.postOnly = .slide }
        for at in configuration.listings.indices {
            configuration.listings[at].band = venue.limits.band(profile, venueSymbol: configuration.listings[at].instrument.venueSymbol)
        }
        for at in configuration.accounts.indices {
            configuration.accounts[at].cancelsOnDisconnect = scenario.accounts[configuration.accounts[at].id.index].cancelsOnDisconnect
        }
    }
}
