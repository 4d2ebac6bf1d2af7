import Market
import Scenario
import Testing
import Trading

@Suite struct ReadingTests {
    @Test func `every key becomes a typed value`() throws {
        let scenario = try Demo.resolve(Demo.text)
        let usd = try #require(Currency("USD"))
        let usdt = try #require(Currency("USDT"))
        let btc = try #require(Currency("BTC"))
        #expect(scenario.name == "btc-demo")
        #expect(scenario.seed == 7)
        #expect(scenario.tapes == ["folder/a.tape", "/data/b.tape"])
        #expect(scenario.start == Timestamp(nanoseconds: 1_723_161_300_000_000_000))
        #expect(scenario.end == Timestamp(nanoseconds: 1_723_161_540_500_000_000))
        #expect(scenario.venues.map(\.name) == ["far", "near"])
        let near = try #require(scenario.venue("near"))
        #expect(near.feed == "binance-usdm")
        #expect(near.profile.name == "generic")
        #expect(near.minimumLatency == .milliseconds(2))
        #expect((near.sync, near.queue, near.postOnly) == (.touch, .tradesOnly, .expire))
        #expect(near.minimumNotional == Money(nanos: 5_000_000_000, usdt))
        let maker = try #require(scenario.account("M"))
        #expect(maker.venue == "near")
        #expect(maker.collateral == [Money(nanos: 500_000_000, btc), Money(nanos: 50_000_000_000_000, usdt)])
        #expect((maker.makerFee, maker.takerFee) == (Rate(trillionths: -50_000_000), Rate(basisPoints: 5)))
        #expect(maker.connection == .constant(entry: .milliseconds(250), response: .milliseconds(5)))
        #expect(maker.key == "near-main")
        #expect(scenario.symbols == ["BTC": ["near": "BTCUSDT", "far": "BTCUSD_PERP"]])
        #expect(scenario.strategy.name == "pair")
        #expect(scenario.strategy.symbol == "BTC")
        #expect(scenario.strategy.accounts == ["maker": "M", "taker": "T"])
        #expect(
            scenario.strategy.parameters.values == [
                "size": .amount(Money(nanos: 10_000_000, btc)), "wait": .duration(.seconds(1)),
                "hold": .durationRange(.minutes(1), .minutes(2)), "min_net": .rate(Rate(basisPoints: 4)), "attempts": .integer(3),
                "share": .factor(Rate(trillionths: 500_000_000_000)), "post_only": .boolean(false), "sides": .choice("buy"),
            ])
        #expect(scenario.risk.maximumOrderNotional == Money(nanos: 20_000_000_000_000, usdt))
        #expect(scenario.risk.maximumPosition == Money(nanos: 1_000_000_000, btc))
        #expect(scenario.risk.priceCollar == Rate(basisPoints: 500))
        #expect(scenario.risk.maximumOrdersPerSecond == 50)
        #expect(scenario.risk.reservedOrdersPerSecond == 10)
        #expect(scenario.risk.duplicateWindow == .milliseconds(100))
        #expect(scenario.risk.staleAfter == .seconds(5))
        #expect(scenario.risk.maximumRejectsPerMinute == 20)
        #expect(scenario.reporting == usd)
        #expect(scenario.rates.map(\.from) == [btc, usdt])
        #expect(scenario.rates.map(\.to) == [usd, usd])
        #expect(scenario.rates.map(\.source) == [.feed(venue: "near", symbol: "BTC"), .stated(1_000_000_000)])
        #expect(scenario.capital == Money(nanos: 100_000_000_000_000, usd))
        #expect(scenario.returns == .compounding)
        #expect(scenario.overrides == [])
    }

    @Test func `what a profile knows need not be stated, and its speed bumps hold`() throws {
        let taker = try #require(Demo.resolve(Demo.text).account("T"))
        #expect((taker.makerFee, taker.takerFee) == (.zero, .zero))
        var connection = ConnectionModel.constant(entry: .milliseconds(10), response: .milliseconds(10))
        connection.speedBumps = SpeedBumps(maker: .milliseconds(200), taker: .milliseconds(300), cancel: .milliseconds(200))
        #expect(taker.connection == connection)
        #expect(taker.key == nil)
    }

    @Test func `a profile tells whose feeds it is foreign to`() throws {
        let profile = try #require(Demo.resolve(Demo.text).venue("far")).profile
        #expect(profile.isForeign(to: "binance-coinm"))
        #expect(!profile.isForeign(to: "lighter"))
        #expect(VenueProfile.named("generic")?.isForeign(to: "lighter") == false)
    }

    @Test func `a short scenario has the documented defaults`() throws {
        let scenario = try Demo.resolve(
            """
            version: 1
            name: short
            tapes: only.tape
            venues: {v: {feed: f}}
            accounts: {A: {venue: v, collateral: ["0 USD"], maker_fee: 0bp, taker_fee: 0 %}}
            strategy: {name: idle, symbol: BTC, accounts: {maker: A}}
            reporting: USD
            """)
        #expect(scenario.seed == 1)
        #expect(scenario.tapes == ["folder/only.tape"])
        #expect((scenario.start, scenario.end) == (nil, nil))
        let venue = try #require(scenario.venue("v"))
        #expect(venue.profile.name == "generic")
        #expect(venue.minimumLatency == .milliseconds(1))
        #expect((venue.sync, venue.queue, venue.postOnly) == (.snapshot, .tradesOnly, .reject))
        #expect(venue.minimumNotional == nil)
        let account = try #require(scenario.account("A"))
        #expect(account.connection == .constant(entry: .milliseconds(10), response: .milliseconds(10)))
        #expect(scenario.strategy.computeTime == .zero)
        #expect(scenario.symbols == [:])
        let risk = scenario.risk
        #expect((risk.maximumOrderNotional, risk.maximumPosition, risk.priceCollar) == (nil, nil, nil))
        #expect((risk.maximumOrdersPerSecond, risk.reservedOrdersPerSecond, risk.maximumRejectsPerMinute) == (nil, 0, nil))
        #expect((risk.duplicateWindow, risk.staleAfter) == (nil, nil))
        #expect(scenario.rates == [])
        #expect(scenario.capital == nil)
        #expect(scenario.returns == .additive)
    }

    @Test func `parameters that are left out have their defaults`() throws {
        let scenario = try Demo.resolve(Demo.setting("strategy.parameters", to: "{size: 1 BTC}"))
        let btc = try #require(Currency("BTC"))
        #expect(
            scenario.strategy.parameters.values == [
                "size": .amount(Money(nanos: 1_000_000_000, btc)), "wait": .duration(.milliseconds(250)),
                "hold": .durationRange(.minutes(60), .minutes(90)), "min_net": .rate(Rate(basisPoints: 3)), "attempts": .unlimited,
                "share": .factor(Rate(trillionths: 960_000_000_000)), "post_only": .boolean(true), "sides": .choice("both"),
            ])
    }

    @Test(arguments: [
        ("250 ms", Nanoseconds.milliseconds(250)), ("250ms", .milliseconds(250)), ("0.25 s", .milliseconds(250)),
        ("0.0000005 s", Nanoseconds(count: 500)), ("10000000000 ns", .seconds(10)), ("7 us", Nanoseconds(count: 7_000)),
        ("2 m", .minutes(2)), ("2 min", .minutes(2)), ("1 h", .hours(1)), ("0.01 d", .seconds(864)), ("0 ms", .zero),
    ])
    func `durations keep every nanosecond`(text: String, span: Nanoseconds) throws {
        let account = try #require(Demo.resolve(Demo.setting("accounts.M.entry_latency", to: text)).account("M"))
        #expect(account.connection.entry.common?.constant == span)
    }

    @Test func `names that YAML would take for something else are names`() throws {
        var text = Demo.text
        for (plain, odd) in [("near:", "NO:"), (": near", ": NO"), ("M:", "\"1\":"), (": M", ": 1"), ("BTC:", "\"on\":")] {
            text = text.replacing(plain, with: odd)
        }
        let scenario = try Demo.resolve(text)
        #expect(scenario.venues.map(\.name) == ["NO", "far"])
        #expect(scenario.accounts.map(\.name) == ["1", "T"])
        #expect(scenario.strategy.accounts == ["maker": "1", "taker": "T"])
        #expect(scenario.symbols == ["on": ["NO": "BTCUSDT", "far": "BTCUSD_PERP"]])
    }

    @Test func `JSON, anchors, comments and other line ends say the same`() throws {
        let expected = try Demo.resolve(Demo.text).canonicalText
        let json = """
            {"version": 1, "name": "btc-demo", "seed": 7, "tapes": ["x"],
            \t"range": {"start": "2024-08-08T23:55:00Z", "end": "2024-08-08T23:59:00.5Z"},
            "venues": {"near": {"feed": "binance-usdm", "minimum_latency": "2 ms", "sync": "touch", "queue": "trades-only",
              "post_only": "expire", "spot_fee": "received", "minimum_notional": "5 USDT"},
              "far": {"feed": "binance-coinm", "profile": "lighter-standard"}},
            "accounts": {"M": {"venue": "near", "collateral": ["0.50 BTC", "50000 USDT"], "maker_fee": "-0.5 bp", "taker_fee": "5 bp",
              "entry_latency": "250 ms", "response_latency": "0.005 s"}, "T": {"venue": "far", "collateral": ["1 BTC"]}},
            "symbols": {"BTC": {"far": "BTCUSD_PERP", "near": "BTCUSDT"}},
            "strategy": {"name": "pair", "symbol": "BTC", "accounts": {"taker": "T", "maker": "M"}, "parameters": {"size": "0.01 BTC",
              "wait": "1000 ms", "hold": ["60 s", "2 m"], "min_net": "0.04 %", "attempts": 3, "share": "0.50", "post_only": false,
              "sides": "buy"}},
            "risk": {"max_order_notional": "20000 USDT", "max_position": "1 BTC", "price_collar": "500 bp", "max_orders_per_second": 50,
              "reserved_orders_per_second": 10, "duplicate_window": "0.1 s", "stale_after": "5000 ms", "max_rejects_per_minute": 20},
            "reporting": "USD", "rates": {"USDT/USD": "1.0", "BTC/USD": {"symbol": "BTC", "feed": "near"}},
            "report": {"capital": "100000 USD", "returns": "compounding"}}
            """
        #expect(try Demo.resolve(json).canonicalText == expected)
        #expect(try Demo.resolve("# first\n\n---\n" + Demo.text.replacing("seed: 7", with: "seed: 7  # lucky")).canonicalText == expected)
        #expect(try Demo.resolve(Demo.text.replacing("\n", with: "\r\n")).canonicalText == expected)
        #expect(try Demo.resolve("\u{FEFF}" + Demo.text).canonicalText == expected)
        let anchored = Demo.text.replacing("symbol: BTC\n  accounts", with: "symbol: &b BTC\n  accounts")
            .replacing("feed: near\n    symbol: BTC", with: "feed: near\n    symbol: *b")
        #expect(try Demo.resolve(anchored).canonicalText == expected)
    }
}
