import Market
import TestSupport
import Testing
import Trading

@testable import Simulation

/// Three fills each, reckoned by hand.
@Suite struct AccountTests {
    @Test func `linear: buy 4 at 102, sell 2 at 100, sell 2 at 100`() {
        var world = VenueWorld(.linear)
        world.submit(.buy, 102, 4, .immediateOrCancel)
        world.submit(.sell, 100, 2, .immediateOrCancel)
        // Two sold lose 4, which is paid; two left gain 2 at 103.
        #expect(world.balance(VenueWorld.usd) == 995_392_000_000)
        #expect(world.venue.unrealised(AccountID(0), InstrumentID(0), at: FinePrice(nanos: 103_000_000_000)).nanos == 2_000_000_000)
        world.submit(.sell, 100, 2, .immediateOrCancel)
        // 1,000 − 4·102 + 4·100 = 992; fees 10 bp of 408, 200 and 200 = 0.808.
        #expect(world.balance(VenueWorld.usd) == 991_192_000_000)
    }

    @Test func `inverse: buy 4 contracts at 125, sell 2 at 100, sell 2 at 100`() {
        var world = VenueWorld(
            .inverse, collateral: [Money(nanos: 10_000_000_000, VenueWorld.btc)],
            book: [(.buy, 100, 5), (.sell, 125, 4)])
        world.submit(.buy, 125, 4, .immediateOrCancel)
        world.submit(.sell, 100, 2, .immediateOrCancel)
        world.submit(.sell, 100, 2, .immediateOrCancel)
        // 400 USD are 3.2 BTC at 125 and 4 BTC at 100: the long loses 0.8; fees 10 bp of 3.2, 2 and 2 = 0.0072.
        #expect(world.balance(VenueWorld.btc) == 9_192_800_000)
    }

    @Test func `spot: buy 4 at 102, sell 3 at 100, sell 1 at 100`() {
        var world = VenueWorld(.spot)
        world.submit(.buy, 102, 4, .immediateOrCancel)
        world.submit(.sell, 100, 3, .immediateOrCancel)
        world.submit(.sell, 100, 1, .immediateOrCancel)
        #expect(world.balance(VenueWorld.usd) == 991_192_000_000)
        #expect(world.balance(VenueWorld.btc) == 0)
        world.submit(.sell, 100, 1, .immediateOrCancel)
        world.submit(.buy, 102, 10, .immediateOrCancel)
        #expect(world.reports().suffix(2) == ["rejected 4 submit balance", "rejected 5 submit balance"])
    }

    @Test func `a spot fee may be taken from what the fill brings`() {
        var world = VenueWorld(.spot, spotFee: .received)
        world.submit(.buy, 102, 4, .immediateOrCancel)
        // 10 bp of 4 BTC; a sale pays in dollars: 300 less 0.3.
        #expect(world.balance(VenueWorld.btc) == 3_996_000_000 && world.balance(VenueWorld.usd) == 592_000_000_000)
        world.submit(.sell, 100, 3, .immediateOrCancel)
        #expect(world.balance(VenueWorld.btc) == 996_000_000 && world.balance(VenueWorld.usd) == 891_700_000_000)
    }

    @Test func `funding is paid by longs on the mark at the settlement`() {
        var world = VenueWorld(accounts: 2)
        world.submit(.buy, nil, 4, .immediateOrCancel)
        world.submit(.sell, nil, 4, .immediateOrCancel, account: 1)
        let settlement = world.now + 500
        world.record(.mark, .buy, 101_000_000_000, 0)
        world.record(.funding, .buy, Rate(basisPoints: 5).trillionths, 1_000, detail: settlement)
        _ = world.reports()
        world.now = settlement
        world.record(.mark, .buy, 200_000_000_000, 0)
        // 4 × 101 × 5 bp = 0.202: the mark before the settlement, not the one that came with it.
        #expect(world.reports() == ["funding -0.202 USD", "funding 0.202 USD"])
    }

    @Test(arguments: TestScale.seeds(6))
    func `random markets: every fill has a witness, money is conserved, no more fills than was there`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var world = VenueWorld(accounts: 2)
        var displayed: [String: Int64] = [:]
        var traded: Int64 = 0
        var orders: [OrderID] = []
        var fills: [VenueFill] = []
        for _ in 0..<3_000 {
            switch random.uniform(in: 0...9) {
            case 0...3:
                let side: Side = random.uniform(in: 0...1) == 0 ? .buy : .sell
                let ticks = side == .buy ? random.uniform(in: 95...101) : random.uniform(in: 101...107)
                let lots = random.uniform(in: 0...9)
                let before = displayed["\(side) \(ticks)"] ?? 0
                displayed["\(side) \(ticks)"] = lots
                traded += max(0, lots - before)
                world.level(side, ticks, lots)
            case 4...5:
                let lots = random.uniform(in: 1...6)
                traded += lots
                world.trade(random.uniform(in: 0...1) == 0 ? .buy : .sell, random.uniform(in: 97...105), lots)
            case 6...8:
                let side: Side = random.uniform(in: 0...1) == 0 ? .buy : .sell
                let force: TimeInForce = [.goodTillCancelled, .goodTillCancelled, .immediateOrCancel, .fillOrKill][
                    Int(random.uniform(in: 0...3))]
                orders.append(
                    world.submit(
                        side, random.uniform(in: 97...105), random.uniform(in: 1...5), force, reduceOnly: random.uniform(in: 0...3) == 0,
                        account: Int(random.uniform(in: 0...1))))
            default:
                if let id = orders.randomElement(using: &random) { world.cancel(id) }
            }
            world.venue.takeFills { fills.append($0) }
        }
        #expect(!fills.isEmpty)
        var cash: [Int: Int64] = [0: 1_000_000_000_000, 1: 1_000_000_000_000]
        var positions: [Int: Int64] = [0: 0, 1: 0]
        for fill in fills {
            let worth = fill.fill.quantity.lots * fill.fill.price.ticks * 1_000_000_000 * fill.fill.side.sign
            cash[fill.account.index]! -= worth + fill.fill.fee.nanos
            positions[fill.account.index]! += fill.fill.signedQuantity.lots
            #expect(fill.witness.displayed > 0 || fill.witness.mechanism == .ownOrder)
            #expect(fill.witness.usedBefore + fill.fill.quantity.lots <= fill.witness.displayed || fill.fill.role == .maker)
        }
        for account in 0...1 {
            #expect(world.venue.position(AccountID(account), InstrumentID(0)).lots == positions[account])
            let mark = FinePrice(nanos: 100_000_000_000)
            let equity =
                world.balance(VenueWorld.usd, account) + world.venue.unrealised(AccountID(account), InstrumentID(0), at: mark).nanos
            #expect(equity == cash[account]! + positions[account]! * mark.nanos)
        }
        let own = fills.filter { $0.witness.mechanism != .ownOrder }.reduce(0) { $0 + $1.fill.quantity.lots }
        #expect(own <= traded + 23, "no more fills than was ever displayed or traded")
    }
}
