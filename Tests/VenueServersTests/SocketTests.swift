import Foundation
import Market
import Signing
import Testing
import Venues

@testable import VenueServers

/// Connections: what they subscribe, and how long they live.
@Suite struct SocketTests {
    private func world() throws -> ServerWorld {
        let world = try ServerWorld()
        world.open()
        return world
    }

    @Test func `a subscription that is taken has no answer`() throws {
        let world = try world()
        try world.connect(ServerWorld.market, ["depth.SOL_USDC_PERP", "kline.1m.SOL_USDC", "liquidation", "depth.600ms.SOL_USDC"])
        try world.subscribe(ServerWorld.market, ["account.orderUpdate", "account.rfqUpdate", "trade.SOL_USDC"], account: 0)
        #expect(world.frames.isEmpty)
    }

    @Test(arguments: [
        (#"{"method":"SUBSCRIBE","params":["depth.NONE"]}"#, 4006, "Invalid stream"),
        (#"{"method":"SUBSCRIBE","params":["markPrice.SOL_USDC"]}"#, 4006, "Invalid stream"),
        (#"{"method":"SUBSCRIBE","params":[7]}"#, 4006, "Invalid stream"),
        (#"{"method":"SUBSCRIBE","params":["account.orderUpdate"]}"#, 4003, "Invalid signature"),
        (#"{"method":"SUBSCRIBE","params":["account.orderUpdate"],"signature":["a","b","1","2"]}"#, 4003, "Invalid signature"),
        (#"{"method":"SHOUT","params":[]}"#, 4000, "Invalid request"), ("{", 4000, "Invalid request"), ("", 4000, "Invalid request"),
        ("[1]", 4000, "Invalid request"),
    ])
    func `one that is not has an error`(frame: String, code: Int, message: String) throws {
        let world = try world()
        try world.connect(ServerWorld.market, [])
        world.hear(frame, ServerWorld.market)
        #expect(world.frames.map(\.text) == [#"{"id":null,"error":{"code":\#(code),"message":"\#(message)"}}"#])
        // The connection goes on.
        try world.subscribe(ServerWorld.market, ["depth.SOL_USDC_PERP"])
        world.levels([(.buy, 9_901, 100)])
        #expect(world.heard("depth.SOL_USDC_PERP").count == 1)
    }

    @Test func `a signature that is too old is refused`() throws {
        let world = try world()
        try world.connect(ServerWorld.market, [])
        let late = world.now
        world.pass(.seconds(6))
        world.server.advance(to: world.now)
        let seed = world.keys[0]
        let key = try Ed25519SecretKey(seed.span)
        let time = late.nanoseconds / 1_000_000
        let signed = key.sign("instruction=subscribe&timestamp=\(time)&window=5000").base64
        let signature = "[\"\(key.publicKey.base64)\",\"\(signed)\",\"\(time)\",\"5000\"]"
        world.hear(#"{"method":"SUBSCRIBE","params":["account.orderUpdate"],"signature":\#(signature)}"#, ServerWorld.market)
        #expect(world.frames.last?.text.contains("4003") == true)
    }

    @Test func `what is unsubscribed is not heard any more, and needs no signature for it`() throws {
        let world = try world()
        try world.connect(ServerWorld.first, ["account.orderUpdate", "depth.SOL_USDC_PERP"], account: 0)
        world.hear(#"{"method":"UNSUBSCRIBE","params":["account.orderUpdate"]}"#, ServerWorld.first)
        _ = try world.place(ServerWorld.limit(.buy, "98.00", "1"))
        #expect(world.heard("account.orderUpdate", by: ServerWorld.first).isEmpty)
        #expect(world.heard("depth.SOL_USDC_PERP", by: ServerWorld.first).count == 1)
    }

    @Test func `a client is pinged every minute and closed when it is silent for two`() throws {
        let world = try world()
        try world.connect(ServerWorld.market, ["depth.SOL_USDC_PERP"])
        try world.connect(ServerWorld.first, [])
        world.advance(by: .seconds(61))
        #expect(world.pings == [ServerWorld.market, ServerWorld.first])
        world.server.heard(ServerWorld.market, at: world.now)
        world.advance(by: .seconds(60))
        #expect(world.closed == [ServerWorld.first] && world.pings.filter { $0 == ServerWorld.market }.count == 2)
        world.forget()
        world.advance(by: .seconds(61))
        #expect(world.closed == [ServerWorld.market])
        world.levels([(.buy, 9_901, 100)])
        #expect(world.frames.isEmpty)
    }

    @Test func `the same bytes go to each who hears a stream`() throws {
        let world = try world()
        let sockets = (20..<30).map { SocketID($0) }
        for socket in sockets { try world.connect(socket, ["depth.SOL_USDC_PERP"]) }
        world.levels([(.buy, 9_901, 100)])
        #expect(world.frames.map(\.socket) == sockets && Set(world.frames.map(\.text)).count == 1)
    }

    @Test func `positions are told on subscribing, without an event`() throws {
        let world = try world()
        _ = try world.place(["symbol": "SOL_USDC_PERP", "side": "Bid", "orderType": "Market", "quantity": "1"])
        try world.connect(ServerWorld.first, ["account.positionUpdate.SOL_USDC_PERP"], account: 0)
        let told = world.data("account.positionUpdate.SOL_USDC_PERP", by: ServerWorld.first)
        #expect(told.count == 1 && told[0]["e"] == nil && told[0]["q"] as? String == "1.00")
    }

    @Test func `tickers by the second, candles when they change and when they end`() throws {
        let world = try world()
        try world.connect(ServerWorld.market, ["ticker.SOL_USDC_PERP", "kline.1m.SOL_USDC_PERP"])
        world.trade(.buy, 9_902, 100)
        world.advance(by: .seconds(3))
        let tickers = world.data("ticker.SOL_USDC_PERP")
        #expect(tickers.count == 3 && tickers.allSatisfy { $0["c"] as? String == "99.02" && $0["n"] as? Int == 1 })
        #expect(world.heard("kline.1m.SOL_USDC_PERP").count == 1)
        world.advance(by: .minutes(1))
        let candles = world.data("kline.1m.SOL_USDC_PERP")
        #expect(candles.count == 2 && candles[1]["X"] as? Bool == true && candles[1]["v"] as? String == "1.00")
    }

    @Test func `merged streams tell each level once, and link to each other`() throws {
        let world = try world()
        try world.connect(ServerWorld.market, ["depth.200ms.SOL_USDC_PERP", "depth.SOL_USDC_PERP"])
        for size in 1...5 as ClosedRange<Int64> { world.levels([(.buy, 9_901, size * 100), (.sell, 9_910, size)]) }
        world.advance(by: .seconds(1))
        for size in 6...9 as ClosedRange<Int64> { world.levels([(.buy, 9_901, size * 100)]) }
        world.advance(by: .seconds(1))
        let merged = world.data("depth.200ms.SOL_USDC_PERP")
        #expect(merged.count == 2 && world.data("depth.SOL_USDC_PERP").count == 9)
        #expect((merged[0]["b"] as? [[String]]) == [["99.01", "5.00"]] && (merged[1]["b"] as? [[String]]) == [["99.01", "9.00"]])
        #expect((merged[0]["u"] as? Int64).map { $0 + 1 } == merged[1]["U"] as? Int64)
    }
}
