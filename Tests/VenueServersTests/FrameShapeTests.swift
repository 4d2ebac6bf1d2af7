import Foundation
import Market
import Testing
import Trading
import Venues

@testable import VenueServers

/// What the server writes beside what the venue wrote.
@Suite struct FrameShapeTests {
    /// Whether two texts have the same members with values of the same kinds; a `null` in either stands for anything.
    private static func isLike(_ ours: String, _ theirs: String) throws -> Bool {
        isLike(try JSONValue.read(Array(ours.utf8)), try JSONValue.read(Array(theirs.utf8)))
    }

    private static func isLike(_ one: JSONValue, _ two: JSONValue) -> Bool {
        switch (one, two) {
        case (.null, _), (_, .null), (.flag, .flag), (.number, .number), (.text, .text): true
        case (.list(let ours), .list(let theirs)): ours.isEmpty || theirs.isEmpty || isLike(ours[0], theirs[0])
        case (.object(let ours), .object(let theirs)):
            Set(ours.keys) == Set(theirs.keys) && ours.allSatisfy { name, value in theirs[name].map { isLike(value, $0) } ?? false }
        case (.flag, _), (.number, _), (.text, _), (.list, _), (.object, _): false
        }
    }

    private static func names(_ text: String) -> [String] { text.matches(of: /"(\w+)":/).map { String($0.output.1) } }

    private static let recording: URL? = {
        let folder = ProcessInfo.processInfo.environment["MMSIM_SHARED"].map { URL(filePath: $0) }
        let root = folder ?? URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared")
        let file = root.appending(path: "data/backpack/backpack_sol_usdc_20260902.jsonl.gz").standardizedFileURL
        return FileManager.default.isReadableFile(atPath: file.path) ? file : nil
    }()

