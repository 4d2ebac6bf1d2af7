public import Market

/// The deepest fall of equity below an earlier peak, followed on every equity event.
public struct Drawdown: Hashable, Sendable {
    /// In 10⁻⁹ of the reporting currency, positive.
    public private(set) var deepest: Int64 = 0
    /// The peak that the deepest one fell from.
    public private(set) var peakOfDeepest: Int64 = 0
    /// The longest time from a peak to its recovery, or to the end.
    public private(set) var longest = Nanoseconds.zero
    /// Whether the longest one had not recovered at the end.
    public private(set) var longestIsOpen = false
    private var peak: Int64?
    private var peakTime = Timestamp.distantPast
    private var isBelow = false

    public init() {}

    /// The distance from the last peak.
    public func current(_ equity: Int64) -> Int64 { max(0, (peak ?? equity) - equity) }

    public mutating func add(_ equity: Int64, at time: Timestamp) {
        guard let peak else {
            self.peak = equity
            peakTime = time
            return
        }
        if equity >= peak {
            if isBelow { extend(to: time, isOpen: false) }
            isBelow = false
            self.peak = equity
            peakTime = time
            return
        }
        isBelow = true
        if peak - equity > deepest {
            deepest = peak - equity
            peakOfDeepest = peak
        }
    }

    /// Counts a drawdown that has not recovered.
    public mutating func finish(at time: Timestamp) {
        if isBelow { extend(to: time, isOpen: true) }
    }

    private mutating func extend(to time: Timestamp, isOpen: Bool) {
        guard time - peakTime > longest else { return }
        longest = time - peakTime
        longestIsOpen = isOpen
    }
}
