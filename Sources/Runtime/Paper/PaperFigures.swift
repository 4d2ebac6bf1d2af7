public import Market
internal import Metrics

/// How far the venues of a paper run stood behind its feeds, and what came of it.
///
/// A venue's time becomes known here only when its records have come, so that its model goes on behind us. What it reports then can
/// be later than the scenario's response latency says, never earlier.
public struct PaperFigures: Sendable {
    /// Our time less that to which the venues have come, looked at whenever something happens.
    public internal(set) var lag = Nanoseconds.zero
    private var lags = SpanHistogram()
    /// Reports that the core heard.
    public internal(set) var reports = 0
    private var behind = SpanHistogram()
    /// Records that came after the venues had gone on without them: they count as of the time to which these had come.
    public internal(set) var lateRecords = 0
    public internal(set) var latestRecord = Nanoseconds.zero
    /// What the recorder beside the run had no place for; nil: the feeds were not recorded.
    public var lostItems: Int?

    init() {}

    /// Reports that the core heard later than their venue time and the response latency.
    public var lateReports: Int { behind.count }
    public var medianLateness: Nanoseconds { behind.percentile(500) ?? .zero }
    public var lateness99: Nanoseconds { behind.percentile(990) ?? .zero }
    public var largestLateness: Nanoseconds { behind.largest }
    public var medianLag: Nanoseconds { lags.percentile(500) ?? .zero }
    public var lag99: Nanoseconds { lags.percentile(990) ?? .zero }
    public var largestLag: Nanoseconds { lags.largest }

    mutating func note(lag: Nanoseconds) {
        self.lag = lag
        lags.add(lag)
    }

    /// A report is told so much later than it was due.
    mutating func note(lateness: Nanoseconds) {
        reports += 1
        if lateness > .zero { behind.add(lateness) }
    }

    mutating func note(lateRecord by: Nanoseconds) {
        lateRecords += 1
        latestRecord = max(latestRecord, by)
    }
}
