internal import Market
internal import Scenario
internal import Signing
internal import Tape

/// The feeds of a run's tapes: which parts make which feed, in time order.
struct TapeCatalog {
    struct Part {
        var path: String
        var tape: Tape
        var feed: InstrumentID
        var summary: FeedSummary
        var span: ClosedRange<Timestamp>
    }

    /// Parts by feed name, each sorted by time.
    private let feedsByName: [String: [Part]]

    /// - Throws: `RunError` when it names none, or as `init(_:)` does.
    init(of scenario: Scenario) throws(RunError) {
        guard !scenario.tapes.isEmpty else {
            throw .scenario(
                message: "the scenario names no tapes, and a simulated market comes from tapes",
                hint: "list them under 'tapes', or here with --set \"tapes=[FILE]\"")
        }
        try self.init(scenario.tapes)
    }

    /// - Throws: `RunError` when a tape can't be opened, or two of them hold the same span of a feed.
    init(_ paths: [String]) throws(RunError) {
        var feeds: [String: [Part]] = [:]
        for path in paths {
            let tape: Tape
            do { tape = try Tape(opening: path) } catch { throw RunError(error, path: path) }
            for (index, summary) in tape.feeds.enumerated() {
                guard let span = summary.venueTimes ?? summary.receiveTimes else { continue }
                feeds[summary.description.name, default: []].append(
                    Part(path: path, tape: tape, feed: InstrumentID(index), summary: summary, span: span))
            }
        }
        for name in feeds.keys.sorted() {
            feeds[name]?.sort { ($0.span.lowerBound, $0.summary.contentHash) < ($1.span.lowerBound, $1.summary.contentHash) }
            let parts = feeds[name] ?? []
            for (one, two) in zip(parts, parts.dropFirst()) where two.span.lowerBound < one.span.upperBound {
                throw .overlap(
                    feed: name, first: one.path, second: two.path, from: two.span.lowerBound,
                    to: min(one.span.upperBound, two.span.upperBound))
            }
        }
        feedsByName = feeds
    }

    var names: [String] { feedsByName.keys.sorted() }
    /// Each feed's parts, by its name.
    var feeds: [[Part]] { names.compactMap { feedsByName[$0] } }

    /// The feed of a venue by the venue's own symbol, or by the trader's.
    func find(venue: String, venueSymbol: String?, symbol: String) -> [Part]? {
        let matches = feedsByName.values.filter { parts in
            guard let instrument = parts.first?.summary.description.instrument, instrument.venue == venue else { return false }
            return venueSymbol.map { instrument.venueSymbol == $0 } ?? (instrument.symbol == symbol)
        }
        // A venue may list several contracts of one symbol: the perpetual stands before spot, then by name.
        return matches.min { one, two in rank(one) < rank(two) }
    }

    private func rank(_ parts: [Part]) -> (Int, String) {
        guard let instrument = parts.first?.summary.description.instrument else { return (9, "") }
        return (instrument.kind == .spot ? 1 : 0, instrument.venueSymbol)
    }

    /// The parts as a stream, a gap between any two that do not follow each other.
    ///
    /// - Parameter isLive: With the times as they were recorded: those that a live run had.
    static func source(
        _ parts: [Part], instrument: InstrumentID, minimumLatency: Nanoseconds, isLive: Bool = false
    ) -> TapeSource {
        var stream: [TapeSource.Part] = []
        for (index, part) in parts.enumerated() {
            stream.append(.init(path: part.path, tape: part.tape, feed: part.feed, followsHole: index > 0))
        }
        return TapeSource(parts: stream, instrument: instrument, minimumLatency: minimumLatency, isLive: isLive)
    }
}
