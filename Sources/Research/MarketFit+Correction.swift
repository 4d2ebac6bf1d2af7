internal import Market
internal import Simulation

/// From facts to settings: a first guess, and what to change when something else came out.
extension MarketFit {
    private static let usualWithdrawals: Int64 = 900

    /// What can be read off the facts at once.
    static func firstGuess(_ facts: MarketFacts, _ instruments: [Instrument]) -> GeneratedMarket {
        let venues = zip(facts.venues, instruments).map { venue, instrument in
            var settings = GeneratedMarket.Venue(
                instrument: instrument, meanGap: Nanoseconds(count: whole(1e9 / max(venue.framesPerSecond, 0.01))), lag: venue.lag,
                latency: Nanoseconds(count: venue.latency.count * 2 / 3), halfSpread: whole((venue.spreadTicks - 2) / 2, least: 0),
                levelLots: whole(venue.levelLots))
            settings.spreadNoise = venue.spreadTicks < 1.6 ? 0 : 1
            settings.absences = .init(FittedMarket.oddsScale / 10, of: FittedMarket.oddsScale)
            settings.takerGap = Nanoseconds(count: whole(1e9 / max(venue.takersPerSecond * (1 - venue.followers), 1e-6)))
            settings.takeLots = whole(venue.takeLots > 0 ? venue.takeLots : venue.levelLots / 3)
            settings.followers = whole(venue.followers * 1_000, least: 0, most: 900)
            settings.snipes = .init(venue.takersPerSecond > 0 ? FittedMarket.oddsScale / 20 : 0, of: FittedMarket.oddsScale)
            // Two of three places are taken when a book has been stirred for long.
            settings.levelGap = whole((venue.levelGap + 1) * 0.67 - 1.5, least: 0)
            settings.stirTicks = whole(6 * (1 + venue.levelGap))
            settings.stirs = whole(2 * venue.changesPerFrame - 1, most: 1_000)
            settings.depthProfile = filled(venue.depthProfile)
            settings.hours = venue.hours.contains { $0 != nil } ? venue.hours.map { whole(($0 ?? 1) * 1_000) } : []
            settings.withdrawals = usualWithdrawals
            settings.strayShare = whole(venue.strayTicks * 50)
            return settings
        }
        var market = GeneratedMarket(
            venues: venues, start: facts.start, duration: .minutes(10), startTicks: max(1_000, facts.startTicks[0]),
            volatility: whole(facts.venues[0].tenSecondMove / 10.0.squareRoot() * 1_024 / rootMeanSquare(facts.regimes)),
            jumpEvery: .hours(24 * 36_500), jumpTicks: 1, droughtEvery: .hours(24 * 36_500))
        market.tickSize = instruments[0].tickSize
        market.regimes = facts.regimes.map { whole($0 * 4, most: 400) }
        market.regimeSpan = .minutes(1)
        if market.venues.count == 1 {
            market.venues[0].strayFrames = whole(facts.venues[0].framesPerSecond * Wandering.seconds, least: 2)
            Wandering(second: facts.venues[0].secondMove, tenSeconds: facts.venues[0].tenSecondMove).set(&market)
        }
        return market
    }

    /// Settings halfway between those of the rounds, which differ by chance.
    static func mean(_ rounds: [GeneratedMarket]) -> GeneratedMarket {
        var market = rounds[rounds.count - 1]
        func mean(_ value: (GeneratedMarket) -> Int64) -> Int64 {
            whole(rounds.reduce(0) { $0 + Double(value($1)) } / Double(rounds.count), least: 0)
        }
        market.volatility = mean(\.volatility)
        for index in market.venues.indices {
            for field in fields { market.venues[index][keyPath: field] = mean { $0.venues[index][keyPath: field] } }
            market.venues[index].takeLots = mean { $0.venues[index].takeLots ?? 1 }
            market.venues[index].takerGap = Nanoseconds(count: mean { $0.venues[index].takerGap?.count ?? 1 })
            for place in market.venues[index].depthProfile.indices {
                market.venues[index].depthProfile[place] = mean { $0.venues[index].depthProfile[place] }
            }
        }
        return market
    }

    private static var fields: [WritableKeyPath<GeneratedMarket.Venue, Int64>] {
        [
            \.meanGap.count, \.lag.count, \.latency.count, \.halfSpread, \.spreadNoise, \.absences.chances, \.levelLots, \.followers,
            \.snipes.chances, \.levelGap, \.stirTicks, \.stirs, \.strayShare, \.withdrawals,
        ]
    }

