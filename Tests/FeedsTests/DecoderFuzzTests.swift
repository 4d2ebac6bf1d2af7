import Market
import TestSupport
import Testing

@testable import Feeds
@testable import Venues

/// Real rows, cut and with bytes changed: a decoder reads them or says what is wrong; it never traps.
@Suite(.enabled(if: Recordings.areAvailable, "needs the shared recordings; set MMSIM_SHARED"))
struct DecoderFuzzTests {
    private static let files = [
        "binance/usdm_btcusdt_20230405.txt.gz", "binance/spot_btcusdt_20240808.txt.gz", "binance/cm_btcusd_perp_20240808.txt.gz",
        "lighter/lighter_btc_20251009.jsonl.gz", "lighter/lighter_market_stats_20251009.jsonl.gz",
        "bybit/bybit_perp_spot_20260809.jsonl.gz",
        "backpack/backpack_sol_usdc_20260902.jsonl.gz", "bitstamp-l3/bitstamp_btcusd_20150501.log.gz",
        "bbo-1s/hyperliquid_btc_20260101_20260102.csv.gz",
    ]

    /// The first rows that are short enough to be changed often.
    private func rows(_ path: String) throws -> [[UInt8]] {
        let reader = try LineReader(path)
        var rows: [[UInt8]] = []
        var isAtEnd = false
        while rows.count < 60, !isAtEnd {
            let result: Result<Bool, Never> = try reader.next { line in
                if line.count < 4_000 { rows.append(Array(line.text.utf8)) }
            }
            if case .success(let more) = result { isAtEnd = !more }
        }
        return rows
    }

    @Test(arguments: files, TestScale.seeds(3))
    func `a damaged row is an error, not a trap`(file: String, seed: UInt64) throws {
        let path = Recordings.path(file)
        let rows = try rows(path)
        let reader = try LineReader(path)
        var format: RecordingFormat?
        _ = try reader.next { line throws(FeedError) in format = try FormatProbe.detect(line, path: path) }
        var decoder = FormatProbe.decoder(try #require(format), path: path)
        let catalog = FeedCatalog()
        var batch = FrameBatch()
        var random = SeededGenerator(seed: seed)
        var (read, refused) = (0, 0)
        for (index, row) in rows.enumerated() {
            for round in 0..<12 {
                var damaged = row
                // The first two rows are what the others depend on: a header, an instrument list.
                if index > 1 || round > 0, !damaged.isEmpty {
                    if round % 3 == 0 {
                        damaged.removeLast(Int.random(in: 0...damaged.count, using: &random))
                    } else {
                        for _ in 0..<Int.random(in: 1...4, using: &random) {
                            let place = Int.random(in: 0..<damaged.count, using: &random)
                            let bytes = Array("0123456789\"{}[],:.-eE\\tn ".utf8)
                            damaged[place] =
                                round % 3 == 1 ? bytes.randomElement(using: &random) ?? 0 : UInt8.random(in: 0...255, using: &random)
                        }
                    }
                }
                batch.removeAll()
                do {
                    try Bytes.lending(damaged) { bytes throws(RowFailure) in try decoder.decode(bytes, into: &batch, catalog) }
                    for frame in batch.frames { try convert(frame, batch, catalog) }
                    read += 1
                } catch let failure as RowFailure {
                    #expect(failure.offset >= 0, "seed \(seed)")
                    #expect(failure.offset <= damaged.count, "seed \(seed): \(failure)")
                    refused += 1
                }
            }
        }
        #expect(read > 0 && refused > 0)
    }

    private func convert(_ frame: DecodedFrame, _ batch: FrameBatch, _ catalog: FeedCatalog) throws {
        guard let instrument = catalog.instrument(frame.feed) else { return }
        var assembler = FeedAssembler(InstrumentID(0), instrument, isNumbered: true, expectsBook: false)
        _ = assembler.place(frame, file: 0)
        try assembler.convert(frame, batch)
        var sink = InfoSink()
        _ = sink.addFeed(instrument, source: "fuzz")
        try assembler.emit(frame, rawFrame: 0, into: &sink)
        _ = sink.finish()
    }
}
