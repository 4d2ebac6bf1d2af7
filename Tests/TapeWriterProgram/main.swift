import Glibc
import Market
import Tape

/// Records made-up events until it is killed, and says what it has appended and committed: the victim of the crash tests.
///
///     tapewriter TAPE       begins the tape, or goes on behind what it holds
///
/// Record *i* has the quantity *i*, the price *i* mod 1000, and 10 µs from one to the next; each five hundredth comes with a frame.
/// Five milliseconds pass, as the recorder is told, from one batch of 500 records to the next.
func main() -> Int32 {
    do throws(TapeError) {
        try record(CommandLine.arguments[1])
        return 0
    } catch {
        say("error \(error.message)")
        return 1
    }
}

func record(_ path: String) throws(TapeError) {
    let batch = 500
    let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    let isNew = unsafe access(path, F_OK) != 0
    var next = isNew ? 0 : Int(try Tape(opening: path).feeds.first?.events ?? 0)
    func now() -> Timestamp { start + Nanoseconds(count: Int64(next) * 10_000) }
    var options = TapeRecorder.Options()
    options.diskReserve = 0
    options.chunkSpan = .seconds(2)
    options.frameSpan = .seconds(1)
    let recorder =
        isNew
        ? try TapeRecorder(creating: path, at: now(), options: options) : try TapeRecorder(resuming: path, at: now(), options: options)
    let instrument = Instrument(
        symbol: "BTC", venue: "v", venueSymbol: "BTC_PERP", kind: .linear, base: Currency("BTC")!, quote: Currency("USDC")!,
        tickSize: FinePrice(nanos: 100_000_000), lotSize: 10_000)
    let feed = try recorder.addFeed(FeedDescription(instrument: instrument, source: "made up"), at: now())
    say("opened \(next)")
    while true {
        let frame = Array("{\"frame\":\(next)}".utf8)
        let number = try recorder.appendFrame(FrameHeader(feed: feed, receiveTime: now()), frame.span, at: now())
        for _ in 0..<batch {
            let time = start + Nanoseconds(count: Int64(next) * 10_000)
            try recorder.append(
                MarketEvent(
                    kind: .level, instrument: feed, venueTime: time, receiveTime: time + .milliseconds(1), price: Int64(next % 1_000),
                    quantity: Int64(next), frame: number), at: time)
            next += 1
        }
        say("appended \(next)")
        try recorder.setMeta("position", String(next))
        if try recorder.advance(to: now()) { say("committed \(next)") }
    }
}

/// One write, so that a killed program leaves whole lines.
func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}

exit(main())