    /// What came out too large is made smaller, in proportion.
    static func corrected(_ market: GeneratedMarket, _ recorded: MarketFacts, _ generated: MarketFacts) -> GeneratedMarket {
        var market = market
        for index in market.venues.indices {
            let (wanted, found) = (recorded.venues[index], generated.venues[index])
            var venue = market.venues[index]
            venue.meanGap = Nanoseconds(count: whole(Double(venue.meanGap.count) * ratio(found.framesPerSecond, wanted.framesPerSecond)))
            venue.latency = Nanoseconds(
                count: whole(Double(venue.latency.count) * ratio(Double(wanted.latency.count), Double(found.latency.count)), least: 0))
            venue.lag = max(.zero, venue.lag + Nanoseconds(count: (wanted.lag - found.lag).count / 2))
            correctBook(&venue, wanted, found)
            correctSpread(&venue, wanted.spreadTicks, found.spreadTicks)
            correctTakers(&venue, wanted, found)
            if market.venues.count > 1 {
                venue.strayShare = whole(Double(venue.strayShare) * ratio(wanted.strayTicks, found.strayTicks), most: 1_000_000)
            }
            market.venues[index] = venue
        }
        if market.venues.count > 1 {
            let moves = zip(recorded.venues, generated.venues).map { ratio($0.tenSecondMove, $1.tenSecondMove) }.sorted()
            market.volatility = whole(Double(market.volatility) * moves[moves.count / 2])
        } else {
            var wandering = Wandering(market)
            wandering.second *= ratio(recorded.venues[0].secondMove, generated.venues[0].secondMove)
            wandering.tenSeconds *= ratio(recorded.venues[0].tenSecondMove, generated.venues[0].tenSecondMove)
            wandering.set(&market)
        }
        return market
    }

    private static func correctBook(_ venue: inout GeneratedMarket.Venue, _ wanted: VenueFacts, _ found: VenueFacts) {
        // A level's size hangs on its distance now and on those it had: no size is pulled without end.
        venue.levelLots = within(64, of: wanted.levelLots, Double(venue.levelLots) * ratio(wanted.levelLots, found.levelLots))
        for place in venue.depthProfile.indices {
            guard let aim = wanted.depthProfile[place], let now = found.depthProfile[place] else { continue }
            venue.depthProfile[place] = min(1_000_000, within(4, of: aim * 1_000, Double(venue.depthProfile[place]) * ratio(aim, now)))
        }
        // Of the changes some are the price's own: where they alone are too many, quotes stand longer.
        let changes = ratio(wanted.changesPerFrame, found.changesPerFrame)
        if changes < 1, venue.stirs > 1 {
            venue.stirs = whole((Double(venue.stirs) * changes).rounded(.down))
        } else if changes < 1 || venue.withdrawals < usualWithdrawals {
            venue.withdrawals = whole(Double(venue.withdrawals) * changes, least: 20, most: usualWithdrawals)
        } else {
            venue.stirs = whole((Double(venue.stirs) * changes).rounded(.up), most: 1_000)
        }
        // The wider levels change, the fewer stand near the best.
        venue.stirTicks = whole(Double(venue.stirTicks) * ratio(wanted.levelGap + 1, found.levelGap + 1), most: 1 << 20)
        // Where they stand close together, one place more makes much of a difference.
        let isStuck = Double(venue.stirTicks) > 300 * (wanted.levelGap + 1)
        if wanted.levelGap >= 4 || isStuck {
            let step = ((wanted.levelGap - found.levelGap) / 2).rounded(isStuck ? .up : .toNearestOrEven)
            venue.levelGap = whole(Double(venue.levelGap) + step, least: 0)
        }
    }

    private static func within(_ times: Double, of middle: Double, _ value: Double) -> Int64 {
        whole(min(middle * times, max(middle / times, value)), most: 1_000_000_000)
    }

