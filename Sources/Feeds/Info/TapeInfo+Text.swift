import Market

extension TapeInfo {
    /// The facts as lines of text, a block a feed.
    public var text: String {
        ([path] + feeds.map(\.text)).joined(separator: "\n")
    }
}

extension FeedInfo {
    /// The facts as lines of text; a fact that the feed can't show is left out.
    public var text: String {
        var lines = ["\(instrument.venue) \(instrument.venueSymbol) (\(instrument.symbol), \(instrument.kind.rawValue))"]
        func line(_ name: String, _ value: String) {
            lines.append("  " + name + String(repeating: " ", count: max(1, 22 - name.count)) + value)
        }
        line("tick, lot", "\(instrument.tickSize) \(instrument.quote), \(Decimal.text(instrument.lotSize, decimals: 9))")
        if let first = firstVenueTime, let last = lastVenueTime { line("venue time", Self.span(first, last)) }
        if let first = firstReceiveTime, let last = lastReceiveTime { line("receive time", Self.span(first, last)) }
        line("records", "\(records) in \(frames) frames: " + counts.map { "\($0.name) \($0.count)" }.joined(separator: ", "))
        line("gaps", "\(gaps)")
        if let latency {
            let values = [latency.minimum, latency.median, latency.percentile99, latency.maximum].map(Self.milliseconds)
            let note = latency.isExact ? "" : " (median and 99 % to three digits)"
            line("raw latency", "min \(values[0]), median \(values[1]), 99 % \(values[2]), max \(values[3]) ms\(note)")
        }
        if let offset = clock.offset {
            line("clock offset", "\(Self.milliseconds(offset)) ms, drift \(Self.milliseconds(clock.drift)) ms")
        }
        line("lifted", "\(clock.liftedVenueTimes) venue times, \(clock.liftedReceiveTimes) receive times")
        if let bytesPerLevelChange {
            let alone = bytesPerLevelChangeAlone.map { ", \(Self.rounded($0)) without other records" } ?? ""
            line("bytes a level change", "\(Self.rounded(bytesPerLevelChange)) with all records\(alone)")
        }
        if rawFrames > 0 {
            let ratio = Self.rounded(Double(rawFrameBytes) / Double(max(1, originalFrameBytes)), decimals: 3)
            line("raw frames", "\(rawFrames) in \(rawFrameBytes) bytes, \(ratio) of the \(originalFrameBytes) that they were")
        }
        if let bid = bestBid { line("last best bid", "\(instrument.text(bid.price)) × \(instrument.text(bid.quantity))") }
        if let ask = bestAsk { line("last best ask", "\(instrument.text(ask.price)) × \(instrument.text(ask.quantity))") }
        if bidLevels + askLevels > 0 { line("levels", "\(bidLevels) bids, \(askLevels) asks") }
        if trades.count > 0 {
            let unknown = trades.unknown.isZero ? "" : ", unknown \(instrument.text(trades.unknown))"
            line("trades", "\(trades.count): bought \(instrument.text(trades.bought)), sold \(instrument.text(trades.sold))\(unknown)")
        }
        if levelChanges > 0 { line("crossed frames", "\(crossedFrames)") }
        let compared = quoteComparison.equal + quoteComparison.different
        if compared > 0 { line("quotes against book", "\(quoteComparison.equal) equal, \(quoteComparison.different) different") }
        return lines.joined(separator: "\n")
    }

    private static func span(_ first: Timestamp, _ last: Timestamp) -> String {
        "\(first.iso8601) – \(last.iso8601) (\(Decimal.text((last - first).count, decimals: 9)) s)"
    }

    /// Milliseconds with one decimal, rounded half to even.
    private static func milliseconds(_ span: Nanoseconds) -> String {
        Decimal.text(roundedQuotient(Int128(span.count), 100_000), decimals: 1, minimum: 1)
    }

    private static func rounded(_ value: Double, decimals: Int = 2) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        return Decimal.text(Int64((value * scale).rounded()), decimals: decimals, minimum: decimals)
    }
}
