internal import Market
internal import Metrics

/// Collects one feed's figures in one pass; memory does not depend on the length of the feed.
struct FeedPlot: ~Copyable {
    /// Columns of the depth map and of the event rate.
    private static let columnCount = 300
    private static let levelsPerSide = 40
    private static let pointLimit = 1_200
    private static let gapLimit = 1_000

    private let instrument: Instrument
    private let span: ClosedRange<Timestamp>
    private var book = RecordedBook()
    private var bid: BucketSeries
    private var ask: BucketSeries
    private var spread: BucketSeries
    private var latency: BucketSeries
    private var gapMarks: [Chart.Point] = []
    private var gapCount = 0
    private var gapRows: [[String]] = []
    private var rates: [[Int]]
    private var columns: [HeatMap.Column] = []
    private var nextColumn: Timestamp
    private var records = 0

    private enum Rate: Int, CaseIterable { case book, trades, quotes, other }

    init(_ instrument: Instrument, _ span: ClosedRange<Timestamp>) {
        self.instrument = instrument
        self.span = span
        func series() -> BucketSeries {
            BucketSeries(
                from: span.lowerBound, width: Nanoseconds(count: (span.upperBound - span.lowerBound).count / Int64(Self.pointLimit)),
                limit: Self.pointLimit + 1)
        }
        (bid, ask, spread, latency) = (series(), series(), series(), series())
        rates = Array(repeating: Array(repeating: 0, count: Self.columnCount), count: Rate.allCases.count)
        nextColumn = span.lowerBound
    }

    private var columnWidth: Int64 { max(1, (span.upperBound - span.lowerBound).count / Int64(Self.columnCount) + 1) }

    /// Takes the feed's next record; those outside of the span only make the book.
    mutating func receive(_ event: MarketEvent) {
        book.receive(event)
        let time = event.receiveTime.nanoseconds != 0 ? event.receiveTime : event.venueTime
        guard span.contains(time) else { return }
        records += 1
        // A full book would hide in its one moment how the rest goes.
        if !event.flags.contains(.snapshot) { count(event, time) }
        if event.kind == .gap { note(event, time) }
        guard event.isLast else { return }
        if event.receiveTime.nanoseconds != 0, event.venueTime.nanoseconds != 0, !event.flags.contains(.snapshot) {
            latency.add(Double((event.receiveTime - event.venueTime).count) / 1e6, at: time)
        }
        guard event.kind != .trade, let best = book.touch, best.bid > 0 else { return }
        bid.add(price(best.bid), at: time)
        ask.add(price(best.ask), at: time)
        spread.add(Double(best.ask - best.bid) / (Double(best.ask + best.bid) / 2) * 10_000, at: time)
        if book.hasLevels, time >= nextColumn { addColumn(time) }
    }

    private func price(_ ticks: Int64) -> Double { Double(ticks) * Double(instrument.tickSize.nanos) / 1e9 }

    private mutating func count(_ event: MarketEvent, _ time: Timestamp) {
        let kind: Rate =
            switch event.kind {
            case .level, .orderAdded, .orderChanged, .orderDeleted: .book
            case .trade, .liquidation: .trades
            case .quote: .quotes
            case .mark, .index, .funding, .openInterest, .status, .instrumentChange, .gap: .other
            }
        rates[kind.rawValue][min(Self.columnCount - 1, Int((time - span.lowerBound).count / columnWidth))] += 1
    }

    private mutating func note(_ event: MarketEvent, _ time: Timestamp) {
        gapCount += 1
        guard gapRows.count < Self.gapLimit else { return }
        gapRows.append([time.iso8601, GapCause(rawValue: event.price).map { "\($0)" } ?? "unknown"])
        if let last = bid.buckets.last { gapMarks.append(Chart.Point(time: time, last.last)) }
    }

    private mutating func addColumn(_ time: Timestamp) {
        nextColumn = span.lowerBound + Nanoseconds(count: ((time - span.lowerBound).count / columnWidth + 1) * columnWidth)
        var levels: [(Double, Double)] = []
        let mid = Double(book.levels.bestBidTicks + book.levels.bestAskTicks) / 2
        for side in Side.allCases {
            var (level, left) = (book.levels.next(side, after: nil), Self.levelsPerSide)
            while let found = level, left > 0 {
                let size = Double(found.lots) * Double(instrument.lotSize) / 1e9
                levels.append(((Double(found.ticks) - mid) / mid * 10_000, size))
                level = book.levels.next(side, after: found.ticks)
                left -= 1
            }
        }
        columns.append(HeatMap.Column(time: time, levels: levels))
    }

    /// The feed's figures, under headings of its own.
    consuming func section(_ number: Int, name: String) -> Page.Section {
        func points(_ series: BucketSeries) -> [Chart.Point] {
            series.buckets.map { Chart.Point(time: $0.time, low: $0.low, last: $0.last, high: $0.high) }
        }
        let (columnWidth, start, rates) = (columnWidth, span.lowerBound, rates)
        func rate(_ kind: Rate) -> [Chart.Point] {
            let counts = rates[kind.rawValue]
            guard counts.contains(where: { $0 > 0 }) else { return [] }
            return counts.enumerated().map { index, count in
                Chart.Point(time: start + Nanoseconds(count: Int64(index) * columnWidth), Double(count) / (Double(columnWidth) / 1e9))
            }
        }
        let quote = instrument.contract.quote.code
        var blocks: [Page.Block] = [
            .facts([("records", "\(records)"), ("tick", Decimal.text(instrument.tickSize.nanos, decimals: 9)), ("gaps", "\(gapCount)")])
        ]
        let prices = Chart(
            id: "price-\(number)", title: "Best prices", unit: quote,
            series: [
                .init(name: "bid", points: points(bid)), .init(name: "ask", points: points(ask)),
                .init(name: "gaps", style: .marks, points: gapMarks),
            ].filter { !$0.points.isEmpty })
        let others = [
            Chart(id: "spread-\(number)", title: "Spread", unit: "bp", series: [.init(name: "spread", points: points(spread))]),
            Chart(
                id: "rate-\(number)", title: "Records", unit: "a second",
                series: Rate.allCases.map { .init(name: "\($0)", points: rate($0)) }.filter { !$0.points.isEmpty },
                note: "Without those of full books."),
            Chart(
                id: "latency-\(number)", title: "Receive − venue time, as recorded", unit: "ms",
                series: [.init(name: "latency", points: points(latency))],
                note: "The receiver's clock is in it: below 0 where that was behind the venue's."),
        ]
        if !prices.isEmpty { blocks.append(.chart(prices)) }
        let map = HeatMap(
            id: "depth-\(number)", title: "Depth", unit: "bp from the mid",
            columns: columns, note: "The best \(Self.levelsPerSide) levels of each side, bids blue, asks orange; the more, the darker.")
        if !map.isEmpty { blocks.append(.heatMap(map)) }
        for chart in others where !chart.isEmpty { blocks.append(.chart(chart)) }
        if gapCount > 0 {
            let note = gapCount > gapRows.count ? "The first \(gapRows.count) of \(gapCount)." : nil
            blocks.append(
                .table(.init(id: "gaps-\(number)", title: "Gaps", header: ["until", "cause"], numeric: [], rows: gapRows, note: note)))
        }
        if blocks.count == 1 { blocks.append(.paragraph("Nothing of it lies in the span.")) }
        return Page.Section(title: name, blocks: blocks)
    }
}
