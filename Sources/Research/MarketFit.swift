public import Market
public import Simulation
internal import Tape

/// Fits the generator to a recording: takes settings from its facts, generates, measures what came out, and corrects, some rounds long.
public struct MarketFit: Sendable {
    /// More venues take longer to fit than they tell.
    public static let mostVenues = 3
    private static let rounds = 7

    public let names: [String]
    public let recorded: MarketFacts
    public private(set) var generated: MarketFacts
    public private(set) var market: GeneratedMarket

    /// - Parameters:
    ///   - feeds: Names or symbols; empty: the feeds with most records of the symbol that has most.
    ///   - sample: How much is generated in each round, at most the recording's length.
    ///   - progress: Told the share that is done, from 0 to 1.
    public init(
        path: String, feeds: [String] = [], sample: Nanoseconds = .minutes(10), seed: UInt64 = 1, progress: (Double) -> Void = { _ in }
    ) throws(ResearchError) {
        let (names, instruments, facts) = try Self.load(path, feeds, progress)
        self.names = names
        recorded = facts
        market = Self.firstGuess(facts, instruments)
        market.duration = min(sample, Nanoseconds(count: Int64(recorded.seconds * 1e9)))
        generated = try Self.measure(market, seed, path)
        // The same draws in every round, so that what changes are the settings; others at the end, which nothing was fitted to.
        for round in 1..<Self.rounds {
            progress(Double(round) / Double(Self.rounds))
            market = Self.corrected(market, recorded, generated)
            generated = try Self.measure(market, round < Self.rounds - 1 ? seed : ~seed, path)
        }
    }

    /// The chosen feeds, measured.
    private static func load(
        _ path: String, _ feeds: [String], _ progress: (Double) -> Void
    ) throws(ResearchError) -> (names: [String], instruments: [Instrument], facts: MarketFacts) {
        var descriptions: [FeedDescription] = []
        var collectors: [FactCollector] = []
        do throws(TapeError) {
            let tape = try Tape(opening: path)
            let chosen = try choose(tape, feeds)
            let total = max(1, chosen.reduce(0) { $0 + tape.feeds[$1.index].events }) * Int64(rounds)
            var done: Int64 = 0
            for feed in chosen {
                let collector = FactCollector()
                let events = EventBatch()
                let reader = try tape.reader(feed: feed)
                while try reader.next(into: events) {
                    for event in events { collector.receive(event) }
                    done += Int64(events.count)
                    progress(Double(done) / Double(total))
                }
                collectors.append(collector)
                descriptions.append(tape.feeds[feed.index].description)
            }
        } catch { throw .tape(path: path, message: error.message, hint: error.hint) }
        guard !collectors.isEmpty, let facts = MarketFacts(collectors) else { throw .noMarket(path: path) }
        return (descriptions.map(\.name), descriptions.map(\.instrument), facts)
    }

    private static func choose(_ tape: Tape, _ names: [String]) throws(TapeError) -> [InstrumentID] {
        var chosen: [InstrumentID] = []
        for name in names { chosen.append(try tape.feed(named: name)) }
        guard names.isEmpty else { return Array(chosen.prefix(mostVenues)) }
        let order = tape.feeds.indices.sorted { (tape.feeds[$1].events, $0) < (tape.feeds[$0].events, $1) }
        guard let first = order.first else { return [] }
        let symbol = tape.feeds[first].description.instrument.symbol
        return order.filter { tape.feeds[$0].description.instrument.symbol == symbol }.prefix(mostVenues).sorted().map { InstrumentID($0) }
    }

    private static func measure(_ market: GeneratedMarket, _ seed: UInt64, _ path: String) throws(ResearchError) -> MarketFacts {
        let collectors = market.venues.map { _ in FactCollector() }
        var (generator, events) = (MarketGenerator(market, seed: seed), ContiguousArray<MarketEvent>())
        while generator.next(into: &events) { for event in events { collectors[event.instrument.index].receive(event) } }
        guard let facts = MarketFacts(collectors) else { throw .noMarket(path: path) }
        return facts
    }

