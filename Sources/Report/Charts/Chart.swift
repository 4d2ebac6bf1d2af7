public import Market

/// A figure over time: lines that keep their extremes, and marks. Values are for the eye only.
public struct Chart: Sendable {
    /// One bucket of a line: its lowest, last and highest value.
    public struct Point: Hashable, Sendable {
        public var time: Timestamp
        public var low: Double
        public var last: Double
        public var high: Double

        public init(time: Timestamp, low: Double, last: Double, high: Double) {
            self.time = time
            self.low = low
            self.last = last
            self.high = high
        }

        public init(time: Timestamp, _ value: Double) { self.init(time: time, low: value, last: value, high: value) }
    }

    public enum Style: Sendable {
        case line
        /// Points without a line, such as own fills.
        case marks
    }

    public struct Series: Sendable {
        public var name: String
        public var style: Style
        /// In time order.
        public var points: [Point]

        public init(name: String, style: Style = .line, points: [Point]) {
            self.name = name
            self.style = style
            self.points = points
        }
    }

    /// Unique in its page; letters, digits and hyphens.
    public var id: String
    public var title: String
    public var unit: String
    public var series: [Series]
    /// Said under the figure.
    public var note: String?

    public init(id: String, title: String, unit: String, series: [Series], note: String? = nil) {
        self.id = id
        self.title = title
        self.unit = unit
        self.series = series
        self.note = note
    }

    /// The figure shows nothing.
    public var isEmpty: Bool { series.allSatisfy(\.points.isEmpty) }

    /// The span of times and values of all series; nil when empty.
    var bounds: (times: ClosedRange<Int64>, values: ClosedRange<Double>)? {
        var (firstTime, lastTime) = (Int64.max, Int64.min)
        var (low, high) = (Double.infinity, -Double.infinity)
        for line in series {
            for point in line.points {
                firstTime = min(firstTime, point.time.nanoseconds)
                lastTime = max(lastTime, point.time.nanoseconds)
                low = min(low, point.low)
                high = max(high, point.high)
            }
        }
        guard firstTime <= lastTime else { return nil }
        return (firstTime...lastTime, low...high)
    }
}
