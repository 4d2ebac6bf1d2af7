import Foundation
import Tape
import Testing

@testable import Feeds

/// The facts of `expected.json` that are about rows and the last book, asked with SQL. Those about the book after each frame
/// (crossings, quotes against the book of the same number) are no query: `RecordingFactsTests` and `TapeInfo` have them.
@Suite(.enabled(if: Recordings.areAvailable, "needs the shared recordings; set MMSIM_SHARED"))
struct RecordingFactsBySQLTests {
    private let files: Files

    init() throws { files = try Files() }

    private func database(_ names: [String]) throws -> TapeDatabase {
        let path = files.path("t.tape")
        _ = try Importer(inputs: names.map(Recordings.path), output: path, options: .init(keepFrames: true)).run()
        return try TapeDatabase(opening: path)
    }

    /// The only row, as text.
    private func row(_ database: TapeDatabase, _ sql: String) throws -> [String] {
        let rows = try database.query(sql).all()
        try #require(rows.count == 1, "\(sql)")
        return rows[0].map { value in
            switch value {
            case .null: "NULL"
            case .integer(let value): String(value)
            case .real(let value): String(value)
            case .text(let value): value
            case .blob: "BLOB"
            }
        }
    }

    private func text(_ fact: Any?) -> String { fact.map { "\($0)" } ?? "no such fact" }

    /// Best bid, its size, best ask, its size, number of bids and of asks, their total sizes: of the levels that were not taken away
    /// since the last full book.
    private func lastBook(_ database: TapeDatabase, feed: Int = 0) throws -> [String] {
        try row(
            database,
            """
            WITH change AS (
                SELECT side, ticks, lots, tick_size, lot_size, row_number() OVER (PARTITION BY side, ticks ORDER BY record DESC) AS age
                FROM book_change WHERE feed = \(feed) AND record >=
                    (SELECT coalesce(max(record), 0) FROM book_change WHERE feed = \(feed) AND snapshot AND first)),
            bid AS (SELECT * FROM change WHERE age = 1 AND lots > 0 AND side = 'buy' ORDER BY ticks DESC),
            ask AS (SELECT * FROM change WHERE age = 1 AND lots > 0 AND side = 'sell' ORDER BY ticks)
            SELECT (SELECT decimal(ticks, tick_size) FROM bid LIMIT 1), (SELECT decimal(lots, lot_size) FROM bid LIMIT 1),
                (SELECT decimal(ticks, tick_size) FROM ask LIMIT 1), (SELECT decimal(lots, lot_size) FROM ask LIMIT 1),
                (SELECT count(*) FROM bid), (SELECT count(*) FROM ask),
                (SELECT decimal(sum(lots), lot_size) FROM bid), (SELECT decimal(sum(lots), lot_size) FROM ask)
            """)
    }

    private func traded(_ database: TapeDatabase, _ side: String, feed: Int = 0) throws -> String {
        try row(
            database,
            "SELECT decimal(coalesce(sum(lots), 0), coalesce(lot_size, 1)) FROM trade WHERE feed = \(feed) AND side IS \(side)")[0]
    }

