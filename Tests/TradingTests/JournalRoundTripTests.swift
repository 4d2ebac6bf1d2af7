import Market
import Testing

@testable import Trading

/// A number for each case of what a journal may hold. No `default`: a case that is added does not compile until it has a
/// number here, and then fails the test below until it has samples.
private enum CaseNumber {
    static let commands = 7
    static let reports = 17
    static let subjects = 6
    static let operators = 6
    static let entries = 9

    static func of(_ command: Command) -> Int {
        switch command {
        case .submit: 0
        case .amend: 1
        case .cancel: 2
        case .cancelAll: 3
        case .query: 4
        case .setLeverage: 5
        case .deadMan: 6
        }
    }

    static func of(_ report: AccountEvent.Report) -> Int {
        switch report {
        case .acknowledged: 0
        case .amended: 1
        case .triggered: 2
        case .filled: 3
        case .cancelled: 4
        case .expired: 5
        case .rejected: 6
        case .status: 7
        case .notFound: 8
        case .endOfAnswer: 9
        case .leverage: 10
        case .position: 11
        case .balance: 12
        case .funding: 13
        case .liquidation: 14
        case .adjustment: 15
        case .externalFlow: 16
        }
    }

    static func of(_ subject: QueryRequest.Subject) -> Int {
        switch subject {
        case .order: 0
        case .openOrders: 1
        case .positions: 2
        case .balances: 3
        case .fills: 4
        case .payments: 5
        }
    }

    static func of(_ event: OperatorEvent) -> Int {
        switch event {
        case .stop: 0
        case .kill: 1
        case .flatten: 2
        case .hold: 3
        case .release: 4
        case .set: 5
        }
    }

    static func of(_ entry: JournalEntry) -> Int {
        switch entry {
        case .command: 0
        case .report: 1
        case .connection: 2
        case .operator: 3
        case .wake: 4
        case .start: 5
        case .stop: 6
        case .feed: 7
        case .restart: 8
        }
    }
}

/// Entries with fields drawn from a seed, the extreme ones among them.
private struct Samples {
    var random: SeededGenerator

    mutating func number() -> Int64 {
        switch random.uniform(in: 0...5) {
        case 0: .max
        case 1: .min + 1
        case 2: 0
        default: random.uniform(in: -1_000_000_000_000...1_000_000_000_000)
        }
    }
    mutating func count() -> UInt64 { UInt64(bitPattern: number()) }
    mutating func small() -> Int { Int(random.uniform(in: 0...65_535)) }
    mutating func flag() -> Bool { random.uniform(in: 0...1) == 1 }
    mutating func any<Value: CaseIterable>(_ type: Value.Type) -> Value {
        let all = Array(Value.allCases)
        return all[Int(random.uniform(in: 0...Int64(all.count - 1)))]
    }
    mutating func time() -> Timestamp { Timestamp(nanoseconds: number()) }
    mutating func order() -> OrderID { OrderID(count()) }
    mutating func account() -> AccountID { AccountID(small()) }
    mutating func instrument() -> InstrumentID { InstrumentID(small()) }
    mutating func price() -> Price { Price(ticks: number()) }
    mutating func quantity() -> Quantity { Quantity(lots: number()) }
    mutating func money() -> Money { Money(nanos: number(), flag() ? .usd : Currency("ABCDEFGH")!) }

    mutating func terms() -> OrderTerms {
        OrderTerms(
            expiry: time(),
            trigger: flag() ? Trigger(any(Trigger.Kind.self), any(Trigger.Reference.self), at: FinePrice(nanos: number())) : nil,
            selfTrade: flag() ? any(SelfTradePrevention.self) : nil)
    }

