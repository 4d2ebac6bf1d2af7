import Market
import Testing

@testable import Venues

@Suite struct BackpackAnswerTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `an order is told with nulls, numbers and texts`() throws {
        let text = """
            {"clientId":77,"createdAt":1788285244094,"executedQuantity":"0.5","executedQuoteQuantity":"10","id":"59669287267",\
            "orderType":"Limit","postOnly":true,"price":"20.5","quantity":"2","reduceOnly":null,"side":"Ask","status":"PartiallyFilled",\
            "symbol":"SOL_USDC_PERP","timeInForce":"GTC","triggerPrice":null}
            """
        let order = try BackpackAnswers.order(bytes(text))
        #expect(order.id == 59_669_287_267 && order.client == 77 && order.side == .sell && order.status == .partiallyFilled)
        #expect(order.price == 20_500_000_000 && order.quantity == 2_000_000_000 && order.executed == 500_000_000)
        #expect(order.status.isOpen && !BackpackAnswers.Order.Status.expired.isOpen)
        #expect(try BackpackAnswers.orders(bytes("[\(text),\(text)]")).count == 2)
        #expect(try BackpackAnswers.orders(bytes("[]")).isEmpty)
        let other = text.replacing("\"clientId\":77", with: "\"clientId\":null")
        #expect(try BackpackAnswers.order(bytes(other)).client == nil)
        #expect(throws: RowFailure.self) { try BackpackAnswers.order(bytes(text.replacing("PartiallyFilled", with: "Resting"))) }
    }

    @Test func `of a batch each order has its own answer`() throws {
        let text = """
            [{"operation":"Ok","id":"5","clientId":1,"symbol":"X","side":"Bid","status":"New","quantity":"1","executedQuantity":"0"},\
            {"code":"INVALID_PRICE","message":"Price is \\"far\\"","operation":"Err"}]
            """
        let batch = try BackpackAnswers.batch(bytes(text))
        #expect(try batch[0].get().id == 5)
        #expect(throws: BackpackAnswers.BatchFailure(refusal: .init(code: "INVALID_PRICE", message: "Price is \"far\""))) {
            try batch[1].get()
        }
    }

    @Test func `fills have client ids as texts, calendar times, rebates and forced ones`() throws {
        let text = """
            [{"clientId":"12","fee":"-0.0049741234567","feeSymbol":"USDC","isMaker":true,"orderId":"4238907375","price":"3826.15",\
            "quantity":"0.0026","side":"Bid","symbol":"ETH_USDC_PERP","systemOrderType":null,"timestamp":"2025-07-27T17:39:00.092",\
            "tradeId":9748827},{"clientId":null,"tradeId":null,"systemOrderType":"LiquidatePositionOnAdl","side":"Ask","symbol":"X",\
            "price":"1","quantity":"1","fee":"0","feeSymbol":"USDC","isMaker":false,"orderId":"1","timestamp":"2025-07-27T17:39:01"}]
            """
        let fills = try BackpackAnswers.fills(bytes(text))
        #expect(fills[0].trade == 9_748_827 && fills[0].client == 12 && fills[0].order == 4_238_907_375 && fills[0].isMaker)
        #expect(fills[0].fee == -4_974_123 && fills[0].time == Timestamp(nanoseconds: 1_753_637_940_092_000_000))
        #expect(fills[1].trade == nil && fills[1].client == nil && fills[1].system == "LiquidatePositionOnAdl" && fills[1].side == .sell)
    }

    @Test func `positions, balances, collateral and payments`() throws {
        let positions = try BackpackAnswers.positions(
            bytes(#"[{"symbol":"X","netQuantity":"-1.5","entryPrice":"20.0000000005","netExposureQuantity":"9","subaccountId":null}]"#))
        #expect(positions == [.init(symbol: "X", quantity: -1_500_000_000, entry: 20_000_000_000)])
        let capital = try BackpackAnswers.capital(
            bytes(#"{"USDC":{"available":"30","locked":"1.5","staked":"0"},"SOL":{"available":"0","locked":"0","staked":"2"}}"#))
        #expect(capital == [.init(asset: "USDC", total: 31_500_000_000), .init(asset: "SOL", total: 2_000_000_000)])
        let collateral = try BackpackAnswers.collateral(
            bytes(#"{"assetsValue":"1","collateral":[{"symbol":"USDT","totalQuantity":"30","lendQuantity":"30"}],"netEquity":"1"}"#))
        #expect(collateral == [.init(asset: "USDT", total: 30_000_000_000)])
        let payments = try BackpackAnswers.payments(
            bytes(#"[{"fundingRate":"0.0001","intervalEndTimestamp":"2025-08-01T16:00:00","quantity":"-0.001301","symbol":"X"}]"#))
        #expect(payments[0].amount == -1_301_000 && payments[0].rate == 100_000_000)
        #expect(payments[0].settledAt == Timestamp(nanoseconds: 1_754_064_000_000_000_000))
    }

    @Test func `a depth keeps both sides as they come, and wants its number`() throws {
        let text =
            """
            {"asks":[["20.1","1"],["20.2","2"]],"bids":[["19.8","4"],["19.9","3"]],"lastUpdateId":"4324522523",\
            "timestamp":1700000000000001}
            """
        let depth = try BackpackAnswers.depth(bytes(text))
        #expect(depth.last == 4_324_522_523 && depth.time == Timestamp(nanoseconds: 1_700_000_000_000_001_000))
        #expect(depth.levels.map(\.price) == [20_100_000_000, 20_200_000_000, 19_800_000_000, 19_900_000_000])
        #expect(throws: RowFailure.self) { try BackpackAnswers.depth(bytes(#"{"asks":[],"bids":[]}"#)) }
        #expect(try BackpackAnswers.time(bytes("1788285151083")) == Timestamp(nanoseconds: 1_788_285_151_083_000_000))
    }

    @Test func `only what the venue says is refused; what stands before it leaves the outcome open`() {
        let body = bytes(#"{"code":"INVALID_ORDER","message":"Order would immediately match and take liquidity"}"#)
        #expect(
            BackpackAnswers.verdict(status: 400, body: body)
                == .refused(.init(code: "INVALID_ORDER", message: "Order would immediately match and take liquidity")))
        #expect(BackpackAnswers.verdict(status: 200, body: []) == .done && BackpackAnswers.verdict(status: 202, body: []) == .pending)
        #expect(BackpackAnswers.verdict(status: 503, body: bytes("<html>busy</html>")) == .unknown(.init(code: "HTTP_503")))
        #expect(BackpackAnswers.verdict(status: 403, body: bytes("<html>")) == .refused(.init(code: "HTTP_403")))
    }

    @Test(arguments: [
        ("1.5", 1_500_000_000), ("1.0000000005", 1_000_000_000), ("1.0000000015", 1_000_000_002), ("1.00000000050001", 1_000_000_001),
        ("-1.0000000006", -1_000_000_001), ("0.9999999999", 1_000_000_000), ("-0.00000000009", 0),
    ])
    func `averages of many digits are rounded half to even`(text: String, value: Int64) throws {
        let read = try Bytes.lending(bytes(text)) { (bytes) throws(RowFailure) in try parseLongDecimal(bytes, decimals: 9, at: 0) }
        #expect(read == value)
    }
}
