import Market
import Signing
import Testing

@testable import Venues

/// An account is asked about, its answers as the venue gives them.
@Suite struct BackpackInquiryTests {
    private static let start = Timestamp(nanoseconds: 1_788_285_151_000_000_000)
    private static let answers = [
        "/api/v1/time": "1788285151083",
        "/api/v1/markets": """
        [{"baseSymbol":"SOL","filters":{"price":{"meanMarkPriceBand":{"maxMultiplier":"1.1","minMultiplier":"0.9"},"tickSize":"0.01"},\
        "quantity":{"maxQuantity":null,"minQuantity":"0.01","stepSize":"0.01"}},"fundingInterval":3600000,"marketType":"PERP",\
        "orderBookState":"Open","quoteSymbol":"USDC","symbol":"SOL_USDC_PERP"}]
        """,
        "/api/v1/account": """
        {"autoBorrowSettlements":true,"autoLend":true,"autoRealizePnl":true,"autoRepayBorrows":true,"borrowLimit":"5",\
        "futuresMakerFee":"-0.5","futuresTakerFee":"4.5","leverageLimit":"20","limitOrders":0,"liquidating":false,"positionLimit":"1",\
        "spotMakerFee":"8","spotTakerFee":"10","triggerOrders":0}
        """,
        "/api/v1/capital/collateral": """
        {"assetsValue":"28.49145","borrowLiability":"0","collateral":[{"assetMarkPrice":"0.9997","availableQuantity":"30",\
        "balanceNotional":"29.991","collateralValue":"28.49145","collateralWeight":"0.95","lendQuantity":"0","openOrderQuantity":"0",\
        "symbol":"USDT","totalQuantity":"30"}],"imf":"1","liabilitiesValue":"0","marginFraction":null,"mmf":"0.007",\
        "netEquity":"28.49145","netEquityAvailable":"28.4","netEquityLocked":"0.09145","netExposureFutures":"0","pnlUnrealized":"0",\
        "unsettledEquity":"0"}
        """,
        "/api/v1/position": """
        [{"breakEvenPrice":"3831.36","entryPrice":"3826.8888888888888888888888889","netQuantity":"-0.0036","symbol":"ETH_USDC_PERP"},\
        {"entryPrice":"0","netQuantity":"0","symbol":"SOL_USDC_PERP"}]
        """,
        "/api/v1/orders": """
        [{"clientId":7,"createdAt":1788285244094,"executedQuantity":"5","id":"59669287267","orderType":"Limit","price":"1.0077",\
        "quantity":"20","side":"Ask","status":"New","symbol":"USDT_USDC","timeInForce":"GTC"}]
        """,
    ]

    /// Asks everything; each answer takes 20 ms.
    private func ask(_ answer: (_ path: String, _ number: Int) -> HTTPOutcome?) throws -> (facts: AccountFacts, requests: [HTTPRequest]) {
        let account = BackpackAccount(AccountID(1), key: try Ed25519SecretKey([UInt8](repeating: 7, count: 32).span))
        var inquiry = BackpackInquiry(account)
        var (now, requests): (Timestamp, [HTTPRequest]) = (Self.start, [])
        while let request = inquiry.next(at: now) {
            now = now + .milliseconds(20)
            let path = String(request.target.prefix { $0 != "?" })
            requests.append(request)
            let own = HTTPOutcome.answered(status: 200, body: Array((Self.answers[path] ?? "").utf8))
            inquiry.answer(answer(path, requests.count) ?? own, at: now)
        }
        return (inquiry.facts, requests)
    }

