import Foundation
import Market
import TestSupport
import Testing
import Trading

@testable import Venues

/// The client's side of Backpack against a venue that the test plays.
@Suite struct BackpackSessionTests {
    // MARK: Books

    @Test func `a book is the full one and the changes that link to it, in the venue's order`() throws {
        let world = try BackpackWorld()
        world.session.start(at: world.now)
        world.collect()
        #expect(world.opened == [BackpackWorld.market, BackpackWorld.first, BackpackWorld.second])
        world.open(BackpackWorld.market)
        #expect(
            world.sent.first?.text
                == """
                {"method":"SUBSCRIBE","params":["depth.SOL_USDC_PERP","bookTicker.SOL_USDC_PERP","trade.SOL_USDC_PERP",\
                "markPrice.SOL_USDC_PERP","openInterest.SOL_USDC_PERP","liquidation"]}
                """)
        // Changes that come before the full book wait for it.
        world.depth(99, 99, bids: #"["19.00","9"]"#)
        world.depth(100, 101, asks: #"["20.10","0.00"],["20.20","3"]"#)
        world.depth(102, 102, bids: #"["20.05","4"]"#)
        #expect(world.market.isEmpty)
        world.answer(
            "/api/v1/depth", #"{"asks":[["20.1","2"]],"bids":[["19.9","5"],["20","1"]],"lastUpdateId":"100","timestamp":1700000000000000}"#)
        var book = RecordedBook()
        for event in world.market { book.receive(event) }
        #expect(book.touch?.bid == 2_005 && book.touch?.ask == 2_020)
        #expect(book.levels.lots(.buy, 1_900) == 0 && book.levels.lots(.buy, 1_990) == 500 && book.levels.lots(.sell, 2_010) == 0)
        let frames = world.market.filter(\.isFirst).count
        #expect(frames == 3 && world.market.filter(\.isLast).count == frames)
        #expect(world.market.prefix(3).allSatisfy { $0.flags.contains(.snapshot) } && !world.market[3].flags.contains(.snapshot))
        world.depth(103, 103, asks: #"["20.20","1"]"#)
        #expect(world.market.last?.quantity == 100 && world.market.last?.detail == 103)
    }

    @Test func `a missing number is a gap, and the book is asked for again`() throws {
        let world = try BackpackWorld()
        world.open()
        world.depth(101, 101, bids: #"["20.00","2"]"#)
        #expect(world.market.map(\.kind) == [.level])
        world.depth(103, 103, bids: #"["20.00","3"]"#)
        #expect(world.market.map(\.kind) == [.level, .gap] && world.targets == ["/api/v1/depth?limit=1000&symbol=SOL_USDC_PERP"])
        world.answer("/api/v1/depth", #"{"asks":[["20.1","2"]],"bids":[["20","7"]],"lastUpdateId":"102","timestamp":1700000000000000}"#)
        // The frame after the gap waited and follows the new book.
        #expect(world.market.last?.quantity == 300 && world.market.last?.detail == 103)
        // An older frame changes nothing.
        world.depth(101, 101, bids: #"["20.00","9"]"#)
        #expect(world.market.last?.quantity == 300)
    }

    @Test func `a venue that begins to count anew is found out by its time, and the book is asked for again`() throws {
        let world = try BackpackWorld()
        world.open()
        let start: Int64 = 1_700_000_000_000_000
        world.depth(101, 101, bids: #"["20.00","2"]"#, at: start)
        // It comes twice, and late.
        world.advance(by: .seconds(3))
        world.depth(101, 101, bids: #"["20.00","2"]"#, at: start)
        #expect(world.market.map(\.kind) == [.level] && world.targets.isEmpty)
        world.depth(2, 2, bids: #"["20.00","3"]"#, at: start + 3_000_000)
        #expect(world.market.map(\.kind) == [.level, .gap] && world.targets == ["/api/v1/depth?limit=1000&symbol=SOL_USDC_PERP"])
        // What was answered before it counted anew does not fit: it is asked for once more.
        func book(_ number: Int, _ time: Int64) -> String {
            #"{"asks":[["20.1","2"]],"bids":[["20","7"]],"lastUpdateId":"\#(number)","timestamp":\#(time)}"#
        }
        world.answer("/api/v1/depth", book(101, start))
        #expect(world.market.last?.kind == .gap)
        world.advance(by: .seconds(1))
        world.depth(3, 3, bids: #"["20.00","4"]"#, at: start + 4_000_000)
        world.answer("/api/v1/depth", book(2, start + 3_000_000))
        #expect(world.market.last?.quantity == 400 && world.market.last?.detail == 3)
    }

    @Test func `frames that wait for a full book do not outlive the counting that they belong to`() throws {
        let world = try BackpackWorld()
        world.open()
        let start: Int64 = 1_700_000_000_000_000
        // One is missing: the book is asked for, and comes from before.
        world.depth(104, 104, bids: #"["20.00","2"]"#, at: start)
        world.answer(
            "/api/v1/depth", #"{"asks":[["20.1","2"]],"bids":[["20","7"]],"lastUpdateId":"102","timestamp":\#(start - 1_000_000)}"#)
        world.depth(1, 1, bids: #"["20.00","3"]"#, at: start + 100_000)
        world.depth(2, 2, bids: #"["20.00","4"]"#, at: start + 1_000_000)
        world.depth(3, 3, bids: #"["20.00","5"]"#, at: start + 2_000_000)
        world.advance(by: .seconds(1))
        world.answer(
            "/api/v1/depth", #"{"asks":[["20.1","2"]],"bids":[["20","4"]],"lastUpdateId":"2","timestamp":\#(start + 1_000_000)}"#)
        #expect(world.market.last?.kind == .level && world.market.last?.quantity == 500 && world.market.last?.detail == 3)
    }

    @Test func `a full book that is older than what was kept is asked for again, later each time`() throws {
        let world = try BackpackWorld()
        world.session.start(at: world.now)
        world.collect()
        world.open(BackpackWorld.market)
        world.depth(105, 105, bids: #"["20.00","2"]"#)
        let old = #"{"asks":[["20.1","2"]],"bids":[["20","1"]],"lastUpdateId":"100","timestamp":1700000000000000}"#
        world.answer("/api/v1/depth", old)
        #expect(world.market.last?.kind == .gap && !world.targets.contains { $0.hasPrefix("/api/v1/depth") })
        var waits: [Nanoseconds] = []
        for _ in 0..<4 {
            let before = world.now
            while !world.targets.contains(where: { $0.hasPrefix("/api/v1/depth") }) { world.advance(by: .milliseconds(10)) }
            waits.append(world.now - before)
            world.end("/api/v1/depth", .unknown(reason: "it took too long"))
        }
        #expect(waits[3] > waits[0] && waits[3] >= .seconds(1))
        while !world.targets.contains(where: { $0.hasPrefix("/api/v1/depth") }) { world.advance(by: .milliseconds(10)) }
        world.answer("/api/v1/depth", old.replacing("\"100\"", with: "\"104\""))
        #expect(world.market.last?.quantity == 200)
    }

    @Test func `a price off the grid makes the book one that can't be trusted`() throws {
        let world = try BackpackWorld()
        world.open()
        world.depth(101, 101, bids: #"["20.005","2"]"#)
        #expect(world.market.map(\.kind) == [.gap] && world.alarms.map(\.kind) == [.notUnderstood])
        #expect(world.targets == ["/api/v1/depth?limit=1000&symbol=SOL_USDC_PERP"])
    }

    @Test func `trades, quotes, marks and forced orders become records`() throws {
        let world = try BackpackWorld()
        world.open()
        world.submit(7)
        world.answer(
            "/api/v1/order", #"{"id":"900","symbol":"SOL_USDC_PERP","side":"Bid","status":"New","quantity":"1","executedQuantity":"0"}"#)
        world.hear(
            """
            {"data":{"E":1,"T":1,"a":"1","b":"900","e":"trade","m":true,"p":"20.00","q":"0.50","s":"SOL_USDC_PERP",\
            "t":41},"stream":"trade.X"}
            """
        )
        world.hear(
            #"{"data":{"E":1,"T":1,"A":"1","B":"2","a":"20.10","b":"20.00","e":"bookTicker","s":"SOL_USDC_PERP","u":101},"stream":"b"}"#)
        world.hear(
            """
            {"data":{"E":1,"T":1,"e":"markPrice","f":"0.0000125","i":"20.05","n":1700003600000,"p":"20.06",\
            "s":"SOL_USDC_PERP"},"stream":"m"}
            """
        )
        world.hear(#"{"data":{"E":1,"e":"openInterest","o":"100.5","s":"SOL_USDC_PERP"},"stream":"o"}"#)
        world.hear(#"{"data":{"E":1,"T":1,"e":"liquidation","S":"Ask","p":"19.90","q":"3","s":"SOL_USDC_PERP"},"stream":"liquidation"}"#)
        world.hear(#"{"data":{"E":1,"T":1,"e":"liquidation","S":"Ask","p":"1","q":"3","s":"OTHER_USDC_PERP"},"stream":"liquidation"}"#)
        #expect(world.market.map(\.kind) == [.trade, .quote, .quote, .mark, .index, .funding, .openInterest, .liquidation])
        // The maker bought: whoever took sold; and the maker was an order of ours.
        #expect(world.market[0].side == .sell && world.market[0].flags.contains(.own) && world.market[0].detail == 41)
        #expect(world.market[5].price == 12_500_000 && world.market[5].quantity == Nanoseconds.hours(1).count)
        #expect(world.market[5].detail == 1_700_003_600_000_000_000 && world.market[6].quantity == 10_050)
        #expect(world.market[7].side == .sell && world.market[7].price == 1_990 && world.alarms.isEmpty)
    }

    // MARK: Sockets

    @Test func `a socket is up when nobody has refused its subscription, and what is private is signed`() throws {
        let world = try BackpackWorld()
        world.session.start(at: world.now)
        world.collect()
        world.open(BackpackWorld.first)
        let text = try #require(world.sent.first?.text)
        #expect(text.contains("account.orderUpdate") && text.contains(#""signature":[""#) && text.contains(#""1700000000000","5000"]"#))
        #expect(world.connections.isEmpty)
        world.advance(by: .milliseconds(999))
        #expect(world.connections.isEmpty)
        world.advance(by: .milliseconds(1))
        #expect(world.connections == [.up])
    }

    @Test func `a refused subscription is an alarm, and the socket is given up and tried again`() throws {
        let world = try BackpackWorld()
        world.session.start(at: world.now)
        world.collect()
        world.open(BackpackWorld.first)
        world.hear(#"{"id":null,"error":{"code":4003,"message":"Invalid signature"}}"#, from: BackpackWorld.first)
        #expect(world.alarms.map(\.kind) == [.refused] && world.closed == [BackpackWorld.first] && world.connections.isEmpty)
        world.forget()
        world.advance(by: .seconds(1))
        #expect(world.opened == [BackpackWorld.first])
    }

    @Test func `a lost socket is a gap and a stream that is down, and is opened again after waits that grow`() throws {
        let world = try BackpackWorld()
        world.open()
        world.close(BackpackWorld.market)
        #expect(world.market.map(\.kind) == [.gap] && world.market[0].price == GapCause.connection.rawValue && world.connections == [.down])
        var waits: [Nanoseconds] = []
        for _ in 0..<5 {
            let before = world.now
            world.forget()
            while world.opened.isEmpty { world.advance(by: .milliseconds(10)) }
            waits.append(world.now - before)
            world.close(BackpackWorld.market)
        }
        #expect(waits[0] <= .milliseconds(260) && waits[4] >= .seconds(2))
        world.forget()
        while world.opened.isEmpty { world.advance(by: .milliseconds(10)) }
        world.open(BackpackWorld.market)
        #expect(world.sent.count == 1 && world.targets == ["/api/v1/depth?limit=1000&symbol=SOL_USDC_PERP"])
        world.answer("/api/v1/depth", #"{"asks":[["20.1","2"]],"bids":[["20","1"]],"lastUpdateId":"500","timestamp":1700000000000000}"#)
        world.advance(by: .seconds(1))
        #expect(world.connections == [.up])
    }

    @Test func `a silent stream is stalled, resumes with its next frame, and is given up when it stays silent`() throws {
        let world = try BackpackWorld()
        world.open()
        world.advance(by: .seconds(4))
        #expect(world.connections == [.stalled] && world.closed.isEmpty)
        world.depth(101, 101, bids: #"["20.00","2"]"#)
        #expect(world.connections == [.stalled, .resumed])
        world.advance(by: .seconds(20))
        #expect(world.closed.contains(BackpackWorld.market) && world.connections.contains(.down))
    }

    @Test func `a private socket with nothing to tell is asked for a sign of life, and lost without one`() throws {
        let world = try BackpackWorld()
        world.open()
        for _ in 0..<6 {
            world.forget()
            world.advance(by: .seconds(10))
            #expect(world.pinged == [BackpackWorld.first, BackpackWorld.second])
            for socket in world.pinged { world.session.heard(socket, at: world.now) }
        }
        #expect(!world.closed.contains(BackpackWorld.first))
        world.advance(by: .seconds(10))
        world.session.heard(BackpackWorld.second, at: world.now)
        world.advance(by: .seconds(15))
        #expect(world.closed.contains(BackpackWorld.first) && !world.closed.contains(BackpackWorld.second))
        // One that is gone is asked nothing.
        world.forget()
        world.advance(by: .milliseconds(200))
        #expect(!world.pinged.contains(BackpackWorld.first))
    }

    // MARK: Orders

    @Test func `an order is sent with its id, heard of once by either way, filled and cancelled`() throws {
        let world = try BackpackWorld { $0.clientBase = 1_000 }
        world.open()
        world.submit(7)
        let request = try #require(world.requests.first)
        #expect(
            String(decoding: request.request.body, as: UTF8.self)
                == """
                {"clientId":1007,"orderType":"Limit","postOnly":true,"price":"20","quantity":"1","side":"Bid","symbol":"SOL_USDC_PERP",\
                "timeInForce":"GTC"}
                """)
        #expect(request.lane == 3)
        world.order("orderAccepted", client: 1_007, #""z":"0","t":null"#)
        world.answer(
            "/api/v1/order",
            #"{"id":"900","clientId":1007,"symbol":"SOL_USDC_PERP","side":"Bid","status":"New","quantity":"1","executedQuantity":"0"}"#)
        world.order("orderFill", client: nil, #""L":"20.00","l":"0.4","m":true,"n":"-0.001","N":"USDC","t":88,"z":"0.4""#)
        world.handle(.cancel(CancelRequest(account: BackpackWorld.account, instrument: BackpackWorld.instrument, order: OrderID(7))))
        #expect(world.requests.last?.lane == 3 && world.requests.last?.request.method == .delete)
        world.answer("/api/v1/order", status: 202, "")
        world.order("orderCancelled", client: 1_007, #""z":"0.4""#)
        guard case .filled(let fill) = world.reports[2] else {
            Issue.record("no fill: \(world.reports)")
            return
        }
        #expect(world.reports[0] == .acknowledged(OrderID(7)) && world.reports[1] == .acknowledged(OrderID(7)))
        #expect(fill.order == OrderID(7) && fill.quantity == Quantity(lots: 40) && fill.role == .maker && fill.fee.nanos == -1_000_000)
        #expect(world.reports[3] == .cancelled(OrderID(7), .requested) && world.reports.count == 4 && world.alarms.isEmpty)
        #expect(
            world.inputs.allSatisfy { if case .account(let event) = $0 { event.account == BackpackWorld.account } else { false } })
    }

    @Test(arguments: [
        (#""R":"POST_ONLY_TAKER""#, ExpiryReason.postOnlyWouldTake), (#""R":"FillOrKill""#, .fillOrKillShort),
        (#""R":"PRICE_BAND""#, .noLiquidity), (#""R":"SelfTradePrevention""#, .selfTrade),
        (#""R":"ImmediateOrCancel""#, .immediateRemainder),
    ])
    func `the venue's reasons are told in ours`(reason: String, expected: ExpiryReason) throws {
        let world = try BackpackWorld()
        world.open()
        world.submit(7)
        world.order("orderExpired", client: 7, "\(reason),\"z\":\"0\"")
        #expect(world.reports == [.expired(OrderID(7), expected)])
    }

    @Test(arguments: [
        (400, #"{"code":"INSUFFICIENT_MARGIN","message":""}"#, RejectReason.margin),
        (400, #"{"code":"INVALID_ORDER","message":"Order would immediately match and take liquidity"}"#, .postOnlyWouldTake),
        (400, #"{"code":"INVALID_PRICE","message":"Price is too far from the last active price"}"#, .priceBand),
        (400, #"{"code":"INVALID_CLIENT_REQUEST","message":"Request has expired"}"#, .expired),
        (400, #"{"code":"INVALID_CLIENT_REQUEST","message":"Quantity decimal too long"}"#, .lotSize),
        (429, #"{"code":"TOO_MANY_REQUESTS","message":""}"#, .rateLimit), (403, "<html>no</html>", .venue),
    ])
    func `what the venue refuses is rejected with its reason`(status: Int, body: String, reason: RejectReason) throws {
        let world = try BackpackWorld()
        world.open()
        world.submit(7)
        world.answer("/api/v1/order", status: status, body)
        #expect(world.reports == [.rejected(OrderID(7), .submit, reason)])
    }

    @Test func `of a request that nobody answered nothing is said, and one that was not sent is refused`() throws {
        let world = try BackpackWorld()
        world.open()
        world.submit(7)
        world.end("/api/v1/order", .unknown(reason: "the connection was reset"))
        world.submit(8)
        world.answer("/api/v1/order", status: 503, #"{"code":"TIMEOUT","message":"busy"}"#)
        world.submit(9)
        world.answer("/api/v1/order", "{}]")
        #expect(world.reports.isEmpty && world.alarms.map(\.kind) == [.unanswered, .unanswered, .notUnderstood])
        world.submit(10)
        world.end("/api/v1/order", .notSent(reason: "no connection"))
        #expect(world.reports == [.rejected(OrderID(10), .submit, .venue)])
        // A second outcome of one request is nobody's.
        world.session.answer(RequestID(1), .answered(status: 200, body: []), at: world.now)
        world.collect()
        #expect(world.reports.count == 1)
    }

    @Test func `what the venue has no word for is refused before it is sent`() throws {
        let world = try BackpackWorld()
        world.open()
        world.submit(7) { $0.terms.selfTrade = .reduceBoth }
        world.submit(8) { $0.terms.expiry = world.now + .minutes(1) }
        world.submit(9) { $0.instrument = InstrumentID(77) }
        world.submit(UInt64(UInt32.max) + 1)
        world.handle(
            .amend(
                AmendRequest(
                    account: BackpackWorld.account, instrument: BackpackWorld.instrument, order: OrderID(7), price: Price(ticks: 1),
                    quantity: Quantity(lots: 1))))
        #expect(
            world.reports == [
                .rejected(OrderID(7), .submit, .unsupported), .rejected(OrderID(8), .submit, .unsupported),
                .rejected(OrderID(9), .submit, .unknownInstrument), .rejected(OrderID(1 << 32), .submit, .duplicateOrder),
                .rejected(OrderID(7), .amend, .unsupported),
            ])
        #expect(world.requests.isEmpty)
    }

    @Test func `quotes leave requests for cancels and hedges`() throws {
        let world = try BackpackWorld {
            ($0.requestsPerMinute, $0.reservedRequests) = (10, 4)
        }
        world.open()
        for order in 1...8 { world.submit(UInt64(order)) }
        #expect(world.requests.count == 6)
        #expect(world.reports == [.rejected(OrderID(7), .submit, .rateLimit), .rejected(OrderID(8), .submit, .rateLimit)])
        world.submit(9, postOnly: false)
        world.handle(.cancel(CancelRequest(account: BackpackWorld.account, instrument: BackpackWorld.instrument, order: OrderID(1))))
        #expect(world.requests.count == 8)
        world.advance(by: .minutes(1))
        world.forget()
        world.submit(10)
        #expect(world.requests.contains { $0.request.target == "/api/v1/order" })
    }

    @Test func `orders of the venue's own and of others are told from ours`() throws {
        let world = try BackpackWorld()
        world.open()
        world.order(
            "orderFill", client: nil, #""O":"LIQUIDATION_AUTOCLOSE","L":"20.00","l":"1","m":false,"n":"0.2","N":"USDC","t":5,"z":"1""#)
        #expect(
            world.reports == [
                .liquidation(
                    BackpackWorld.instrument, Quantity(lots: 100), FinePrice(nanos: 20_000_000_000),
                    penalty: Money(nanos: 200_000_000, Currency("USDC")!), trade: 1 << 48 | 5)
            ])
        world.order("orderFill", client: nil, #""O":"USER","L":"20.00","l":"1","m":false,"n":"0.2","N":"USDC","t":6,"z":"1""#)
        guard case .filled(let fill) = world.reports[1] else {
            Issue.record("\(world.reports)")
            return
        }
        #expect(fill.order == .venue && world.alarms.map(\.kind) == [.foreign])
    }

    // MARK: The clock, and what nobody understands

    @Test func `signatures carry the venue's time`() throws {
        let world = try BackpackWorld()
        world.session.start(at: world.now)
        world.collect()
        #expect(world.session.clock.error == nil)
        world.pass(.milliseconds(20))
        world.answer("/api/v1/time", "1700000002010")
        #expect(world.session.clock.offset == Nanoseconds(count: 2_000_500_000) && world.session.clock.error == .milliseconds(11))
        world.submit(7)
        let headers = try #require(world.requests.last?.request.headers)
        #expect(headers.first { $0.name == "X-Timestamp" }?.value == "1700000002020")
    }

    @Test func `what can't be understood is an alarm with the frame, and the rest goes on`() throws {
        let world = try BackpackWorld()
        world.open()
        world.hear("{\"data\":{\"e\":\"depth\"")
        world.hear(#"{"data":{"e":"newest","s":"SOL_USDC_PERP"},"stream":"newest.X"}"#)
        #expect(world.alarms.map(\.kind) == [.notUnderstood] && world.alarms[0].frame == Array("{\"data\":{\"e\":\"depth\"".utf8))
        world.depth(101, 101, bids: #"["20.00","2"]"#)
        #expect(world.market.map(\.kind) == [.level])
    }

    @Test func `no order of what happens makes it trap, and time alone brings it back to rest`() throws {
        for seed in TestScale.seeds(150) {
            var random = SeededGenerator(seed: seed)
            let world = try BackpackWorld { $0.seed = seed }
            world.session.start(at: world.now)
            world.collect()
            for step in 1...120 {
                world.pass(.milliseconds(random.uniform(in: 0...3_000)))
                let socket = SocketID(Int(random.uniform(in: 0...3)))
                switch random.uniform(in: 0...7) {
                case 0: world.open(socket)
                case 1: world.close(socket)
                case 2: world.depth(Int64(step), Int64(step) + random.uniform(in: 0...2), bids: #"["20.00","2"]"#)
                case 3: world.submit(UInt64(step))
                case 4:
                    world.order("orderFill", client: UInt64(step), #""L":"20","l":"0.1","m":true,"n":"0","N":"USDC","t":\#(step),"z":"1""#)
                case 5: world.ask(.fills(after: 0))
                case 6:
                    guard let request = world.requests.first else { continue }
                    let outcomes: [HTTPOutcome] = [
                        .unknown(reason: "reset"), .notSent(reason: "down"), .answered(status: 200, body: Array("[]".utf8)),
                        .answered(status: 500, body: []), .answered(status: 404, body: []),
                    ]
                    world.end(request.request.target, outcomes[Int(random.uniform(in: 0...4))])
                default: world.advance(by: .milliseconds(random.uniform(in: 0...40_000)))
                }
            }
            world.advance(by: .zero)
            #expect(world.session.nextWake > world.now || world.session.nextWake == .never, "seed \(seed)")
            // Every record of a book is within a frame that begins and ends.
            var isOpen = false
            for event in world.market {
                #expect(event.isFirst != isOpen, "seed \(seed)")
                isOpen = !event.isLast
            }
        }
    }

    @Test(.enabled(if: SharedRecording.backpack != nil, "no recordings beside the project"))
    func `every frame that the venue has really sent is understood and links to the one before`() throws {
        let lines = try SharedRecording.lines(of: try #require(SharedRecording.backpack))
        let world = try BackpackWorld { configuration in
            configuration.instruments[0].instrument.venueSymbol = "SOL_USDC"
        }
        world.session.start(at: world.now)
        world.collect()
        world.open(BackpackWorld.market)
        world.answer("/api/v1/depth", #"{"asks":[],"bids":[],"lastUpdateId":"4330360994","timestamp":1700000000000000}"#)
        for line in lines {
            world.pass(.milliseconds(1))
            world.hear(line)
        }
        #expect(world.alarms.isEmpty && !world.market.contains { $0.kind == .gap })
        #expect(world.market.filter { $0.kind == .level }.count > 10 && world.market.contains { $0.kind == .quote })
    }
}
