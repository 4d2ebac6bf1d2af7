import Market

/// Collects the findings of a feed in constant memory.
struct FindingList {
    private static let rangeLimit = 10_000
    private static let joined = Nanoseconds.seconds(1)

    private var findings: [FeedCheck.Finding] = []
    private var worst: [Int64] = []
    private var ranges: [FeedCheck.Quarantine] = []
    private var unlisted = 0

    /// - Parameters:
    ///   - size: How bad it is; the note of the worst one is kept, of the first of equals.
    ///   - range: Where it is; nil if it has no place in time.
    mutating func add(
        _ fault: TapeFault, count: Int = 1, size: Int64 = 0, _ range: ClosedRange<Timestamp>?, note: @autoclosure () -> String = ""
    ) {
        if let index = findings.firstIndex(where: { $0.fault == fault }) {
            findings[index].count += count
            if size > worst[index] {
                worst[index] = size
                findings[index].note = note()
            }
        } else {
            findings.append(FeedCheck.Finding(fault: fault, count: count, first: range?.lowerBound, note: note()))
            worst.append(size)
        }
        if let range, fault.severity > .note { quarantine(fault, range) }
    }

    private mutating func quarantine(_ fault: TapeFault, _ range: ClosedRange<Timestamp>) {
        if let index = ranges.lastIndex(where: { $0.fault == fault }), range.lowerBound <= ranges[index].to + Self.joined,
            range.upperBound >= ranges[index].from
        {
            ranges[index].from = min(ranges[index].from, range.lowerBound)
            ranges[index].to = max(ranges[index].to, range.upperBound)
        } else if ranges.count < Self.rangeLimit {
            ranges.append(FeedCheck.Quarantine(from: range.lowerBound, to: range.upperBound, fault: fault))
        } else {
            unlisted += 1
        }
    }

    func put(into check: inout FeedCheck) {
        let order = Dictionary(uniqueKeysWithValues: TapeFault.allCases.enumerated().map { ($1, $0) })
        check.findings = findings.sorted { order[$0.fault, default: 0] < order[$1.fault, default: 0] }
        check.quarantined = ranges.sorted {
            ($0.from, $0.to, order[$0.fault, default: 0]) < ($1.from, $1.to, order[$1.fault, default: 0])
        }
        check.quarantinedUnlisted = unlisted
    }
}
