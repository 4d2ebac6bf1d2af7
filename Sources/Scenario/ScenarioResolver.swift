internal import Market
internal import Trading
internal import Yams

/// Turns the mapping into typed values and checks that they fit each other.
struct ScenarioResolver {
    let strategies: [StrategySpecification]
    let issues: IssueLog
    let latencies: LatencyReader

    private static let windows: ClosedRange<Nanoseconds> = .milliseconds(1) ... .hours(24)
    /// Wide enough for every venue, and too narrow for a `%` that should have been a `bp`.
    private static let fees = Rate(basisPoints: -200)...Rate(basisPoints: 200)

    /// nil when something that the rest hangs on is missing; the log says what.
    func scenario(_ root: Node, file: String, overrides: [Scenario.Override]) -> Scenario? {
        guard let top = SectionReader(root, path: "", section: "", issues: issues) else { return nil }
        if let version = top.integer("version", 0 ... .max), version != 1 {
            top.fail("version", "\(version) is not known", "this program reads version 1")
        }
        let name = top.text("name") ?? ""
        let isName =
            !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) } && !name.hasPrefix(".")
        if !name.isEmpty, !isName { top.fail("name", "'\(name)' can't name a folder", "use letters, digits, . _ -") }
        let tapes = self.tapes(top)
        let range = top.section("range", "range")
        let (start, end) = (range?.instant("start"), range?.instant("end"))
        if let start, let end, start >= end { range?.fail("end", "it is not after the start") }
        let venues = self.venues(top)
        let accounts = self.accounts(top, venues)
        let symbols = self.symbols(top)
        let strategies = chosenStrategies(top, overrides)
        let risk = self.risk(top)
        let reporting = top.currency("reporting")
        let rates = self.rates(top)
        let report = top.section("report", "report")
        let capital = report?.amount("capital")
        let returns = report?.choice("returns", default: Scenario.Returns.additive) ?? .additive
        let faults = self.faults(top, accounts)
        guard let strategies, let reporting else { return nil }
        var scenario = Scenario(
            file: file, name: name, seed: UInt64(bitPattern: top.integer("seed", 0 ... .max) ?? 1),
            tapes: tapes.map { Self.resolve($0, beside: file) }, start: start, end: end, venues: venues, accounts: accounts,
            symbols: symbols, strategies: strategies, risk: risk, reporting: reporting, rates: rates, capital: capital, returns: returns,
            faults: faults, overrides: overrides, canonicalText: "", source: "")
        scenario.canonicalText = CanonicalText(scenario).text
        return scenario
    }

    private func tapes(_ top: SectionReader) -> [String] {
        guard let elements = top.elements("tapes") else { return [] }
        if elements.isEmpty { top.fail("tapes", "there must be one at least") }
        var paths: [String] = []
        for (path, node) in elements {
            if paths.contains(path) { top.fail("tapes", at: node, "'\(path)' stands twice") }
            paths.append(path)
        }
        return paths
    }

    static func resolve(_ path: String, beside file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return String(file[...slash]) + path
    }

    /// The section of the user's own names, each of which other keys and the canonical form can hold.
    func named(_ top: SectionReader, _ key: String) -> SectionReader? {
        guard let section = top.section(key, nil) else { return nil }
        if section.names.isEmpty { top.fail(key, "there must be one at least") }
        for name in section.names
        where name.isEmpty || !name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) }) {
            section.refuse(name, "'\(name)' is not a name", "use letters, digits, _ -")
        }
        return section
    }

    private func venues(_ top: SectionReader) -> [Scenario.Venue] {
        guard let section = named(top, "venues") else { return [] }
        return section.names.compactMap { name in
            guard let venue = section.section(name, "venue") else { return nil }
            let profileName = venue.text("profile") ?? "generic"
            let profile = VenueProfile.named(profileName)
            if profile == nil {
                let names = VenueProfile.all.map(\.name)
                venue.fail("profile", "'\(profileName)' is not one of \(names.joined(separator: ", "))", Spelling.hint(profileName, names))
            }
            let queue = venue.choice("queue", default: Scenario.Queue.tradesOnly)
            return Scenario.Venue(
                name: name, feed: venue.text("feed") ?? "", profile: profile ?? VenueProfile(name: profileName),
                minimumLatency: venue.duration("minimum_latency", LatencyReader.latencies) ?? .milliseconds(1),
                sync: venue.choice("sync", default: Scenario.Sync.snapshot),
                queue: queue, queueExponent: queueExponent(venue, of: queue),
                postOnly: venue.choice("post_only", default: Scenario.PostOnly.reject),
                spotFee: venue.choice("spot_fee", default: Scenario.SpotFee.quote),
                selfTrade: venue.choice("self_trade", default: Scenario.SelfTrade.profile),
                selfTradeScope: venue.choice("self_trade_scope", default: Scenario.SelfTradeScope.account),
                marketPrice: venue.choice("market_price", default: Scenario.MarketPrice.worst),
                amendPlace: venue.choice("amend_place", default: Scenario.AmendPlace.kept),
                limits: Scenario.LimitsChoice(venue),
                nonces: venue.choice("nonces", default: Scenario.Nonces.profile),
                funding: venue.choice("funding", default: Scenario.Funding.recording), fundingInterval: fundingInterval(venue),
                replenish: venue.duration("replenish", Self.windows),
                minimumNotional: venue.amount("minimum_notional", mayBeZero: true), instruments: instrumentTerms(venue),
                margin: Scenario.MarginChoice(venue))
        }
    }

    private func instrumentTerms(_ venue: SectionReader) -> [String: Scenario.InstrumentTerms] {
        guard let section = venue.section("instruments", nil) else { return [:] }
        var terms: [String: Scenario.InstrumentTerms] = [:]
        for symbol in section.names { terms[symbol] = section.section(symbol, "instrument").map(Scenario.InstrumentTerms.init) }
        return terms
    }

    private func fundingInterval(_ venue: SectionReader) -> Nanoseconds? {
        guard let interval = venue.duration("funding_interval", .minutes(1) ... .hours(24)) else { return nil }
        if venue.text("funding") != Scenario.Funding.formula.rawValue {
            venue.fail("funding_interval", "the recording tells when funding is paid", "state funding: formula, or leave it out")
        }
        return interval
    }

    private func accounts(_ top: SectionReader, _ venues: [Scenario.Venue]) -> [Scenario.Account] {
        guard let section = named(top, "accounts") else { return [] }
        let venueNames = top.names(in: "venues")
        return section.names.compactMap { name in
            guard let account = section.section(name, "account") else { return nil }
            let venueName = account.text("venue") ?? ""
            let venue = venues.first { $0.name == venueName }
            if !venueNames.contains(venueName), !venueName.isEmpty {
                account.fail(
                    "venue", "there is no venue '\(venueName)'", Spelling.hint(venueName, venueNames) ?? "name one of `venues`")
            }
            func fee(_ key: String, _ known: Rate?) -> Rate {
                if let stated = account.rate(key, Self.fees) { return stated }
                if account.node(key) == nil, known == nil, let venue, VenueProfile.named(venue.profile.name) != nil {
                    account.fail(
                        key, "it is missing, and the profile '\(venue.profile.name)' does not know it", "state it, such as \"5 bp\"")
                }
                return known ?? .zero
            }
            let basis = Scenario.FeeBasis(
                isStated: account.node("maker_fee") != nil || account.node("taker_fee") != nil,
                volume: account.amount("volume_30d", mayBeZero: true), stake: account.amount("stake", mayBeZero: true))
            let tier = basis.tier(venue?.profile)
            let collateral = self.collateral(account)
            return Scenario.Account(
                name: name, venue: venueName, collateral: collateral,
                makerFee: fee("maker_fee", tier?.maker ?? venue?.profile.makerFee?.value),
                takerFee: fee("taker_fee", tier?.taker ?? venue?.profile.takerFee?.value), feeBasis: basis,
                cancelsOnDisconnect: account.flag("cancel_on_disconnect") ?? false,
                leverage: account.integer("leverage", 1...1_000),
                connection: latencies.connection(account, venue.flatMap { VenueProfile.named($0.profile.name) }), key: account.text("key"))
        }
    }

    private func collateral(_ account: SectionReader) -> [Money] {
        guard let elements = account.elements("collateral") else { return [] }
        if elements.isEmpty { account.fail("collateral", "there must be one amount at least", "write [\"0 USD\"] for none") }
        var amounts: [Money] = []
        for (text, node) in elements {
            do throws(UnitText.Failure) {
                let money = try UnitText.amount(text)
                if money.nanos < 0 { throw .init(message: "'\(text)' is negative") }
                if amounts.contains(where: { $0.currency == money.currency }) { throw .init(message: "\(money.currency) stands twice") }
                amounts.append(money)
            } catch {
                account.fail("collateral", at: node, error.message, error.hint)
            }
        }
        return amounts.sorted { $0.currency < $1.currency }
    }

    private func symbols(_ top: SectionReader) -> [String: [String: String]] {
        guard let section = top.section("symbols", nil) else { return [:] }
        var symbols: [String: [String: String]] = [:]
        let venueNames = top.names(in: "venues")
        for symbol in section.names {
            if symbol.isEmpty || symbol.contains(where: \.isWhitespace) {
                section.refuse(symbol, "'\(symbol)' is not a symbol", "such as BTC")
            }
            guard let byVenue = section.section(symbol, nil) else { continue }
            for venue in byVenue.names {
                if !venueNames.contains(venue) {
                    byVenue.refuse(venue, "there is no venue '\(venue)'", Spelling.hint(venue, venueNames) ?? "name one of `venues`")
                }
                symbols[symbol, default: [:]][venue] = byVenue.text(venue)
            }
        }
        return symbols
    }

    func strategy(_ section: SectionReader, _ id: String?, _ top: SectionReader) -> Scenario.StrategyChoice? {
        let name = section.text("name") ?? ""
        let symbol = section.text("symbol") ?? ""
        guard let specification = strategies.first(where: { $0.name == name }) else {
            let names = strategies.map(\.name)
            if !name.isEmpty {
                section.fail(
                    "name", "there is no strategy '\(name)'", Spelling.hint(name, names) ?? "there are: \(names.joined(separator: ", "))")
            }
            return nil
        }
        var roles: [String: String] = [:]
        if let chosen = section.section("accounts", nil) {
            let accountNames = top.names(in: "accounts")
            let known = specification.roles.map(\.name)
            for role in chosen.names where !known.contains(role) {
                chosen.refuse(
                    role, "\(name) has no role '\(role)'", Spelling.hint(role, known) ?? "its roles are \(known.joined(separator: ", "))")
            }
            for role in specification.roles {
                guard let account = chosen.text(role.name) else {
                    if chosen.node(role.name) == nil, !role.isOptional { chosen.fail(role.name, "it is missing", role.summary) }
                    continue
                }
                if !accountNames.contains(account) {
                    chosen.fail(
                        role.name, "there is no account '\(account)'", Spelling.hint(account, accountNames) ?? "name one of `accounts`")
                } else if roles.values.contains(account) {
                    chosen.fail(role.name, "'\(account)' has another role already", "its two positions would be one: name another account")
                }
                roles[role.name] = account
            }
        }
        let parameters = self.parameters(section, specification)
        return Scenario.StrategyChoice(
            id: id, name: name, symbol: symbol, accounts: roles, parameters: parameters,
            computeTime: section.duration("compute_time", LatencyReader.latencies) ?? .zero,
            limits: id == nil ? Scenario.InstanceRisk() : limits(section))
    }

    private func parameters(_ section: SectionReader, _ specification: StrategySpecification) -> Parameters {
        let given = section.section("parameters", nil)
        let known = specification.parameters.map(\.name)
        for name in given?.names ?? [] where !known.contains(name) {
            given?.refuse(
                name, "\(specification.name) has no parameter '\(name)'",
                Spelling.hint(name, known) ?? "see `mmsim strategies \(specification.name)`")
        }
        var values: [String: ParameterValue] = [:]
        for parameter in specification.parameters {
            if let given, given.node(parameter.name) != nil {
                values[parameter.name] = given.parameter(parameter)
            } else if let text = parameter.defaultText {
                do { values[parameter.name] = try parameter.value(text) } catch {
                    preconditionFailure("the default of \(specification.name).\(parameter.name) is not valid: \(error.message)")
                }
            } else {
                section.fail("parameters", "\(specification.name) wants '\(parameter.name)'", parameter.summary)
            }
        }
        return Parameters(values)
    }

    private func risk(_ top: SectionReader) -> Scenario.Risk {
        let section = top.section("risk", "risk")
        func count(_ key: String, _ range: ClosedRange<Int64>) -> Int? { section?.integer(key, range).map(Int.init) }
        let maximum = count("max_orders_per_second", 1...1_000_000)
        let reserved = count("reserved_orders_per_second", 0...1_000_000) ?? 0
        if let maximum, reserved >= maximum {
            section?.fail("reserved_orders_per_second", "it leaves nothing of max_orders_per_second for quotes")
        } else if reserved > 0, section?.node("max_orders_per_second") == nil {
            section?.fail("reserved_orders_per_second", "there is no max_orders_per_second that it could be part of", "state that too")
        }
        return Scenario.Risk(
            maximumOrderNotional: section?.amount("max_order_notional"), maximumPosition: section?.amount("max_position"),
            priceCollar: section?.rate("price_collar", Rate(trillionths: 1)...Rate(basisPoints: 10_000)), maximumOrdersPerSecond: maximum,
            reservedOrdersPerSecond: reserved,
            duplicateWindow: section?.duration("duplicate_window", Self.windows),
            staleAfter: section?.duration("stale_after", Self.windows),
            maximumRejectsPerMinute: count("max_rejects_per_minute", 0...1_000_000),
            marginHeadroom: section?.rate("margin_headroom", Rate.zero...Rate(basisPoints: 9_000)), losses: losses(section),
            reconcileEvery: section?.duration("reconcile_every", .seconds(1) ... .hours(1)) ?? .seconds(30))
    }

    func losses(_ risk: SectionReader?) -> LossLimits? {
        let keys = ["max_drawdown", "max_loss_per_hour", "max_loss_per_day"]
        let stated = keys.map { risk?.amount($0) }
        let policy = risk?.choice("on_breaker", default: LossLimits.Policy.holdNeutral)
        guard let first = stated.compactMap({ $0 }).first else {
            if risk?.node("on_breaker") != nil {
                risk?.fail("on_breaker", "there is no limit of losses", "state max_drawdown, or leave it out")
            }
            return nil
        }
        for (key, amount) in zip(keys, stated) {
            guard let amount, amount.currency != first.currency else { continue }
            risk?.fail(
                key, "it is in \(amount.currency), another limit of losses in \(first.currency)", "write all of them in one currency")
        }
        return LossLimits(
            first.currency, drawdown: stated[0]?.nanos, hourly: stated[1]?.nanos, daily: stated[2]?.nanos, policy: policy ?? .holdNeutral)
    }

    private func rates(_ top: SectionReader) -> [Scenario.CurrencyRate] {
        guard let section = top.section("rates", nil) else { return [] }
        let venueNames = top.names(in: "venues")
        return section.names.compactMap { name in
            let parts = name.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let from = Currency(parts[0]), let to = Currency(parts[1]), from != to else {
                section.refuse(name, "'\(name)' is not a pair of currencies", "write \"USDT/USD\"")
                return nil
            }
            if case .mapping = section.node(name) {
                guard let feed = section.section(name, "rate") else { return nil }
                let (venueName, symbolName) = (feed.text("feed"), feed.text("symbol"))
                guard let venue = venueName, let symbol = symbolName else { return nil }
                if !venueNames.contains(venue) {
                    feed.fail("feed", "there is no venue '\(venue)'", Spelling.hint(venue, venueNames) ?? "name one of `venues`")
                }
                return .init(from: from, to: to, source: .feed(venue: venue, symbol: symbol))
            }
            guard let text = section.text(name) else { return nil }
            do throws(UnitText.Failure) {
                let rate = try UnitText.decimal(text, decimals: 9, of: text)
                if rate <= 0 { throw .init(message: "'\(text)' is not more than nothing") }
                return .init(from: from, to: to, source: .stated(rate))
            } catch {
                section.fail(name, error.message, error.hint)
                return nil
            }
        }
    }
}
