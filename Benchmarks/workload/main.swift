import CommonWorkload
import Foundation
import Market
import Runtime
import Simulation
import Tape
import Trading

/// Runs the common workload with the driver, book, venue and core of the backtest and prints one JSON line.
func main() throws(WorkloadError) {
    var words = Array(CommandLine.arguments.dropFirst())
    switch words.first {
    case "make":
        words.removeFirst()
        try makeFeed(words)
    case "tape":
        words.removeFirst()
        try makeTape(words)
    default:
        try measure(try Options(words))
    }
}

let usage = """
    usage: workload FEED S0|S1 [--queue ra|power|power2|power3|log|log2] [--books 1|2] [--full] [--decoder none|thread] [--runs N]
                    [--dump FILE]
           workload make FEED.bin LEVEL_CHANGES [SEED]
           workload tape FEED.bin OUT.tape
    FEED is a feed.bin, held in memory, or a tape, read from the disk.
    """

/// Writes the synthetic feed of a size and a seed.
private func makeFeed(_ words: [String]) throws(WorkloadError) {
    guard (2...3).contains(words.count), let count = Int(words[1]), count > 0, let seed = words.count == 3 ? UInt64(words[2]) : 42 else {
        throw .usage(usage)
    }
    let bytes = WorkloadFeed.synthetic(levelChanges: count, seed: seed)
    do { try Data(bytes).write(to: URL(fileURLWithPath: words[0])) } catch { throw .run("'\(words[0])' can't be written") }
}

/// Writes a feed as a tape.
private func makeTape(_ words: [String]) throws(WorkloadError) {
    guard words.count == 2 else { throw .usage(usage) }
    let feed = try WorkloadFeed(reading: words[0])
    do throws(TapeError) {
        let writer = try TapeWriter(creating: words[1], replacing: true)
        for instrument in WorkloadFeed.instruments { _ = try writer.addFeed(FeedDescription(instrument: instrument, source: "workload")) }
        for batch in feed.venues.joined() {
            for index in 0..<batch.count { try writer.append(batch[index]) }
        }
        try writer.close()
    } catch {
        throw .run(error.message)
    }
}

private func measure(_ options: Options) throws(WorkloadError) {
    let loadStart = ContinuousClock.now
    let input = try Input(options)
    let load = seconds(ContinuousClock.now - loadStart)
    var times: [Double] = []
    for number in 1...options.runs {
        let world = try WorkloadWorld(try input.sources(), first: input.first, last: input.last, options.setting)
        let start = ContinuousClock.now
        try world.run()
        times.append(seconds(ContinuousClock.now - start))
        guard number == options.runs else { continue }
        printResult(world, input, options, times.sorted(), load: load)
        guard let path = options.dump else { continue }
        do { try FillLog(world).text.write(toFile: path, atomically: true, encoding: .utf8) } catch {
            throw .run("'\(path)' can't be written")
        }
    }
}

/// Where the records come from.
struct Input {
    let first: Timestamp
    let last: Timestamp
    let levelChanges: Int
    private let feed: WorkloadFeed?
    private let tape: Tape?
    private let usesThread: Bool

    init(_ options: Options) throws(WorkloadError) {
        usesThread = options.usesThread
        guard options.feed.hasSuffix(".tape") else {
            let feed = try WorkloadFeed(reading: options.feed)
            (self.feed, tape) = (feed, nil)
            (first, last, levelChanges) = (feed.firstTime, feed.lastTime, feed.levelChanges)
            return
        }
        let tape: Tape
        do throws(TapeError) { tape = try Tape(opening: options.feed) } catch { throw .run(error.message) }
        let spans = tape.feeds.compactMap(\.venueTimes)
        guard spans.count == 2 else { throw .malformed(path: options.feed, reason: "it has not two feeds with records") }
        (feed, self.tape) = (nil, tape)
        first = min(spans[0].lowerBound, spans[1].lowerBound)
        last = max(spans[0].upperBound, spans[1].upperBound)
        levelChanges = Int(tape.feeds.reduce(0) { $0 + $1.levelChanges })
    }

    func sources() throws(WorkloadError) -> [any MarketSource] {
        if let feed { return feed.venues.map { MemorySource($0) } }
        guard let tape else { return [] }
        // The feed's two times are 5 ms apart throughout: with this latency they stand as they are.
        let sources = tape.feeds.indices.map {
            TapeSource(tape, path: tape.path, feed: InstrumentID($0), instrument: InstrumentID($0), minimumLatency: .milliseconds(5))
        }
        return usesThread ? ReadAhead.sources(sources) : sources
    }
}

/// One JSON line as `WORKLOAD.md` §4 wants it.
private func printResult(_ world: WorkloadWorld, _ input: Input, _ options: Options, _ times: [Double], load: Double) {
    let median = times[times.count / 2]
    var usage = rusage()
    _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    var parts = [
        "\"program\":\"mmsim\"", "\"case\":\"\(options.setting.isQuoting ? "S1" : "S0")\"", "\"queue\":\"\(options.queueName)\"",
        "\"books\":\(options.setting.keepsVenueBooks ? 2 : 1)", "\"full\":\(options.setting.isFull)", "\"updates\":\(input.levelChanges)",
        "\"runs\":\(times.count)", "\"sim_s\":\(fixed(median))", "\"min_s\":\(fixed(times[0]))",
        "\"max_s\":\(fixed(times[times.count - 1]))", "\"load_s\":\(fixed(load))",
        "\"updates_per_s\":\(Int(Double(input.levelChanges) / median))", "\"rss_kib\":\(usage.ru_maxrss)",
    ]
    for index in WorkloadFeed.names.indices {
        let id = InstrumentID(index)
        let position = world.venues[index].position(AccountID(index), id)
        let balance = world.venues[index].balances(AccountID(index)).map(\.description).joined(separator: " ")
        parts.append(
            "\"\(WorkloadFeed.names[index])\":{\"best\":[\(world.core.books[id].bestBidTicks),\(world.core.books[id].bestAskTicks)],"
                + "\"position_lots\":\(position.lots),\"balance\":\"\(balance)\"}")
    }
    parts.append("\"book_sum\":[\(WorkloadFeed.names.indices.map { String(world.bookSum(InstrumentID($0))) }.joined(separator: ","))]")
    print("{" + parts.joined(separator: ",") + "}")
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
