import Market

extension TapeCheck {
    /// The findings as lines of text, a block a feed, the verdict first.
    public var text: String {
        var lines = ["\(path): \(verdict.rawValue)"]
        lines += fileFaults.map { "  damaged file: \($0)" }
        lines += privateFrameFaults.map { "  damaged raw frames of no feed: \($0)" }
        return (lines + feeds.map(\.text)).joined(separator: "\n")
    }
}

extension FeedCheck {
    /// Ranges that the text shows; more are counted.
    private static let shownRanges = 20

    public var text: String {
        var lines = ["\(name): \(records) records, \(quotesCompared) quotes and \(snapshotsCompared) full books compared"]
        for finding in findings {
            let place = finding.first.map { ", first at \($0.iso8601)" } ?? ""
            let note = finding.note.isEmpty ? "" : " (\(finding.note))"
            lines.append("  \(finding.fault.severity): \(finding.count) × \(finding.fault.rawValue)\(note)\(place)")
        }
        for range in quarantined.prefix(Self.shownRanges) {
            lines.append("  quarantined: \(range.from.iso8601) – \(range.to.iso8601) \(range.fault.rawValue)")
        }
        let more = quarantined.count - Self.shownRanges + quarantinedUnlisted
        if more > 0 { lines.append("  and \(more) ranges more") }
        return lines.joined(separator: "\n")
    }
}
