import Foundation
import Market
import Metrics
import Runtime
import Simulation
import Trading

/// Runs the common workload with the driver, book, venue and core of the backtest and prints one JSON line.
///
///     workload FEED.bin S0|S1 [--queue ra|power|power2|power3|log|log2] [--books 1|2] [--full] [--runs N] [--dump FILE]
func main() throws(WorkloadError) {
    let options = try Options(CommandLine.arguments.dropFirst())
    let loadStart = ContinuousClock.now
    let feed = try FeedFile(reading: options.feed)
    let load = seconds(ContinuousClock.now - loadStart)
    var times: [Double] = []
    for number in 1...options.runs {
        let run = try Run(feed, options)
        let start = ContinuousClock.now
        try run.run()
        times.append(seconds(ContinuousClock.now - start))
        guard number == options.runs else { continue }
        run.printResult(feed, times.sorted(), load: load)
        try run.dump()
    }
}

struct Options {
    static let usage =
        "usage: workload FEED.bin S0|S1 [--queue ra|power|power2|power3|log|log2] [--books 1|2] [--full] [--runs N] [--dump FILE]"

    var feed = ""
    var isQuoting = false
    var queueName = "ra"
    var books = 2
    /// Each in a world of its own; the median counts.
    var runs = 1
    /// With risk limits, the journal's hash and all figures of a report, as `mmsim backtest` runs it.
    var isFull = false
    var dump: String?

    var queue: QueueModel {
        switch queueName {
        case "power": .power(2)
        case "power2": .powerOfSum(2)
        case "power3": .powerOfShare(2)
        case "log": .logarithmic
        case "log2": .logarithmicOfSum
        default: .riskAverse
        }
    }

    init(_ arguments: some Sequence<String>) throws(WorkloadError) {
        var words = Array(arguments)[...]
        var plain: [String] = []
        while let word = words.popFirst() {
            guard word.hasPrefix("--") else {
                plain.append(word)
                continue
            }
            if word == "--full" {
                isFull = true
                continue
            }
            guard let value = words.popFirst() else { throw .usage("\(word) wants a value\n\(Self.usage)") }
            switch (word, value) {
            case ("--queue", "ra"), ("--queue", "power"), ("--queue", "power2"), ("--queue", "power3"), ("--queue", "log"),
                ("--queue", "log2"):
                queueName = value
            case ("--books", "1"): books = 1
            case ("--books", "2"): books = 2
            case ("--dump", _): dump = value
            case ("--runs", _):
                guard let count = Int(value), count > 0 else { throw .usage("--runs wants a number of runs\n\(Self.usage)") }
                runs = count
            default: throw .usage("'\(word) \(value)' is not known\n\(Self.usage)")
            }
        }
        guard plain.count == 2, ["S0", "S1"].contains(plain[1]) else { throw .usage(Self.usage) }
        feed = plain[0]
        isQuoting = plain[1] == "S1"
        if isQuoting, books == 1 { throw .usage("S1 needs the venue's books: leave --books 1 out") }
        if isFull, !isQuoting || dump != nil { throw .usage("--full is for S1, without --dump") }
        if !isQuoting, dump != nil { throw .usage("S0 has no fills to dump") }
    }
}

/// The world of one run: two venues, a core, the driver.
final class Run: SimulationObserver {
    private let options: Options
    private let core: TradingCore
    private let venues: [SimulatedVenue]
    private var driver: SimulationDriver?
    private var fills: ContiguousArray<(time: Int64, venue: Int, fill: Fill)> = []
    private let start: Timestamp
    private var recorder: RunRecorder?

    init(_ feed: FeedFile, _ options: Options) throws(WorkloadError) {
        self.options = options
        start = feed.firstTime
        guard let usd = Currency("USD") else { throw .run("USD is not a currency") }
        let instruments = FeedFile.instruments
        core = TradingCore(
            CoreConfiguration(
                instruments: instruments,
                accounts: FeedFile.names.enumerated().map { .init(name: $0.element, venue: VenueID($0.offset), balances: [.zero(usd)]) },
                seed: 1, limits: options.isFull ? Self.limits : RiskLimits(preventsSelfTrade: false)),
            journal: options.isFull ? Journal(sink: nil) : nil)
        venues = FeedFile.names.indices.map { index in
            SimulatedVenue(
                VenueConfiguration(
                    listings: [.init(id: InstrumentID(index), instrument: instruments[index])],
                    accounts: [
                        .init(
                            id: AccountID(index), collateral: [.zero(usd)], makerFee: Rate(basisPoints: 1), takerFee: Rate(basisPoints: 4),
                            entryLatency: QuoteAndHedge.entryLatency, responseLatency: QuoteAndHedge.responseLatency)
                    ], queue: options.queue, matching: .hftbacktest, reportsAccountState: false))
        }
        if options.isQuoting {
            let legs = [
                "A": StrategyBinding.Leg(account: AccountID(0), instrument: InstrumentID(0)),
                "B": StrategyBinding.Leg(account: AccountID(1), instrument: InstrumentID(1)),
            ]
            let binding = StrategyBinding(legs: legs, instruments: instruments)
            core.attach(
                QuoteAndHedge(binding, first: feed.firstTime, last: feed.lastTime), subscriptions: [InstrumentID(0), InstrumentID(1)])
            for index in instruments.indices { core.setSynchronised(InstrumentID(index), true) }
        }
        var observer: (any SimulationObserver)? = options.dump == nil ? nil : self
        if options.isFull {
            let description = RunDescription(
                instruments: instruments, venueOfInstrument: FeedFile.names,
                accounts: FeedFile.names.map { .init(name: $0, venue: $0, collateral: [.zero(usd)]) }, reporting: usd, rates: [:],
                start: feed.firstTime, plannedEnd: feed.lastTime, capital: Money(nanos: 1_000_000_000_000_000, usd))
            let recorder = RunRecorder(description)
            self.recorder = recorder
            let bridge = RunBridge(description, venues, venueOfInstrument: [0, 1], venueOfAccount: [0, 1], core, recorder)
            core.observe(bridge)
            observer = bridge
        }
        do throws(RunError) {
            driver = try SimulationDriver(
                core: core, venues: venues,
                feeds: feed.venues.enumerated().map { .init(source: MemorySource($0.element), venue: $0.offset) },
                venueOfAccount: [0, 1], observer: observer, sampleInterval: options.isFull ? .seconds(1) : .hours(24 * 365),
                keepsVenueBooks: options.books == 2)
        } catch {
            throw .run(error.message)
        }
    }

