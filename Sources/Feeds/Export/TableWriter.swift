import Market

/// All records of a feed in one table, a row each, in the tape's order; nothing is left out.
///
/// Times are nanoseconds, 0 if unknown. `price` is decimal text: of a funding record the rate, of a status, gap or change of the
/// instrument the raw number of `MarketEvent`. `size` is decimal text, of a funding record the interval in nanoseconds. `detail` is the
/// number that `MarketEvent` describes for each kind.
struct TableWriter: RecordWriter {
    static let columns = [
        "venue", "symbol", "record", "kind", "venue_time", "receive_time", "side", "price", "size", "detail", "snapshot", "first", "last",
        "liquidation", "own", "frame",
    ]

    private let instrument: Instrument
    private let file: ExportFile
    private let start: String
    private var rows: Int64 = 0

    init(_ instrument: Instrument, _ base: String, replacing: Bool) throws(FeedError) {
        self.instrument = instrument
        file = try ExportFile(creating: base + ".csv", replacing: replacing)
        start = CSVText.field(instrument.venue) + "," + CSVText.field(instrument.venueSymbol) + ","
        try file.write(Self.columns.joined(separator: ",") + "\n")
    }

    mutating func write(_ event: MarketEvent, _ summary: inout TapeExport.Summary) throws(FeedError) {
        func flag(_ flag: MarketEvent.Flags) -> String { event.flags.contains(flag) ? "1" : "0" }
        let (price, size): (String, String) =
            switch event.kind {
            case .level, .orderAdded, .orderChanged, .orderDeleted, .trade, .quote, .liquidation:
                (ExportText.price(event.price, instrument), ExportText.size(event.quantity, instrument))
            case .mark, .index: (Decimal.text(event.price, decimals: 9), "")
            case .funding: (Decimal.text(event.price, decimals: 12), String(event.quantity))
            case .openInterest: ("", ExportText.size(event.quantity, instrument))
            case .status, .instrumentChange, .gap: (String(event.price), "")
            }
        let fields = [
            String(rows), "\(event.kind)", String(event.venueTime.nanoseconds), String(event.receiveTime.nanoseconds),
            event.flags.contains(.noAggressor) ? "" : event.side == .sell ? "sell" : "buy", price, size, String(event.detail),
            flag(.snapshot), flag(.first), flag(.last), flag(.liquidation), flag(.own), String(event.frame),
        ]
        try file.write(start + fields.joined(separator: ",") + "\n")
        rows += 1
    }

    mutating func finish(_ summary: inout TapeExport.Summary) throws(FeedError) {
        try file.finish()
        summary.files.append((file.path, rows))
    }
}

/// Amounts of a feed as exact decimal text.
enum ExportText {
    static func price(_ ticks: Int64, _ instrument: Instrument) -> String { text(ticks, instrument.tickSize.nanos) }
    static func size(_ lots: Int64, _ instrument: Instrument) -> String { text(lots, instrument.lotSize) }

    private static func text(_ count: Int64, _ step: Int64) -> String {
        let (product, overflow) = count.multipliedReportingOverflow(by: step)
        // Only a damaged or made-up record is beyond 9 × 10⁹: its decimals are zeros, or it is told by its count.
        return overflow ? "\(count)e-9*\(step)" : Decimal.text(product, decimals: 9)
    }
}
