import CommonWorkload
import Market
import Runtime
import Signing
import Simulation
import Testing
import Trading

/// The check values of the common workload (`WORKLOAD.md`), on feeds made afresh.
@Suite struct WorkloadTests {
    struct Case: Sendable {
        var name: String
        var levelChanges: Int
        var records: Int
        var counted: Int
        var events: Int
        var digest: String
        var touches: UInt64
        var bookSums: [UInt64]
        /// S1 by queue: fills on each venue, position in lots, balances, fees and equity.
        var quoting: [(queue: QueueModel, fills: Int, position: Int64, balances: [Double], fees: [Double], equity: Double)]
    }

    static let small = Case(
        name: "100k", levelChanges: 100_000, records: 108_371, counted: 100_003, events: 44_314, digest: "9329600fb44c7c05",
        touches: 0xC217_DA8A_E982_2947, bookSums: [233_811_388_387, 241_857_340_134],
        quoting: [
            (.riskAverse, 1_447, 700, [-34_961.3000, 34_945.2500], [723.5933, 2_894.3731], -3_634.1914),
            (.power(2), 1_490, 800, [-39_960.1000, 39_944.2500], [745.0964, 2_980.3856], -3_741.5321),
        ])

    static let large = Case(
        name: "1m", levelChanges: 1_000_000, records: 1_084_233, counted: 1_000_000, events: 446_522, digest: "604c3cce37a04311",
        touches: 0xCC13_B484_AE05_C9C1, bookSums: [225_195_790_139, 227_387_926_936],
        quoting: [
            (.riskAverse, 14_715, -700, [35_466.2500, -35_633.6500], [7_359.2565, 29_437.0301], -36_963.5116),
            (.power(2), 15_001, -700, [35_476.7500, -35_645.8500], [7_502.2902, 30_009.1651], -37_680.3803),
        ])

    static let cases = [small, large]

    @Test(arguments: cases) func `a feed made afresh is the reference's to the byte, and so are its books`(expected: Case) throws {
        let bytes = WorkloadFeed.synthetic(levelChanges: expected.levelChanges, seed: 42)
        #expect(sha256(bytes.span).description.hasPrefix(expected.digest))
        let feed = try WorkloadFeed(bytes)
        #expect([feed.records, feed.levelChanges, feed.events] == [expected.records, expected.counted, expected.events])
        #expect(Self.touches(bytes) == expected.touches)
        var setting = WorkloadWorld.Setting()
        setting.isQuoting = false
        for keepsVenueBooks in [true, false] {
            setting.keepsVenueBooks = keepsVenueBooks
            let world = try Self.run(feed, setting)
            #expect([world.bookSum(InstrumentID(0)), world.bookSum(InstrumentID(1))] == expected.bookSums)
        }
    }

    @Test(arguments: cases) func `quoting and hedging fills, earns and pays as hftbacktest says`(expected: Case) throws {
        let feed = try WorkloadFeed(WorkloadFeed.synthetic(levelChanges: expected.levelChanges, seed: 42))
        for row in expected.quoting {
            var setting = WorkloadWorld.Setting()
            setting.queue = row.queue
            setting.keepsFills = true
            let world = try Self.run(feed, setting)
            let totals = FillLog(world).totals
            #expect(totals.map(\.fills) == [row.fills, row.fills])
            #expect(totals.map(\.position) == [row.position, -row.position])
            for venue in 0..<2 {
                #expect(abs(totals[venue].balance - row.balances[venue]) < 0.000_05)
                #expect(abs(totals[venue].fee - row.fees[venue]) < 0.000_05)
            }
            #expect(abs(Self.equity(world, totals) - row.equity) < 0.000_05)
        }
    }

    @Test func `risk, journal and figures change no fill, and the core's books agree with the venues'`() throws {
        let feed = try WorkloadFeed(WorkloadFeed.synthetic(levelChanges: 20_000, seed: 7))
        var setting = WorkloadWorld.Setting()
        let lean = try Self.run(feed, setting)
        setting.isFull = true
        let full = try Self.run(feed, setting)
        for venue in 0..<2 {
            let (account, instrument) = (AccountID(venue), InstrumentID(venue))
            #expect(lean.venues[venue].balances(account) == full.venues[venue].balances(account))
            #expect(lean.venues[venue].position(account, instrument) == full.venues[venue].position(account, instrument))
            #expect(full.core.position(account, instrument) == full.venues[venue].position(account, instrument))
        }
        #expect(full.core.journal?.recordCount ?? 0 > 1_000)
    }

    private static func run(_ feed: WorkloadFeed, _ setting: WorkloadWorld.Setting) throws -> WorkloadWorld {
        let world = try WorkloadWorld(feed.venues.map { MemorySource($0) }, first: feed.firstTime, last: feed.lastTime, setting)
        try world.run()
        return world
    }

    private static func equity(_ world: WorkloadWorld, _ totals: [FillLog.Totals]) -> Double {
        totals.enumerated().reduce(0) { sum, entry in
            let book = (
                world.core.books[InstrumentID(entry.offset)].bestBidTicks, world.core.books[InstrumentID(entry.offset)].bestAskTicks
            )
            let mid = Double(book.0 + book.1) / 2 * 0.5
            return sum + entry.element.balance + Double(entry.element.position) * 0.001 * mid - entry.element.fee
        }
    }

    /// FNV-1a over venue, best bid and best ask after each event, in the order of the file.
    private static func touches(_ bytes: [UInt8]) -> UInt64 {
        func integer(_ at: Int, _ count: Int) -> UInt64 { (0..<count).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) } }
        let books = Table(count: 2) { _ in OrderBook() }
        var hash: UInt64 = 1_469_598_103_934_665_603
        for at in stride(from: 0, to: bytes.count, by: 32) {
            let venue = Int(bytes[at + 30])
            if bytes[at + 28] != 2 {
                books[venue].set(
                    bytes[at + 29] == 0 ? .buy : .sell, ticks: Int64(integer(at + 24, 4)), lots: Int64(bitPattern: integer(at + 16, 8)))
            }
            guard bytes[at + 31] & 1 == 1 else { continue }
            for word in [UInt64(venue), UInt64(bitPattern: books[venue].bestBidTicks), UInt64(bitPattern: books[venue].bestAskTicks)] {
                hash = (hash ^ word) &* 1_099_511_628_211
            }
        }
        return hash
    }
}
