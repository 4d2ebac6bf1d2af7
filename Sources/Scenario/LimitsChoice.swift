public import Market
internal import Yams

extension Scenario {
    /// What a venue lets an account ask for: the profile's limits, with what the scenario says in their place; or none.
    public struct LimitsChoice: Sendable, Hashable {
        public var base: Limits = .profile
        /// Requests of every kind within a span.
        public var requests: Int?
        public var requestsPer: Nanoseconds?
        public var openOrders: Int?
        public var openOrdersPerInstrument: Int?
        public var triggers: Int?
        public var triggersPerInstrument: Int?
        public var shortestExpiry: Nanoseconds?
        public var longestExpiry: Nanoseconds?
        public var quota: Int?
        public var quotaMaximum: Int?
        /// Traded volume that earns one request more.
        public var quotaVolume: Money?
        public var quotaFreeEvery: Nanoseconds?
        /// Limits lie between these shares of the mark, on the side where they would take.
        public var lowestPrice: Rate?
        public var highestPrice: Rate?

        public init() {}

        /// The limits of a venue; nil where there are none.
        public func limits(_ profile: VenueProfile) -> RequestLimits? {
            guard base == .profile else { return nil }
            let known = profile.requestLimits?.value
            guard self != LimitsChoice() else { return known }
            var limits = known ?? RequestLimits()
            if let requests { limits.windows = [.all(requests, per: requestsPer ?? .minutes(1))] }
            limits.openOrders = openOrders ?? limits.openOrders
            limits.openOrdersPerInstrument = openOrdersPerInstrument ?? limits.openOrdersPerInstrument
            limits.triggers = triggers ?? limits.triggers
            limits.triggersPerInstrument = triggersPerInstrument ?? limits.triggersPerInstrument
            if shortestExpiry != nil || longestExpiry != nil {
                let shortest = shortestExpiry ?? limits.expiry?.lowerBound ?? Nanoseconds(count: 1)
                let longest = longestExpiry ?? limits.expiry?.upperBound ?? Self.never
                limits.expiry = shortest...max(shortest, longest)
            }
            limits.quota = volumeQuota(limits.quota)
            return limits
        }

        /// What is neither stated nor known of a quota is so large that it does not bind.
        private func volumeQuota(_ known: RequestLimits.VolumeQuota?) -> RequestLimits.VolumeQuota? {
            guard quota != nil || quotaMaximum != nil || quotaVolume != nil || quotaFreeEvery != nil else { return known }
            var limit = known ?? .init(initial: 0, maximum: Int(Int32.max), volumePerRequest: .max, freeEvery: Self.never)
            limit.initial = quota ?? limit.initial
            limit.maximum = max(limit.initial, quotaMaximum ?? limit.maximum)
            limit.volumePerRequest = quotaVolume?.nanos ?? limit.volumePerRequest
            limit.freeEvery = quotaFreeEvery ?? limit.freeEvery
            return limit
        }

        private static let never = Nanoseconds.hours(24 * 365)

        /// How far from the mark limits may be; nil: anywhere.
        public func band(_ profile: VenueProfile, venueSymbol: String) -> PriceBand? {
            guard base == .profile else { return nil }
            let known = profile.priceBands.first { $0.value.symbol == venueSymbol }?.value
            guard lowestPrice != nil || highestPrice != nil else { return known }
            return PriceBand(
                venueSymbol, lowestPrice ?? known?.lowest ?? .zero, highestPrice ?? known?.highest ?? Rate(basisPoints: 1_000_000))
        }
    }
}

