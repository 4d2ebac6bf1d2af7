internal import Market
internal import Metrics
internal import Runtime
internal import Simulation

/// How far the run is to be believed: why its orders filled, on what books, and what it would have earned under other models.
extension RunReport {
    /// Of all fills at the venues.
    func share(_ fills: Int) -> Double? {
        let total = result.mechanisms.values.reduce(0, +)
        return total == 0 ? nil : Double(fills) / Double(total)
    }

    var queueModels: [String: JSONValue] {
        Dictionary(outcome.queues.map { ($0.venue, JSONValue.string($0.model)) }, uniquingKeysWith: { first, _ in first })
    }

    func bookTimes(_ feed: Backtest.Feed) -> JSONValue {
        .object([
            "venue": .string(feed.venue), "feed": .string(feed.name), "gap_or_resync_ns": .integer(feed.unsynchronised.count),
            "stale_ns": .integer(feed.stale.count), "crossed_ns": .integer(feed.crossed.count), "gaps": .integer(Int64(feed.gaps)),
        ])
    }

    /// null where the scenario was run once only.
    var stressFigures: JSONValue {
        guard let stress else { return .null }
        return .array(
            stress.cells.map { cell in
                .object([
                    "queue": .string(cell.queue.rawValue), "latency_percent": .integer(Int64(cell.latencyPercent)),
                    "net_pnl": exact(cell.netProfit), "fills": .integer(Int64(cell.fills)),
                    "journal_hash": .string(Self.hex(cell.journalHash)),
                ])
            })
    }

    var honestyBlocks: [Page.Block] {
        var blocks: [Page.Block] = [.table(mechanismTable), .facts(trust), .table(bookTable)]
        if let stress { blocks.append(.table(stressTable(stress))) } else { blocks.append(.paragraph(Self.stressHint)) }
        return blocks
    }

    static let stressHint =
        "What it would have earned under an optimistic and a pessimistic queue, and with half and twice the latency: run it with --stress."

    private var mechanismTable: Page.Table {
        let rows = result.mechanisms.sorted { $0.key < $1.key }.map { [Self.words($0.key), String($0.value), percent(share($0.value))] }
        return .init(
            id: "mechanisms", title: "Why orders filled", header: ["witness", "fills", "share"], numeric: [1, 2], rows: rows,
            note: "Each fill names the record of the feed that made it; fills.csv has them all.")
    }

    private static func words(_ mechanism: String) -> String {
        switch mechanism {
        case "queueCleared": "a trade at its price ran past the queue ahead"
        case "tradeThrough": "a trade went through its price"
        case "bookCrossed": "the book crossed its price"
        case "ownTaker": "it took what was displayed"
        case "ownOrder": "it met an own order of another account"
        default: mechanism
        }
    }

    private var trust: [(name: String, value: String)] {
        [
            ("Fills of more than a tenth of what was displayed", "\(result.largeFills), \(percent(share(result.largeFills)))"),
            ("Fills while a book could not be trusted", "\(result.unverifiedFills), \(percent(share(result.unverifiedFills)))"),
        ] + outcome.queues.map { ("Queue model of \($0.venue)", $0.model) }
    }

    private var bookTable: Page.Table {
        let rows = outcome.feeds.map {
            [$0.venue, $0.name, String($0.gaps), seconds($0.unsynchronised), seconds($0.stale), seconds($0.crossed)]
        }
        return .init(
            id: "books", title: "Time on books that are not to be relied on",
            header: ["venue", "feed", "gaps", "gap or resync", "stale", "crossed"],
            numeric: [2, 3, 4, 5], rows: rows, note: "While the strategy was active, looked at each second.")
    }

    private func stressTable(_ stress: Stress) -> Page.Table {
        let rows = Stress.Queue.allCases.map { queue in
            [queue.rawValue] + Stress.latencyPercents.map { percent in plain(stress[queue, percent]?.netProfit ?? .zero) }
        }
        return .init(
            id: "stress", title: "Net PnL under other models, \(currency)",
            header: ["queue"] + Stress.latencyPercents.map { "\(Decimal.text(Int64($0), decimals: 2))× latency" },
            numeric: Set(1...Stress.latencyPercents.count), rows: rows, note: stress.note)
    }

    private static func hex(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// One line for the terminal.
    var honestyLine: String {
        let mechanisms = result.mechanisms.sorted { $0.key < $1.key }.map { "\($0.key) \(percent(share($0.value)))" }
            .joined(separator: ", ")
        return "  witnesses: \(mechanisms.isEmpty ? "no fills" : mechanisms)"
    }

    /// What the terminal says of hedges; nothing where there were none.
    var legRiskLines: [String] {
        let risk = result.legRisk
        guard risk[.total].count > 0 else { return [] }
        let total = risk[.total]
        func milliseconds(_ span: Nanoseconds?) -> String { number(span.map { Double($0.count) / 1e6 }, decimals: 1) }
        var lines = [
            "  hedges: \(total.count), t1 to t6 \(milliseconds(total.percentile(500))) ms (p99 \(milliseconds(total.percentile(990)))), "
                + "slippage \(number(risk.slippage.basisPoints(risk.slippage.total), unit: " bp")), "
                + "edge captured \(percent(risk.edge.ratio))"
        ]
        for exposure in risk.exposures where exposure.episodes > 0 {
            lines.append(
                "  naked \(exposure.symbol): \(exposure.episodes) times, \(percent(exposure.nakedShare)) of the time, "
                    + "peak \(plain(ExactAmount(units: Int128(exposure.peak) * 1_000_000_000))) \(currency)")
        }
        return lines
    }
}
