import Foundation
import Market
import Testing

@testable import Feeds

/// Every fact of `expected.json` that an import can show.
@Suite(.enabled(if: Recordings.areAvailable, "needs the shared recordings; set MMSIM_SHARED"))
struct RecordingFactsTests {
    /// One decimal of a millisecond, as the facts print it.
    private func milliseconds(_ span: Nanoseconds) -> Double { (Double(span.count) / 100_000).rounded() / 10 }

    private func text(_ facts: [String: Any], _ key: String) -> String? { facts[key] as? String }

    private func pair(_ facts: [String: Any], _ key: String) -> [Int]? { facts[key] as? [Int] }

    @Test(arguments: [
        "binance/usdm_btcusdt_20240808.txt.gz", "binance/cm_btcusd_perp_20240808.txt.gz",
        "binance/cm_btcusd_perp_20240808.txt.gz + cm_btcusd_perp_20240809.txt.gz", "binance/spot_btcusdt_20240808.txt.gz",
        "binance/spot_btcusdt_20240808.txt.gz + spot_btcusdt_20240809.txt.gz",
        "binance/usdm_btcusdt_20230404.txt.gz + usdm_btcusdt_20230405.txt.gz", "binance/spot_btcusdt_20230405.txt.gz",
    ])
    func `a Binance recording has the facts that an independent reader found`(name: String) throws {
        let facts = try Recordings.facts(name)
        let parts = name.components(separatedBy: " + ").map { $0.hasPrefix("binance/") ? $0 : "binance/\($0)" }
        let (summary, infos) = try Recordings.read(parts)
        #expect(summary.lines == facts["lines"] as? Int)
        #expect(infos.count == 1)
        let (feed, info) = (summary.feeds[0], infos[0])
        let streams = try #require(facts["by_stream"] as? [String: Int])
        #expect(Dictionary(uniqueKeysWithValues: feed.messages.map { ($0.name, $0.count) }) == streams)
        #expect(feed.firstTime.nanoseconds / 1_000 * 1_000 == (facts["first_local_ts"] as? Int64).map(nanoseconds))
        #expect(feed.lastTime.nanoseconds / 1_000 * 1_000 == (facts["last_local_ts"] as? Int64).map(nanoseconds))
        #expect(feed.gaps == facts["update_id_breaks"] as? Int)
        #expect(info.trades.count == facts["trades"] as? Int)
        let instrument = info.instrument
        #expect(instrument.text(info.trades.bought) == text(facts, "taker_buy_qty"))
        #expect(instrument.text(info.trades.sold) == text(facts, "taker_sell_qty"))
        let latency = try #require(info.latency)
        let expected = try #require(facts["local_minus_event_ms"] as? [String: Double])
        #expect(
            [
                "min": milliseconds(latency.minimum), "median": milliseconds(latency.median), "p99": milliseconds(latency.percentile99),
                "max": milliseconds(latency.maximum),
            ] == expected)
        if let bid = text(facts, "final_best_bid") {
            #expect(info.bestBid.map { instrument.text($0.price) } == bid)
            #expect(info.bestAsk.map { instrument.text($0.price) } == text(facts, "final_best_ask"))
            #expect(info.bestBid.map { instrument.text($0.quantity) } == text(facts, "final_best_bid_qty"))
            #expect(info.bestAsk.map { instrument.text($0.quantity) } == text(facts, "final_best_ask_qty"))
            #expect([info.bidLevels, info.askLevels] == pair(facts, "final_levels_bid_ask"))
            #expect(info.crossedFrames == facts["crossed_after_update"] as? Int)
        } else {
            #expect(feed.unsynchronisedFrames == 0, "a recording without a full book keeps its changes")
        }
        if let same = facts["book_vs_bookTicker_same_u"] as? [String: Int] {
            // The independent reader compared the quotes that came ahead of the book, which are nearly all.
            let ahead = info.quoteComparison.equal - info.quoteComparison.late
            #expect(["equal": ahead, "different": info.quoteComparison.different] == same)
        }
    }

    private func nanoseconds(_ local: Int64) -> Int64 { local < 100_000_000_000_000_000 ? local * 1_000 : local / 1_000 * 1_000 }

    @Test(arguments: [
        ["binance/usdm_btcusdt_20230404.txt.gz", "binance/usdm_btcusdt_20230405.txt.gz"], ["binance/spot_btcusdt_20240808.txt.gz"],
        ["lighter/lighter_btc_20251009.jsonl.gz", "lighter/lighter_market_stats_20251009.jsonl.gz"],
        ["bitstamp-l3/bitstamp_btcusd_20150501.log.gz"],
    ])
    func `corrected times of a recording never decrease and keep the minimum latency`(names: [String]) throws {
        var run = try ImportRun(names.map(Recordings.path), Importer.Options(), MemorySink()) { _ in }
        let sink = try run.run().0
        let minimum = Nanoseconds.milliseconds(1)
        var clock = FeedClock(minimumLatency: minimum)
        var (last, broken) = (sink.events[0], 0)
        clock.correct(&last)
        for var event in sink.events.dropFirst() {
            clock.correct(&event)
            if event.venueTime < last.venueTime || event.receiveTime < last.receiveTime { broken += 1 }
            if event.receiveTime < event.venueTime + minimum { broken += 1 }
            last = event
        }
        #expect(broken == 0)
        #expect(clock.statistics.events == sink.events.count)
    }

    @Test func `Lighter's book, trades and statistics become one feed`() throws {
        let name = "lighter/lighter_btc_20251009.jsonl.gz"
        let facts = try Recordings.facts(name)
        let statistics = try Recordings.facts("lighter/lighter_market_stats_20251009.jsonl.gz")
        let (summary, infos) = try Recordings.read([name, "lighter/lighter_market_stats_20251009.jsonl.gz"])
        let frames = (try #require(facts["frames"] as? Int), try #require(statistics["frames"] as? Int))
        #expect(summary.lines == frames.0 + frames.1)
        let types = try #require(facts["by_type"] as? [String: Int])
        for stream in ["subscribed/order_book", "update/order_book", "update/trade"] {
            #expect(summary.messages(stream, feed: 0) == types[stream])
        }
        #expect(summary.ignored.first { $0.name == "trade history" }?.count == types["subscribed/trade"])
        #expect(infos.count == 1)
        let info = infos[0]
        let instrument = info.instrument
        #expect(info.gaps == facts["offset_breaks"] as? Int)
        #expect(info.crossedFrames == facts["crossed_after_update"] as? Int)
        #expect(info.bestBid.map { instrument.text($0.price) } == text(facts, "final_best_bid"))
        #expect(info.bestAsk.map { instrument.text($0.price) } == text(facts, "final_best_ask"))
        #expect(info.bestBid.map { instrument.text($0.quantity) } == text(facts, "final_best_bid_size"))
        #expect(info.bestAsk.map { instrument.text($0.quantity) } == text(facts, "final_best_ask_size"))
        #expect([info.bidLevels, info.askLevels] == pair(facts, "final_levels_bid_ask"))
        #expect(info.trades.count == facts["live_trades"] as? Int)
        #expect(instrument.text(info.trades.bought) == text(facts, "live_taker_buy_size"))
        #expect(instrument.text(info.trades.sold) == text(facts, "live_taker_sell_size"))
        #expect(info.count(.mark) == 198)
        #expect(info.count(.funding) == 198)
    }

    @Test func `Bybit's six instruments are six feeds with their own grids`() throws {
        let name = "bybit/bybit_perp_spot_20260809.jsonl.gz"
        let facts = try Recordings.facts(name)
        let (summary, infos) = try Recordings.read([name])
        #expect(infos.count == 6)
        for (feed, info) in zip(summary.feeds, infos) {
            let instrument = info.instrument
            let key = "\(instrument.kind == .spot ? "spot" : "linear") "
            let book = try #require(facts[key + "orderbook.200." + instrument.venueSymbol] as? [String: Any])
            let trades = try #require(facts[key + "publicTrade." + instrument.venueSymbol] as? [String: Any])
            let tickers = try #require(facts[key + "tickers." + instrument.venueSymbol] as? [String: Any])
            let counts = Dictionary(uniqueKeysWithValues: feed.messages.map { ($0.name, $0.count) })
            #expect(counts["orderbook.200"] == book["frames"] as? Int)
            #expect(counts["publicTrade"] == trades["frames"] as? Int)
            #expect(counts["tickers"] == tickers["frames"] as? Int)
            #expect(info.gaps == book["u_breaks"] as? Int)
            #expect(info.crossedFrames == book["crossed"] as? Int)
            #expect(info.bestBid.map { instrument.text($0.price) } == text(book, "final_best_bid"))
            #expect(info.bestAsk.map { instrument.text($0.price) } == text(book, "final_best_ask"))
            #expect(info.bestBid.map { instrument.text($0.quantity) } == text(book, "final_best_bid_size"))
            #expect(info.bestAsk.map { instrument.text($0.quantity) } == text(book, "final_best_ask_size"))
            #expect([info.bidLevels, info.askLevels] == pair(book, "final_levels"))
            #expect(info.trades.count == trades["trades"] as? Int)
            #expect(instrument.text(info.trades.bought) == text(trades, "qty_Buy") ?? "0")
            #expect(instrument.text(info.trades.sold) == text(trades, "qty_Sell") ?? "0")
        }
    }

    @Test func `Bitstamp's orders rebuild the books it recorded`() throws {
        let name = "bitstamp-l3/bitstamp_btcusd_20150501.log.gz"
        let facts = try Recordings.facts(name)
        let (summary, infos) = try Recordings.read([name])
        let messages = Dictionary(uniqueKeysWithValues: summary.feeds[0].messages.map { ($0.name, $0.count) })
        #expect(messages == facts["events"] as? [String: Int])
        let checks = Dictionary(uniqueKeysWithValues: summary.checks.map { ($0.name, $0.count) })
        let pairs = [
            ("books compared", "snapshots_compared_after_10min"), ("repeated creations", "dup_create"),
            ("changes of a price", "price_changed"), ("deletions of unknown orders", "delete_of_unknown"),
            ("deletions of filled orders", "delete_with_zero_amount"), ("changes of unknown orders", "change_of_unknown"),
            ("best bids equal", "best_bid_equal"), ("best asks equal", "best_ask_equal"), ("orders open at the end", "orders_open_at_end"),
        ]
        for (check, fact) in pairs { #expect(checks[check] == facts[fact] as? Int, "\(check)") }
        #expect(infos[0].instrument.text(infos[0].trades.unknown) == text(facts, "trade_volume_btc"))
    }

    @Test(arguments: ["bbo-1s/hyperliquid_btc_20260101_20260102.csv.gz", "bbo-1s/binance_usdm_btcusdt_20260101_20260102.csv.gz"])
    func `best quotes keep their first and last rows`(name: String) throws {
        let facts = try Recordings.facts(name)
        var run = try ImportRun([Recordings.path(name)], Importer.Options(), MemorySink()) { _ in }
        let (sink, summary) = try run.run()
        #expect(summary.messages("quote", feed: 0) == facts["rows"] as? Int)
        let instrument = sink.instruments[0]
        func row(_ bid: MarketEvent, _ ask: MarketEvent) -> [Int64] {
            [
                ask.quantity * instrument.lotSize, ask.price * instrument.tickSize.nanos, bid.price * instrument.tickSize.nanos,
                bid.quantity * instrument.lotSize,
            ]
        }
        func expected(_ key: String) throws -> [Int64] {
            try #require(facts[key] as? [String]).dropFirst().map { try Decimal.parse($0, decimals: 9) }
        }
        #expect(row(sink.events[0], sink.events[1]) == (try expected("first")))
        #expect(row(sink.events[sink.events.count - 2], sink.events[sink.events.count - 1]) == (try expected("last")))
        var crossed = 0
        for index in stride(from: 0, to: sink.events.count, by: 2) where sink.events[index].price >= sink.events[index + 1].price {
            crossed += 1
        }
        #expect(crossed == facts["crossed"] as? Int)
    }

    @Test func `Backpack's fragment has its changes and quotes, and no full book`() throws {
        let name = "backpack/backpack_sol_usdc_20260902.jsonl.gz"
        let facts = try Recordings.facts(name)
        let (summary, infos) = try Recordings.read([name])
        let streams = try #require(facts["by_stream"] as? [String: Int])
        #expect(summary.lines == facts["frames"] as? Int)
        #expect(summary.messages("depth", feed: 0) == streams["depth.SOL_USDC"])
        #expect(summary.messages("bookTicker", feed: 0) == streams["bookTicker.SOL_USDC"])
        #expect(summary.messages("markPrice", feed: 1) == streams["markPrice.SOL_USDC_PERP"])
        #expect(summary.ignored == [ImportSummary.Count(name: "other stream", count: streams["ticker.SOL_USDC"]!)])
        #expect(infos[0].gaps == facts["update_id_breaks"] as? Int)
        #expect(infos[0].quoteComparison.unverified == facts["bookTicker_with_depth_of_same_u"] as? Int)
        #expect(infos[0].firstVenueTime?.nanoseconds == (facts["first_E"] as? Int64).map { $0 * 1_000 })
        #expect(infos[1].lastVenueTime?.nanoseconds == (facts["last_E"] as? Int64).map { $0 * 1_000 })
        #expect(infos[0].firstReceiveTime == nil)
    }
}