extension Scenario.LimitsChoice {
    static let keys: [ScenarioSchema.Key] = [
        .init("requests", .integer, "Requests of every kind that an account may send within `requests_per`."),
        .init("requests_per", .duration, "Default \"1 min\"."),
        .init("open_orders", .integer, "Orders that rest, in all instruments."),
        .init("open_orders_per_instrument", .integer, "Orders that rest in one instrument."),
        .init("triggers", .integer, "Orders that wait for a price, in all instruments."),
        .init("triggers_per_instrument", .integer, "Orders that wait for a price in one instrument."),
        .init("shortest_expiry", .duration, "How far away a stated expiry is at least."),
        .init("longest_expiry", .duration, "How far away it is at most."),
        .init("quota", .integer, "Requests that an account begins with, where trading earns them."),
        .init("quota_maximum", .integer, "Requests that it may save up."),
        .init("quota_volume", .amount, "Traded volume that earns one more, such as \"5 USDC\"."),
        .init("quota_free_every", .duration, "One request in each such span costs nothing."),
        .init("lowest_price", .rate, "Of a sell, as a share of the mark, such as \"94 %\"."),
        .init("highest_price", .rate, "Of a buy, as a share of the mark, such as \"106 %\"."),
    ]

    private static let counts: ClosedRange<Int64> = 1...1_000_000_000
    private static let spans: ClosedRange<Nanoseconds> = .milliseconds(1) ... .hours(24 * 365)
    private static let shares = Rate(trillionths: 1)...Rate(basisPoints: 1_000_000)

    init(_ venue: SectionReader) {
        guard case .mapping = venue.node("limits") else {
            base = venue.choice("limits", default: .profile)
            return
        }
        guard let section = venue.section("limits", "limits") else { return }
        func count(_ key: String) -> Int? { section.integer(key, Self.counts).map(Int.init) }
        requests = count("requests")
        requestsPer = section.duration("requests_per", Self.spans)
        if requestsPer != nil, section.node("requests") == nil {
            section.fail("requests_per", "there are no `requests` that it could be the span of", "state both")
        }
        (openOrders, openOrdersPerInstrument) = (count("open_orders"), count("open_orders_per_instrument"))
        (triggers, triggersPerInstrument) = (count("triggers"), count("triggers_per_instrument"))
        shortestExpiry = section.duration("shortest_expiry", Self.spans)
        longestExpiry = section.duration("longest_expiry", Self.spans)
        if let shortestExpiry, let longestExpiry, shortestExpiry > longestExpiry {
            section.fail("longest_expiry", "it is shorter than `shortest_expiry`")
        }
        (quota, quotaMaximum) = (section.integer("quota", 0...Self.counts.upperBound).map(Int.init), count("quota_maximum"))
        if let quota, let quotaMaximum, quota > quotaMaximum { section.fail("quota_maximum", "it is less than `quota`") }
        quotaVolume = section.amount("quota_volume")
        quotaFreeEvery = section.duration("quota_free_every", Self.spans)
        lowestPrice = section.rate("lowest_price", Self.shares)
        highestPrice = section.rate("highest_price", Self.shares)
        if let lowestPrice, let highestPrice, lowestPrice > highestPrice {
            section.fail("highest_price", "it is lower than `lowest_price`")
        }
    }

    /// What was stated, a line each.
    func lines(_ path: String) -> [String: String] {
        var lines: [String: String] = [:]
        if base != .profile { lines[path] = base.rawValue }
        let numbers: [(String, Int?)] = [
            ("requests", requests), ("open_orders", openOrders), ("open_orders_per_instrument", openOrdersPerInstrument),
            ("triggers", triggers), ("triggers_per_instrument", triggersPerInstrument), ("quota", quota), ("quota_maximum", quotaMaximum),
        ]
        for (key, value) in numbers { lines["\(path).\(key)"] = value.map(String.init) }
        let spans = [
            ("requests_per", requestsPer), ("shortest_expiry", shortestExpiry), ("longest_expiry", longestExpiry),
            ("quota_free_every", quotaFreeEvery),
        ]
        for (key, value) in spans { lines["\(path).\(key)"] = value.map { UnitText.text($0) } }
        for (key, value) in [("lowest_price", lowestPrice), ("highest_price", highestPrice)] {
            lines["\(path).\(key)"] = value.map { UnitText.text($0) }
        }
        lines["\(path).quota_volume"] = quotaVolume?.description
        return lines
    }
}
