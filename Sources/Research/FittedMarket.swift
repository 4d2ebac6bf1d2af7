internal import Foundation
public import Market
public import Simulation

/// A generated market's settings as a file of JSON that `mmsim synth --like` reads.
public struct FittedMarket: Codable, Hashable, Sendable {
    static let format = 2

    struct Venue: Codable, Hashable, Sendable {
        var venue, symbol, venueSymbol, kind, base, quote: String
        var tickSize, lotSize, contractSize, minimumQuantity, minimumNotional: Int64
        var fundingInterval: Int64?
        var meanGap, lag, latency, halfSpread, spreadNoise, absences, levelLots, takerGap, takeLots, followers, snipes: Int64
        var levelGap, stirTicks, stirs, strayShare, strayFrames, withdrawals: Int64
        var depthProfile, hours: [Int64]
    }

    /// Of how many the odds are stated.
    static let oddsScale: Int64 = 10_000

    var version = format
    /// What it was fitted to.
    var source: String
    var start, startTicks, volatility, regimeSpan, tickSize: Int64
    var regimes: [Int64]
    var venues: [Venue]

    init(_ market: GeneratedMarket, source: String) {
        self.source = source
        start = market.start.nanoseconds
        startTicks = market.startTicks
        volatility = market.volatility
        regimeSpan = market.regimeSpan.count
        tickSize = market.tickSize?.nanos ?? 0
        regimes = market.regimes
        venues = market.venues.map { venue in
            let instrument = venue.instrument
            return Venue(
                venue: instrument.venue, symbol: instrument.symbol, venueSymbol: instrument.venueSymbol, kind: instrument.kind.rawValue,
                base: instrument.base.code, quote: instrument.quote.code, tickSize: instrument.tickSize.nanos,
                lotSize: instrument.lotSize, contractSize: instrument.contractSize, minimumQuantity: instrument.minimumQuantity.lots,
                minimumNotional: instrument.minimumNotional, fundingInterval: instrument.fundingInterval?.count,
                meanGap: venue.meanGap.count, lag: venue.lag.count, latency: venue.latency.count, halfSpread: venue.halfSpread,
                spreadNoise: venue.spreadNoise, absences: Self.scaled(venue.absences), levelLots: venue.levelLots,
                takerGap: venue.takerGap?.count ?? venue.meanGap.count, takeLots: venue.takeLots ?? venue.levelLots / 3,
                followers: venue.followers, snipes: Self.scaled(venue.snipes), levelGap: venue.levelGap, stirTicks: venue.stirTicks,
                stirs: venue.stirs, strayShare: venue.strayShare, strayFrames: venue.strayFrames, withdrawals: venue.withdrawals,
                depthProfile: venue.depthProfile, hours: venue.hours)
        }
    }

    private static func scaled(_ odds: GeneratedMarket.Odds) -> Int64 { odds.chances * oddsScale / odds.of }

    /// - Throws: `ResearchError.parameters` saying what is wrong with the text.
    public init(json text: String, path: String) throws(ResearchError) {
        do {
            self = try JSONDecoder().decode(FittedMarket.self, from: Data(text.utf8))
        } catch { throw .parameters(path: path, reason: "it is not what `mmsim synth fit` writes") }
        guard version == Self.format else { throw .parameters(path: path, reason: "its version \(version) is not \(Self.format)") }
        guard market(duration: .seconds(1)) != nil else { throw .parameters(path: path, reason: "a number in it is out of range") }
    }

    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        guard let data = try? encoder.encode(self) else { preconditionFailure("settings are numbers and text") }
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    /// nil where a number is out of range.
    public func market(duration: Nanoseconds) -> GeneratedMarket? {
        let sizes = [startTicks - 1_000, tickSize - 1, regimeSpan - 1, volatility, (1 << 40) - startTicks, (1 << 40) - volatility, start]
        guard sizes.allSatisfy({ $0 >= 0 }), 1...8 ~= venues.count, 1...64 ~= regimes.count, regimes.allSatisfy({ 0...4_000 ~= $0 })
        else { return nil }
        var made: [GeneratedMarket.Venue] = []
        for venue in venues {
            guard let settings = Self.settings(venue) else { return nil }
            made.append(settings)
        }
        var market = GeneratedMarket(
            venues: made, start: Timestamp(nanoseconds: start), duration: duration, startTicks: startTicks, volatility: volatility,
            jumpEvery: .hours(24 * 36_500), jumpTicks: 1, droughtEvery: .hours(24 * 36_500))
        market.regimes = regimes
        market.regimeSpan = Nanoseconds(count: regimeSpan)
        market.tickSize = FinePrice(nanos: tickSize)
        return market
    }

    private static func settings(_ venue: Venue) -> GeneratedMarket.Venue? {
        let counts = [
            venue.lag, venue.latency, venue.halfSpread, venue.spreadNoise, venue.followers, venue.levelGap, venue.stirTicks,
            venue.strayShare, venue.withdrawals, venue.minimumQuantity, venue.minimumNotional, venue.absences, venue.snipes,
        ]
        let sizes = [
            venue.tickSize, venue.lotSize, venue.meanGap, venue.levelLots, venue.takerGap, venue.takeLots, venue.stirs, venue.strayFrames,
        ]
        guard counts.allSatisfy({ 0...1 << 40 ~= $0 }), sizes.allSatisfy({ 1...1 << 50 ~= $0 }), venue.followers < 1_000,
            venue.absences <= oddsScale, venue.snipes <= oddsScale, venue.stirs <= 10_000,
            venue.depthProfile.count <= 64, venue.hours.isEmpty || venue.hours.count == 24,
            (venue.depthProfile + venue.hours).allSatisfy({ 0...1_000_000 ~= $0 }), venue.levelLots < 1 << 40,
            Contract.lotUnit(lotSize: venue.lotSize, contractSize: venue.contractSize) != nil,
            let kind = Instrument.Kind(rawValue: venue.kind), let base = Currency(venue.base), let quote = Currency(venue.quote)
        else { return nil }
        let instrument = Instrument(
            symbol: venue.symbol, venue: venue.venue, venueSymbol: venue.venueSymbol, kind: kind, base: base, quote: quote,
            tickSize: FinePrice(nanos: venue.tickSize), lotSize: venue.lotSize, contractSize: venue.contractSize,
            minimumQuantity: Quantity(lots: venue.minimumQuantity), minimumNotional: venue.minimumNotional,
            fundingInterval: venue.fundingInterval.map { Nanoseconds(count: max(1_000_000_000, $0)) })
        var settings = GeneratedMarket.Venue(
            instrument: instrument, meanGap: Nanoseconds(count: venue.meanGap), lag: Nanoseconds(count: venue.lag),
            latency: Nanoseconds(count: venue.latency), halfSpread: venue.halfSpread, levelLots: venue.levelLots)
        settings.spreadNoise = venue.spreadNoise
        settings.absences = .init(venue.absences, of: oddsScale)
        settings.takerGap = Nanoseconds(count: venue.takerGap)
        settings.takeLots = venue.takeLots
        settings.followers = venue.followers
        settings.snipes = .init(venue.snipes, of: oddsScale)
        settings.levelGap = venue.levelGap
        settings.stirTicks = venue.stirTicks
        settings.stirs = venue.stirs
        settings.strayShare = venue.strayShare
        settings.strayFrames = venue.strayFrames
        settings.withdrawals = venue.withdrawals
        settings.depthProfile = venue.depthProfile
        settings.hours = venue.hours
        return settings
    }
}
