import Market
import Testing
import Trading

@testable import Venues

@Suite struct BackpackBatchTests {
    /// Hands orders over at one instant, before anything is asked what it wants.
    private func submit(_ world: BackpackWorld, _ orders: [UInt64], _ change: (UInt64, inout OrderRequest) -> Void = { _, _ in }) {
        for order in orders {
            var request = OrderRequest(
                account: BackpackWorld.account, instrument: BackpackWorld.instrument, order: OrderID(order), side: .buy, type: .limit,
                timeInForce: .goodTillCancelled, price: Price(ticks: 2_000), quantity: Quantity(lots: 100), postOnly: true)
            change(order, &request)
            world.session.handle(.submit(request), now: world.now)
        }
        world.collect()
    }

    private static func accepted(_ client: Int, id: Int) -> String {
        """
        {"operation":"Ok","id":"\(id)","clientId":\(client),"symbol":"SOL_USDC_PERP","side":"Bid","status":"New","quantity":"1",\
        "executedQuantity":"0"}
        """
    }

    @Test func `orders of one instant are one request, and each has its own outcome`() throws {
        let world = try BackpackWorld()
        world.open()
        submit(world, [7, 8, 9])
        #expect(world.targets == ["/api/v1/orders"])
        let refusal = #"{"operation":"Err","code":"INVALID_ORDER","message":"Order would immediately match and take liquidity"}"#
        world.answer("/api/v1/orders", "[\(Self.accepted(7, id: 900)),\(refusal),\(Self.accepted(9, id: 902))]")
        #expect(
            world.reports == [
                .acknowledged(OrderID(7)), .rejected(OrderID(8), .submit, .postOnlyWouldTake), .acknowledged(OrderID(9)),
            ])
        // Known by the venue's number from then on.
        world.forget()
        world.order("orderCancelled", client: nil, #""z":"0","X":"Cancelled""#)
        #expect(world.reports == [.cancelled(OrderID(7), .venue)])
    }

    @Test func `what becomes of a batch as a whole becomes of each of its orders`() throws {
        let world = try BackpackWorld()
        world.open()
        submit(world, [7, 8])
        world.answer("/api/v1/orders", status: 429, #"{"code":"TOO_MANY_REQUESTS","message":"slow"}"#)
        #expect(world.reports == [.rejected(OrderID(7), .submit, .rateLimit), .rejected(OrderID(8), .submit, .rateLimit)])
        world.forget()
        world.advance(by: .seconds(3))
        submit(world, [9, 10])
        world.answer("/api/v1/orders", status: 503, "")
        #expect(world.reports.isEmpty && world.alarms.map(\.kind) == [.unanswered])
        world.forget()
        submit(world, [11, 12])
        // Fewer answers than orders say nothing of any.
        world.answer("/api/v1/orders", "[\(Self.accepted(11, id: 903))]")
        #expect(world.reports.isEmpty && world.alarms.map(\.kind) == [.notUnderstood])
    }

    @Test func `orders of other accounts and instants, and more than a batch takes, go apart; a cancel follows its order`() throws {
        let world = try BackpackWorld()
        world.open()
        submit(world, [7, 8]) { $1.account = AccountID($0 == 7 ? 5 : 6) }
        #expect(world.targets == ["/api/v1/order", "/api/v1/order"])
        world.forget()
        submit(world, Array(20..<50))
        #expect(world.targets == ["/api/v1/orders", "/api/v1/orders"])
        world.forget()
        world.session.handle(.submit(request(60)), now: world.now)
        world.session.handle(.submit(request(61)), now: world.now)
        let cancel = CancelRequest(account: BackpackWorld.account, instrument: BackpackWorld.instrument, order: OrderID(61))
        world.handle(.cancel(cancel))
        #expect(world.requests.map(\.request.method) == [.post, .delete] && world.targets == ["/api/v1/orders", "/api/v1/order"])
        #expect(Set(world.requests.map(\.lane)).count == 1)
    }

    private func request(_ order: UInt64) -> OrderRequest {
        OrderRequest(
            account: BackpackWorld.account, instrument: BackpackWorld.instrument, order: OrderID(order), side: .buy, type: .limit,
            timeInForce: .goodTillCancelled, price: Price(ticks: 2_000), quantity: Quantity(lots: 100), postOnly: true)
    }

    @Test func `a batch is one request of the budget`() throws {
        let world = try BackpackWorld { ($0.requestsPerMinute, $0.reservedRequests) = (4, 1) }
        world.open()
        world.advance(by: .minutes(2))
        world.forget()
        for instant in 0..<3 {
            submit(world, [UInt64(10 * instant + 1), UInt64(10 * instant + 2)])
            world.pass(.milliseconds(1))
        }
        #expect(world.targets.count { $0 == "/api/v1/orders" } == 3 && world.reports.isEmpty)
        submit(world, [91])
        #expect(world.reports == [.rejected(OrderID(91), .submit, .rateLimit)])
    }
}
