internal import Market

/// What rows need to know of a feed.
struct FeedTerms {
    let venue: String
    let symbol: String
    let price: DecimalStep
    let size: DecimalStep

    init(_ instrument: Instrument) {
        venue = instrument.venue
        symbol = instrument.symbol
        price = DecimalStep(nanos: instrument.tickSize.nanos)
        size = DecimalStep(nanos: instrument.lotSize)
    }
}
