internal import Feeds
internal import Market
internal import Scenario
public import Strategies
internal import Tape
internal import Trading

extension LiveDiff {
    /// Compares the run that a journal is of.
    ///
    /// The journal is read twice: first for what became of our orders, then for the market, which goes to a tape without them. What is
    /// held in memory grows with the orders alone.
    ///
    /// - Parameters:
    ///   - path: A live run's journal; one without an end is compared as far as it goes.
    ///   - tape: Where the market without us is written to, as the venues told of it; nothing may be there.
    ///   - goesOn: Asked now and then; false ends it.
    /// - Returns: nil when it was ended.
    /// - Throws: `RunError` when the journal or the tape can't be read or written, or the journal is not of a live run of this program.
    public init?(
        journal path: String, registry: StrategyRegistry, tape: String, goesOn: @escaping () -> Bool = { true }
    ) throws(RunError) {
        let first = try JournalSource(path, goesOn)
        let recording = try LiveRecording(first, path: path, first.file.makeLive(registry, Journal(sink: nil))) { _ in }
        guard !first.wasEnded else { return nil }
        let plan = try first.file.plan(registry, start: recording.start)
        let market = MarketWithoutUs(recording, instruments: plan.instruments)
        let second = try JournalSource(path, goesOn)
        let writer = try MarketWriter(tape, plan, name: "live run '\(first.file.run)', without its own orders")
        _ = try LiveRecording(second, path: path, second.file.makeLive(registry, Journal(sink: nil))) { event in
            market.take(event) { writer.append($0) }
        }
        guard !second.wasEnded else { return nil }
        market.finish()
        try writer.close()
        let feeds = try writer.sources(plan)
        self = try LiveDiff(recording, plan, market, feeds: feeds)
        isComplete = second.file.isComplete
    }
}

/// The records of a journal, until it is ended or somebody ends it.
private final class JournalSource: BorderSource {
    let file: LiveJournalFile
    private let goesOn: () -> Bool
    private var block: ArraySlice<BorderEntry> = []
    private(set) var wasEnded = false

    init(_ path: String, _ goesOn: @escaping () -> Bool) throws(RunError) {
        file = try LiveJournalFile(opening: path)
        self.goesOn = goesOn
    }

    func next() throws(RunError) -> BorderEntry? {
        while block.isEmpty {
            wasEnded = wasEnded || !goesOn()
            guard !wasEnded, let next = try file.nextEntries() else { return nil }
            block = next[...]
        }
        return block.popFirst()
    }
}

/// Writes a run's market to a tape, a feed an instrument.
private final class MarketWriter {
    private let path: String
    private let writer: TapeWriter
    /// What kept the first record that could not be written.
    private var failure: TapeError?

    init(_ path: String, _ plan: RunPlan, name: String) throws(RunError) {
        self.path = path
        do throws(TapeError) {
            writer = try TapeWriter(creating: path)
            for listing in plan.listings { _ = try writer.addFeed(FeedDescription(instrument: listing.instrument, source: name)) }
        } catch { throw RunError(error, path: path) }
    }

    func append(_ event: MarketEvent) {
        guard failure == nil else { return }
        do throws(TapeError) { try writer.append(event) } catch { failure = error }
    }

    func close() throws(RunError) {
        do throws(TapeError) {
            if let failure { throw failure }
            try writer.close()
        } catch { throw RunError(error, path: path) }
    }

    /// What was written, by instrument.
    func sources(_ plan: RunPlan) throws(RunError) -> [any MarketSource] {
        let tape: Tape
        do throws(TapeError) { tape = try Tape(opening: path) } catch { throw RunError(error, path: path) }
        return plan.listings.indices.map { index in
            TapeSource(
                tape, path: path, feed: InstrumentID(index), instrument: InstrumentID(index),
                minimumLatency: plan.scenario.venues[plan.listings[index].venue].minimumLatency)
        }
    }
}
