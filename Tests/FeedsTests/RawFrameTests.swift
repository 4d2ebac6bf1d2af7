import Market
import Testing

@testable import Feeds
@testable import Venues
@testable import Tape

/// The recordings' raw frames as columns.
@Suite(.enabled(if: Recordings.areAvailable, "needs the shared recordings; set MMSIM_SHARED"))
struct RawFrameTests {
    /// Encodes each full block and reads it back.
    private final class BlockSink: EventSink {
        var (frames, different, blocks) = (0, 0, 0)
        private var feeds = 0
        private var kept: [[UInt8]] = []
        private var block = FrameBlock()
        private let compressor = Compressor(level: FrameBlock.sealedLevel)
        private(set) var (text, columns) = (0, 0)

        func addFeed(_ instrument: Instrument, source: String) -> InstrumentID {
            feeds += 1
            return InstrumentID(feeds - 1)
        }

        func append(_ event: MarketEvent) {}

        func appendFrame(_ feed: InstrumentID, receiveTime: Timestamp, _ bytes: Bytes) -> UInt32 {
            let frame = Array(bytes.text.utf8)
            kept.append(frame)
            block.append(FrameHeader(feed: feed, receiveTime: receiveTime), frame.span)
            if block.byteCount >= FrameBlock.fullSize { check() }
            frames += 1
            return UInt32(frames - 1)
        }

        func addGap(_ feed: InstrumentID, at time: Timestamp, cause: GapCause, note: String) {}
        func addUnparsed(_ feed: InstrumentID, reason: String) {}

        func check() {
            guard let bytes = block.encodeColumns() else {
                different += kept.count
                return
            }
            var read: [[UInt8]] = []
            if FrameBlock.decode(bytes.span, layout: FrameBlock.columnLayout, feed: nil, { read.append($0.bytes) }) != nil || read != kept {
                different += 1
            }
            blocks += 1
            text += block.byteCount
            columns += compressor.size(bytes)
            kept.removeAll()
            block.removeAll()
        }
    }

    @Test(arguments: [
        ("binance/spot_btcusdt_20230405.txt.gz", 14), ("binance/usdm_btcusdt_20230404.txt.gz", 12),
        ("bybit/bybit_perp_spot_20260809.jsonl.gz", 3), ("lighter/lighter_btc_20251009.jsonl.gz", 3),
        ("backpack/backpack_sol_usdc_20260902.jsonl.gz", 2), ("bitstamp-l3/bitstamp_btcusd_20150501.log.gz", 3),
    ])
    func `every frame comes back from columns, which take a part of its text at most`(name: String, part: Int) throws {
        var run = try ImportRun([Recordings.path(name)], Importer.Options(keepFrames: true), BlockSink()) { _ in }
        let (sink, _) = try run.run()
        sink.check()
        #expect(sink.frames > 0 && sink.blocks > 0 && sink.different == 0)
        #expect(sink.columns * part <= sink.text, "\(sink.columns) bytes for \(sink.text)")
    }
}
