import Market
import Venues

/// What is known about a feed before its first event.
struct FeedEntry {
    var venue: String
    var venueSymbol: String
    /// Nil until the instrument is known from the recording, a table or the grid pass.
    var instrument: Instrument?
    /// Its book frames carry numbers that link them.
    var isNumbered: Bool
    /// The finest decimals seen, for instruments that no table knows.
    var grid = Grid()

    var name: String { "\(venue) \(venueSymbol)" }

    /// The finest power of ten that prices and sizes of a feed are multiples of, in 10⁻⁹.
    struct Grid {
        var price: Int64 = 1_000_000_000
        var size: Int64 = 1_000_000_000

        mutating func note(price value: Int64) { Self.refine(&price, value) }
        mutating func note(size value: Int64) { Self.refine(&size, value) }

        private static func refine(_ step: inout Int64, _ value: Int64) {
            while value % step != 0 { step /= 10 }
        }
    }
}

/// The feeds of an import, numbered in the order they were met. Shared by the decoders of all its files.
final class FeedCatalog {
    private(set) var entries: [FeedEntry] = []
    /// What the recordings themselves say about instruments, by venue and symbol.
    private var described: [String: Instrument] = [:]
    let symbols: [String: SymbolName]

    /// - Parameter symbols: What the user says about symbols that no table knows, by the venue's symbol.
    init(symbols: [String: SymbolName] = [:]) { self.symbols = symbols }

    /// The index of a feed; a new one if it was not met before.
    func feed(venue: String, symbol: String, isNumbered: Bool) -> Int {
        if let index = entries.firstIndex(where: { $0.venue == venue && $0.venueSymbol == symbol }) { return index }
        let instrument = described["\(venue) \(symbol)"] ?? KnownInstruments.find(venue: venue, symbol: symbol)
        entries.append(FeedEntry(venue: venue, venueSymbol: symbol, instrument: instrument, isNumbered: isNumbered))
        return entries.count - 1
    }

    /// Keeps what a recording says about an instrument; it wins over every table.
    func describe(_ instrument: Instrument) {
        described["\(instrument.venue) \(instrument.venueSymbol)"] = instrument
        for index in entries.indices where entries[index].venue == instrument.venue && entries[index].venueSymbol == instrument.venueSymbol
        {
            entries[index].instrument = instrument
        }
    }

    func instrument(_ feed: Int) -> Instrument? { entries[feed].instrument }

    func note(_ event: MarketEvent, feed: Int) {
        switch event.kind {
        case .level, .orderAdded, .orderChanged, .orderDeleted, .trade, .quote, .liquidation:
            entries[feed].grid.note(price: event.price)
            entries[feed].grid.note(size: event.quantity)
        case .openInterest: entries[feed].grid.note(size: event.quantity)
        case .mark, .index, .funding, .status, .instrumentChange, .gap: break
        }
    }

    /// Gives an instrument to every feed that has none, from its symbol and the grid seen.
    func completeFromGrids(path: String) throws(FeedError) {
        for index in entries.indices where entries[index].instrument == nil {
            let entry = entries[index]
            guard let name = symbols[entry.venueSymbol] ?? SymbolName(guessing: entry.venueSymbol) else {
                throw .unknownInstrument(path: path, venue: entry.venue, symbol: entry.venueSymbol)
            }
            entries[index].instrument = Instrument(
                symbol: name.symbol, venue: entry.venue, venueSymbol: entry.venueSymbol, kind: name.kind, base: name.base,
                quote: name.quote, tickSize: FinePrice(nanos: entry.grid.price), lotSize: entry.grid.size)
        }
    }
}

/// Finds the feeds of one file by the venue's symbol without making a `String` of it for every row.
struct FeedIndex {
    private var names: [[UInt8]] = []
    private var feeds: [Int] = []

    func find(_ name: Bytes) -> Int? {
        for index in names.indices where Bytes.lending(names[index], { $0.equals(name) }) { return feeds[index] }
        return nil
    }

    mutating func insert(_ name: Bytes, _ feed: Int) {
        names.append(Array(name.text.utf8))
        feeds.append(feed)
    }
}
