public import Market

/// What a venue's clock shows beside ours: from questions whose answer came soon.
public struct ClockOffset: Hashable, Sendable {
    /// The venue's time less ours.
    public private(set) var offset = Nanoseconds.zero
    /// The true offset is not further away; nil before the first answer.
    public private(set) var error: Nanoseconds?
    private var measuredAt = Timestamp.distantPast
    /// The drift that is allowed for, parts in a million.
    private static let drift: Int64 = 100

    public init() {}

    /// - Parameter resolution: Of the venue's answer.
    mutating func add(asked: Timestamp, answered: Timestamp, venue: Timestamp, resolution: Nanoseconds) {
        let flight = answered - asked
        let found = Nanoseconds(count: flight.count / 2 + resolution.count)
        // A later answer that is less exact is worth more than an old one that has drifted away.
        let grown = error.map { $0.count + (answered - measuredAt).count / 1_000_000 * Self.drift }
        guard grown.map({ found.count <= $0 }) ?? true else { return }
        let middle = asked + Nanoseconds(count: flight.count / 2)
        offset = Nanoseconds(count: (venue - middle).count + resolution.count / 2)
        (error, measuredAt) = (found, answered)
    }
}
