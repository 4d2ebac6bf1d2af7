import Market
import Testing

@testable import Venues

@Suite struct BackpackMarketTests {
    private static func market(_ change: [String: String] = [:]) -> String {
        var members = [
            "symbol": #""SOL_USDC_PERP""#, "baseSymbol": #""SOL""#, "quoteSymbol": #""USDC""#, "marketType": #""PERP""#,
            "orderBookState": #""Open""#, "fundingInterval": "3600000", "createdAt": #""2025-01-21T06:34:54.691858""#,
            "imfFunction": #"{"base":"0.02","factor":"0.000075","type":"sqrt"}"#,
            "filters":
                #"{"price":{"maxPrice":"1000","meanMarkPriceBand":{"maxMultiplier":"1.1","minMultiplier":"0.9"},"tickSize":"0.01"},"#
                + #""quantity":{"maxQuantity":null,"minQuantity":"0.05","stepSize":"0.02"}}"#,
        ]
        members.merge(change) { $1 }
        return "{\(members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ","))}"
    }

    private func list(_ markets: String...) throws -> [BackpackMarket] {
        try BackpackMarket.list(Array("[\(markets.joined(separator: ","))]".utf8))
    }

    @Test func `a perpetual's steps, least order and funding make an instrument`() throws {
        let market = try #require(list(Self.market()).first)
        let instrument = try #require(market.instrument)
        #expect(instrument.symbol == "SOL" && instrument.venueSymbol == "SOL_USDC_PERP" && instrument.kind == .linear)
        #expect(instrument.tickSize.nanos == 10_000_000 && instrument.lotUnit == 20_000_000)
        // 0.05 is no whole number of steps: three are the least.
        #expect(instrument.contract.minimumQuantity == Quantity(lots: 3) && instrument.fundingInterval == .hours(1))
        #expect(market.status == .trading)
        #expect(market.lowestPrice == Rate(basisPoints: 9_000) && market.highestPrice == Rate(basisPoints: 11_000))
    }

    @Test func `spot has no funding; what we can't trade is no instrument, and no reason to stop`() throws {
        let markets = try list(
            Self.market(["marketType": #""SPOT""#, "fundingInterval": "28800000"]), Self.market(["marketType": #""RFQ""#]),
            Self.market(["marketType": #""MONAD""#]), Self.market(["filters": #"{"price":{},"quantity":{}}"#]),
            Self.market(["orderBookState": #""PostOnly""#, "fundingInterval": "null"]),
            Self.market(["orderBookState": #""CancelOnly""#]))
        #expect(markets[0].instrument?.kind == .spot && markets[0].instrument?.fundingInterval == nil)
        #expect(markets[1...3].allSatisfy { $0.instrument == nil } && markets[2].kind == nil)
        #expect(markets[4...].map(\.status) == [.postOnly, .halted])
    }

    @Test(arguments: [
        #"[{"baseSymbol":"SOL"}]"#, #"[{"symbol":"X","fundingInterval":99999999999999999}]"#,
        #"[{"symbol":"X","filters":{"price":{"tickSize":"1e400"}}}]"#, #"{"symbol":"X"}"#, "[{]",
    ])
    func `what is no list of markets is refused`(_ text: String) {
        #expect(throws: RowFailure.self) { try BackpackMarket.list(Array(text.utf8)) }
    }
}