    /// Absences widen a spread little by little, and whole ticks where they can't.
    private static func correctSpread(_ venue: inout GeneratedMarket.Venue, _ wanted: Double, _ found: Double) {
        let scale = Double(FittedMarket.oddsScale)
        let odds = Double(venue.absences.chances) * ratio(max(0.05, wanted - 1), max(0.05, found - 1))
        venue.absences.chances = whole(min(scale * 0.7, odds))
        let isOff = abs(wanted - found) > wanted / 10
        guard isOff, odds > scale * 0.7 || odds < scale * 0.02 || abs(wanted - found) > 4 else { return }
        let step = max(1, whole(abs(wanted - found) / 4))
        if found < wanted {
            venue.halfSpread += step
        } else if venue.halfSpread > 0 {
            venue.halfSpread = max(0, venue.halfSpread - step)
        } else {
            venue.spreadNoise = 0
        }
    }

    private static func correctTakers(_ venue: inout GeneratedMarket.Venue, _ wanted: VenueFacts, _ found: VenueFacts) {
        guard wanted.takersPerSecond > 0 else { return }
        let scale = ratio(found.takersPerSecond, wanted.takersPerSecond)
        venue.takerGap = venue.takerGap.map { Nanoseconds(count: whole(Double($0.count) * scale)) }
        venue.snipes.chances = whole(Double(venue.snipes.chances) / scale, most: FittedMarket.oddsScale / 2)
        venue.takeLots = whole(Double(venue.takeLots ?? 1) * ratio(wanted.takeLots, found.takeLots))
        venue.followers = whole(Double(venue.followers) + 500 * (wanted.followers - found.followers), least: 0, most: 950)
    }

    /// By how much to correct a setting that its fact grows with.
    private static func ratio(_ wanted: Double, _ found: Double) -> Double {
        guard wanted > 0, found > 0 else { return 1 }
        // Some facts hang on several settings: half of the way avoids that they chase each other.
        return min(2, max(0.5, (wanted / found).squareRoot()))
    }

    static func whole(_ value: Double, least: Int64 = 1, most: Int64 = 1 << 40) -> Int64 {
        guard value.isFinite else { return least }
        return max(least, min(most, Int64(max(-1e15, min(1e15, value)).rounded())))
    }

    static func rootMeanSquare(_ values: [Double]) -> Double {
        max(1e-9, (values.reduce(0) { $0 + $1 * $1 } / Double(max(1, values.count))).squareRoot())
    }

    /// In thousandths; a place where no level stood takes what the one before it has.
    private static func filled(_ profile: [Double?]) -> [Int64] {
        var last = profile.compactMap { $0 }.first ?? 1
        return profile.map { share in
            last = share ?? last
            return whole(last * 1_000, most: 1_000_000)
        }
    }
}

/// How a venue alone moves in a second and in ten, in ticks: a price that walks for good, and straying from it that is over in about a
/// second. The walk's share of a long move is larger than of a short one.
private struct Wandering {
    /// How long the straying lasts.
    static let seconds = 1.0
    /// The straying's share of a second's move and of ten seconds', in multiples of its variance: twice what it forgets in that time.
    private static let (inSecond, inTen) = (1.264, 2.0)
    /// Of one step, in ticks, at a share of 1,000.
    private static let step = 1_386.0 / 1_024

    var second: Double
    var tenSeconds: Double

    init(second: Double, tenSeconds: Double) { (self.second, self.tenSeconds) = (second, tenSeconds) }

    init(_ market: GeneratedMarket) {
        let walk = Double(market.volatility) / 1_024 * MarketFit.rootMeanSquare(market.regimes.map { Double($0) / 4 })
        let straying = Self.step * Double(market.venues[0].strayShare) / 1_000 * (Double(market.venues[0].strayFrames) / 2).squareRoot()
        second = (Self.inSecond * straying * straying + walk * walk).squareRoot()
        tenSeconds = (Self.inTen * straying * straying + 10 * walk * walk).squareRoot()
    }

    func set(_ market: inout GeneratedMarket) {
        let (short, long) = (second * second, tenSeconds * tenSeconds)
        let walk = max(short / 1_000, (long - Self.inTen / Self.inSecond * short) / (10 - Self.inTen / Self.inSecond))
        let straying = max(0, short - walk) / Self.inSecond
        market.volatility = MarketFit.whole(
            walk.squareRoot() * 1_024 / MarketFit.rootMeanSquare(market.regimes.map { Double($0) / 4 }))
        let frames = (Double(market.venues[0].strayFrames) / 2).squareRoot()
        market.venues[0].strayShare = MarketFit.whole(straying.squareRoot() / frames / Self.step * 1_000, least: 0, most: 1_000_000)
    }
}
