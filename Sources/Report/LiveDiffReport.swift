internal import Market
public import Runtime
internal import Trading

/// What `LiveDiff` found, for people and for programs.
public struct LiveDiffReport {
    private let diff: LiveDiff

    /// Rows of orders that a terminal is shown.
    private static let rowsShown = 20

    public init(_ diff: LiveDiff) { self.diff = diff }

    private var differing: [LiveDiff.Row] { diff.rows.filter { $0.cause != nil } }

    private func amount(_ nanos: Int64, _ currency: Currency) -> String { "\(Decimal.text(nanos, decimals: 9)) \(currency)" }

    private func milliseconds(_ span: Nanoseconds) -> String { "\(Decimal.text(span.count / 1_000, decimals: 3)) ms" }

    // MARK: Text

    public var text: String {
        var lines = [
            "\(diff.rows.count) orders, \(diff.rows.count - differing.count) of them filled the same; "
                + "\(diff.liveLots) lots live, \(diff.simulatedLots) simulated"
        ]
        for cause in LiveDiff.Cause.allCases {
            let rows = differing.filter { $0.cause == cause }
            guard !rows.isEmpty || cause == .unexplained else { continue }
            let (missed, extra) = (rows.reduce(0) { $0 + $1.missed }, rows.reduce(0) { $0 + $1.extra })
            lines.append("  \(cause.rawValue): \(rows.count) orders, \(missed) lots missed, \(extra) extra")
        }
        let delays = diff.delays
        if let least = delays.first, let largest = delays.last {
            lines.append(
                "  first fills: simulated after live by \(milliseconds(delays[delays.count / 2])) in the middle, "
                    + "\(milliseconds(least)) to \(milliseconds(largest)); at other prices: \(diff.ordersAtOtherPrices) orders")
        }
        for profit in diff.profits {
            lines.append(
                "profit live \(amount(profit.live, profit.currency)), simulated \(amount(profit.simulated, profit.currency)), difference "
                    + amount(profit.difference, profit.currency))
            for (name, part) in parts(profit) { lines.append("  \(name): \(amount(part, profit.currency))") }
        }
        lines.append(
            "our own part: \(diff.footprint.ownFrames) frames, \(diff.footprint.takenTrades) trades that took, "
                + "\(diff.footprint.madeTrades) that made; not separable: \(diff.footprint.doubtCount)")
        for doubt in FootprintReport.Doubt.allCases {
            if let count = diff.footprint.doubts[doubt] { lines.append("  \(doubt.rawValue): \(count)") }
        }
        for row in differing.prefix(Self.rowsShown) { lines.append(line(row)) }
        if differing.count > Self.rowsShown { lines.append("… and \(differing.count - Self.rowsShown) orders more: --json has them all") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func parts(_ profit: LiveDiff.Profit) -> [(String, Int64)] {
        [
            ("missed fills", profit.missedFills), ("extra fills", profit.extraFills), ("prices", profit.prices), ("fees", profit.fees),
            ("residual", profit.residual),
        ]
    }

    private func line(_ row: LiveDiff.Row) -> String {
        let request = row.life.request
        let instrument = diff.instruments[request.instrument.index]
        let price = request.price.map { instrument.finePrice($0).description } ?? "market"
        return "\(row.life.sentAt.iso8601)  order \(request.order.rawValue)  \(request.side) \(instrument.text(request.quantity)) "
            + "\(instrument.venueSymbol) at \(price): matched \(row.matched), missed \(row.missed), extra \(row.extra) lots"
            + (row.cause.map { ": \($0.rawValue)" } ?? "")
    }

    // MARK: JSON

    public var json: JSONValue {
        .object([
            "orders": .integer(Int64(diff.rows.count)), "live_lots": .integer(diff.liveLots),
            "simulated_lots": .integer(diff.simulatedLots),
            "unexplained": .integer(Int64(diff.unexplained)), "orders_at_other_prices": .integer(Int64(diff.ordersAtOtherPrices)),
            "first_fill_delay_ns": delays,
            "causes": .object(
                Dictionary(uniqueKeysWithValues: LiveDiff.Cause.allCases.map { ($0.rawValue, .integer(Int64(diff.count($0)))) })),
            "profit": .array(
                diff.profits.map { profit in
                    var members: [String: JSONValue] = [
                        "currency": .string(profit.currency.code), "live": .string(Decimal.text(profit.live, decimals: 9)),
                        "simulated": .string(Decimal.text(profit.simulated, decimals: 9)),
                        "difference": .string(Decimal.text(profit.difference, decimals: 9)),
                    ]
                    for (name, part) in parts(profit) {
                        members[name.replacing(" ", with: "_")] = .string(Decimal.text(part, decimals: 9))
                    }
                    return .object(members)
                }),
            "not_separable": .object(
                Dictionary(
                    uniqueKeysWithValues: FootprintReport.Doubt.allCases.map {
                        ($0.rawValue, .integer(Int64(diff.footprint.doubts[$0] ?? 0)))
                    })),
            "differences": .array(differing.map(json)),
        ])
    }

    private var delays: JSONValue {
        let all = diff.delays
        guard let least = all.first, let largest = all.last else { return .null }
        return .object([
            "orders": .integer(Int64(all.count)), "least": .integer(least.count), "median": .integer(all[all.count / 2].count),
            "largest": .integer(largest.count),
        ])
    }

    private func json(_ row: LiveDiff.Row) -> JSONValue {
        let request = row.life.request
        return .object([
            "order": .integer(Int64(clamping: request.order.rawValue)),
            "instrument": .string(diff.instruments[request.instrument.index].venueSymbol),
            "side": .string("\(request.side)"), "sent": .string(row.life.sentAt.iso8601), "matched": .integer(row.matched),
            "missed": .integer(row.missed), "extra": .integer(row.extra), "price_tick_lots": .integer(row.tickLots),
            "delay_ns": row.delay.map { .integer($0.count) } ?? .null, "cause": row.cause.map { .string($0.rawValue) } ?? .null,
        ])
    }
}
