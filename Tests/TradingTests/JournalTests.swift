import Market
import Testing

@testable import Trading

private let account = AccountID(1)
private let instrument = InstrumentID(2)
private let time = Timestamp(nanoseconds: 77)

private let submit = Command.submit(
    OrderRequest(
        account: account, instrument: instrument, order: OrderID(5), side: .buy, type: .limit, timeInForce: .goodTillCancelled,
        price: Price(ticks: 9), quantity: Quantity(lots: 3)))
private let cancel = Command.cancel(CancelRequest(account: account, instrument: instrument, order: OrderID(5)))

private func hash(_ records: [JournalRecord]) -> UInt64 {
    let journal = Journal(sink: nil)
    for record in records { journal.append(record) }
    return journal.hash
}

@Test func `when and in which order things happened is part of the hash`() {
    let (one, two) = (JournalRecord(submit, at: time), JournalRecord(cancel, at: time))
    #expect(hash([one, two]) != hash([two, one]))
    #expect(hash([one]) != hash([JournalRecord(submit, at: Timestamp(nanoseconds: 78))]))
    #expect(hash([one]) != hash([one, one]))
    let report = AccountEvent(account: account, venueTime: time, receiveTime: time, report: .acknowledged(OrderID(5)))
    let earlier = AccountEvent(
        account: account, venueTime: Timestamp(nanoseconds: 76), receiveTime: time, report: .acknowledged(OrderID(5)))
    #expect(hash([JournalRecord(report)]) != hash([JournalRecord(earlier)]))
}

private final class Blocks: JournalSink {
    var bytes: [UInt8] = []
    var records = 0
    var times: [ClosedRange<Timestamp>] = []
    var hashes: [UInt64] = []

    func append(_ block: [UInt8], records: Int, times: ClosedRange<Timestamp>, hash: UInt64) {
        bytes += block
        self.records += records
        self.times.append(times)
        hashes.append(hash)
    }
}

@Test func `a journal hands over whole records as little-endian words`() {
    let blocks = Blocks()
    let journal = Journal(sink: blocks)
    for number in 0..<5_000 { journal.append(JournalRecord(wakeAt: Timestamp(nanoseconds: Int64(number)))) }
    #expect(blocks.hashes.count == 1 && blocks.bytes.count == blocks.records * 16)
    let digest = journal.close()
    #expect(digest != nil && journal.recordCount == 5_000)
    #expect(blocks.records == 5_000 && blocks.bytes.count == 80_000 && blocks.hashes.last == journal.hash)
    #expect(Array(blocks.bytes[16..<32]) == [66, 2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    #expect(
        blocks.times == [
            Timestamp(nanoseconds: 0)...Timestamp(nanoseconds: 4_095), Timestamp(nanoseconds: 4_096)...Timestamp(nanoseconds: 4_999),
        ])
}

@Test func `the same events leave the same journal`() {
    func run(lots: Int64) -> (UInt64, Int64) {
        let journal = Journal(sink: nil)
        let stage = CoreStage(journal: journal)
        let id = stage.submit(CoreStage.draft(.buy, 98, lots))
        stage.report(.acknowledged(id))
        stage.fill(id, .buy, 98, 2)
        stage.act { $0.cancel(id) }
        stage.core.receive(.stop, at: stage.now)
        return (journal.hash, journal.recordCount)
    }
    let (one, two, other) = (run(lots: 5), run(lots: 5), run(lots: 6))
    #expect(one == two)
    #expect(one.0 != other.0 && one.1 == other.1)
    // Start, submit, acknowledgement, fill, cancel, stop.
    #expect(one.1 == 6)
}
