public import Market
internal import Trading

/// A run's market with our own orders taken out of it, record by record as it was heard.
public final class MarketWithoutUs {
    private let instruments: [Instrument]
    /// By instrument.
    private let footprints: [Footprint]
    /// By instrument: the last mid of the book without us.
    private(set) var marks: [FinePrice?]

    /// - Parameters:
    ///   - recording: The whole run.
    ///   - instruments: The run's.
    public init(_ recording: LiveRecording, instruments: [Instrument]) {
        self.instruments = instruments
        let orders = recording.orders
        footprints = instruments.indices.map { index in
            Footprint(
                orders.filter { $0.request.instrument.index == index }, ownTrades: recording.ownTrades[InstrumentID(index)] ?? [:])
        }
        marks = instruments.map { _ in nil }
    }

    /// Takes the next record, and hands what the market is without us to `tell`.
    public func take(_ event: MarketEvent, _ tell: (MarketEvent) -> Void) {
        // A gap empties the book.
        if event.kind == .gap { note(event.instrument.index) }
        footprints[event.instrument.index].take(event, tell)
    }

    /// Nothing more comes.
    public func finish() {
        for index in footprints.indices {
            note(index)
            footprints[index].finish()
        }
    }

    private func note(_ index: Int) { marks[index] = footprints[index].book.mid(instruments[index]) ?? marks[index] }

    /// What was done, and what could not be told apart.
    public var report: FootprintReport { footprints.reduce(into: FootprintReport()) { $0.add($1.report) } }

    /// The levels of an instrument's book that are not certain.
    func doubtful(_ instrument: InstrumentID) -> [DoubtfulLevel] { footprints[instrument.index].doubtful }
}