    /// Every check is made, and none refuses: the fills stay the workload's.
    private static let limits = RiskLimits(
        maximumOrderNotional: 1_000_000_000_000_000, maximumPosition: 1_000_000_000_000, priceCollar: Rate(basisPoints: 1_000),
        maximumOrdersPerSecond: 1_000, reservedOrdersPerSecond: 100, staleAfter: .minutes(10), preventsSelfTrade: false,
        maximumRejectsPerMinute: 1_000)

    func run() throws(WorkloadError) {
        do throws(RunError) { _ = try driver?.run(from: start) } catch { throw .run(error.message) }
    }

    func filled(_ fill: VenueFill, venue: Int) { fills.append((fill.time.nanoseconds, venue, fill.fill)) }
    func changed(at time: Timestamp) {}
    func sampled(at time: Timestamp, events: Int64) throws(RunError) -> Bool { true }

    /// One JSON line as `WORKLOAD.md` §4 wants it.
    func printResult(_ feed: FeedFile, _ times: [Double], load: Double) {
        let seconds = times[times.count / 2]
        var usage = rusage()
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        var parts = [
            "\"program\":\"mmsim\"", "\"case\":\"\(options.isQuoting ? "S1" : "S0")\"", "\"queue\":\"\(options.queueName)\"",
            "\"books\":\(options.books)", "\"full\":\(options.isFull)", "\"updates\":\(feed.levelChanges)", "\"runs\":\(times.count)",
            "\"sim_s\":\(fixed(seconds))",
            "\"min_s\":\(fixed(times[0]))", "\"max_s\":\(fixed(times[times.count - 1]))", "\"load_s\":\(fixed(load))",
            "\"updates_per_s\":\(Int(Double(feed.levelChanges) / seconds))", "\"rss_kib\":\(usage.ru_maxrss)",
        ]
        var sums: [String] = []
        for index in FeedFile.names.indices {
            let id = InstrumentID(index)
            sums.append(String(bookSum(id)))
            let position = venues[index].position(AccountID(index), id)
            let balance = venues[index].balances(AccountID(index)).map(\.description).joined(separator: " ")
            parts.append(
                "\"\(FeedFile.names[index])\":{\"best\":[\(core.books[id].bestBidTicks),\(core.books[id].bestAskTicks)],"
                    + "\"position_lots\":\(position.lots),\"balance\":\"\(balance)\"}")
        }
        parts.append("\"book_sum\":[\(sums.joined(separator: ","))]")
        print("{" + parts.joined(separator: ",") + "}")
    }

    /// Σ tick × lots of bids + 3 Σ of asks, mod 2⁶⁴.
    private func bookSum(_ id: InstrumentID) -> UInt64 {
        var sum: UInt64 = 0
        for side in Side.allCases {
            var at: Int64?
            while let level = core.books[id].next(side, after: at) {
                sum &+= UInt64(bitPattern: level.ticks) &* UInt64(bitPattern: level.lots) &* (side == .buy ? 1 : 3)
                at = level.ticks
            }
        }
        return sum
    }

    /// The fill log, sorted by time, venue and order.
    func dump() throws(WorkloadError) {
        guard let path = options.dump else { return }
        var text = "exch_ts,venue,side,tick,order_id,maker\n"
        for (time, venue, fill) in fills.sorted(by: { ($0.time, $0.venue, $0.fill.order) < ($1.time, $1.venue, $1.fill.order) }) {
            let order = venue == 0 ? Int(quoteNumber(fill.order)) : 1_000_000_000 + hedgeNumber(fill.order)
            text += "\(time),\(venue),\(fill.side.sign),\(fill.price.ticks),\(order),\(fill.role == .maker ? 1 : 0)\n"
        }
        do { try text.write(toFile: path, atomically: true, encoding: .utf8) } catch { throw .run("'\(path)' can't be written") }
    }

    /// The core numbers all orders in one row; the workload numbers quotes and hedges apart, each from 1.
    private lazy var hedges: [UInt64] = fills.filter { $0.venue == 1 }.map(\.fill.order.rawValue).sorted()

    private func hedgeNumber(_ order: OrderID) -> Int { lowerBound(order.rawValue) + 1 }
    private func quoteNumber(_ order: OrderID) -> UInt64 { order.rawValue - UInt64(lowerBound(order.rawValue)) }

    /// How many hedges have a smaller id.
    private func lowerBound(_ id: UInt64) -> Int {
        var (low, high) = (0, hedges.count)
        while low < high {
            let middle = (low + high) / 2
            if hedges[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
}

func fixed(_ value: Double) -> String { String(format: "%.6f", value) }

do throws(WorkloadError) {
    try main()
} catch {
    FileHandle.standardError.write(Data("error: \(error.message)\n".utf8))
    exit(2)
}
