import Foundation
import Market
import Simulation
import Testing
import Trading
import Venues

@testable import VenueServers

/// What the venue does by itself to an account that can't keep its positions.
@Suite struct LiquidationTests {
    @Test func `a forced closing is an order of the venue's, a trade and a liquidation`() throws {
        let world = try ServerWorld()
        world.open()
        try world.connect(ServerWorld.market, ["liquidation", "trade.SOL_USDC_PERP"])
        try world.connect(ServerWorld.first, ["account.orderUpdate", "account.positionUpdate", "account.balanceUpdate"], account: 0)
        world.levels([(.buy, 9_900, 1_000_000), (.sell, 9_902, 1_000_000)])
        #expect(try world.place(ServerWorld.limit(.buy, "99.02", "2000", ["timeInForce": "IOC"])).object["status"] as? String == "Filled")
        _ = try world.place(ServerWorld.limit(.buy, "98.50", "1"))
        world.forget()
        // 2,000 × 99 are carried by 10,000: a fall by a twentieth takes it all.
        world.record(.mark, .buy, 95_000_000_000, 0)
        let events = world.data("account.orderUpdate", by: ServerWorld.first)
        #expect(events.first?["e"] as? String == "orderCancelled")
        let forced = events.filter { $0["O"] as? String == "LIQUIDATION_AUTOCLOSE" }
        try #require(!forced.isEmpty)
        #expect(forced.allSatisfy { $0["e"] as? String == "orderFill" && $0["S"] as? String == "Ask" && $0["t"] is Int64 })
        #expect(world.data("liquidation").count == forced.count && world.data("trade.SOL_USDC_PERP").count == forced.count)
        #expect(world.data("trade.SOL_USDC_PERP").map { $0["t"] as? Int64 } == forced.map { $0["t"] as? Int64 })
        let fills = ServerWorld.list(try world.ask(.get, "/wapi/v1/history/fills", "fillHistoryQueryAll"))
        #expect(fills.filter { $0["systemOrderType"] is String }.count == forced.count)
        let own = ServerWorld.list(
            try world.ask(.get, "/wapi/v1/history/fills?fillType=User", "fillHistoryQueryAll", signed: "fillType=User"))
        #expect(own.count == 1)
        // The server's position is the venue's.
        let held = world.server.venue.position(AccountID(5), ServerWorld.perp)
        #expect(world.server.accounts[0].positions[0]?.lots ?? 0 == held.lots && held.lots < 200_000)
        let capital = try world.ask(.get, "/api/v1/capital", "balanceQuery").object["USDC"] as? [String: Any]
        let balance = world.server.venue.balances(AccountID(5)).first { $0.currency == ServerWorld.usdc }
        #expect(capital?["available"] as? String ?? "0" == balance.map { Market.Decimal.text($0.nanos, decimals: 9) })
    }
}
