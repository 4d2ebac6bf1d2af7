import Market
import Signing
import Testing
import Venues

@testable import VenueServers

/// An account is asked about, and the served venue answers.
@Suite struct InquiryTests {
    private func facts(_ world: ServerWorld, seed: [UInt8]) throws -> AccountFacts {
        let account = VenueAccount.backpack(BackpackAccount(AccountID(0), key: try Ed25519SecretKey(seed.span)))
        var inquiry = VenueProtocol.backpack.inquiry(account)
        while let request = inquiry.next(at: world.now) {
            let response = world.raw(request)
            inquiry.answer(.answered(status: response.status, body: response.body), at: world.now)
        }
        return inquiry.facts
    }

    @Test func `a fresh account has its money and nothing else`() throws {
        let world = try ServerWorld()
        world.open()
        let facts = try facts(world, seed: world.keys[0])
        #expect(facts.troubles == [])
        #expect(facts.markets?.map(\.symbol) == ["SOL_USDC_PERP", "SOL_USDC"])
        #expect(facts.market("SOL_USDC_PERP")?.instrument == ServerWorld.instrument(.linear))
        #expect(facts.market("SOL_USDC_PERP")?.highestPrice == Rate(basisPoints: 11_000))
        #expect(facts.fees?.contractTaker == Rate(basisPoints: 5) && facts.isBeingLiquidated == false)
        #expect(facts.holdings?.first { $0.asset == "USDC" }?.total == 10_000_000_000_000)
        #expect(try #require(facts.equity).net > 10_000_000_000_000)
        #expect(facts.positions == [] && facts.openOrders == [])
        #expect(try #require(facts.clock.error) <= .milliseconds(1))
    }

    @Test func `what it holds and what rests is told, whatever the symbol`() throws {
        let world = try ServerWorld()
        world.open()
        #expect(try world.place(ServerWorld.limit(.buy, "99.02", "1.5", ["clientId": "9"])).status == 200)
        #expect(try world.place(ServerWorld.limit(.buy, "98", "2", ["symbol": "SOL_USDC", "clientId": "10"])).status == 200)
        let facts = try facts(world, seed: world.keys[0])
        let position = try #require(facts.positions?.first)
        #expect(facts.positions?.count == 1 && position.symbol == "SOL_USDC_PERP")
        #expect(position.quantity == 1_500_000_000 && position.entry.nanos == 99_020_000_000)
        let order = try #require(facts.openOrders?.first)
        #expect(facts.openOrders?.count == 1 && order.symbol == "SOL_USDC" && order.client == 10 && order.side == .buy)
        #expect(order.price == FinePrice(nanos: 98_000_000_000) && order.quantity == 2_000_000_000 && order.filled == 0)
        let equity = try #require(facts.equity)
        #expect(equity.available < equity.net)
        // Another account sees nothing of it.
        let other = try self.facts(world, seed: world.keys[1])
        #expect(other.positions == [] && other.openOrders == [])
    }

    @Test func `a key that the venue doesn't know is refused everything that is signed`() throws {
        let world = try ServerWorld()
        world.open()
        let facts = try facts(world, seed: [UInt8](repeating: 200, count: 32))
        #expect(facts.troubles.map(\.question) == [.account, .balances, .positions, .openOrders])
        #expect(facts.markets?.count == 2 && facts.fees == nil && facts.equity == nil)
    }
}
