import Market
import Testing

@testable import Trading

@Suite struct CoreTests {
    @Test func `timers fire in order of time, then of asking, and cancelled ones do not`() {
        var world = ScriptedCore()
        world.start()
        var tokens: [TimerToken] = []
        world.ask { context in
            for span in [50, 10, 10, 30] as [Int64] { tokens.append(context.wake(at: context.now + Nanoseconds(count: span))) }
            context.cancel(tokens[3])
        }
        world.strategy.events = []
        #expect(world.core.nextWake == Timestamp(nanoseconds: world.now + 10))
        world.core.wake(at: world.time(60))
        #expect(world.strategy.events == [.timer(tokens[1]), .timer(tokens[2]), .timer(tokens[0])])
    }

    @Test func `a denial comes after the call that caused it`() {
        var world = ScriptedCore(limits: RiskLimits(maximumOrderNotional: 100_000_000_000))
        world.start()
        var seenDuringCall = -1
        let strategy = world.strategy
        world.strategy.events = []
        var id = OrderID(0)
        world.ask { context in
            id = context.submit(ScriptedCore.draft(.buy, 100, 2))
            seenDuringCall = strategy.events.count { if case .order = $0 { true } else { false } }
        }
        #expect(seenDuringCall == 0)
        #expect(world.strategy.events.last == .order(id, .denied(.notional)))
        #expect(world.commands() == [])
    }

    @Test func `a strategy wakes after a frame whose touch differs, not for each level`() {
        var world = ScriptedCore()
        world.start()
        // What the touch was before the start is nobody's, for a feed may be read in one go until then: the first one after it is news,
        // also where it is what it was.
        world.strategy.events = []
        world.book(100, 102)
        #expect(world.strategy.events == [.touch(InstrumentID(0))])
        world.strategy.events = []
        world.book(100, 102)
        #expect(world.strategy.events == [])
        world.book(101, 102)
        #expect(world.strategy.events == [.touch(InstrumentID(0))])
    }

    @Test func `a gap makes a book unusable until the next snapshot`() {
        var world = ScriptedCore()
        world.start()
        let at = world.time()
        world.core.receive(MarketEvent(kind: .gap, instrument: InstrumentID(0), venueTime: at, receiveTime: at))
        let id = world.submit(ScriptedCore.draft())
        #expect(world.strategy.events.suffix(1) == [.order(id, .denied(.notSynchronised))])
        world.book(100, 102)
        world.submit(ScriptedCore.draft())
        #expect(world.commands().count == 1)
    }

    @Test(arguments: [
        (RiskLimits(maximumPosition: 1_000_000_000), ScriptedCore.draft(.buy, 100, 2), DenyReason.position),
        (RiskLimits(priceCollar: Rate(basisPoints: 100)), ScriptedCore.draft(.buy, 110, 1), .priceCollar),
        (RiskLimits(maximumOrdersPerSecond: 1, reservedOrdersPerSecond: 1), ScriptedCore.draft(), .orderRate),
        (RiskLimits(), ScriptedCore.draft(.buy, 102, 1, postOnly: true), .postOnlyWouldTake),
        (RiskLimits(), ScriptedCore.draft(.buy, 100, 0), .quantity), (RiskLimits(staleAfter: .zero), ScriptedCore.draft(), .staleBook),
    ])
    func `a limit refuses by name`(limits: RiskLimits, draft: OrderDraft, reason: DenyReason) {
        var world = ScriptedCore(limits: limits)
        world.start()
        let id = world.submit(draft)
        #expect(world.strategy.events.last == .order(id, .denied(reason)))
        #expect(world.commands() == [])
    }

    @Test func `hedges go out where quotes may not`() {
        var world = ScriptedCore(limits: RiskLimits(maximumPosition: 1, maximumOrdersPerSecond: 1, reservedOrdersPerSecond: 1))
        world.start()
        world.submit(ScriptedCore.draft(.sell, nil, 2, purpose: .hedge))
        #expect(world.commands().count == 1)
    }

    @Test func `an order that would meet one of our own is refused`() {
        var world = ScriptedCore()
        world.start()
        let resting = world.submit(ScriptedCore.draft(.sell, 101, 1))
        world.report(.acknowledged(resting))
        let id = world.submit(ScriptedCore.draft(.buy, 101, 1))
        #expect(world.strategy.events.last == .order(id, .denied(.selfTrade)))
    }

