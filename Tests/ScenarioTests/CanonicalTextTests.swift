import Scenario
import Testing

@Suite struct CanonicalTextTests {
    @Test func `it is sorted lines in one set of units`() throws {
        let scenario = try Demo.resolve(Demo.text)
        #expect(
            scenario.canonicalText == """
                accounts.M.collateral = 0.5 BTC, 50000 USDT
                accounts.M.entry_latency = 250 ms
                accounts.M.maker_fee = -0.5 bp
                accounts.M.response_latency = 5 ms
                accounts.M.taker_fee = 5 bp
                accounts.M.venue = near
                accounts.T.collateral = 1 BTC
                accounts.T.entry_latency = 10 ms
                accounts.T.maker_fee = 0 bp
                accounts.T.response_latency = 10 ms
                accounts.T.speed_bumps = maker 200 ms, taker 300 ms (would-take), cancel 200 ms
                accounts.T.taker_fee = 0 bp
                accounts.T.venue = far
                name = btc-demo
                range.end = 2024-08-08T23:59:00.500000000Z
                range.start = 2024-08-08T23:55:00Z
                rates.BTC/USD = near BTC
                rates.USDT/USD = 1
                report.capital = 100000 USD
                report.returns = compounding
                reporting = USD
                risk.duplicate_window = 100 ms
                risk.max_order_notional = 20000 USDT
                risk.max_orders_per_second = 50
                risk.max_position = 1 BTC
                risk.max_rejects_per_minute = 20
                risk.price_collar = 500 bp
                risk.reserved_orders_per_second = 10
                risk.stale_after = 5000 ms
                seed = 7
                strategy.accounts.maker = M
                strategy.accounts.taker = T
                strategy.name = pair
                strategy.parameters.attempts = 3
                strategy.parameters.hold = 60000 ms .. 120000 ms
                strategy.parameters.min_net = 4 bp
                strategy.parameters.post_only = false
                strategy.parameters.share = 0.5
                strategy.parameters.sides = buy
                strategy.parameters.size = 0.01 BTC
                strategy.parameters.wait = 1000 ms
                strategy.symbol = BTC
                symbols.BTC.far = BTCUSD_PERP
                symbols.BTC.near = BTCUSDT
                venues.far.feed = binance-coinm
                venues.far.minimum_latency = 1 ms
                venues.far.post_only = reject
                venues.far.profile = lighter-standard
                venues.far.queue = trades-only
                venues.far.spot_fee = quote
                venues.far.sync = snapshot
                venues.near.feed = binance-usdm
                venues.near.minimum_latency = 2 ms
                venues.near.minimum_notional = 5 USDT
                venues.near.post_only = expire
                venues.near.profile = generic
                venues.near.queue = trades-only
                venues.near.spot_fee = received
                venues.near.sync = touch
                version = 1

                """)
        // By another program, of the text above.
        #expect("\(scenario.hash)" == "f48e05871c295dbf4d213deb25974a784d5b6556310b9fbe75ff91c074d02457")
    }

    @Test func `credentials and the paths of tapes are not in it`() throws {
        let other = try Demo.resolve(
            Demo.text.replacing("near-main", with: "other").replacing("[a.tape, /data/b.tape]", with: "[c.tape]"))
        #expect(other.hash == (try Demo.resolve(Demo.text)).hash)
        #expect(!other.canonicalText.contains("other") && !other.canonicalText.contains(".tape"))
    }

    /// Every other key: another value of it is another scenario.
    @Test(arguments: [
        ("name", "x"), ("seed", "8"), ("range.start", "2024-08-08T23:55:00.000000001Z"), ("range.end", "2024-08-09"),
        ("venues.near.feed", "x"), ("venues.near.profile", "grvt"), ("venues.near.minimum_latency", "3 ms"),
        ("venues.near.sync", "snapshot"), ("venues.near.queue", "risk-averse"), ("venues.near.post_only", "reject"),
        ("venues.near.spot_fee", "quote"),
        ("venues.near.minimum_notional", "6 USDT"), ("accounts.M.collateral", "1 BTC"), ("accounts.M.maker_fee", "0 bp"),
        ("accounts.M.taker_fee", "0 bp"), ("accounts.M.entry_latency", "1 ns"), ("accounts.M.response_latency", "1 ns"),
        ("accounts.T.venue", "near"), ("symbols.BTC.near", "X"), ("strategy.symbol", "X"), ("strategy.parameters.size", "2 BTC"),
        ("strategy.parameters.wait", "2 s"), ("strategy.parameters.hold", "[1 min, 3 min]"), ("strategy.parameters.min_net", "5 bp"),
        ("strategy.parameters.attempts", "unlimited"), ("strategy.parameters.share", "0.51"), ("strategy.parameters.post_only", "true"),
        ("strategy.parameters.sides", "sell"), ("risk.max_order_notional", "20000 USD"), ("risk.max_position", "2 BTC"),
        ("risk.price_collar", "6 %"), ("risk.max_orders_per_second", "51"), ("risk.reserved_orders_per_second", "11"),
        ("risk.duplicate_window", "101 ms"), ("risk.stale_after", "6 s"), ("risk.max_rejects_per_minute", "21"), ("reporting", "USDC"),
        ("rates.USDT/USD", "1.01"), ("rates.BTC/USD.feed", "far"), ("rates.BTC/USD.symbol", "X"), ("report.capital", "1 USD"),
        ("report.returns", "additive"),
    ])
    func `another value is another hash`(path: String, value: String) throws {
        let fees = path == "accounts.T.venue" ? ["accounts.T.maker_fee=0 bp", "accounts.T.taker_fee=0 bp"] : []
        let other = try Demo.resolve(Demo.setting(path, to: value), overrides: fees)
        #expect(try Demo.resolve(other.source).canonicalText == other.canonicalText)
        #expect(other.hash != (try Demo.resolve(Demo.text)).hash)
    }
}