    /// What can be read off the facts at once.
    private static func firstGuess(_ facts: MarketFacts, _ instruments: [Instrument]) -> GeneratedMarket {
        let venues = zip(facts.venues, instruments).map { venue, instrument in
            var settings = GeneratedMarket.Venue(
                instrument: instrument, meanGap: Nanoseconds(count: whole(1e9 / max(venue.framesPerSecond, 0.01))), lag: venue.lag,
                latency: Nanoseconds(count: venue.latency.count * 2 / 3), halfSpread: whole(max(0, venue.spreadTicks - 2) / 2, least: 0),
                levelLots: whole(venue.levelLots))
            settings.spreadNoise = venue.spreadTicks < 1.6 ? 0 : 1
            settings.takes = .init(
                whole(min(0.9, venue.takersPerSecond / max(venue.framesPerSecond, 0.01)) * Double(FittedMarket.takeScale) / 2),
                of: FittedMarket.takeScale)
            settings.takeLots = whole(venue.takeLots > 0 ? venue.takeLots : venue.levelLots / 3)
            settings.followers = whole(venue.followers * 1_000, least: 0, most: 900)
            settings.levelGap = whole(venue.levelGap, least: 0)
            settings.stirTicks = whole(6 * (1 + venue.levelGap))
            settings.depthProfile = filled(venue.depthProfile)
            settings.hours = venue.hours.contains { $0 != nil } ? venue.hours.map { whole(($0 ?? 1) * 1_000) } : []
            settings.withdrawals = 500
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
        return market
    }

    /// What came out too large is made smaller, in proportion.
    private static func corrected(_ market: GeneratedMarket, _ recorded: MarketFacts, _ generated: MarketFacts) -> GeneratedMarket {
        var market = market
        let moves = zip(recorded.venues, generated.venues).map { ratio($0.tenSecondMove, $1.tenSecondMove) }.sorted()
        market.volatility = whole(Double(market.volatility) * moves[moves.count / 2])
        for index in market.venues.indices {
            let (wanted, found) = (recorded.venues[index], generated.venues[index])
            var venue = market.venues[index]
            venue.meanGap = Nanoseconds(count: whole(Double(venue.meanGap.count) * ratio(found.framesPerSecond, wanted.framesPerSecond)))
            venue.levelLots = whole(Double(venue.levelLots) * ratio(wanted.levelLots, found.levelLots))
            for place in venue.depthProfile.indices {
                guard let aim = wanted.depthProfile[place], let now = found.depthProfile[place] else { continue }
                venue.depthProfile[place] = whole(Double(venue.depthProfile[place]) * ratio(aim, now), most: 1_000_000)
            }
            let spread = wanted.spreadTicks - found.spreadTicks
            if abs(spread) > wanted.spreadTicks / 8 {
                let step = max(1, whole(abs(spread) / 2, least: 0))
                venue.halfSpread = max(0, venue.halfSpread + (spread > 0 ? step : -step))
            }
            venue.lag = max(.zero, venue.lag + Nanoseconds(count: (wanted.lag - found.lag).count / 2))
            venue.levelGap = whole(Double(venue.levelGap) + (wanted.levelGap - found.levelGap) / 2, least: 0)
            if wanted.takersPerSecond > 0 {
                let chances = Double(venue.takes.chances) * ratio(wanted.takersPerSecond, found.takersPerSecond)
                venue.takes.chances = whole(chances, most: venue.takes.of * 9 / 10)
                venue.takeLots = whole(Double(venue.takeLots ?? 1) * ratio(wanted.takeLots, found.takeLots))
                venue.followers = whole(Double(venue.followers) + 700 * (wanted.followers - found.followers), least: 0, most: 900)
            }
            let stray =
                market.venues.count > 1
                ? ratio(wanted.strayTicks, found.strayTicks) : ratio(wanted.secondMove, found.secondMove)
            venue.strayShare = whole(Double(venue.strayShare) * stray, most: 1_000_000)
            market.venues[index] = venue
        }
        return market
    }

    /// By how much to correct a setting that its fact grows with.
    private static func ratio(_ wanted: Double, _ found: Double) -> Double {
        guard wanted > 0, found > 0 else { return 1 }
        // Some facts hang on several settings: half of the way avoids that they chase each other.
        return min(2, max(0.5, (wanted / found).squareRoot()))
    }

    private static func whole(_ value: Double, least: Int64 = 1, most: Int64 = 1 << 40) -> Int64 {
        guard value.isFinite else { return least }
        return max(least, min(most, Int64(max(-1e15, min(1e15, value)).rounded())))
    }

    private static func rootMeanSquare(_ values: [Double]) -> Double {
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
