public import Market
public import Runtime
public import Simulation
public import Trading

/// The tables of a run as CSV files, written while it runs; and the rows that the page shows.
public final class RunTables: RunOutput {
    /// Rows that the page keeps of a table, from its beginning and from its end.
    private static let kept = 2_000

    private let folder: RunFolder
    private let fills: CSVTable
    private let orders: CSVTable
    private let equity: CSVTable
    private let positions: CSVTable
    private let notes: CSVTable
    private var witnesses: [String: VenueFill] = [:]
    public private(set) var fillRows = KeptRows(limit: RunTables.kept)
    public private(set) var orderRows = KeptRows(limit: RunTables.kept)
    public private(set) var noteRows = KeptRows(limit: RunTables.kept)
    /// Fills as marks for the price figure, by side.
    public private(set) var marks = FillMarks()

    static let fillHeader = [
        "venue_time", "account", "instrument", "side", "role", "purpose", "price", "quantity", "fee", "fee_currency", "trade", "order",
        "late",
        "mechanism", "queue_ahead", "displayed", "verified", "strategy",
    ]
    static let orderHeader = [
        "time", "account", "instrument", "order", "side", "purpose", "price", "quantity", "filled", "end", "submitted",
        "strategy",
    ]

    /// - Throws: `ReportError` when a file can't be made.
    public init(_ folder: RunFolder) throws(ReportError) {
        self.folder = folder
        fills = try CSVTable(creating: folder.file("fills.csv"), header: Self.fillHeader)
        orders = try CSVTable(creating: folder.file("orders.csv"), header: Self.orderHeader)
        equity = try CSVTable(creating: folder.file("equity.csv"), header: ["time", "equity"])
        positions = try CSVTable(creating: folder.file("positions.csv"), header: ["time", "account", "instrument", "quantity"])
        notes = try CSVTable(creating: folder.file("notes.csv"), header: ["time", "note"])
    }

    public func finish() throws(ReportError) {
        try fills.finish()
        try orders.finish()
        try equity.finish()
        try positions.finish()
        try notes.finish()
    }

    private func append(_ row: [String], to table: CSVTable) throws(RunError) {
        do { try table.append(row) } catch { throw .output(path: folder.path, message: error.message) }
    }

    public func witness(_ fill: VenueFill, account: String, instrument: Instrument) throws(RunError) {
        witnesses["\(account) \(fill.fill.trade)"] = fill
    }

    public func fill(
        _ fill: Fill, of strategy: String?, purpose: OrderPurpose?, account: String, instrument: Instrument, venueTime: Timestamp,
        isLate: Bool
    ) throws(RunError) {
        let witness = witnesses.removeValue(forKey: "\(account) \(fill.trade)")?.witness
        var row = [venueTime.iso8601, account, instrument.venueSymbol, fill.side == .buy ? "buy" : "sell", "\(fill.role)"]
        row += [purpose.map { "\($0)" } ?? "", instrument.text(fill.price), instrument.text(fill.quantity)]
        row += [Decimal.text(fill.fee.nanos, decimals: 9), fill.fee.currency.code, String(fill.trade), String(fill.order.rawValue)]
        row.append(isLate ? "yes" : "no")
        if let witness {
            row += ["\(witness.mechanism)", String(witness.queueAhead), String(witness.displayed), witness.isVerified ? "yes" : "no"]
        } else {
            row += ["", "", "", ""]
        }
        row.append(strategy ?? "")
        fillRows.add(row)
        marks.add(fill, instrument, at: venueTime)
        try append(row, to: fills)
    }

    public func order(
        _ order: Order, of strategy: String?, account: String, instrument: Instrument, at time: Timestamp
    ) throws(RunError) {
        var end = "open"
        if case .done(let reason) = order.life { end = "\(reason)" }
        let row = [
            time.iso8601, account, instrument.venueSymbol, String(order.id.rawValue), order.draft.side == .buy ? "buy" : "sell",
            "\(order.draft.purpose)", order.price.map(instrument.text) ?? "market", instrument.text(order.quantity),
            instrument.text(order.filled),
            end, order.submittedAt.iso8601, strategy ?? "",
        ]
        orderRows.add(row)
        try append(row, to: orders)
    }

    public func equity(_ equity: Int64, at time: Timestamp) throws(RunError) {
        try append([time.iso8601, Decimal.text(equity, decimals: 9)], to: self.equity)
    }

    public func position(_ quantity: Quantity, account: String, instrument: Instrument, at time: Timestamp) throws(RunError) {
        try append([time.iso8601, account, instrument.venueSymbol, instrument.text(quantity)], to: positions)
    }

    public func note(_ text: String, at time: Timestamp) throws(RunError) {
        noteRows.add([time.iso8601, text])
        try append([time.iso8601, text], to: notes)
    }
}

/// The first and the last rows of a table of any length.
public struct KeptRows: Sendable {
    private let limit: Int
    private var first: [[String]] = []
    private var last: [[String]] = []
    private var oldest = 0
    public private(set) var total = 0

    init(limit: Int) { self.limit = limit }

    mutating func add(_ row: [String]) {
        total += 1
        if first.count < limit {
            first.append(row)
        } else if last.count < limit {
            last.append(row)
        } else {
            last[oldest] = row
            oldest = (oldest + 1) % limit
        }
    }

    public var rows: [[String]] { first + last[oldest...] + last[..<oldest] }

    /// What the page says under the table.
    func note(file: String) -> String {
        rows.count == total
            ? "\(total) rows; \(file) has them too." : "The first and last \(limit) of \(total) rows; \(file) has them all."
    }
}

/// Own fills for the price figure: at most a few thousand marks, the highest and the lowest of each bucket of time kept.
public struct FillMarks: Sendable {
    private static let limit = 1_500
    public private(set) var buys: [Chart.Point] = []
    public private(set) var sells: [Chart.Point] = []
    private var width: Int64 = 1

    mutating func add(_ fill: Fill, _ instrument: Instrument, at time: Timestamp) {
        let point = Chart.Point(time: time, Double(instrument.finePrice(fill.price).nanos) / 1e9)
        if fill.side == .buy { buys.append(point) } else { sells.append(point) }
        if buys.count + sells.count > 2 * Self.limit {
            let first = min(buys.first?.time ?? .never, sells.first?.time ?? .never)
            let last = max(buys.last?.time ?? .distantPast, sells.last?.time ?? .distantPast)
            width = max((last - first).count / Int64(Self.limit / 4), width)
            buys = thinned(buys)
            sells = thinned(sells)
        }
    }

    private func thinned(_ points: [Chart.Point]) -> [Chart.Point] {
        var kept: [Chart.Point] = []
        var bucket: [Chart.Point] = []
        func close() {
            guard let low = bucket.min(by: { $0.last < $1.last }), let high = bucket.max(by: { $0.last < $1.last }) else { return }
            kept.append(contentsOf: low == high ? [low] : low.time <= high.time ? [low, high] : [high, low])
        }
        for point in points {
            if let first = bucket.first, floorQuotient(first.time.nanoseconds, width) != floorQuotient(point.time.nanoseconds, width) {
                close()
                bucket.removeAll(keepingCapacity: true)
            }
            bucket.append(point)
        }
        close()
        return kept
    }
}