    mutating func command(_ number: Int, subject: Int) -> Command {
        switch number {
        case 0:
            .submit(
                OrderRequest(
                    account: account(), instrument: instrument(), order: order(), side: any(Side.self), type: any(OrderType.self),
                    timeInForce: any(TimeInForce.self), price: flag() ? price() : nil, quantity: quantity(), postOnly: flag(),
                    reduceOnly: flag(), terms: flag() ? terms() : .plain, instance: StrategyID(small() & 63)))
        case 1:
            .amend(AmendRequest(account: account(), instrument: instrument(), order: order(), price: price(), quantity: quantity()))
        case 2: .cancel(CancelRequest(account: account(), instrument: instrument(), order: order()))
        case 3: .cancelAll(account: account(), instrument: flag() ? instrument() : nil)
        case 4: .query(QueryRequest(account: account(), query: count(), subject: self.subject(subject)))
        case 5: .setLeverage(account: account(), instrument: instrument(), leverage: self.number())
        default: .deadMan(account: account(), Nanoseconds(count: self.number()))
        }
    }

    mutating func subject(_ number: Int) -> QueryRequest.Subject {
        switch number {
        case 0: .order(order(), instrument())
        case 1: .openOrders
        case 2: .positions
        case 3: .balances
        case 4: .fills(after: count())
        default: .payments(after: Timestamp(nanoseconds: self.number()))
        }
    }

    mutating func report(_ number: Int) -> AccountEvent.Report {
        switch number {
        case 0: .acknowledged(order())
        case 1: .amended(order(), price: price(), quantity: quantity())
        case 2: .triggered(order())
        case 3:
            .filled(
                Fill(
                    order: order(), instrument: instrument(), trade: count(), side: any(Side.self), role: any(LiquidityRole.self),
                    price: price(), quantity: quantity(), fee: money()))
        case 4: .cancelled(order(), any(CancelReason.self))
        case 5: .expired(order(), any(ExpiryReason.self))
        case 6: .rejected(order(), any(RequestKind.self), any(RejectReason.self))
        case 7:
            .status(
                OrderStatus(
                    order: order(), instrument: instrument(), isOpen: flag(), price: flag() ? price() : nil, quantity: quantity(),
                    filled: quantity()))
        case 8: .notFound(order())
        case 9: .endOfAnswer(query: count())
        case 10: .leverage(instrument(), self.number())
        case 11: .position(instrument(), quantity: quantity(), entry: FinePrice(nanos: self.number()))
        case 12: .balance(money())
        case 13:
            .funding(
                FundingPayment(
                    instrument: instrument(), settledAt: Timestamp(nanoseconds: self.number()), position: quantity(),
                    mark: FinePrice(nanos: self.number()),
                    rate: Rate(trillionths: self.number()), amount: money()))
        case 14: .liquidation(instrument(), quantity(), FinePrice(nanos: self.number()), penalty: money(), trade: count())
        case 15: .adjustment(money())
        default: .externalFlow(money(), transfer: count())
        }
    }

    mutating func change() -> ParameterChange {
        ParameterChange(words: [UInt64(random.uniform(in: 0...0xFF_FFFF_FFFF)) & 0x07_FFFF_FFFF, count(), count()])!
    }

    mutating func operatorEvent(_ number: Int) -> OperatorEvent {
        switch number {
        case 0: .stop
        case 1: .kill(any(KillLevel.self))
        case 2: .flatten
        case 3: .hold
        case 4: .release
        default: .set(change())
        }
    }

    mutating func round() -> [JournalEntry] {
        var entries: [JournalEntry] = []
        for number in 0..<CaseNumber.commands {
            for subject in 0..<(number == 4 ? CaseNumber.subjects : 1) {
                entries.append(.command(command(number, subject: subject), at: time()))
            }
        }
        for number in 0..<CaseNumber.reports {
            entries.append(.report(AccountEvent(account: account(), venueTime: time(), receiveTime: time(), report: report(number))))
        }
        for number in 0..<CaseNumber.operators { entries.append(.operator(operatorEvent(number), at: time())) }
        entries.append(
            .connection(
                ConnectionEvent(
                    venue: VenueID(small()), stream: any(ConnectionEvent.Stream.self), change: any(ConnectionEvent.Change.self),
                    time: time())))
        entries += [.wake(at: time()), .start(at: time()), .stop(any(StopReason.self), at: time())]
        entries.append(.feed(instrument(), any(FeedReach.self), at: time()))
        entries.append(.restart(nextOrder: order(), at: time()))
        return entries
    }
}

private final class Blocks: JournalSink {
    var blocks: [(bytes: [UInt8], hash: UInt64)] = []
    func append(_ block: [UInt8], records: Int, times: ClosedRange<Timestamp>, hash: UInt64) { blocks.append((block, hash)) }
}