    @Test func `everything that the venue tells is a fact`() throws {
        let (facts, requests) = try ask { _, _ in nil }
        #expect(facts.troubles == [])
        // Asked again at .020 and answered at .040: the venue showed .083 at .030, or up to a millisecond later.
        #expect(facts.clock.offset == Nanoseconds(count: 53_500_000) && facts.clock.error == .milliseconds(11))
        let market = try #require(facts.market("SOL_USDC_PERP"))
        #expect(market.instrument?.tickSize.nanos == 10_000_000 && market.status == .trading && market.statusText == "Open")
        #expect(market.lowestPrice == Rate(basisPoints: 9_000))
        #expect(
            facts.fees
                == .init(
                    contractMaker: Rate(trillionths: -50_000_000), contractTaker: Rate(trillionths: 450_000_000),
                    spotMaker: Rate(basisPoints: 8), spotTaker: Rate(basisPoints: 10)))
        #expect(facts.leverageLimit == 20_000_000_000 && facts.isBeingLiquidated == false && facts.mayWithdraw == nil)
        #expect(facts.holdings == [.init(asset: "USDT", total: 30_000_000_000)])
        #expect(facts.equity == .init(net: 28_491_450_000, available: 28_400_000_000))
        #expect(facts.positions == [.init(symbol: "ETH_USDC_PERP", quantity: -3_600_000, entry: FinePrice(nanos: 3_826_888_888_889))])
        #expect(
            facts.openOrders == [
                .init(
                    symbol: "USDT_USDC", id: "59669287267", client: 7, side: .sell, price: FinePrice(nanos: 1_007_700_000),
                    quantity: 20_000_000_000, filled: 5_000_000_000)
            ])
        #expect(requests.map(\.method) == [HTTPRequest.Method](repeating: .get, count: 7))
        #expect(requests[..<3].allSatisfy { $0.headers.isEmpty })
        // By the venue's clock, as far as it is known.
        let stamps = requests[3...].map { request in request.headers.first { $0.name == "X-Timestamp" }?.value }
        #expect(stamps == ["1788285151113", "1788285151133", "1788285151153", "1788285151173"])
    }

    @Test func `what has no answer is a trouble, and the rest is asked`() throws {
        let (facts, requests) = try ask { path, _ in
            switch path {
            case "/api/v1/account": .answered(status: 401, body: Array(#"{"code":"UNAUTHORIZED","message":"Unknown API key"}"#.utf8))
            case "/api/v1/position": .answered(status: 200, body: Array(#"[{"netQuantity":"x"}]"#.utf8))
            case "/api/v1/orders": .unknown(reason: "it was lost")
            default: nil
            }
        }
        #expect(requests.count == 7)
        #expect(
            facts.troubles == [
                .init(.account, .refused(code: "UNAUTHORIZED", message: "Unknown API key")),
                .init(.positions, .notUnderstood(offset: 16, expected: "a decimal")),
                .init(.openOrders, .unanswered(reason: "it was lost")),
            ])
        #expect(facts.fees == nil && facts.positions == nil && facts.openOrders == nil && facts.equity != nil)
        #expect(
            facts.troubles.map(\.text) == [
                "refused: UNAUTHORIZED \"Unknown API key\"", "the answer can't be read: byte 16, expected a decimal",
                "no answer: it was lost",
            ])
    }

    @Test(arguments: [[1], [2], [1, 2]])
    func `of two answers about the clock one is enough`(lost: [Int]) throws {
        let (facts, _) = try ask { _, number in lost.contains(number) ? .answered(status: 503, body: []) : nil }
        #expect((facts.clock.error == nil) == (lost == [1, 2]))
        #expect(facts.troubles == (lost == [1, 2] ? [.init(.time, .refused(code: "HTTP_503", message: ""))] : []))
    }

    @Test(arguments: [
        #"{"futuresMakerFee":"2","futuresTakerFee":"5","spotMakerFee":"8"}"#, "[]", #"{"futuresMakerFee":{}}"#, "",
    ])
    func `an account that is not told whole is none`(body: String) {
        #expect(throws: RowFailure.self) { try BackpackAnswers.account(Array(body.utf8)) }
        #expect(throws: RowFailure.self) { try BackpackAnswers.equity(Array(body.utf8)) }
    }
}
