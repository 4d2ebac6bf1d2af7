internal import Foundation
internal import Market
internal import Scenario
internal import Signing
internal import Tape
internal import Trading

/// What the core of a run was built from, and which records its market data are: with it and the tapes a journal can be
/// replayed without the scenario that it came from.
///
/// Stored in the journal as JSON with sorted keys, so that the same run writes the same text.
struct RunHeader: Codable, Equatable {
    struct Amount: Codable, Equatable {
        var nanos: Int64
        var currency: String
    }

    struct Listed: Codable, Equatable {
        var symbol: String
        var venue: String
        var venueSymbol: String
        var kind: String
        var base: String
        var quote: String
        var tickSize: Int64
        var lotSize: Int64
        var contractSize: Int64
        var minimumQuantity: Int64
        var minimumNotional: Int64
        var fundingInterval: Int64?
        /// Of orders that are coarser than the feed, in its ticks and lots; nil: they are not.
        var priceStep: Int64?
        var quantityStep: Int64?
    }

    struct Account: Codable, Equatable {
        var name: String
        var venue: Int
        var balances: [Amount]
    }

    struct Limits: Codable, Equatable {
        var orderNotional: Int64?
        var position: Int64?
        var priceCollar: Int64?
        var ordersPerSecond: Int?
        var reservedOrders: Int
        var duplicateWindow: Int64?
        var staleAfter: Int64?
        var preventsSelfTrade: Bool
        var rejectsPerMinute: Int?
        /// Where losses have limits.
        var losses: Losses?
        /// Where quotes leave a share of the equity free of margin.
        var marginHeadroom: Int64?
    }

    struct Losses: Codable, Equatable {
        var currency: String
        var drawdown: Int64?
        var hourly: Int64?
        var daily: Int64?
        var policy: String
    }

    struct Parameter: Codable, Equatable {
        var kind: String
        var numbers: [Int64] = []
        var text: String?
    }

    struct Leg: Codable, Equatable {
        var account: Int
        var instrument: Int
    }

    /// One of several strategies.
    struct Instance: Codable, Equatable {
        var id: String
        var strategy: String
        var parameters: [String: Parameter]
        var legs: [String: Leg]
        var orderNotional: Int64?
        var position: Int64?
        var ordersPerSecond: Int?
        var losses: Losses?
    }

    /// What is asked for a notional: a rate, a square root's base and factor, or brackets of floor, rate and deduction.
    struct Schedule: Codable, Equatable {
        var kind: String
        var numbers: [Int64]
    }

    /// What a venue asks for an instrument of an account to open.
    struct Margin: Codable, Equatable {
        var account: Int
        var instrument: Int
        var initial: Schedule
        var defaultLeverage: Int64?
        var countsWorstSide: Bool
        var leverageIsPerAccount: Bool
        var leverage: Int64?
    }

    struct Part: Codable, Equatable {
        var name: String
        var contentHash: String
    }

    /// Where an instrument's records come from, in time order.
    struct Feed: Codable, Equatable {
        var venue: Int
        var usesTouchSync: Bool
        var minimumLatency: Int64
        var parts: [Part]
        /// Its records reached the core at the times at which they were received; nil: at corrected ones.
        var isLive: Bool?
    }

    /// The key of a journal's meta data.
    static let key = "core"

    var venues: [String]
    /// By `InstrumentID`, as `feeds`.
    var instruments: [Listed]
    var feeds: [Feed]
    /// By `AccountID`.
    var accounts: [Account]
    var seed: UInt64
    var limits: Limits
    var unknownAfter: Int64
    var keepsOrdersFor: Int64
    var reconcileEvery: Int64?
    /// Of the one strategy, or of the first of several.
    var strategy: String
    var parameters: [String: Parameter]
    var legs: [String: Leg]
    /// All of several strategies; nil where there is one.
    var instances: [Instance]?
    /// As far as the core reckons with them; nil: it does not.
    var margins: [Margin]?
    /// What the feeds said otherwise than they were recorded; nil: nothing.
    var disturbances: [FeedDisturbance]?

    init(_ plan: RunPlan) {
        let core = plan.coreConfiguration
        venues = plan.scenario.venues.map(\.name)
        instruments = core.instruments.map(Listed.init)
        feeds = plan.listings.map { listing in
            let venue = plan.scenario.venues[listing.venue]
            return Feed(
                venue: listing.venue, usesTouchSync: venue.sync == .touch, minimumLatency: venue.minimumLatency.count,
                parts: listing.parts.map { Part(name: $0.summary.description.name, contentHash: $0.summary.contentHash.description) })
        }
        accounts = core.accounts.map { account in
            Account(
                name: account.name, venue: account.venue.index,
                balances: account.balances.map { Amount(nanos: $0.nanos, currency: $0.currency.code) })
        }
        seed = core.seed
        limits = Limits(core.limits)
        unknownAfter = core.unknownAfter.count
        keepsOrdersFor = core.keepsOrdersFor.count
        reconcileEvery = core.reconcileEvery?.count
        let all = zip(plan.scenario.strategies, plan.bindings).map { Instance($0, $1) }
        (strategy, parameters, legs) = (all[0].strategy, all[0].parameters, all[0].legs)
        instances = plan.scenario.strategy.id == nil ? nil : all
        let known = core.margins.enumerated().compactMap { place, terms in
            terms.map { Margin($0, account: place / core.instruments.count, instrument: place % core.instruments.count) }
        }
        margins = known.isEmpty ? nil : known
    }

    /// - Throws: `DecodingError`, saying which field can't be read.
    init(json: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(json.utf8)) }

    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("a header of numbers and texts could not be written") }
        return String(decoding: data, as: UTF8.self)
    }
}