private func write(_ entries: [JournalEntry]) -> [(bytes: [UInt8], hash: UInt64)] {
    let sink = Blocks()
    let journal = Journal(sink: sink)
    for entry in entries { journal.append(entry.record) }
    _ = journal.close()
    return sink.blocks
}

@Suite struct JournalRoundTripTests {
    private static func entries(_ rounds: Int, seed: UInt64) -> [JournalEntry] {
        var samples = Samples(random: SeededGenerator(seed: seed))
        return (0..<rounds).flatMap { _ in samples.round() }
    }

    @Test func `every case that a journal may hold is among the samples`() {
        let entries = Self.entries(1, seed: 1)
        var (commands, reports, subjects, operators): (Set<Int>, Set<Int>, Set<Int>, Set<Int>) = ([], [], [], [])
        for entry in entries {
            switch entry {
            case .command(let command, _):
                commands.insert(CaseNumber.of(command))
                if case .query(let request) = command { subjects.insert(CaseNumber.of(request.subject)) }
            case .report(let event): reports.insert(CaseNumber.of(event.report))
            case .operator(let event, _): operators.insert(CaseNumber.of(event))
            case .connection, .wake, .start, .stop, .feed, .restart: break
            }
        }
        #expect(commands == Set(0..<CaseNumber.commands) && reports == Set(0..<CaseNumber.reports))
        #expect(subjects == Set(0..<CaseNumber.subjects) && operators == Set(0..<CaseNumber.operators))
        #expect(Set(entries.map(CaseNumber.of)) == Set(0..<CaseNumber.entries))
    }

    @Test(arguments: 0..<5 as Range<UInt64>)
    func `blocks turn back into the same entries, and into the same running hash`(seed: UInt64) throws {
        let entries = Self.entries(100, seed: seed)
        let blocks = write(entries)
        #expect(blocks.count > 2)
        var decoder = JournalDecoder()
        var read: [JournalEntry] = []
        for block in blocks {
            read += try decoder.decode(block.bytes)
            #expect(decoder.hash == block.hash)
        }
        #expect(read == entries)
        // Where a block is lost, the ones behind it are checked from the hash written after it.
        var later = JournalDecoder(resumingAfter: blocks[0].hash)
        _ = try later.decode(blocks[1].bytes)
        #expect(later.hash == blocks[1].hash)
    }

    @Test func `a block that lacks a byte is refused, and the hash stands where it stood`() {
        let bytes = write(Self.entries(1, seed: 3))[0].bytes
        var refused = 0
        for length in 0..<bytes.count {
            var decoder = JournalDecoder()
            let before = decoder.hash
            // Between two records a block may end: its hash then tells what is missing.
            do throws(JournalFault) { _ = try decoder.decode(Array(bytes[..<length])) } catch {
                refused += 1
                #expect(error.offset <= length && decoder.hash == before)
            }
        }
        #expect(refused == bytes.count - Self.entries(1, seed: 3).count)
    }

    @Test func `a changed bit is refused or changes the hash, and is never read as the same`() throws {
        let (bytes, hash) = write(Self.entries(1, seed: 4))[0]
        var (refused, read) = (0, 0)
        for bit in 0..<8 * bytes.count {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            var decoder = JournalDecoder()
            do throws(JournalFault) {
                _ = try decoder.decode(changed)
                read += 1
                #expect(decoder.hash != hash)
            } catch { refused += 1 }
        }
        #expect(refused > 0 && read > 0)
    }

    @Test func `the start and the end of a run are records of their own`() throws {
        let sink = Blocks()
        let journal = Journal(sink: sink)
        let stage = CoreStage(journal: journal)
        stage.wake(after: .seconds(1))
        stage.core.stop(.endOfData)
        stage.core.stop(.operator)
        _ = journal.close()
        var decoder = JournalDecoder()
        let entries = try decoder.decode(sink.blocks[0].bytes)
        #expect(
            entries == [.start(at: Timestamp(nanoseconds: 1_000_000_000)), .wake(at: stage.now), .stop(.endOfData, at: stage.now)])
    }
}
