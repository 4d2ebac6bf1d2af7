import Foundation
import Market
import Tape
import TestSupport
import Testing

@testable import Report

@Suite struct TapePlotTests {
    private static let start = Timestamp(nanoseconds: 1_735_689_600_000_000_000)
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private static func instrument(_ symbol: String) -> Instrument {
        Instrument(
            symbol: symbol, venue: "v", venueSymbol: symbol + "<PERP>", kind: .linear, base: Currency(symbol)!, quote: Currency("USDC")!,
            tickSize: FinePrice(nanos: 100_000_000), lotSize: 10_000_000)
    }

    /// A full book, then a change of the best bid each `step`, a trade in ten, a gap in the middle.
    private func tape(frames: Int, feeds: Int = 1, step: Nanoseconds = .milliseconds(100)) throws -> Tape {
        let path = folder.path("t.tape")
        let writer = try TapeWriter(creating: path, replacing: true)
        for index in 0..<feeds {
            let feed = try writer.addFeed(FeedDescription(instrument: Self.instrument(["BTC", "ETH"][index % 2] + "\(index)"), source: ""))
            func add(_ kind: MarketEvent.Kind, _ frame: Int, _ side: Side, _ ticks: Int64, _ lots: Int64, _ flags: MarketEvent.Flags) throws
            {
                let time = Self.start + Nanoseconds(count: Int64(frame) * step.count)
                try writer.append(
                    MarketEvent(
                        kind: kind, instrument: feed, venueTime: time, receiveTime: time + .milliseconds(3), price: ticks, quantity: lots,
                        flags: side == .sell ? flags.union(.sell) : flags))
            }
            for level in 0..<20 as Range<Int64> {
                try add(.level, 0, .buy, 1_000 - level, 10 + level, level == 0 ? [.first, .snapshot] : .snapshot)
                try add(.level, 0, .sell, 1_002 + level, 20, level == 19 ? [.last, .snapshot] : .snapshot)
            }
            for frame in 1..<max(2, frames - index) {
                if frame == frames / 2 { try add(.gap, frame, .buy, GapCause.connection.rawValue, 0, [.first, .last]) }
                if frame >= frames / 2 { try add(.level, frame, .sell, 1_002, 20, .first) }
                try add(.level, frame, .buy, 1_000, Int64(1 + frame % 7), frame >= frames / 2 ? .last : [.first, .last])
                if frame % 10 == 0 { try add(.trade, frame, .buy, 1_002, 3, [.first, .last]) }
            }
        }
        try writer.close()
        return try Tape(opening: path)
    }

    private static func charts(_ plot: TapePlot) -> [Chart] {
        plot.page.sections.flatMap(\.blocks).compactMap { if case .chart(let chart) = $0 { chart } else { nil } }
    }

    private static func maps(_ plot: TapePlot) -> [HeatMap] {
        plot.page.sections.flatMap(\.blocks).compactMap { if case .heatMap(let map) = $0 { map } else { nil } }
    }

    @Test func `prices, spread, rates, latency, depth and gaps are those of the records`() throws {
        let plot = try TapePlot(tape(frames: 600))
        let charts = Self.charts(plot)
        #expect(charts.map(\.id) == ["price-0", "spread-0", "rate-0", "latency-0"])
        #expect(charts[0].series.map(\.name) == ["bid", "ask", "gaps"])
        #expect(charts[0].series[0].points.allSatisfy { $0.low == 100 && $0.high == 100 })
        #expect(charts[0].series[1].points.allSatisfy { $0.low == 100.2 && $0.high == 100.2 })
        #expect(charts[0].series[2].points.map(\.time) == [Self.start + .milliseconds(30_003)])
        #expect(charts[1].series[0].points.allSatisfy { abs($0.last - 0.2 / 100.1 * 10_000) < 1e-9 })
        #expect(charts[3].series[0].points.allSatisfy { $0.low == 3 && $0.high == 3 })
        let span = Double(59_900_000_000) / 1e9
        let counted = charts[2].series.map { line in line.points.reduce(0) { $0 + $1.last } * span / 300 }
        #expect(charts[2].series.map(\.name) == ["book", "trades", "other"])
        #expect(zip(counted, [299 + 600, 59, 1]).allSatisfy { abs($0 - $1) < 2 }, "\(counted)")
        let map = try #require(Self.maps(plot).first)
        #expect(map.columns.count == 300)
        #expect(map.columns[0].levels.count == 40 && map.columns[299].levels.count == 2)
        #expect(map.columns[0].levels[0].size == 0.1 && abs(map.columns[0].levels[0].distance + 9.99) < 0.01)
        #expect(plot.page.html(library: nil).contains("v BTC0&lt;PERP&gt;"))
    }