    private static func lines() throws -> [String] {
        guard let recording else { return [] }
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-dc", recording.path]
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The frame as it was engine and sender at once.
    private static func withoutSender(_ text: String) -> String { text.replacing(/"E":\d+,/, with: "") }

    @Test(.enabled(if: recording != nil, "the recorded frames are not there"))
    func `the recorded frames, served again, are the venue's to the byte but for when they were sent`() throws {
        let world = try ServerWorld()
        world.pass(.seconds(81_830))
        try world.connect(
            ServerWorld.market, ["depth.SOL_USDC", "bookTicker.SOL_USDC", "markPrice.SOL_USDC_PERP"])
        var (expected, quotes): ([String], [String]) = ([], [])
        for line in try Self.lines() {
            let data = try #require(ServerWorld.object(line)["data"] as? [String: Any])
            let event = try #require(data["e"] as? String)
            if event == "bookTicker" { quotes.append(line) }
            guard event == "depth" || event == "markPrice" else { continue }
            expected.append(Self.withoutSender(line))
            let time = Timestamp(nanoseconds: try #require(data["T"] as? Int64) * 1_000)
            for record in try Self.records(event, data, time) { world.server.receive(record) }
            world.collect()
        }
        let served = world.frames.map(\.text).filter { !$0.contains(#""e":"bookTicker""#) }.map(Self.withoutSender)
        #expect(expected.count > 50 && served == expected)
        let ours = world.heard("bookTicker.SOL_USDC")
        try #require(!ours.isEmpty && !quotes.isEmpty)
        for quote in ours {
            #expect(Self.names(quote) == Self.names(quotes[0]))
            #expect(try Self.isLike(quote, quotes[0]))
        }
    }

    private static func records(_ event: String, _ data: [String: Any], _ time: Timestamp) throws -> [MarketEvent] {
        func nanos(_ text: Any?, _ decimals: Int = 9) throws -> Int64 {
            try Market.Decimal.parse(try #require(text as? String), decimals: decimals)
        }
        var records: [MarketEvent] = []
        func add(
            _ kind: MarketEvent.Kind, _ instrument: InstrumentID, price: Int64, quantity: Int64 = 0, detail: Int64 = 0,
            _ isSell: Bool = false
        ) {
            records.append(
                MarketEvent(
                    kind: kind, instrument: instrument, venueTime: time, receiveTime: time, price: price, quantity: quantity,
                    detail: detail, flags: isSell ? .sell : []))
        }
        if event == "depth" {
            for (name, isSell) in [("a", true), ("b", false)] {
                for level in try #require(data[name] as? [[String]]) {
                    add(
                        .level, ServerWorld.spot, price: try nanos(level[0]) / 10_000_000, quantity: try nanos(level[1]) / 10_000_000,
                        detail: try #require(data["u"] as? Int64), isSell)
                }
            }
        } else {
            add(.mark, ServerWorld.perp, price: try nanos(data["p"]))
            add(.index, ServerWorld.perp, price: try nanos(data["i"]))
            let due = try #require(data["n"] as? Int64) * 1_000_000
            add(.funding, ServerWorld.perp, price: try nanos(data["f"], 12), detail: due)
        }
        if !records.isEmpty {
            records[0].flags.insert(.first)
            records[records.count - 1].flags.insert(.last)
        }
        return records
    }

    // MARK: What the notes have of it

    /// A world in which everything has happened once.
    private func world() throws -> ServerWorld {
        let world = try ServerWorld()
        world.open()
        let names = [
            "depth", "bookTicker", "trade", "ticker", "kline.1s", "markPrice", "openInterest",
        ]
        try world.connect(ServerWorld.market, names.map { "\($0).SOL_USDC_PERP" } + ["liquidation"])
        try world.connect(ServerWorld.first, ["account.orderUpdate", "account.positionUpdate", "account.balanceUpdate"], account: 0)
        _ = try world.place(ServerWorld.limit(.buy, "99.01", "2", ["postOnly": "true"]))
        _ = try world.place(["symbol": "SOL_USDC", "side": "Bid", "orderType": "Market", "quantity": "0.5"])
        world.trade(.sell, 9_901, 150)
        world.trade(.buy, 9_902, 20)
        let due = Timestamp(nanoseconds: ServerWorld.start.nanoseconds + Nanoseconds.hours(1).count)
        world.record(.index, .buy, 99_012_345_678, 0)
        world.record(.funding, .buy, 12_500_000, Nanoseconds.hours(1).count, detail: due.nanoseconds)
        world.record(.openInterest, .buy, 0, 20_652_968)
        world.record(.liquidation, .sell, 9_890, 1_000)
        world.advance(by: .seconds(2))
        return world
    }

    @Test(arguments: [
        (
            "trade.SOL_USDC_PERP",
            """
            {"E":1736186248745457,"T":1736186248744398,"a":"113782701997686784","b":"113782700596854784","e":"trade","m":true,"p":"218.50",\
            "q":"0.07","s":"SOL_USDC","t":341399899}
            """
        ),
        (
            "ticker.SOL_USDC_PERP",
            """
            {"E":1788367430549233,"V":"1498114.9234","c":"98.98","e":"ticker","h":"101.19","l":"97.38","n":6796,\
            "o":"100.87","s":"SOL_USDC",\
            "v":"15089.56"}
            """
        ),
        (
            "markPrice.SOL_USDC_PERP",
            """
            {"E":1788367430422109,"T":1788367430421396,"e":"markPrice","f":"0.0000125","i":"98.94998504","n":1788368400000,"p":"98.94",\
            "s":"SOL_USDC_PERP"}
            """
        ),
        ("openInterest.SOL_USDC_PERP", #"{"E":1694687965941000,"e":"openInterest","o":"100","s":"SOL_USDC_PERP"}"#),
        (
            "liquidation",
            #"{"E":1694688638091000,"S":"Bid","T":1694688638090000,"e":"liquidation","p":"18.70","q":"10","s":"SOL_USDC"}"#
        ),
        (
            "kline.1s.SOL_USDC_PERP",
            """
            {"E":1694687692980000,"T":"2024-09-11T12:01:00","X":false,"c":"19.25","e":"kline","h":"19.80","l":"18.50",\
            "n":93828,"o":"18.75",\
            "s":"SOL_USD","t":"2024-09-11T12:00:00","v":"32123"}
            """
        ),
        (
            "account.balanceUpdate",
            #"{"A":"10","E":1788368290063168,"L":"20","S":"0","T":1788368290062981,"a":"USDT","e":"balanceUpdate"}"#
        ),
        (
            "account.positionUpdate",
            """
            {"B":"4236.36","E":1754943862040486,"M":"4235.88650933","P":"-0.000473","Q":"0.0010","T":1754943862040487,"b":"4238.479",\
            "e":"positionOpened","f":"0.02","i":5411399049,"l":"0","m":"0.0125","n":"4.23588650933",\
            "p":"0","q":"0.0010","s":"ETH_USDC_PERP"}
            """
        ),
        (
            "account.orderUpdate",
            """
            {"E":1788368290063153,"O":"USER","Q":"20.1520","S":"Ask","T":1788368290062979,"V":"RejectTaker","X":"New","Z":"0",\
            "e":"orderAccepted","f":"GTC","i":"59887375336","o":"LIMIT","p":"1.0076","q":"20","r":false,"s":"USDT_USDC","t":null,"y":true,\
            "z":"0"}
            """
        ),
    ])
    func `streams have the venue's members, in its order and of its kinds`(stream: String, example: String) throws {
        let world = try world()
        let socket = stream.hasPrefix("account.") ? ServerWorld.first : ServerWorld.market
        // The first mark came before its rate.
        let heard = world.heard(stream, by: socket)
        let frame = try #require(stream.hasPrefix("markPrice") ? heard.last : heard.first)
        #expect(frame.hasPrefix(#"{"data":{"#) && frame.hasSuffix(#"},"stream":"\#(stream)"}"#))
        let data = String(frame.dropFirst(8).dropLast(12 + stream.count + 1))
        #expect(try Self.isLike(data, example), "\(data)")
        #expect(Self.names(data) == Self.names(example), "\(data)")
    }

    @Test func `a market order's frames are as the venue captured them`() throws {
        let world = try world()
        let frames = world.heard("account.orderUpdate", by: ServerWorld.first).filter { $0.contains("MARKET") }
        let accepted = """
            {"E":1754939110175843,"O":"USER","S":"Bid","T":1754939110174703,"V":"RejectTaker","X":"New","Z":"0","e":"orderAccepted",\
            "f":"GTC","i":"5406825793","o":"MARKET","q":"0.0010","r":false,"s":"ETH_USDC","t":null,"z":"0"}
            """
        let fill = """
            {"E":1754939110175879,"L":"4299.16","N":"ETH","O":"USER","S":"Bid","T":1754939110174705,"V":"RejectTaker","X":"Filled",\
            "Z":"4.299160","e":"orderFill","f":"GTC","i":"5406825793","l":"0.0010","m":false,"n":"0.000001","o":"MARKET","q":"0.0010",\
            "r":false,"s":"ETH_USDC","t":2888471,"z":"0.0010"}
            """
        try #require(frames.count == 2)
        #expect(Self.names(frames[0]).dropFirst().dropLast() == Self.names(accepted)[...])
        #expect(Self.names(frames[1]).dropFirst().dropLast() == Self.names(fill)[...])
        #expect(frames[1].contains(#""N":"SOL""#) && frames[1].contains(#""Z":"49.5100""#))
    }

    @Test(arguments: [
        ("/api/v1/status", "", #"{"message":null,"status":"Ok"}"#),
        (
            "/api/v1/depth?symbol=SOL_USDC_PERP&limit=5", "",
            #"{"asks":[["100.65","65.5"]],"bids":[["100.62","168.89"]],"lastUpdateId":"4324522523","timestamp":1788285151254895}"#
        ),
        (
            "/api/v1/trades?symbol=SOL_USDC_PERP&limit=1", "",
            """
            [{"id":381731418,"isBuyerMaker":false,"price":"100.67","quantity":"0.22","quoteQuantity":"22.1474","timestamp":1788285123140}]
            """
        ),
        (
            "/api/v1/ticker?symbol=SOL_USDC_PERP", "",
            """
            {"firstPrice":"103.68","high":"104.96","lastPrice":"100.67","low":"100.57","priceChange":"-3.01",\
            "priceChangePercent":"-0.029032",\
            "quoteVolume":"1163648.1557","symbol":"SOL_USDC","trades":"3872","volume":"11355.78"}
            """
        ),
        (
            "/api/v1/klines?symbol=SOL_USDC_PERP&interval=1m&startTime=1788285600", "",
            """
            [{"close":"101.1","end":"2026-09-01 17:24:00","high":"101.13","low":"101.1","open":"101.13","quoteVolume":"44.4906",\
            "start":"2026-09-01 17:23:00","trades":"2","volume":"0.44"}]
            """
        ),
        (
            "/api/v1/markPrices", "",
            """
            [{"fundingRate":"0.0000125","indexPrice":"77340.4624319","markPrice":"77346.3","nextFundingTimestamp":1788285600000,\
            "symbol":"BTC_USDC_PERP"}]
            """
        ),
        ("/api/v1/openInterest", "", #"[{"openInterest":"206529.68","symbol":"SOL_USDC_PERP","timestamp":1788285149338}]"#),
        (
            "/wapi/v1/history/fills?limit=1", "fillHistoryQueryAll limit=1",
            """
            [{"clientId":null,"fee":"0.004974","feeSymbol":"USDC","isMaker":false,"orderId":"4238907375","price":"3826.15",\
            "quantity":"0.0026",\
            "side":"Bid","symbol":"ETH_USDC_PERP","systemOrderType":null,"timestamp":"2025-07-27T17:39:00.092","tradeId":9748827}]
            """
        ),
        ("/api/v1/orders?symbol=SOL_USDC_PERP", "orderQueryAll symbol=SOL_USDC_PERP", "[\(order)]"),
        (
            "/wapi/v1/history/orders?symbol=SOL_USDC_PERP", "orderHistoryQueryAll symbol=SOL_USDC_PERP",
            """
            [{"clientId":null,"createdAt":"2026-09-01T17:54:04.094","executedQuantity":"0","executedQuoteQuantity":"0","expiryReason":null,\
            "id":"59669287267","orderType":"Limit","postOnly":true,"price":"1.0077","quantity":"20","quoteQuantity":"20.154",\
            "selfTradePrevention":"RejectTaker","side":"Ask","slippageTolerance":null,"slippageToleranceType":null,"status":"Cancelled",\
            "stopLossLimitPrice":null,"stopLossTriggerBy":null,"stopLossTriggerPrice":null,"strategyId":null,"symbol":"USDT_USDC",\
            "systemOrderType":null,"takeProfitLimitPrice":null,"takeProfitTriggerBy":null,"takeProfitTriggerPrice":null,\
            "timeInForce":"GTC",\
            "triggerBy":null,"triggerPrice":null,"triggerQuantity":null}]
            """
        ),
        (
            "/api/v1/position", "positionQuery",
            """
            [{"breakEvenPrice":"3831.3630555555555555555555556","cumulativeFundingPayment":"-0.009218","cumulativeInterest":"0",\
            "entryPrice":"3826.8888888888888888888888889","estLiquidationPrice":"0","imf":"0.02",\
            "imfFunction":{"base":"0.02","factor":"0.0000935","type":"sqrt"},"markPrice":"3787.46813304","mmf":"0.0125",\
            "mmfFunction":{"base":"0.0125","factor":"0.0000561","type":"sqrt"},"netCost":"13.7768","netExposureNotional":"13.634885278944",\
            "netExposureQuantity":"0.0036","netQuantity":"0.0036","pnlRealized":"0","pnlUnrealized":"-0.141914","positionId":"4238420454",\
            "subaccountId":null,"symbol":"ETH_USDC_PERP","userId":1813870}]
            """
        ),
        (
            "/api/v1/capital/collateral", "collateralQuery",
            """
            {"assetsValue":"28.49145","borrowLiability":"0","collateral":[{"assetMarkPrice":"0.9997","availableQuantity":"30",\
            "balanceNotional":"29.991","collateralValue":"28.49145","collateralWeight":"0.95","lendQuantity":"0","openOrderQuantity":"0",\
            "symbol":"USDT","totalQuantity":"30"},{"assetMarkPrice":"0.9997","availableQuantity":"30",\
            "balanceNotional":"29.991","collateralValue":"28.49145","collateralWeight":"0.95","lendQuantity":"0","openOrderQuantity":"0",\
            "symbol":"USDT","totalQuantity":"30"}],"imf":"1","liabilitiesValue":"0","marginFraction":null,"mmf":"0.007",\
            "netEquity":"28.49145","netEquityAvailable":"28.49145","netEquityLocked":"0","netExposureFutures":"0","pnlUnrealized":"0",\
            "unsettledEquity":"0"}
            """
        ),
        (
            "/api/v1/account", "accountQuery",
            """
            {"autoBorrowSettlements":true,"autoLend":true,"autoRealizePnl":true,"autoRepayBorrows":true,"borrowLimit":"1",\
            "futuresMakerFee":"2","futuresTakerFee":"5","leverageLimit":"20","limitOrders":0,"liquidating":false,"positionLimit":"1",\
            "spotMakerFee":"8","spotTakerFee":"10","triggerOrders":0}
            """
        ),
    ])
    func `answers have the venue's members, in its order and of its kinds`(target: String, signed: String, example: String) throws {
        let world = try world()
        let parts = signed.split(separator: " ").map(String.init)
        let answer =
            parts.isEmpty ? world.get(target) : try world.ask(.get, target, parts[0], signed: parts.count > 1 ? parts[1] : "")
        #expect(answer.status == 200)
        #expect(answer.headers.first?.value == "application/json; charset=utf-8")
        #expect(Self.names(answer.text) == Self.names(example), "\(answer.text)")
        #expect(try Self.isLike(answer.text, example), "\(answer.text)")
    }

    private static let order = """
        {"clientId":null,"createdAt":1788285244094,"executedQuantity":"0","executedQuoteQuantity":"0","id":"59669287267",\
        "orderType":"Limit",\
        "postOnly":true,"price":"1.0077","quantity":"20","reduceOnly":null,"relatedOrderId":null,"selfTradePrevention":"RejectTaker",\
        "side":"Ask","status":"New","stopLossLimitPrice":null,"stopLossTriggerBy":null,"stopLossTriggerPrice":null,"strategyId":null,\
        "symbol":"USDT_USDC","takeProfitLimitPrice":null,"takeProfitTriggerBy":null,"takeProfitTriggerPrice":null,"timeInForce":"GTC",\
        "triggerBy":null,"triggerPrice":null,"triggerQuantity":null,"triggeredAt":null}
        """

    @Test func `the full book strips zeros, ascends on both sides and keeps what is nearest the touch`() throws {
        let world = try ServerWorld()
        world.snapshot((0..<8).map { (.buy, 9_900 - $0, 10 + $0) } + (0..<8).map { (.sell, 9_910 + $0, 100 + $0) })
        let book = world.get("/api/v1/depth?symbol=SOL_USDC_PERP&limit=5").object
        let (bids, asks) = (book["bids"] as? [[String]] ?? [], book["asks"] as? [[String]] ?? [])
        #expect(bids.map { $0[0] } == ["98.96", "98.97", "98.98", "98.99", "99"] && bids.last?[1] == "0.1")
        #expect(asks.map { $0[0] } == ["99.1", "99.11", "99.12", "99.13", "99.14"] && asks.first?[1] == "1")
    }

    @Test func `pages say which they are`() throws {
        let world = try ServerWorld()
        world.open()
        for size in 1...5 { _ = try world.place(["symbol": "SOL_USDC", "side": "Ask", "orderType": "Market", "quantity": "0.0\(size)"]) }
        let query = "limit=2&offset=2"
        let answer = try world.ask(.get, "/wapi/v1/history/fills?\(query)", "fillHistoryQueryAll", signed: query)
        #expect(ServerWorld.list(answer).map { $0["quantity"] as? String } == ["0.03", "0.02"])
        let headers = Dictionary(uniqueKeysWithValues: answer.headers.map { ($0.name, $0.value) })
        #expect(headers["X-Total"] == "5" && headers["X-Page-Count"] == "3" && headers["X-Current-Page"] == "2")
        let ascending = try world.ask(
            .get, "/wapi/v1/history/fills?sortDirection=Asc", "fillHistoryQueryAll", signed: "sortDirection=Asc")
        #expect(ServerWorld.list(ascending).first?["quantity"] as? String == "0.01")
    }

    @Test func `ping and time are plain text`() throws {
        let world = try ServerWorld()
        world.open()
        #expect(world.get("/api/v1/ping").text == "pong")
        #expect(world.get("/api/v1/time").text == String(world.now.nanoseconds / 1_000_000))
        #expect(world.get("/api/v1/time").headers.first?.value == "text/plain; charset=utf-8")
        #expect(world.get("/api/v1/securities").text == "[]" && world.get("/api/v1/markets").text.hasPrefix(#"[{"baseSymbol":"SOL","#))
    }
}