    @Test(arguments: [
        "binance/usdm_btcusdt_20240808.txt.gz", "binance/cm_btcusd_perp_20240808.txt.gz",
        "binance/cm_btcusd_perp_20240808.txt.gz + cm_btcusd_perp_20240809.txt.gz", "binance/spot_btcusdt_20240808.txt.gz",
        "binance/spot_btcusdt_20240808.txt.gz + spot_btcusdt_20240809.txt.gz",
        "binance/usdm_btcusdt_20230404.txt.gz + usdm_btcusdt_20230405.txt.gz", "binance/spot_btcusdt_20230405.txt.gz",
    ])
    func `Binance's facts hold by SQL`(name: String) throws {
        let facts = try Recordings.facts(name)
        let parts = name.components(separatedBy: " + ").map { $0.hasPrefix("binance/") ? $0 : "binance/\($0)" }
        let database = try database(parts)
        let frames = try row(
            database,
            """
            SELECT count(*), sum(data LIKE '%@bookTicker"%'), sum(data LIKE '%@trade"%'), sum(data LIKE '%@depth@%'),
                sum(data LIKE '%@markPrice@1s"%'), sum(data NOT LIKE '%"stream"%'), min(receive_time) / 1000, max(receive_time) / 1000
            FROM frame
            """)
        #expect(frames[0] == text(facts["lines"]))
        let streams = try #require(facts["by_stream"] as? [String: Int])
        let depth = streams["depth@0ms"] ?? streams["depth@100ms"] ?? 0
        let expected = [streams["bookTicker"], streams["trade"], depth, streams["markPrice@1s"], streams["rest_snapshot"]]
        #expect(frames[1...5].map { $0 } == expected.map { String($0 ?? 0) })
        // The facts of the older files are in microseconds.
        func microseconds(_ fact: String) throws -> String {
            let time = try #require(facts[fact] as? Int64)
            return String(time < 100_000_000_000_000_000 ? time : time / 1_000)
        }
        #expect(frames[6...7].map { $0 } == [try microseconds("first_local_ts"), try microseconds("last_local_ts")])

        #expect(try row(database, "SELECT count(*) FROM gap")[0] == text(facts["update_id_breaks"]))
        #expect(try row(database, "SELECT count(*) FROM quote")[0] == text(streams["bookTicker"]))
        let trades = try row(
            database,
            "SELECT count(*), sum(step != 1), count(DISTINCT id) FROM (SELECT id, id - lag(id) OVER (ORDER BY record) AS step FROM trade)")
        #expect(trades == [text(facts["trades"]), text(facts["trade_id_gaps"]), text(facts["trades"])])
        #expect(try traded(database, "'buy'") == text(facts["taker_buy_qty"]))
        #expect(try traded(database, "'sell'") == text(facts["taker_sell_qty"]))

        // Of every frame but full books; percentiles by nearest rank.
        let latency = try row(
            database,
            """
            WITH late AS (
                SELECT receive_time - venue_time AS span FROM trade UNION ALL SELECT receive_time - venue_time FROM quote
                UNION ALL SELECT receive_time - venue_time FROM mark
                UNION ALL SELECT receive_time - venue_time FROM book_change WHERE last AND NOT snapshot),
            ranked AS (SELECT span, row_number() OVER (ORDER BY span) AS rank, count(*) OVER () AS n FROM late WHERE span IS NOT NULL)
            SELECT round(min(span) / 1e6, 1), round(max(CASE WHEN rank = (50 * n + 99) / 100 THEN span END) / 1e6, 1),
                round(max(CASE WHEN rank = (99 * n + 99) / 100 THEN span END) / 1e6, 1), round(max(span) / 1e6, 1) FROM ranked
            """)
        let spans = try #require(facts["local_minus_event_ms"] as? [String: Double])
        #expect(latency == ["min", "median", "p99", "max"].map { String(spans[$0] ?? .nan) })

        guard facts["final_best_bid"] != nil else { return }
        let book = try lastBook(database)
        #expect(book[0...3].map { $0 } == ["bid", "bid_qty", "ask", "ask_qty"].map { text(facts["final_best_\($0)"]) })
        #expect(book[4...5].map { $0 } == (facts["final_levels_bid_ask"] as? [Int])?.map(String.init))
        let numbers = try row(database, "SELECT max(update_id), min(CASE WHEN snapshot THEN update_id END) FROM book_change")
        #expect(numbers == [text(facts["final_u"]), text(facts["rest_lastUpdateId"])])
    }