    @Test func `points and columns are bounded however long the tape is`() throws {
        for frames in [20_000, 80_000] {
            let plot = try TapePlot(tape(frames: frames))
            #expect(Self.charts(plot).flatMap(\.series).allSatisfy { $0.points.count <= 1_201 })
            #expect(Self.maps(plot).allSatisfy { $0.columns.count <= 301 })
            #expect(plot.page.html(library: nil).utf8.count < 1_500_000)
        }
    }

    @Test func `a span shows its own records on the book that all before made`() throws {
        let options = TapePlot.Options(from: Self.start + .seconds(10), to: Self.start + .seconds(20))
        let plot = try TapePlot(tape(frames: 600), options)
        let points = Self.charts(plot)[0].series[0].points
        #expect(points.allSatisfy { options.from...options.to ~= $0.time } && points.count == 100)
        #expect(Self.maps(plot)[0].columns[0].levels.count == 40)
        let nothing = try TapePlot(tape(frames: 600), TapePlot.Options(from: Self.start + .hours(9)))
        #expect(nothing.page.html(library: nil).contains("Nothing of it lies in the span."))
    }

    @Test func `of many feeds the busiest are shown and the others are named`() throws {
        let tape = try tape(frames: 50, feeds: 10)
        let plot = try TapePlot(tape)
        #expect(plot.leftOut == ["v BTC8<PERP>", "v ETH9<PERP>"])
        #expect(Self.maps(plot).count == 8)
        let chosen = try TapePlot(tape, TapePlot.Options(feeds: ["v ETH9<PERP>", "BTC0"]))
        #expect(chosen.page.sections.map(\.title) == ["v ETH9<PERP>", "v BTC0<PERP>"] && chosen.leftOut == [])
        #expect(throws: TapeError.self) { try TapePlot(tape, TapePlot.Options(feeds: ["SOL"])) }
    }

    @Test func `a page that exists is left as it is unless it is to be replaced`() throws {
        let plot = try TapePlot(tape(frames: 20))
        let path = folder.path("page.html")
        try plot.write(to: path, replacing: false)
        #expect(throws: ReportError.alreadyExists(path: path)) { try plot.write(to: path, replacing: false) }
        try plot.write(to: path, replacing: true)
        #expect(throws: ReportError.notWritable(path: folder.path, reason: "it is a folder")) {
            try plot.write(to: folder.path, replacing: true)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8).hasSuffix("</body></html>\n"))
    }

    /// Made by hand: one pixel of colour 1 of two.
    @Test func `a picture is a PNG`() throws {
        var image = IndexedImage(
            width: 1, height: 1, palette: [.init(red: 0, green: 0, blue: 0, alpha: 0), .init(red: 1, green: 2, blue: 3, alpha: 4)])
        image[0, 0] = 1
        let png = image.png
        #expect(png.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        // The end of every PNG, with its checksum.
        #expect(png.suffix(12) == [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82])
        let data = try #require(png.firstRange(of: Array("IDAT".utf8)))
        // zlib's head, one stored block of two bytes, no filter and the pixel, Adler-32.
        #expect(png[data.upperBound..<data.upperBound + 13] == [0x78, 0x01, 1, 2, 0, 0xFD, 0xFF, 0, 1, 0, 3, 0, 2])
    }
}
