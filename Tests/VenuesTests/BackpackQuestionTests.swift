import Market
import Testing
import Trading

@testable import Venues

/// What is asked of Backpack, and what is made of its answers.
@Suite struct BackpackQuestionTests {
    private static let known = #""symbol":"SOL_USDC_PERP","side":"Bid","price":"20.00","quantity":"1""#

    private func status(_ isOpen: Bool, filled: Int64) -> AccountEvent.Report {
        .status(
            OrderStatus(
                order: OrderID(7), instrument: BackpackWorld.instrument, isOpen: isOpen, price: Price(ticks: 2_000),
                quantity: Quantity(lots: 100), filled: Quantity(lots: filled)))
    }

    @Test func `an order that rests is found, one that does not in the history, and one that is nowhere never came`() throws {
        let world = try BackpackWorld()
        world.open()
        world.submit(7)
        world.end("/api/v1/order", .unknown(reason: "reset"))
        world.ask(.order(OrderID(7), BackpackWorld.instrument))
        world.answer("/api/v1/order?", #"{"id":"900","clientId":7,"status":"New","executedQuantity":"0",\#(Self.known)}"#)
        #expect(world.reports == [status(true, filled: 0), .endOfAnswer(query: 42)])
        world.forget()
        world.ask(.order(OrderID(7), BackpackWorld.instrument))
        world.answer("/api/v1/order?", status: 404, #"{"code":"RESOURCE_NOT_FOUND","message":"Not Found"}"#)
        #expect(world.targets == ["/wapi/v1/history/orders?orderId=900&symbol=SOL_USDC_PERP"])
        world.answer("/wapi/v1/history/orders", #"[{"id":"900","clientId":"7","status":"Filled","executedQuantity":"1",\#(Self.known)}]"#)
        #expect(world.reports == [status(false, filled: 100), .endOfAnswer(query: 42)])

        world.forget()
        world.submit(8)
        world.end("/api/v1/order", .unknown(reason: "reset"))
        world.ask(.order(OrderID(8), BackpackWorld.instrument))
        var asked = 0
        while world.reports.isEmpty, asked < 20 {
            guard world.targets.contains(where: { $0.hasPrefix("/api/v1/order?") }) else {
                world.advance(by: .milliseconds(500))
                continue
            }
            asked += 1
            world.answer("/api/v1/order?", status: 404, #"{"code":"RESOURCE_NOT_FOUND","message":"Not Found"}"#)
            world.answer("/wapi/v1/history/orders?limit=1000&offset=0", "[]")
        }
        // The history lags: only after a while nowhere means never.
        #expect(world.reports == [.notFound(OrderID(8)), .endOfAnswer(query: 42)] && asked >= 5)
    }

    @Test func `open orders, positions and balances are told whole`() throws {
        let world = try BackpackWorld()
        world.open()
        world.submit(7)
        world.ask(.openOrders)
        world.answer(
            "/api/v1/orders",
            """
            [{"id":"900","clientId":7,"status":"New","executedQuantity":"0.25",\(Self.known)},{"id":"5","status":"New",\
            "executedQuantity":"0",\(Self.known)}]
            """
        )
        #expect(world.reports == [status(true, filled: 25), .endOfAnswer(query: 42)] && world.alarms.map(\.kind) == [.foreign])
        world.forget()
        world.ask(.positions)
        world.answer("/api/v1/position", "[]")
        #expect(
            world.reports == [.position(BackpackWorld.instrument, quantity: .zero, entry: FinePrice(nanos: 0)), .endOfAnswer(query: 42)])
        world.forget()
        world.ask(.balances)
        world.answer("/api/v1/capital/collateral", #"{"collateral":[{"symbol":"USDC","totalQuantity":"31.5"}]}"#)
        #expect(world.reports == [.balance(Money(nanos: 31_500_000_000, Currency("USDC")!)), .endOfAnswer(query: 42)])
        world.forget()
        world.ask(.positions)
        world.end("/api/v1/position", .unknown(reason: "reset"))
        // No answer is no information.
        #expect(world.reports == [.rejected(.venue, .query, .venue)])
    }

    @Test func `fills come in pages, the newest first, and are told in order; forced ones as such`() throws {
        let world = try BackpackWorld()
        world.open()
        world.submit(7)
        func fill(_ trade: Int, _ extra: String = #""systemOrderType":null"#) -> String {
            """
            {"clientId":"7","fee":"0.001","feeSymbol":"USDC","isMaker":true,"orderId":"900","price":"20.00","quantity":"0.01","side":"Bid",\
            "symbol":"SOL_USDC_PERP","timestamp":"2023-11-14T22:13:30.5","tradeId":\(trade),\(extra)}
            """
        }
        world.ask(.fills(after: 0))
        world.answer("/wapi/v1/history/fills", "[" + (0..<1_000).map { fill(2_000 - $0) }.joined(separator: ",") + "]")
        #expect(world.reports.isEmpty && world.targets.contains { $0.contains("offset=1000") })
        world.answer("/wapi/v1/history/fills", "[" + fill(1_000, #""systemOrderType":"LiquidatePositionOnBook""#) + "," + fill(999) + "]")
        let trades = world.reports.compactMap { if case .filled(let fill) = $0 { fill.trade & 0xFFFF_FFFF } else { nil } }
        #expect(trades == [999] + Array(1_001...2_000) && world.reports.last == .endOfAnswer(query: 42))
        #expect(world.reports.contains { if case .liquidation = $0 { true } else { false } })
    }

    @Test func `fills are asked for from where they were last told, or from the run's beginning`() throws {
        let world = try BackpackWorld { $0.historyFrom = BackpackWorld.start + .seconds(5) }
        world.open()
        func ask(after trade: UInt64) throws -> String {
            world.forget()
            world.ask(.fills(after: trade))
            return try #require(world.targets.first { $0.hasPrefix("/wapi/v1/history/fills") })
        }
        let begin = BackpackWorld.start.nanoseconds / 1_000_000
        #expect(try ask(after: 0).contains("from=\(begin + 5_000)&"))
        world.advance(by: .minutes(10))
        #expect(try ask(after: 0).contains("from=\(begin + 5_000)&"))
        let asked = world.now
        // One that came before the run is none of it.
        let early = """
            {"clientId":"7","fee":"0","feeSymbol":"USDC","isMaker":true,"orderId":"900","price":"20.00","quantity":"0.01","side":"Bid",\
            "symbol":"SOL_USDC_PERP","timestamp":"2023-11-14T22:13:20.5","tradeId":3}
            """
        world.answer("/wapi/v1/history/fills", "[\(early)]")
        #expect(world.reports == [.endOfAnswer(query: 42)])
        world.advance(by: .minutes(10))
        let from = (asked + world.session.clock.offset - .minutes(2)).nanoseconds / 1_000_000
        #expect(try ask(after: 1).contains("from=\(from)&"))
        #expect(try ask(after: 0).contains("from=\(begin + 5_000)&"))
    }

    @Test func `deposits and withdrawals since the run began are looked for each minute, and each is told once`() throws {
        let world = try BackpackWorld { ($0.transfersEvery, $0.historyFrom) = (.minutes(1), BackpackWorld.start) }
        world.open()
        func transfer(_ id: Int, _ status: String, _ time: String, _ quantity: String = "12.5") -> String {
            """
            {"createdAt":"\(time)","fromAddress":null,"id":\(id),"quantity":"\(quantity)","status":"\(status)","symbol":"USDC",\
            "transactionHash":null}
            """
        }
        let (before, after) = ("2023-11-14T22:13:19", "2023-11-14T22:14:00")
        world.advance(by: .minutes(1))
        let deposits = [transfer(3, "pending", after), transfer(2, "confirmed", after), transfer(1, "confirmed", before)]
        world.answer("/wapi/v1/capital/deposits", "[\(deposits.joined(separator: ","))]")
        world.answer("/wapi/v1/capital/withdrawals", "[\(transfer(2, "confirmed", after, "4"))]")
        func flow(_ nanos: Int64, _ number: UInt64) -> AccountEvent.Report {
            .externalFlow(Money(nanos: nanos, Currency("USDC")!), transfer: number)
        }
        #expect(world.reports == [flow(12_500_000_000, 4), flow(-4_000_000_000, 5)])
        world.forget()
        world.advance(by: .minutes(1))
        world.answer("/wapi/v1/capital/deposits", "[\(transfer(3, "confirmed", after)),\(transfer(2, "confirmed", after))]")
        world.answer("/wapi/v1/capital/withdrawals", status: 503, "")
        #expect(world.reports == [flow(12_500_000_000, 6)])
        // What can't be answered is looked for again.
        world.forget()
        world.advance(by: .minutes(1))
        world.answer("/wapi/v1/capital/deposits", status: 503, "")
        #expect(world.reports.isEmpty)
        world.advance(by: .minutes(1))
        #expect(world.targets.contains { $0.hasPrefix("/wapi/v1/capital/deposits") })
    }

    @Test func `funding payments after a time are told, the oldest first`() throws {
        let world = try BackpackWorld()
        world.open()
        world.ask(.payments(after: Timestamp(nanoseconds: 1_754_060_400_000_000_000)))
        func payment(_ hour: Int) -> String {
            #"{"fundingRate":"0.0001","intervalEndTimestamp":"2025-08-01T\#(hour):00:00","quantity":"-0.5","symbol":"SOL_USDC_PERP"}"#
        }
        world.answer("/wapi/v1/history/funding", "[\(payment(17)),\(payment(16)),\(payment(15))]")
        let times = world.reports.compactMap { if case .funding(let payment) = $0 { payment.settledAt.nanoseconds } else { nil } }
        #expect(times == [1_754_064_000_000_000_000, 1_754_067_600_000_000_000] && world.reports.last == .endOfAnswer(query: 42))
    }
}