    @Test func `kill levels are latched and each does what the ones below it do`() throws {
        var world = ScriptedCore()
        world.start()
        let resting = world.submit(ScriptedCore.draft(.buy, 99, 1))
        world.report(.acknowledged(resting))
        world.fill(resting, 1, trade: 1, ticks: 99)
        let second = world.submit(ScriptedCore.draft(.buy, 98, 1))
        _ = world.commands()
        world.core.receive(.kill(.cancelAll), at: world.time())
        #expect(world.commands() == [.cancel(CancelRequest(account: AccountID(0), instrument: InstrumentID(0), order: second))])
        world.core.receive(.kill(.stopQuoting), at: world.time())
        let quote = world.submit(ScriptedCore.draft())
        #expect(world.core.order(quote)?.life == .done(.denied))
        world.submit(ScriptedCore.draft(.sell, nil, 1, purpose: .hedge))
        #expect(world.commands().count == 1)
        world.core.receive(.kill(.flatten), at: world.time())
        _ = world.commands()
        for _ in 0..<2 { world.report(.position(InstrumentID(0), quantity: Quantity(lots: 1), entry: FinePrice(nanos: 0))) }
        let orders = world.commands().compactMap { if case .submit(let request) = $0 { request } else { nil } }
        let request = try #require(orders.first)
        #expect(request.reduceOnly && request.side == .sell && request.quantity == Quantity(lots: 1))
    }

    @Test func `the same inputs give the same journal, one difference another`() {
        func hash(_ lots: Int64) -> UInt64 {
            let journal = Journal(sink: nil)
            var world = ScriptedCore(journal: journal)
            world.start()
            let id = world.submit(ScriptedCore.draft())
            world.report(.acknowledged(id))
            world.fill(id, lots, trade: 1)
            return journal.hash
        }
        #expect(hash(1) == hash(1))
        #expect(hash(1) != hash(2))
    }

    @Test func `each instance draws its own numbers, the same in every run`() {
        var draws: [Int64] = []
        var world = ScriptedCore()
        world.start()
        world.ask { draws = [$0.random(in: 0...1_000_000), $0.random(in: 0...1_000_000)] }
        var again: [Int64] = []
        var other = ScriptedCore()
        other.start()
        other.ask { again = [$0.random(in: 0...1_000_000), $0.random(in: 0...1_000_000)] }
        #expect(draws == again && draws[0] != draws[1])
    }
}

@Suite struct JournalTests {
    private final class Sink: JournalSink {
        var bytes: [UInt8] = []
        var records = 0
        func append(_ block: [UInt8], records: Int, times: ClosedRange<Timestamp>, hash: UInt64) {
            bytes += block
            self.records += records
        }
    }

    @Test func `the hash of a few records is what it has always been`() {
        let sink = Sink()
        let journal = Journal(sink: sink)
        journal.append(JournalRecord(wakeAt: Timestamp(nanoseconds: 7)))
        journal.append(
            JournalRecord(
                .cancel(CancelRequest(account: AccountID(1), instrument: InstrumentID(2), order: OrderID(3))), at: Timestamp(nanoseconds: 8)
            ))
        let hash = journal.hash
        #expect(journal.close() != nil)
        #expect(sink.records == 2)
        // Kind 66 and two words; kind 3 and four words: header, time, account and instrument, order.
        #expect(sink.bytes.count == 8 * 6)
        #expect(sink.bytes[0..<8] == [66, 2, 0, 0, 0, 0, 0, 0])
        #expect(sink.bytes[16..<24] == [3, 4, 0, 0, 0, 0, 0, 0])
        #expect(sink.bytes[32..<40] == [1, 0, 2, 0, 0, 0, 0, 0])
        #expect(hash == Self.golden)
    }

    private static let golden: UInt64 = 8_887_870_954_163_165_102

    @Test func `no two commands or reports have one record`() {
        let account = AccountID(0)
        let instrument = InstrumentID(0)
        let order = OrderID(1)
        let time = Timestamp(nanoseconds: 1)
        let commands: [Command] = [
            .cancel(CancelRequest(account: account, instrument: instrument, order: order)), .cancelAll(account: account, instrument: nil),
            .cancelAll(account: account, instrument: instrument), .setLeverage(account: account, instrument: instrument, leverage: 5),
            .deadMan(account: account, .seconds(1)), .query(QueryRequest(account: account, query: 1, subject: .openOrders)),
            .query(QueryRequest(account: account, query: 1, subject: .positions)),
            .query(QueryRequest(account: account, query: 1, subject: .balances)),
            .query(QueryRequest(account: account, query: 1, subject: .fills(after: 0))),
            .query(QueryRequest(account: account, query: 1, subject: .order(order, instrument))),
            .amend(
                AmendRequest(account: account, instrument: instrument, order: order, price: Price(ticks: 1), quantity: Quantity(lots: 1))),
        ]
        let reports: [AccountEvent.Report] =
            [.acknowledged(order), .triggered(order), .notFound(order), .endOfAnswer(query: 1), .leverage(instrument, 1)]
            + CancelReason.allCases.map { .cancelled(order, $0) } + ExpiryReason.allCases.map { .expired(order, $0) }
            + RejectReason.allCases.flatMap { reason in RequestKind.allCases.map { .rejected(order, $0, reason) } }
        var seen: Set<[UInt64]> = []
        func words(_ record: JournalRecord) -> [UInt64] { [record.header] + (1..<record.count).map { record.words[$0] } }
        for command in commands { #expect(seen.insert(words(JournalRecord(command, at: time))).inserted) }
        for report in reports {
            let event = AccountEvent(account: account, venueTime: time, receiveTime: time, report: report)
            #expect(seen.insert(words(JournalRecord(event))).inserted)
        }
    }
}
