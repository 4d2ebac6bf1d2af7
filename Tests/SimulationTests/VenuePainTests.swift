import Market
import Testing
import Trading

@testable import Simulation

/// The pains of those who simulate, each as its situation; beside it the same situation with what heals it switched off, where
/// the damage shows (`Tests/PAINS.md`).
@Suite struct VenuePainTests {
    private static func lots(_ reports: [AccountEvent.Report]) -> Int64 { reports.slices.reduce(0) { $0 + $1.lots } }

    @Test(arguments: [true, false])
    func `Pain 9: an order fills for no more than what traded past its queue; without: it fills whole`(heals: Bool) {
        let stage = Stage(matching: heals ? .faithful : .hftbacktest)
        stage.bid(100, 10)
        stage.ask(102, 10)
        stage.submit(.buy, 100, 5)
        // Twelve are sold at 100, ten of them to those who stood before us.
        #expect((Self.lots(stage.sold(100, 12)) <= 2) == heals)
    }

    @Test func `Pain 12: a venue's refusal of a number is mended by the next request`() {
        let lost = Fault(.submitFailure(.silence), from: Timestamp(nanoseconds: 1_003_000), until: Timestamp(nanoseconds: 1_004_500))
        func send(_ id: UInt64) -> Command {
            .submit(
                OrderRequest(
                    account: AccountID(0), instrument: Stage.instrument, order: OrderID(id), side: .buy, type: .limit,
                    timeInForce: .goodTillCancelled, price: Price(ticks: 98), quantity: Quantity(lots: 1), postOnly: false))
        }
        let stage = Stage {
            $0.nonceRule = .exact
            $0.faults = FaultPlan([lost])
        }
        stage.bid(99, 5)
        stage.ask(101, 5)
        #expect(stage.send(send(1)) == [.acknowledged(OrderID(1))])
        #expect(stage.send(send(2)).isEmpty, "lost on its way")
        stage.pass(Nanoseconds(count: 3_000))
        #expect(stage.send(send(3)) == [.rejected(OrderID(3), .submit, .nonce)])
        for id in 4...40 as ClosedRange<UInt64> { #expect(stage.send(send(id)) == [.acknowledged(OrderID(id))]) }
    }

    @Test(arguments: [true, false])
    func `Pain 12: numbers never collide, and a lost one is made good; without: all that follows is refused`(heals: Bool) {
        // A thousand requests, of which some never arrive; the sender hears of each refusal before it sends on.
        var (sender, random, taken) = (NonceOrder(.exact), SeededGenerator(seed: 12), Set<UInt64>())
        var (arrived, refused) = (0, 0)
        for _ in 0..<1_000 {
            let number = sender.next()
            guard random.uniform(in: 0...9) > 0 else { continue }
            arrived += 1
            if sender.accept(number) {
                #expect(taken.insert(number).inserted, "a number that was used before")
            } else {
                refused += 1
                sender.keep()
                if heals { sender.repair() }
            }
        }
        // Each lost one costs one refusal.
        #expect((refused < 1_000 - arrived + 1) == heals)
        #expect(heals || taken.count < arrived / 10)
    }

    @Test(arguments: [true, false])
    func `Pain 14: what is displayed is taken once; without: as often as one likes`(heals: Bool) {
        let stage = Stage { $0.replenish = heals ? nil : Nanoseconds(count: 1) }
        stage.bid(99, 5)
        stage.ask(101, 3)
        var taken: Int64 = 0
        for _ in 0..<5 {
            taken += Self.lots(stage.submit(.buy, 101, 3, .immediateOrCancel))
            stage.pass(Nanoseconds(count: 10_000))
        }
        #expect((taken == 3) == heals)
    }

    @Test(arguments: [true, false])
    func `Pain 15: a trade comes before the book that it left, as the venue has it; the other way round it fills us too`(heals: Bool) {
        let stage = Stage()
        stage.bid(100, 5)
        stage.ask(102, 5)
        stage.submit(.buy, 100, 4)
        // Those before us are hit for all of their five lots: one event, a trade and the level without it.
        let reports = heals ? [stage.sold(100, 5), stage.bid(100, 0)] : [stage.bid(100, 0), stage.sold(100, 5)]
        #expect((reports.reduce(0) { $0 + Self.lots($1) } == 0) == heals)
    }

    @Test(arguments: [true, false])
    func `Pain 16: nothing is taken from a book that is lost; without: from prices that are gone`(heals: Bool) {
        let stage = Stage()
        stage.snapshot(bids: [(100, 5)], asks: [(102, 5)])
        if heals { stage.receive(.gap, GapCause.sequence.rawValue) }
        let reports = stage.submit(.buy, 102, 3, .immediateOrCancel)
        #expect((Self.lots(reports) == 0) == heals)
        if heals { #expect(reports.notices == [.rejected(OrderID(1), .submit, .notSynchronised)]) }
    }
}
