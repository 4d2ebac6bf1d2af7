public import Market
public import Simulation
internal import Tape

/// Fits the generator to a recording: takes settings from its facts, generates, measures what came out, and corrects, some rounds long.
public struct MarketFit: Sendable {
    /// More venues take longer to fit than they tell.
    public static let mostVenues = 3

    public let names: [String]
    public let recorded: MarketFacts
    public private(set) var generated: MarketFacts
    public private(set) var market: GeneratedMarket

    /// - Parameters:
    ///   - feeds: Names or symbols; empty: the feeds with most records of the symbol that has most.
    ///   - sample: How much is generated in each round; a quarter of the rounds' samples together in the last one.
    ///   - progress: Told the share that is done, from 0 to 1.
    public init(
        path: String, feeds: [String] = [], sample: Nanoseconds = .minutes(10), rounds: Int = 24, seed: UInt64 = 1,
        progress: (Double) -> Void = { _ in }
    ) throws(ResearchError) {
        let (names, instruments, facts) = try Self.load(path, feeds)
        self.names = names
        recorded = facts
        var settings = Self.firstGuess(facts, instruments)
        settings.duration = sample
        // Other draws in every round, and the settings of the later rounds together, so that no chance of one sample is fitted to.
        var later: [GeneratedMarket] = []
        let longer = max(1, rounds / 4)
        for round in 0..<rounds {
            let found = try Self.measure(settings, seed &+ UInt64(round), path)
            settings = Self.corrected(settings, facts, found)
            if round >= rounds / 2 { later.append(settings) }
            progress(Double(round + 1) / Double(rounds + longer))
        }
        market = Self.mean(later)
        // And others again at the end.
        market.duration = Nanoseconds(count: sample.count * Int64(longer))
        generated = try Self.measure(market, ~seed, path)
        market.duration = sample
    }

    /// The chosen feeds, measured.
    private static func load(
        _ path: String, _ feeds: [String]
    ) throws(ResearchError) -> (names: [String], instruments: [Instrument], facts: MarketFacts) {
        var descriptions: [FeedDescription] = []
        var collectors: [FactCollector] = []
        do throws(TapeError) {
            let tape = try Tape(opening: path)
            let chosen = try choose(tape, feeds)
            for feed in chosen {
                let collector = FactCollector()
                let events = EventBatch()
                let reader = try tape.reader(feed: feed)
                while try reader.next(into: events) { for event in events { collector.receive(event) } }
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
}