    @Test func `Lighter's facts hold by SQL`() throws {
        let name = "lighter/lighter_btc_20251009.jsonl.gz"
        let facts = try Recordings.facts(name)
        let types = try #require(facts["by_type"] as? [String: Int])
        let database = try database([name])
        let levels = try row(
            database, "SELECT sum(side = 'buy'), sum(side = 'sell'), (SELECT count(*) FROM gap) FROM book_change WHERE snapshot")
        let snapshot = try #require(facts["snapshot_levels_bid_ask"] as? [Int])
        #expect(levels == snapshot.map(String.init) + [text(facts["offset_breaks"])])
        let frames = try row(database, "SELECT sum(data LIKE '%\"update/order_book\"%'), sum(data LIKE '%\"update/trade\"%') FROM frame")
        #expect(frames == [text(types["update/order_book"]), text(types["update/trade"])])
        let trades = try row(database, "SELECT count(*), count(DISTINCT id) FROM trade")
        #expect(trades == [text(facts["live_trades"]), text(facts["live_trades"])], "live_trade_ids_unique")
        #expect(try traded(database, "'buy'") == text(facts["live_taker_buy_size"]))
        #expect(try traded(database, "'sell'") == text(facts["live_taker_sell_size"]))
        let book = try lastBook(database)
        #expect(
            book[0...3].map { $0 } == ["best_bid", "best_bid_size", "best_ask", "best_ask_size"].map { text(facts["final_\($0)"]) })
        #expect(book[4...5].map { $0 } == (facts["final_levels_bid_ask"] as? [Int])?.map(String.init))
        #expect(book[6...7].map { $0 } == [text(facts["final_total_bid_size"]), text(facts["final_total_ask_size"])])
    }

    @Test func `Bybit's facts hold by SQL`() throws {
        let name = "bybit/bybit_perp_spot_20260809.jsonl.gz"
        let facts = try Recordings.facts(name)
        let database = try database([name])
        let feeds = try database.query("SELECT id, kind, venue_symbol FROM feed ORDER BY id").all()
        #expect(feeds.count == 6)
        for (feed, row) in feeds.enumerated() {
            guard case .text(let kind) = row[1], case .text(let symbol) = row[2] else { continue }
            let market = kind == "spot" ? "spot" : "linear"
            let book = try #require(facts["\(market) orderbook.200.\(symbol)"] as? [String: Any])
            let trades = try #require(facts["\(market) publicTrade.\(symbol)"] as? [String: Any])
            let counts = try self.row(
                database,
                """
                SELECT sum(first), sum(first AND snapshot), max(update_id), (SELECT count(*) FROM gap WHERE feed = \(feed)),
                    (SELECT count(*) FROM trade WHERE feed = \(feed)) FROM book_change WHERE feed = \(feed)
                """)
            #expect(
                counts == [
                    text(book["frames"]), text(book["snapshots"]), text(book["final_u"]), text(book["u_breaks"]), text(trades["trades"]),
                ])
            #expect(try traded(database, "'buy'", feed: feed) == text(trades["qty_Buy"] ?? "0"))
            #expect(try traded(database, "'sell'", feed: feed) == text(trades["qty_Sell"] ?? "0"))
            let last = try lastBook(database, feed: feed)
            #expect(
                last[0...3].map { $0 } == ["best_bid", "best_bid_size", "best_ask", "best_ask_size"].map { text(book["final_\($0)"]) })
            #expect(last[4...5].map { $0 } == (book["final_levels"] as? [Int])?.map(String.init))
        }
    }

    @Test func `Bitstamp's facts hold by SQL`() throws {
        let name = "bitstamp-l3/bitstamp_btcusd_20150501.log.gz"
        let facts = try Recordings.facts(name)
        let database = try database([name])
        #expect(try traded(database, "NULL") == text(facts["trade_volume_btc"]))
        let events = try #require(facts["events"] as? [String: Int])
        #expect(try row(database, "SELECT count(*) FROM trade")[0] == text(events["trade"]))
        let open = try row(
            database,
            """
            SELECT count(*) FROM (SELECT kind, row_number() OVER (PARTITION BY order_id ORDER BY record DESC) AS age FROM book_change)
            WHERE age = 1 AND kind != 'order_deleted'
            """)
        #expect(open[0] == text(facts["orders_open_at_end"]))
    }

    @Test(arguments: ["bbo-1s/hyperliquid_btc_20260101_20260102.csv.gz", "bbo-1s/binance_usdm_btcusdt_20260101_20260102.csv.gz"])
    func `best quotes' facts hold by SQL`(name: String) throws {
        let facts = try Recordings.facts(name)
        let database = try database([name])
        #expect(
            try row(database, "SELECT count(*), sum(bid_ticks >= ask_ticks) FROM quote") == [text(facts["rows"]), text(facts["crossed"])])
        for (fact, order) in [("first", "ASC"), ("last", "DESC")] {
            let quote = try database.query(
                """
                SELECT replace(substr(time_text(time), 1, 19), 'T', ' '), ask_size, ask_price, bid_price, bid_size FROM quote
                ORDER BY record \(order) LIMIT 1
                """
            ).all()[0]
            let expected = try #require(facts[fact] as? [String])
            #expect(quote == [.text(expected[0])] + expected.dropFirst().map { .real(Double($0) ?? .nan) })
        }
    }

    @Test func `Backpack's facts hold by SQL`() throws {
        let facts = try Recordings.facts("backpack/backpack_sol_usdc_20260902.jsonl.gz")
        let streams = try #require(facts["by_stream"] as? [String: Int])
        let database = try database(["backpack/backpack_sol_usdc_20260902.jsonl.gz"])
        let counts = try row(
            database,
            """
            SELECT (SELECT sum(first) FROM book_change), (SELECT count(*) FROM quote), (SELECT count(*) FROM mark WHERE feed = 1),
                (SELECT count(*) FROM gap), (SELECT max(update_id) FROM book_change),
                (SELECT count(*) FROM quote WHERE update_id IN (SELECT update_id FROM book_change WHERE last)),
                (SELECT min(venue_time) / 1000 FROM (SELECT venue_time FROM quote UNION ALL SELECT venue_time FROM book_change))
            """)
        #expect(
            counts == [
                text(streams["depth.SOL_USDC"]), text(streams["bookTicker.SOL_USDC"]), text(streams["markPrice.SOL_USDC_PERP"]),
                text(facts["update_id_breaks"]), text(facts["last_u"]), text(facts["bookTicker_with_depth_of_same_u"]),
                text(facts["first_E"]),
            ])
    }
}
